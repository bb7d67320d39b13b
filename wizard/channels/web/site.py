"""What all handlers of pages share: the engine, how a page becomes a response, and what becomes of errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from urllib.parse import quote

from aiohttp import web

from wizard.channels.http.bodies import drain
from wizard.channels.http.identities import Identify
from wizard.channels.http.languages import language_of, learn, remember_to_ask
from wizard.channels.http.problems import LATER, SOON, WAIT, Handler, log_failure
from wizard.channels.http.run_ids import run_id_of
from wizard.channels.web import refusals
from wizard.channels.web.assets import Assets
from wizard.channels.web.headers import page_headers
from wizard.channels.web.kept_refusals import KeptRefusals
from wizard.channels.web.pages import Page, Pages, RefusalPage
from wizard.channels.web.posted import Posted
from wizard.channels.web.refusals import Explanation, Refusal, Way
from wizard.channels.web.upload_limits import BEYOND, read_posted
from wizard.channels.web.visitors import Guest, Visitors
from wizard.engine import Engine
from wizard.errors import (
    CallerError,
    InvalidInput,
    NotYours,
    PageFailed,
    RunBusy,
    RunCancelled,
    RunExpired,
    RunNotFound,
    StoreError,
    WorkflowNotFound,
    WorkflowUnavailable,
)
from wizard.locale.sentences import sentence_for
from wizard.settings import Settings

NAME = sentence_for("what a site of forms is called", "Forms")
REFUSED = "refused"  # in an address, with the code of a refusal


def is_browser(request: web.Request) -> bool:
    """Whether who asks shows pages to somebody, who can go back and forward."""
    return "text/html" in request.headers.get("Accept", "")


class Site:
    """The site that pages belong to. `mount` is the resource of the list page, which knows where the application is
    mounted as soon as that is decided."""

    def __init__(
        self, engine: Engine, settings: Settings, assets: Assets, mount: web.AbstractResource, identify: Identify | None
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.assets = assets
        self.visitors = Visitors(engine, settings, identify)
        framed = bool(settings.frame_ancestors)
        self.kept_refusals = KeptRefusals(engine)
        self._pages = Pages(assets, templates=settings.templates, framed=framed)
        self._headers = page_headers(settings.frame_ancestors)
        self._mount = mount

    @cached_property
    def root(self) -> str:
        """Where the application is mounted, with its closing slash."""
        return self._mount.canonical

    # -- requests --------------------------------------------------------------------------------------

    async def posted(self, request: web.Request, guest: Guest, files: Mapping[str, int] | None = None) -> Posted:
        """What a guest sent; `files` are the sizes of the files that the page takes, by field. Raises Refusal: without
        the cookie that their forms' keys are made with (403), so that nothing has to be read for that, and what
        `read_posted` raises."""
        settings = self.settings
        if guest.unknown:
            await drain(request, BEYOND * settings.body_limit)
            raise refusals.not_from_here()
        return await read_posted(
            request, limit=settings.body_limit, texts=settings.text_limit, idle=settings.body_timeout, files=files
        )

    # -- responses -------------------------------------------------------------------------------------

    def respond(self, guest: Guest, page: Page, status: int = 200) -> web.Response:
        """A page with a form in it: its sender gets the secret that its key is made with."""
        if guest.identity.name:
            page = replace(page, person=guest.identity.name)
        response = self.answer(page, status)
        if guest.unknown:
            response.headers.add("Set-Cookie", guest.cookies.visitor(guest.visitor, self.root))
        return response

    def answer(self, page: Page, status: int = 200) -> web.Response:
        """A page without a form that changes anything."""
        return web.Response(status=status, body=self._pages.html(page).encode(), headers=self._headers)

    def redirect(self, address: str) -> web.Response:
        """303: what was posted is done, and its outcome is there to be looked at."""
        return web.Response(status=303, headers={**self._headers, "Location": address})

    @property
    def headers(self) -> dict[str, str]:
        """The security headers, for what is no page."""
        return {name: value for name, value in self._headers.items() if name != "Content-Type"}

    def run_address(self, run_id: str) -> str:
        """Where a run is, which leads to its current step."""
        return f"{self.root}r/{quote(run_id, safe='')}"

    def start_address(self, workflow_id: str) -> str:
        """Where runs of a workflow are started."""
        return f"{self.root}w/{quote(workflow_id, safe='')}"

    # -- errors ----------------------------------------------------------------------------------------

    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Makes a page of everything that a handler raises, and of addresses that don't exist."""
        remember_to_ask(request, lambda: self._language_at(request))
        try:
            if (told := self._told(request)) is not None:
                raise told
            return await handler(request)
        except Refusal as refusal:
            await learn(request)
            return self._refuse(request, refusal)
        except CallerError as error:
            await learn(request)
            return self._refuse(request, self.refusal_of(error))
        except web.HTTPException as error:
            return self._from_http(request, error)
        except Exception as error:
            await learn(request)
            return self._broken(request, error)

    async def _language_at(self, request: web.Request) -> str:
        """The language of the workflow or run whose page was asked for. Raises CallerError where it is nobody's."""
        if (workflow := request.match_info.get("workflow")) is not None:
            return self.engine.definitions.get(workflow).language
        return (await self.engine.load(run_id_of(request))).workflow.language

    def _told(self, request: web.Request) -> Refusal | None:
        """The refusal that a browser was sent to look at."""
        code = request.query.get(REFUSED, "") if request.method in ("GET", "HEAD") else ""
        return refusals.of_code(code, self.settings.body_limit, self.settings.text_limit) if code else None

    def refused_at(self, address: str, code: str) -> str:
        """Where a browser is told of a refusal with that code."""
        return f"{address}{'&' if '?' in address else '?'}{REFUSED}={code}"

    def _refuse(self, request: web.Request, refusal: Refusal) -> web.Response:
        if request.method == "POST" and (refusal.code or refusal.repeats) and is_browser(request):
            address = self.here(request)
            response = self.redirect(address if refusal.repeats else self.refused_at(address, refusal.code))
            if refusal.closes:
                response.force_close()
            return response
        here = ((self.here(request), refusals.OPEN_AGAIN),) if refusal.here else ()
        response = self._error(request, refusal.words, (*here, *refusal.ways))
        response.headers.update(refusal.headers)
        if refusal.closes:
            response.force_close()
        return response

    def refusal_of(self, error: CallerError) -> Refusal:
        """What is told of an error of the caller's."""
        words, code = refusals.words_of(error), refusals.code_of(error)
        if isinstance(error, InvalidInput):
            words = replace(words, paragraphs=(error.people, *words.paragraphs))
        if isinstance(error, RunExpired | RunCancelled) and error.workflow:
            return Refusal(words, ways=((self.start_address(error.workflow), refusals.START_AGAIN),), repeats=True)
        if error.run and words.status in (409, 422) and not isinstance(error, RunNotFound):
            return Refusal(words, ways=((self.run_address(error.run), refusals.WHERE_YOU_ARE),), code=code)
        repeats = isinstance(error, RunNotFound | NotYours | WorkflowNotFound)
        headers = SOON if isinstance(error, RunBusy) else {}
        ways = ((self.root, refusals.ALL_FORMS),) if words.status == 404 else ()
        return Refusal(words, ways=ways, code="" if repeats else code, repeats=repeats, headers=headers)

    def name(self, language: str) -> str:
        """What stands in the header of pages of no workflow."""
        return self.settings.site_name or NAME.in_language(language)

    def language(self, request: web.Request) -> str:
        """The language of a page that is about no run or workflow, or about one that isn't known yet."""
        return language_of(request, self.engine)

    def _error(
        self, request: web.Request, words: Explanation, ways: tuple[Way, ...], reference: str = ""
    ) -> web.Response:
        language = self.language(request)
        title, paragraphs = words.in_language(language)
        page = RefusalPage(
            root=self.root,
            name=self.name(language),
            home=self.root,
            language=language,
            title=title,
            paragraphs=paragraphs,
            ways=tuple((address, text.in_language(language)) for address, text in ways),
            reference=reference,
        )
        try:
            html = self._pages.html(page)
        except PageFailed:  # a host's own template, and perhaps the very one that has failed before
            html = refusals.plain(words, reference, language)
        return web.Response(status=words.status, body=html.encode(), headers=self._headers)

    def _from_http(self, request: web.Request, error: web.HTTPException) -> web.Response:
        """Redirects, of the host's above all, are no errors."""
        if error.status < 400:
            raise error
        if error.status == 404 and request.path and request.path + "/" == self.root:
            return self.redirect(self.root)
        known = {404: refusals.NOT_FOUND, 405: refusals.NOT_ALLOWED}
        ways = ((self.root, refusals.ALL_FORMS),) if error.status == 404 else ()
        response = self._error(request, known.get(error.status) or Explanation(error.status, error.reason), ways)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response

    def _broken(self, request: web.Request, error: Exception) -> web.Response:
        match error:
            case WorkflowUnavailable():
                words, headers = refusals.CANT_GO_ON, LATER
            case StoreError():
                words, headers = refusals.UNAVAILABLE, WAIT
            case _:
                words, headers = refusals.BROKEN, {}
        response = self._error(request, words, ((self.here(request), refusals.TRY_AGAIN),), log_failure(request, error))
        response.headers.update(headers)
        return response

    def here(self, request: web.Request) -> str:
        """The address that was asked for, to be opened again: never one of another host, nor with a token in it."""
        address = request.rel_url.without_query_params("token", REFUSED).raw_path_qs
        return address if address.startswith(self.root) and not address.startswith("//") else self.root
