"""The pages of a run: shown by GET, which never moves it, and answered by POST, each in one turn of the engine.

After a POST that was taken, the browser is sent to where the run stands, so that a refresh asks nothing twice.
One that came too late changes nothing and says what happened (S19).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Literal

from aiohttp import web

from wizard.channels.conversation.codes import LASTS, TRIES, Codes
from wizard.channels.http.attachments import as_attachment
from wizard.channels.http.places import TooMany
from wizard.channels.http.problems import WAIT
from wizard.channels.http.rate_limit import Rate
from wizard.channels.http.run_ids import run_id_of
from wizard.channels.http.streams import Followers
from wizard.channels.web import refusals
from wizard.channels.web.csrf import RUN, answered_now, answered_with
from wizard.channels.web.kept_refusals import PURPOSE, KeptRefusal, PageKey
from wizard.channels.web.pages import Page
from wizard.channels.web.posted import Posted, answers_of, draft_of, files_of
from wizard.channels.web.run_pages import CONFLICT, RunPages, looked_before
from wizard.channels.web.sections import as_text
from wizard.channels.web.shown import Shown
from wizard.channels.web.site import REFUSED, Site, is_browser
from wizard.channels.web.starting import run_cookie
from wizard.channels.web.visitors import Guest, OpenRun
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import NotAStep, StaleInput, WizardError
from wizard.forms.fields import type_of
from wizard.model import Prompt, PromptField, RunStatus, StoredFile, Value

LEFT = "left"  # the code of a page that isn't part of the run any more, or was closed


@dataclass(frozen=True, slots=True)
class Sent:
    """A posted page: which step's, by whom, what was typed. `prompt` is what the step asks now, None where it asks
    nothing or isn't on the path. `page` is the key under which it is kept where it is refused, `address` where that
    is shown."""

    guest: Guest
    opened: OpenRun
    path: str
    changing: bool
    posted: Posted
    prompt: Prompt | None
    page: PageKey
    address: str
    by_browser: bool

    @property
    def view(self) -> RunView:
        return self.opened.view

    @property
    def fields(self) -> tuple[PromptField, ...]:
        return () if self.prompt is None else self.prompt.possible or self.prompt.fields

    @property
    def draft(self) -> dict[str, Value]:
        return draft_of(self.fields, self.posted)

    @property
    def left(self) -> dict[str, Value] | None:
        """What is kept where somebody goes without answering. A blank page from before the step was answered elsewhere
        says nothing: nobody wants to empty what they answered by an old tab."""
        mark = Shown.read(self.posted).mark
        is_old = mark not in ("", self.view.mark_of(self.path))
        is_blank = self.posted.says({})
        return None if is_old and is_blank else self.draft

    @property
    def is_current(self) -> bool:
        """Whether the step is the run's current one, waiting for an answer."""
        return self.path == self.view.step and self.view.status is RunStatus.WAITING and self.prompt is not None

    def is_last_page(self, action: str) -> bool:
        """Whether the page is a completed run's, which asks nothing and may have a way back."""
        if self.prompt is None or self.path != self.view.step or self.view.status is not RunStatus.COMPLETED:
            return False
        return self.prompt.ends or (action == "previous" and not self.changing)


