"""The pages of a run: shown by GET, which never moves it, and answered by POST, each in one turn of the engine.

After a POST that was taken, the browser is sent to where the run stands, so that a refresh asks nothing twice.
One that came too late changes nothing and says what happened (S19).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web

from wizard.channels.following import Followers, TooMany
from wizard.channels.handing_out import as_attachment
from wizard.channels.html.guests import Admitted, Guest, run_id_of
from wizard.channels.html.keys import RUN
from wizard.channels.html.posted import SEEN, Posted, answers_of, draft_of, files_of
from wizard.channels.html.run_pages import RunPages, looked_before
from wizard.channels.html.site import Site
from wizard.channels.html.starting import run_cookie
from wizard.channels.problems import WAIT
from wizard.channels.questions import takes_parts
from wizard.engine import Engine
from wizard.errors import NotAStep, StaleInput, WizardError
from wizard.model import Prompt, PromptField, RunStatus, Value
from wizard.scope import on_path
from wizard.state import RunView


@dataclass(frozen=True, slots=True)
class Sent:
    """A posted page: which step's, by whom, what was typed. `prompt` is what the step asks now, None where it asks
    nothing or isn't on the path."""

    guest: Guest
    door: Admitted
    path: str
    changing: bool
    posted: Posted
    prompt: Prompt | None

    @property
    def view(self) -> RunView:
        return self.door.view

    @property
    def fields(self) -> tuple[PromptField, ...]:
        return () if self.prompt is None else self.prompt.possible or self.prompt.fields

    @property
    def draft(self) -> dict[str, Value]:
        return draft_of(self.fields, self.posted)

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

    # -- looking ---------------------------------------------------------------------------------------

    async def run(self, request: web.Request) -> web.Response:
        """GET /r/{id}: to the current step. With a token in the address, as a link that was saved has it, the
        browser gets the run's cookie first, and an address without it."""
        site = self._site
        guest = await site.doors.greet(request)
        token = request.query.get("token")
        if token is None:
            door = await site.doors.admit(request, guest)
            return site.redirect(self._pages(guest, door).current)
        await site.doors.exchange(request, token)
        view = await self._engine.load(run_id_of(request))
        response = site.redirect(site.run_address(view.id))
        response.headers.add("Set-Cookie", run_cookie(site, guest, view, token))
        return response

    async def show(self, request: web.Request) -> web.Response:
        """GET /r/{id}/{step}"""
        guest, pages = await self._looks(request)
        looked = looked_before(request.query.get("wait", ""))
        found = pages.at(request.match_info["step"], changing="change" in request.query, looked=looked)
        if found is None:
            return self._site.redirect(pages.current)
        status, page = found
        return self._site.respond(guest, page, status)

    async def saved(self, request: web.Request) -> web.Response:
        """GET /r/{id}/-/saved"""
        guest = await self._site.doors.greet(request)
        door = await self._site.doors.admit(request, guest)
        pages = self._pages(guest, door)
        over = pages.over()
        if over is not None:
            return self._site.respond(guest, over[1], over[0])
        return self._site.respond(guest, pages.saved(guest.origin if guest.host else "", door.token))

    async def progress(self, request: web.Request) -> web.StreamResponse:
        """GET /r/{id}/-/progress?step=PATH: how far the work is that a waiting page is about, as it goes on."""
        guest = await self._site.doors.greet(request)
        door = await self._site.doors.admit(request, guest)
        try:
            return await self._followers.follow(
                request, door.view, self._site.headers, request.query.get("step") or None
            )
        except TooMany:  # the page's script asks now and then instead
            return web.Response(status=503, headers={**self._site.headers, **WAIT})

    async def file(self, request: web.Request) -> web.Response:
        """GET /r/{id}/-/files/{file}"""
        guest = await self._site.doors.greet(request)
        door = await self._site.doors.admit(request, guest)
        file = await self._engine.file(door.view.id, request.match_info["file"])
        if file is None:
            raise web.HTTPNotFound
        return as_attachment(file, self._site.headers)

    async def ask_to_remove(self, request: web.Request) -> web.Response:
        """GET /r/{id}/-/remove/{item}"""
        guest, pages = await self._looks(request)
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
            match action:
                case "previous":
                    return await self._go_back(sent)
                case "save":
                    return await self._save(sent)
            return await self._answer(sent)
        except StaleInput:
            await self._engine.load(sent.view)
            return self._conflict(sent)

    async def _receive(self, request: web.Request, path: str) -> Sent:
        """What was posted, if the run is open to its sender and the form is theirs."""
        site = self._site
        guest = await site.doors.greet(request)
        door = await site.doors.admit(request, guest)
        prompt = self._pages(guest, door).prompt(path)
        fields = () if prompt is None else prompt.possible or prompt.fields
        sizes = {each.name: int(each.options.get("max_size", 0)) for each in fields if each.type == "file"}
        posted = await site.posted(request, guest, sizes)
        guest.check(posted, RUN, door.subject)
        if prompt is not None:
            posted.check_names(fields)
        here = path == door.view.step and door.view.status is RunStatus.WAITING
        return Sent(guest, door, path, "change" in request.query and not here, posted, prompt)

    async def _go_on(self, sent: Sent, action: str) -> web.Response:
        """From a page that asks nothing: the run isn't begun, failed, or is being worked on; or it is its last."""
        view = sent.view
        if sent.path != view.step:
            if action == "previous" and was_worked_at(view, sent.path):
                return self._to_current(sent)  # the work was done in the very moment in which Back was pressed
            raise StaleInput
        if action == "save":
            return self._site.redirect(f"{self._pages_of(sent).run}-/saved")
        with suppress(StaleInput):  # somebody was faster, or it is still being worked on
            if action == "previous":
                await self._engine.previous(view, revision=view.revision)
            else:
                await self._engine.next(view, step=None if view.run.current is None else sent.path)
        await self._engine.load(view)
        return self._to_current(sent)

    async def _answer(self, sent: Sent) -> web.Response:
        view, path, seen = sent.view, sent.path, sent.posted.text(SEEN)[:100] or None
        before, was_current = view.revision, sent.is_current
        answers = answers_of(sent.fields, sent.posted)
        if sent.changing:
            await self._engine.change(view, path, answers, seen=seen)
        else:
            await self._engine.next(view, answers, step=path, revisit=True, seen=seen)
        pages = self._pages_of(sent)
        if view.rejected is not None:
            return self._site.respond(sent.guest, pages.step(view.rejected, changing=sent.changing), 422)
        if view.revision == before and not was_current and not sent.changing:
            return self._site.redirect(pages.after(path))
        if view.fault is not None and view.step == path and sent.is_current:
            await self._engine.keep(view, path, sent.draft)  # it couldn't be judged, but it needn't be typed again
        return self._to_current(sent)

    async def _go_back(self, sent: Sent) -> web.Response:
        files = self._files(sent)
        if sent.changing or files:
            await self._engine.keep(sent.view, sent.path, sent.draft, files)
        if not sent.changing:
            await self._engine.previous(sent.view, step=sent.path, draft=sent.draft)
        return self._to_current(sent)

    async def _save(self, sent: Sent) -> web.Response:
        if files := self._files(sent):
            await self._engine.keep(sent.view, sent.path, sent.draft, files)
        if sent.changing:
            await self._engine.change(sent.view, sent.path)  # who comes back still returns to where it was asked
        await self._engine.save(sent.view, sent.path, sent.draft)
        return self._site.redirect(f"{self._pages_of(sent).run}-/saved")

    @staticmethod
    def _files(sent: Sent) -> dict[str, object]:
        """Files that were chosen count as taken, as those beside a wrong answer do, so that nobody has to choose them
        again."""
        return files_of(sent.fields, sent.posted) if sent.prompt is not None and takes_parts(sent.prompt) else {}

    def _conflict(self, sent: Sent) -> web.Response:
        pages = self._pages_of(sent)
        typed = None
        if sent.prompt is not None:
            with suppress(WizardError):
                typed = sent.view.prompt_at(sent.path, sent.draft)
        if typed is not None and not pages.may_be_answered(sent.path):
            typed = None
        return self._site.respond(sent.guest, pages.conflict(sent.path, typed, changing=sent.changing), 409)

    # -- what they share -------------------------------------------------------------------------------

    async def _looks(self, request: web.Request) -> tuple[Guest, RunPages]:
        guest = await self._site.doors.greet(request)
        return guest, self._pages(guest, await self._site.doors.admit(request, guest))

    def _pages(self, guest: Guest, door: Admitted) -> RunPages:
        return RunPages(door.view, self._site.root, lambda: guest.key(RUN, door.subject))

    def _pages_of(self, sent: Sent) -> RunPages:
        return self._pages(sent.guest, sent.door)

    def _to_current(self, sent: Sent) -> web.Response:
        return self._site.redirect(self._pages_of(sent).current)


def was_worked_at(view: RunView, path: str) -> bool:
    """Whether it is a background step of the path, which is done."""
    step = view.run.by_path.get(path)
    return step is not None and not step.is_foreground and step.is_done and on_path(view.run, path)
