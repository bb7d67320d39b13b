"""The page where somebody types a short code that takes a run elsewhere (wizard.channels.conversation.codes).

`GET /code` asks for it, `POST /code` opens its run in this browser, as the link does that people get to come back with.
"""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from wizard.channels.conversation.codes import TRIES, Codes
from wizard.channels.http.clients import client_of
from wizard.channels.http.languages import remember
from wizard.channels.http.rate_limit import Rate
from wizard.channels.web.pages import CodePage
from wizard.channels.web.site import Site
from wizard.channels.web.starting import run_cookie
from wizard.channels.web.visitors import Guest
from wizard.errors import CodeUnknown, RunNotFound
from wizard.locale.sentences import Sentence, sentence
from wizard.model import Prompt, PromptField

PURPOSE = "code"
NAME = "code"
TITLE = sentence("Continue with a code")
LABEL = sentence("Your code")
HINT = sentence("It has eight letters and digits, such as 7KQX-2MPA. You get it where you were before.")
TOO_MANY = sentence("Too many codes were tried. Try again in a minute.")


class CodeEntry:
    """The handlers."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._codes = Codes(site.engine)
        self._rate = Rate(TRIES)

    async def show(self, request: web.Request) -> web.Response:
        """GET /code"""
        return self._page(await self._site.visitors.guest_of(request), request)

    async def use(self, request: web.Request) -> web.Response:
        """POST /code"""
        site = self._site
        guest = await site.visitors.guest_of(request)
        posted = await site.posted(request, guest)
        guest.check(posted, PURPOSE, "")
        typed = posted.text(NAME)
        if wait := self._rate.wait(client_of(request, site.settings.proxies)):
            response = self._page(guest, request, TOO_MANY, 429, typed)
            response.headers["Retry-After"] = str(wait)
            return response
        try:
            opened = await self._codes.use(typed, guest.visitor)
            view = await site.engine.load(opened.run)
        except (CodeUnknown, RunNotFound):
            return self._page(guest, request, CodeUnknown.people, 422, typed)
        remember(request, view.workflow.language)
        response = site.redirect(site.run_address(view.id))
        if opened.token:  # else it is its owner's, who has to be signed in
            response.headers.add("Set-Cookie", run_cookie(site, guest, view, opened.token))
        return response

    def _page(
        self, guest: Guest, request: web.Request, error: Sentence | None = None, status: int = 200, typed: str = ""
    ) -> web.Response:
        site = self._site
        language = site.language(request)
        field = PromptField(NAME, "text", LABEL.in_language(language), hint=HINT.in_language(language))
        if error is not None:
            field = replace(field, value=typed, error=error.in_language(language))
        prompt = Prompt("", "start", TITLE.in_language(language), fields=(field,))
        page = CodePage(
            root=site.root,
            name=site.name(language),
            home=site.root,
            language=language,
            prompt=prompt,
            key=guest.key(PURPOSE, ""),
        )
        return site.respond(guest, page, status)