class Stepping:
    """The handlers of a run's pages."""

    def __init__(self, site: Site, followers: Followers) -> None:
        self._site = site
        self._followers = followers
        self._engine: Engine = site.engine
        self._codes, self._code_rate = Codes(site.engine), Rate(TRIES)

    # -- looking ---------------------------------------------------------------------------------------

    async def run(self, request: web.Request) -> web.Response:
        """GET /r/{id}: to the current step. With a token in the address, as a link that was saved has it, the
        browser gets the run's cookie first, and an address without it."""
        site = self._site
        guest = await site.visitors.guest_of(request)
        token = request.query.get("token")
        if token is None:
            opened = await site.visitors.open_run(request, guest)
            return site.redirect(self._pages(guest, opened).current)
        await site.visitors.check_link(request, token)
        view = await self._engine.load(run_id_of(request))
        response = site.redirect(site.run_address(view.id))
        response.headers.add("Set-Cookie", run_cookie(site, guest, view, token))
        return response

    async def show(self, request: web.Request) -> web.Response:
        """GET /r/{id}/{step}"""
        guest, opened = await self._open(request)
        pages, path, changing = self._pages(guest, opened), request.match_info["step"], "change" in request.query
        refusal = await self._site.kept_refusals.of(_page_of(request, guest, opened))
        shown = None if refusal is None else pages.refused(path, refusal, changing=changing)
        if request.query.get(REFUSED) == LEFT:
            shown = pages.over() or (CONFLICT, pages.conflict(path, None, changing=False))
        if shown is None:
            shown = pages.at(path, changing=changing, looked=looked_before(request.query.get("wait", "")))
        if shown is None:
            return self._site.redirect(pages.current)
        status, page = shown
        return self._site.respond(guest, page, status)

    async def saved(self, request: web.Request) -> web.Response:
        """GET /r/{id}/-/saved"""
        guest, opened = await self._open(request)
        pages = self._pages(guest, opened)
        over = pages.over()
        if over is not None:
            return self._site.respond(guest, over[1], over[0])
        return self._site.respond(guest, pages.saved(guest.origin if guest.host else "", opened.token))

    async def code(self, request: web.Request) -> web.Response:
        """POST /r/{id}/-/saved: a code that opens the run where the link can't be brought to."""
        sent = await self._receive(request, "")
        pages, guest = self._pages_of(sent), sent.guest
        if (over := pages.over()) is not None:
            return self._site.respond(guest, over[1], over[0])
        if wait := self._code_rate.wait(sent.view.id):
            raise refusals.too_many_codes(wait)
        code, token = await self._codes.make(sent.view.id, sent.opened.token), sent.opened.token
        page = pages.saved(guest.origin if guest.host else "", token, code.text, LASTS.seconds // 60)
        return self._site.respond(guest, page)

    async def answers(self, request: web.Request) -> web.Response:
        """GET /r/{id}/-/answers"""
        guest, opened = await self._open(request)
        pages = self._pages(guest, opened)
        status, page = pages.over() or (200, pages.copy())
        return self._site.respond(guest, page, status)

    async def answers_file(self, request: web.Request) -> web.Response:
        """GET /r/{id}/-/answers.txt"""
        guest, opened = await self._open(request)
        pages = self._pages(guest, opened)
        if (over := pages.over()) is not None:
            return self._site.respond(guest, over[1], over[0])
        workflow = opened.view.workflow
        text = as_text(workflow.title, pages.copy().lines, workflow.language).encode("utf-8", "replace")
        file = StoredFile("", f"{workflow.title}.txt", "text/plain", text)
        response = as_attachment(file, self._site.headers)
        response.charset = "utf-8"
        return response

    async def progress(self, request: web.Request) -> web.StreamResponse:
        """GET /r/{id}/-/progress?step=PATH: how far the work is that a waiting page is about, as it goes on."""
        _, opened = await self._open(request)
        try:
            return await self._followers.follow(
                request, opened.view, self._site.headers, request.query.get("step") or None
            )
        except TooMany:  # the page's script asks now and then instead
            return web.Response(status=503, headers={**self._site.headers, **WAIT})

    async def file(self, request: web.Request) -> web.Response:
        """GET /r/{id}/-/files/{file}"""
        _, opened = await self._open(request)
        file = await self._engine.file(opened.view.id, request.match_info["file"])
        if file is None:
            raise web.HTTPNotFound
        return as_attachment(file, self._site.headers)

    async def ask_to_remove(self, request: web.Request) -> web.Response:
        """GET /r/{id}/-/remove/{item}"""
        guest, opened = await self._open(request)
        pages = self._pages(guest, opened)
        page = pages.remove(request.match_info["item"])
        return self._site.redirect(pages.current) if page is None else self._site.respond(guest, page)

    # -- answering -------------------------------------------------------------------------------------

    async def remove(self, request: web.Request) -> web.Response:
        """POST /r/{id}/-/remove/{item}"""
        sent = await self._receive(request, "")
        with suppress(NotAStep):  # it is gone already: the button was pressed twice
            await self._engine.remove_item(sent.view, request.match_info["item"])
        return self._to_current(sent)

    async def post(self, request: web.Request) -> web.Response:
        """POST /r/{id}/{step}"""
        sent = await self._receive(request, request.match_info["step"])
        action = sent.posted.action(sent.fields)
        try:
            if sent.prompt is None or sent.is_last_page(action):
                return await self._go_on(sent, action)
            if action not in ("previous", "save"):
                return await self._answer(sent)
            return await self._leave(sent, saves=action == "save")
        except StaleInput:
            await self._engine.load(sent.view)
            return await self._conflict(sent)

    async def _receive(self, request: web.Request, path: str) -> Sent:
        """What was posted, if the run is open to its sender and the form is theirs."""
        site = self._site
        guest, opened = await self._open(request)
        prompt = opened.view.prompt_of_page(path)
        fields = () if prompt is None else prompt.possible or prompt.fields
        sizes = {field.name: int(field.options.get("max_size", 0)) for field in fields if type_of(field).holds_files}
        posted = await site.posted(request, guest, sizes)
        guest.check(posted, RUN, opened.subject)
        if prompt is not None:
            posted.check_names(fields)
        here = path == opened.view.step and opened.view.status is RunStatus.WAITING
        changing, page = "change" in request.query and not here, _page_of(request, guest, opened)
        return Sent(guest, opened, path, changing, posted, prompt, page, self._site.here(request), is_browser(request))

    async def _go_on(self, sent: Sent, action: str) -> web.Response:
        """From a page that asks nothing: the run isn't begun, failed, or is being worked on; or it is its last."""
        view = sent.view
        if sent.path != view.step and not was_worked_at(view, sent.path):
            if action == "previous" and was_left(view, sent.path, sent.posted):
                return self._to_current(sent)
            raise StaleInput
        if action == "save":
            return self._site.redirect(f"{self._pages_of(sent).run}-/saved")
        if sent.path != view.step:  # the work was done in the very moment, or a button was pressed twice
            return self._to_current(sent)
        with suppress(StaleInput):  # somebody was faster, or it is still being worked on
            if action == "previous":
                await self._engine.previous(view, revision=view.revision)
            else:
                await self._engine.next(view, step=None if view.run.current is None else sent.path)
        await self._engine.load(view)
        return self._to_current(sent)

    async def _answer(self, sent: Sent) -> web.Response:
        view, path = sent.view, sent.path
        seen, page, revision = Shown.read(sent.posted)
        before, was_current, mark = view.revision, sent.is_current, view.mark_of(path)
        was_last = seen != mark and revision == str(before - 1)  # its answer was the last that happened: a double click
        if sent.by_browser and seen != mark and answered_with(sent.guest.answered, page) == mark:
            seen = mark  # the browser had the page in its memory, as it was before it was answered from there
        answers, draft = answers_of(sent.fields, sent.posted), sent.draft
        await self._engine.submit(view, path, answers=answers, draft=draft, changing=sent.changing, seen=seen or None)
        pages = self._pages_of(sent)
        if (rejected := view.rejected) is not None:
            refusal = KeptRefusal.of(rejected, 422, view.mark_of(path))
            return await self._refuse(sent, refusal, lambda: pages.step(rejected, changing=sent.changing))
        if view.mark_of(path) == mark:  # else nothing that was refused there counts any more
            await self._site.kept_refusals.forget(sent.page)
        if view.revision == before and not (was_current or sent.changing or was_last):
            return self._site.redirect(pages.after(path))
        response = self._to_current(sent)
        if answered := answered_now(sent.guest.answered, page, view.mark_of(path)):
            where = self._site.run_address(view.id)
            response.headers.add("Set-Cookie", sent.guest.cookies.answered(answered, where))
        return response

    async def _leave(self, sent: Sent, *, saves: bool) -> web.Response:
        """Back and Save. Files that were chosen count as taken, as those beside a wrong answer do, so that nobody has
        to choose them again."""
        takes_files = sent.prompt is not None and sent.prompt.in_parts
        files = files_of(sent.fields, sent.posted) if takes_files else {}
        action: Literal["previous", "save"] = "save" if saves else "previous"
        await self._engine.submit(sent.view, sent.path, action, draft=sent.left, files=files, changing=sent.changing)
        await self._site.kept_refusals.forget(sent.page)
        return self._site.redirect(f"{self._pages_of(sent).run}-/saved") if saves else self._to_current(sent)

    # -- refusing --------------------------------------------------------------------------------------

    async def _conflict(self, sent: Sent) -> web.Response:
        pages, path, view = self._pages_of(sent), sent.path, sent.view
        typed = None
        if sent.prompt is not None:
            with suppress(WizardError):
                typed = view.prompt_at(path, sent.draft)
        if typed is not None and not view.may_be_answered(path):
            typed = None
        if typed is None:
            if sent.by_browser:
                return self._site.redirect(self._site.refused_at(sent.address, LEFT))
            return self._site.respond(sent.guest, pages.conflict(path, None, changing=False), CONFLICT)
        refusal = KeptRefusal.of(typed, CONFLICT, view.mark_of(path))
        return await self._refuse(sent, refusal, lambda: pages.conflict(path, typed, changing=sent.changing))

    async def _refuse(self, sent: Sent, refusal: KeptRefusal, page: Callable[[], Page]) -> web.Response:
        """To the page that says so, or with it, where it can't be kept."""
        if await self._site.kept_refusals.keep(sent.page, refusal):
            return self._site.redirect(sent.address)
        return self._site.respond(sent.guest, page(), refusal.status)

    # -- what they share -------------------------------------------------------------------------------

    async def _open(self, request: web.Request) -> tuple[Guest, OpenRun]:
        guest = await self._site.visitors.guest_of(request)
        return guest, await self._site.visitors.open_run(request, guest)

    def _pages(self, guest: Guest, opened: OpenRun) -> RunPages:
        key = partial(guest.key, RUN, opened.subject)
        return RunPages(opened.view, self._site.root, key, has_token=bool(guest.token))

    def _pages_of(self, sent: Sent) -> RunPages:
        return self._pages(sent.guest, sent.opened)

    def _to_current(self, sent: Sent) -> web.Response:
        return self._site.redirect(self._pages_of(sent).current)


def _page_of(request: web.Request, guest: Guest, opened: OpenRun) -> PageKey:
    """The key under which a page is kept where it is refused: only who sent it finds it again, on the same page."""
    changing = "?" if "change" in request.query else ""
    return PageKey(opened.view.id, guest.key(PURPOSE, f"{opened.subject}\0{request.path}{changing}"))


def was_worked_at(view: RunView, path: str) -> bool:
    """Whether it is a background step of the path, which is done."""
    step = view.run.by_path.get(path)
    return step is not None and not step.is_foreground and step.is_done and view.is_on_path(path)


def was_left(view: RunView, path: str, posted: Posted) -> bool:
    """Whether the run went back from this step already, and keeps there what was typed: Back was pressed twice."""
    step = view.run.by_path.get(path)
    return step is not None and not view.is_on_path(path) and posted.says(step.draft or {})
