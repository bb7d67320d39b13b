"""The web pages: which address has which handler.

`GET /` lists the workflows, `/w/{workflow}` starts a run, `/c/{workflow}` talks through one, `/r/{id}/…` are the run's
pages, `/runs` lists the runs of whoever is signed in, and at `/code` one from elsewhere goes on. All but chats works
without JavaScript, and a chat leads to the pages. What other parts of an application serve below the same address is
left alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from wizard.actions.catalogue import Catalogue
from wizard.channels.http.bodies import go_on
from wizard.channels.http.identities import Identify
from wizard.channels.http.problems import Handler
from wizard.channels.http.streams import Followers
from wizard.channels.web.assets import Assets
from wizard.channels.web.chatting import Chatting
from wizard.channels.web.code_entry import CodeEntry
from wizard.channels.web.node_pages import add_node_pages
from wizard.channels.web.own_runs import OwnRuns
from wizard.channels.web.site import Site
from wizard.channels.web.starting import Starting
from wizard.channels.web.stepping import Stepping
from wizard.engine import Engine
from wizard.settings import Settings


def add_pages(
    app: web.Application,
    engine: Engine,
    settings: Settings | None = None,
    identify: Identify | None = None,
    followers: Followers | None = None,
    catalogue: Catalogue | None = None,
) -> None:
    """Adds the pages to an application, at its root. Applications that are mounted in it keep their own errors.
    `followers` are those of the whole server, where something else has streams as well. With a `catalogue`, there are
    pages of its node types.
    Raises SettingsError where the pages' files can't be read."""
    settings = settings or Settings()
    mount = app.router.add_resource("/")
    site = Site(engine, settings, Assets.load(settings.theme), mount, identify)
    followers = followers or Followers(engine)
    app.on_shutdown.append(followers.stop)
    pages = _Pages(site, followers)
    for method in ("GET", "HEAD"):
        mount.add_route(method, pages.starting.list, expect_handler=go_on)
    for address, look, send in pages.by_address:
        app.router.add_get(address, look, expect_handler=go_on)
        if send is not None:
            app.router.add_post(address, send, expect_handler=go_on)
    if catalogue is not None:
        add_node_pages(app, site, catalogue)
    if identify is not None:  # else nobody is ever signed in
        app.router.add_get("/runs", OwnRuns(site).show, expect_handler=go_on)
    _guard(app, site)


class _Pages:
    """The handlers of one site."""

    def __init__(self, site: Site, followers: Followers) -> None:
        self._site = site
        self.starting = Starting(site)
        self._stepping, self._chatting = Stepping(site, followers), Chatting(site)
        self._entry = CodeEntry(site)

    @property
    def by_address(self) -> Sequence[tuple[str, Handler, Handler | None]]:
        """Who answers a GET of an address, and who a POST to it; of several addresses that fit, the first counts."""
        stepping, chatting, entry = self._stepping, self._chatting, self._entry
        return (
            ("/r/{id}/{step:(?!-/).+}", stepping.show, stepping.post),  # first: most requests are for it
            ("/static/{name}", self._static, None),
            ("/code", entry.show, entry.use),
            ("/w/{workflow}", self.starting.show, self.starting.start),
            ("/c/{workflow}", chatting.show, None),
            ("/c/{workflow}/words", chatting.words, None),
            ("/r/{id}/-/chat", chatting.go_on, chatting.open_pages),
            ("/r/{id}/-/saved", stepping.saved, stepping.code),
            ("/r/{id}/-/answers", stepping.answers, None),
            ("/r/{id}/-/answers.txt", stepping.answers_file, None),
            ("/r/{id}/-/progress", stepping.progress, None),
            ("/r/{id}/-/files/{file:.+}", stepping.file, None),
            ("/r/{id}/-/remove/{item:.+}", stepping.ask_to_remove, stepping.remove),
            ("/r/{id}", stepping.run, None),
            ("/r/{id}/", stepping.run, None),
            ("/r/{id}/{step:-/.+}", stepping.show, stepping.post),  # no step's, and as wrong as any other wrong one
        )

    async def _static(self, request: web.Request) -> web.Response:
        response = self._site.assets.answer(request, request.match_info["name"])
        for name, value in self._site.headers.items():  # a picture that is opened by itself is a page, too
            response.headers.setdefault(name, value)
        return response


def _guard(app: web.Application, site: Site) -> None:
    """What goes wrong is a page, and each answer has the headers; not of the applications that are mounted in it."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.match_info.apps[-1] is not app:
            return await handler(request)
        return await site.guard(request, handler)

    async def protect(request: web.Request, response: web.StreamResponse) -> None:
        """What aiohttp answers by itself, outside of all middlewares, gets the headers too."""
        if "X-Content-Type-Options" not in response.headers:
            response.headers.extend(site.headers)

    app.middlewares.append(guard)
    app.on_response_prepare.append(protect)
