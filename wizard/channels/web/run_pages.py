"""Which page a run shows at a step's address. Nothing is executed or moved here (S18).

The current step is there to be answered, as is each earlier one that may still be: opened again by the browser's
Back or a bookmark, it doesn't move the run. What may not is there to be read. Any other address leads to
the current step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from wizard.channels.web import refusals
from wizard.channels.web.csrf import new_page
from wizard.channels.web.kept_refusals import KeptRefusal
from wizard.channels.web.pages import (
    AnsweredPage,
    CopyPage,
    EndPage,
    FailedPage,
    Page,
    PausePage,
    RefusalPage,
    RemovePage,
    SavedPage,
    StartPage,
    StepPage,
    WaitingPage,
)
from wizard.channels.web.progress import progress_text
from wizard.channels.web.shown import Shown
from wizard.engine.view import RunView
from wizard.engine.work import Work, pauses, seems_stuck, work_of
from wizard.errors import WizardError
from wizard.forms.characters import encodable
from wizard.locale import formats
from wizard.locale.sentences import Sentence, sentence
from wizard.model import BY_TIMER, Item, Prompt, RunStatus

# Up to how many looks at a waiting page the next one comes after so many seconds.
LOOKS = ((5, 2), (15, 5), (30, 10))
SELDOM = 30  # seconds between two looks after that
WHILE_PAUSED = 60  # seconds, where nothing is being done

CONFLICT = 409
ANSWERED_ELSEWHERE = sentence(
    "This page has since been answered in another window or tab. Below is what you typed here; it isn't saved "
    "yet. Continue with it, or keep what is saved."
)
LEFT_BY_TIMER = sentence(
    "This page wasn't answered in time, so the form continued without your answer. Below is what you typed "
    "here; it isn't saved yet. Continue with it to go back to this page, or leave it as it is."
)


def looked_before(text: str) -> int:
    """How often a waiting page was looked at without scripts, as its address says: anything else is 0."""
    return min(int(text), LOOKS[-1][0]) if text.isascii() and text.isdigit() and len(text) < 4 else 0


class RunPages:
    """The pages of one run as it is now. `root` is where the application is mounted, `key` makes the key of the
    run's forms: what only leads on needs none. A chat goes on for whoever `has_token`."""

    def __init__(self, view: RunView, root: str, key: Callable[[], str], *, has_token: bool = False) -> None:
        self.view = view
        self.root = root
        self._key = key
        self._has_token = has_token
        self.run = f"{root}r/{quote(view.id, safe='')}/"

    # -- addresses -------------------------------------------------------------------------------------

    def address(self, path: str) -> str:
        """Where a step's page is."""
        return f"{self.run}{quote(path, safe='/~')}"

    @property
    def current(self) -> str:
        """The address of the current step."""
        return self.address(self.view.step)

    def after(self, path: str) -> str:
        """Where somebody goes on who answered this step as before: to the question that follows on the path."""
        run = self.view.run
        answered = run.by_path[path].seq
        following = next(
            (step.path for step in run.path if step.is_foreground and not step.is_closed and step.seq > answered), None
        )
        return self.current if following is None else self.address(following)

    # -- pages -----------------------------------------------------------------------------------------

    def at(self, path: str, *, changing: bool = False, looked: int = 0) -> tuple[int, Page] | None:
        """The status and the page at a step's address; None where that is the current step's. `looked` says how
        often this browser has looked at it while it waited."""
        view = self.view
        if (over := self.over()) is not None:
            return over
        if view.status is RunStatus.CREATED:
            return (200, self._start()) if path == view.step else None
        if path == view.step and not (changing and self._can_change(path)):
            return 200, self._now(looked)
        if not view.is_asked(path):
            return None
        try:
            prompt = view.prompt_at(path)
        except WizardError:  # it reads what later answers changed: it will be shown again where it is asked again
            return None
        if not view.may_be_answered(path):
            return 200, self._answered(prompt)
        return 200, self.step(prompt, changing=changing)

    def step(
        self, prompt: Prompt, *, changing: bool = False, notice: str = "", lines: tuple[Item, ...] = ()
    ) -> StepPage:
        """The page of a step that is to be answered."""
        step = self.view.run.by_path[prompt.step]
        return StepPage(
            **self._common(),
            prompt=prompt,
            run=self.run,
            key=self._key(),
            seen=Shown(self.view.mark_of(prompt.step), new_page(), str(self.view.revision)).written,
            progress=progress_text(self.view, step) if step.is_foreground else "",
            back=changing or self.view.can_go_back_from(prompt.step),
            save=self.view.workflow.save,
            changing=changing,
            notice=notice,
            lines=lines,
            chat=f"{self.run}-/chat" if self._has_token and self.view.run.conversation else "",
        )

    def conflict(self, path: str, typed: Prompt | None, *, changing: bool) -> Page:
        """After an answer that came too late: the page with what was typed, or where the run is."""
        if typed is None:
            said = self.view.words_of_closing(path)
            words = refusals.MOVED_ON if said is None else refusals.closed(said)
            return self._refusal(words, self.current, refusals.WHERE_YOU_ARE)
        lines = tuple(line for line in self.view.summary() if line.step == path)
        step = self.view.run.by_path.get(path)
        notice = self._say(LEFT_BY_TIMER if step is not None and step.given == BY_TIMER else ANSWERED_ELSEWHERE)
        return replace(self.step(typed, changing=changing, notice=notice, lines=lines), keep=self.current)

    def refused(self, path: str, refusal: KeptRefusal, *, changing: bool) -> tuple[int, Page] | None:
        """The status and the page after something was sent from there that wasn't taken; None where that is past: the
        step was answered since, or can't be any more."""
        if self.over() is not None or refusal.seen != self.view.mark_of(path):
            return None
        changing = changing and not (path == self.view.step and self.view.status is RunStatus.WAITING)
        if self.view.prompt_of_page(path) is None or not self.view.may_be_answered(path):
            return None
        try:
            prompt = refusal.on(self.view.prompt_at(path, refusal.values))
        except WizardError:
            return None
        if refusal.status == CONFLICT:
            return CONFLICT, self.conflict(path, prompt, changing=changing)
        return refusal.status, self.step(prompt, changing=changing)

    def saved(self, origin: str, token: str, code: str = "", minutes: int = 0) -> SavedPage:
        """`token` makes the link one that opens the run in any browser; a `code` does that for so many minutes."""
        expires = self.view.run.expires_at
        link = f"{origin}{self.run.removesuffix('/')}"
        return SavedPage(
            **self._common(),
            link=f"{link}?token={token}" if token else link,
            until="" if expires is None else formats.day(expires.date(), self.view.workflow.language),
            onward=self.current,
            signed_in=not token,
            key=self._key(),
            code=code,
            minutes=minutes,
        )

    def copy(self) -> CopyPage:
        """What was answered, to read, print and keep."""
        download = f"{self.run}-/answers.txt"
        return CopyPage(**self._common(), lines=self.view.summary(), download=download, onward=self.current)

    def remove(self, item: str) -> RemovePage | None:
        """Whether an item of a repeat is to be taken out; None where no list shows it that can still be answered."""
        listed = self.view.list_page_of(item)
        if listed is None:
            return None
        page, line = listed
        lines = tuple(line for line in self.view.summary() if (line.step or "").startswith(f"{item}/"))
        return RemovePage(**self._common(), item=line.label, lines=lines, key=self._key(), cancel=self.address(page))

    # -- what they are made of -------------------------------------------------------------------------

    def _common(self) -> dict[str, Any]:
        workflow = self.view.workflow
        home = f"{self.root}w/{quote(workflow.id, safe='')}"
        return {"root": self.root, "name": workflow.title, "home": home, "language": workflow.language}

    def over(self) -> tuple[int, Page] | None:
        """What is shown at every address of a run whose time is over."""
        if self.view.status not in (RunStatus.EXPIRED, RunStatus.CANCELLED):
            return None
        words = refusals.EXPIRED if self.view.status is RunStatus.EXPIRED else refusals.CANCELLED
        return words.status, self._refusal(words, self._common()["home"], refusals.START_AGAIN)

    def _refusal(self, words: refusals.Explanation, address: str, way: Sentence) -> RefusalPage:
        """A page that says so, and leads on to one address."""
        title, paragraphs = words.in_language(self.view.workflow.language)
        return RefusalPage(**self._common(), title=title, paragraphs=paragraphs, ways=((address, self._say(way)),))

    def _say(self, words: Sentence) -> str:
        return words.in_language(self.view.workflow.language)

    def _start(self) -> StartPage:
        workflow = self.view.workflow
        prompt = Prompt("", "start", workflow.title, workflow.text)
        return StartPage(**self._common(), prompt=prompt, key=self._key())

    def _now(self, looked: int) -> Page:
        """The page of Current."""
        view = self.view
        match view.status:
            case RunStatus.COMPLETED:
                return self._end()
            case RunStatus.FAILED:
                return self._failed(view.current.error or "")
            case RunStatus.WORKING:
                return self._paused() if pauses(view) else self._waiting(looked)
        return self.step(view.current)

    def _waiting(self, looked: int) -> WaitingPage:
        view = self.view
        work = work_of(view) or Work()
        return WaitingPage(
            **self._common(),
            title=self._title(),
            text=work.text,
            percent=None if work.percent is None else int(work.percent),
            key=self._key(),
            back=view.has_previous,
            stuck=seems_stuck(view),
            seconds=next((pause for most, pause in LOOKS if looked < most), SELDOM),
            following=f"{self.current}?wait={min(looked + 1, LOOKS[-1][0])}",
            events=self._events,
            saved=f"{self.run}-/saved",
        )

    def _paused(self) -> PausePage:
        prompt = self.view.current
        return PausePage(
            **self._common(),
            title=self._title(),
            text=prompt.text,
            error=prompt.error or "",
            key=self._key(),
            back=self.view.has_previous,
            seconds=WHILE_PAUSED,
            events=self._events,
            saved=f"{self.run}-/saved",
        )

    @property
    def _events(self) -> str:
        """Where the script of a page that waits listens."""
        return f"{self.run}-/progress?step={quote(encodable(self.view.step), safe='')}"

    def _end(self) -> EndPage:
        view, prompt = self.view, self.view.current
        lines = view.summary()
        return EndPage(
            **self._common(),
            prompt=prompt if prompt.ends else Prompt("", "end"),
            run=self.run,
            key=self._key(),
            seen=view.mark_of(view.step),
            back=view.has_previous,
            lines=() if prompt.ends else lines,
            copy=f"{self.run}-/answers" if lines else "",
        )

    def _failed(self, message: str) -> FailedPage:
        back = self.view.has_previous
        return FailedPage(
            **self._common(),
            title=self._title(),
            message=message,
            key=self._key(),
            back=back,
            save=self.view.workflow.save,
        )

    def _title(self) -> str:
        """What the author calls the current step, "" for nothing: an id says nothing to people."""
        title = self.view.current.title
        step = self.view.run.current
        return "" if title == (self.view.step if step is None else step.node) else title

    def _answered(self, prompt: Prompt) -> AnsweredPage:
        why = (
            sentence("Everything has been sent, so this can't be changed any more.")
            if self.view.is_over
            else sentence("What came after this is final, so this can't be changed any more.")
        )
        lines = tuple(line for line in self.view.summary() if line.step == prompt.step)
        return AnsweredPage(**self._common(), title=prompt.title, lines=lines, onward=self.current, why=self._say(why))

    def _can_change(self, path: str) -> bool:
        """Of a completed run that may be reopened, the last step can be changed, but an end page can't."""
        return self.view.status is RunStatus.COMPLETED and self.view.is_asked(path) and self.view.may_be_answered(path)
