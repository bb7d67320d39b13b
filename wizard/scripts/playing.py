"""Plays a script: step after step, at a channel, until something isn't as the script says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter

from wizard.app import Functions
from wizard.channels.conversation.dialogue import Dialogue
from wizard.debugging.recording import listening
from wizard.definitions.catalog import Catalog
from wizard.engine.view import RunView
from wizard.errors import Problem, WizardError
from wizard.model import ENDED, RunStatus
from wizard.scripts.comparing import Difference, differences, is_step, plain, unfinished
from wizard.scripts.coverage import Covered
from wizard.scripts.lines import Socket
from wizard.scripts.misnamed import misnamed
from wizard.scripts.over_chat import OverChat
from wizard.scripts.over_json import OverJson
from wizard.scripts.over_terminal import OverTerminal
from wizard.scripts.over_web import OverWeb
from wizard.scripts.person import CantBeDone, Person, Seen
from wizard.scripts.script import (
    ANSWERING,
    BEFORE_ANSWERING,
    DOING,
    HAPPENING,
    RELEASES,
    SENDING,
    Completed,
    Operator,
    Script,
    Sees,
    Step,
)
from wizard.scripts.wording import duration, in_yaml
from wizard.scripts.world import World
from wizard.settings import Settings

SECONDS = 60.0  # for one script
MOST_SAID = 12  # lines of the conversation in a report
_VISITS = re.compile(r"~[0-9]+")
PEOPLE: Mapping[str, Callable[[World], Person]] = {
    "web": OverWeb,
    "terminal": OverTerminal,
    "json": OverJson,
    "chat": OverChat,
    "websocket": partial(OverChat, line=Socket),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a script failed: at which place, what there was instead, and how the conversation went."""

    problem: Problem
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a script at a channel."""

    script: Script
    channel: str
    failure: Failure | None
    seconds: float
    said: tuple[str, ...] = ()


@dataclass(slots=True)
class _Player:
    script: Script
    world: World
    channel: str
    person: Person
    said: list[str] = field(default_factory=list)
    played: set[int] = field(default_factory=set)  # the steps that were played together with one before
    sent: dict[tuple[str, str], object] = field(default_factory=dict)  # by channel, and by what was said

    async def play(self) -> None:
        """Raises _Failed."""
        await self._begins()
        await self.world.note_coverage()
        self._hears()
        for number, step in enumerate(self.script.steps):
            if number in self.played:
                continue
            try:
                await self._step(number, step)
            except CantBeDone as error:
                raise _Failed(self.script.problem(number, error.message)) from None
            except WizardError as error:
                raise _Failed(self.script.problem(number, error.message)) from None
            except AssertionError as error:
                raise _Failed(self.script.problem(number, str(error))) from None

    async def _begins(self) -> None:
        workflow = self.script.written.workflow
        try:
            problem = next(misnamed(self.script, self.world.catalog.get(workflow)), None)
            if problem is not None:
                raise _Failed(problem)
            self.world.check(workflow)
            await self.person.begins(workflow)
        except (CantBeDone, WizardError) as error:
            raise _Failed(self.script.document.problem(("workflow",), error.message)) from None

    async def _step(self, number: int, step: Step) -> None:
        view = await self.world.view()
        match step.word:
            case "sees":
                wanted = step.sees if isinstance(step.sees, Sees) else Sees(text=(str(step.sees),))
                self._compares(number, list(differences(wanted, self.person.seen, view)), isinstance(step.sees, Sees))
                return
            case "completed":
                ended = step.completed if isinstance(step.completed, Completed) else Completed()
                found = [(what + self._due(view), place) for what, place in unfinished(ended, self.person.seen, view)]
                self._compares(number, found, step.completed is not True)
                return
        self.said.append(f"  > {_spoken(step)}")
        is_over = _is_over(step, view, self.person.seen)
        try:
            await self._acts(number, step)
        except (CantBeDone, AssertionError):
            if is_over:
                raise CantBeDone(_ended(step, view)) from None
            raise
        await self._notes_sending(step)
        await self.world.note_coverage()
        self._hears()
        if is_over:
            await self._checks_end(number, step, view)
        await self._checks_refusal(number, step)

    async def _acts(self, number: int, step: Step) -> None:
        if step.word in HAPPENING:
            await self._happens(number, step)
        else:
            await self._does(number, step)

    async def _does(self, number: int, step: Step) -> None:
        """What the person does."""
        person = self.person
        match step.word:
            case "says":
                await person.says(step.said)
            case "presses":
                await person.presses(step.said)
            case "answers":
                await person.answers(step.said)
            case "goes_on":
                await person.goes_on()
            case "goes_back":
                await self._goes_back(number, None if step.goes_back is True else str(step.goes_back))
            case "changes" if step.changes is not None:
                await person.changes(step.changes.step, step.changes.answers)
            case "repeats":
                await self._repeats(number, step.said)
            case "reorders":
                await self._reorders(number)
            case "presses_earlier":
                await self._changes_nothing(number, lambda: person.presses_earlier(step.said), "an earlier button")
            case "switches_to":
                await person.leaves()
                self.channel = step.said
                self.person = PEOPLE[self.channel](self.world)
                await self.person.comes()

    async def _happens(self, number: int, step: Step) -> None:
        """What happens around them."""
        world = self.world
        match step.word:
            case "restarts" if step.restarts == BEFORE_ANSWERING:
                following = self.script.steps[number + 1 : number + 2]
                if not following or following[0].word not in SENDING:
                    raise CantBeDone(f"`restarts: {BEFORE_ANSWERING}` stands before what is sent: {', '.join(SENDING)}")
                world.crashes_next()
                return
            case "restarts":
                await world.crashes()
            case "deploys":
                await world.deploys(step.said)
            case "waits" if step.waits is not None:
                await world.waits(step.waits)
            case "event" if step.event is not None:
                await world.happens(step.event.name, step.event.data, step.event.key)
            case "operator":
                told = step.operator
                if told == RELEASES and not Dialogue.of((await world.view()).run.conversation).agent:
                    raise CantBeDone("nobody has taken over, or was asked for, whom this could release")
                await world.operator(*(("says", told.says) if isinstance(told, Operator) else (str(told),)))
        await (self.person.comes() if step.word in ("restarts", "deploys") else self.person.looks())

    async def _goes_back(self, number: int, to: str | None) -> None:
        """Where it leads nowhere, or elsewhere, the next step has to see why."""
        before = await self.world.view()
        await self.person.goes_back(to)
        now = await self.world.view()
        came = before.visit != now.visit if to is None else is_step(to, now.step)
        if self.channel == "web" and to is not None:  # its page is opened, and the run stays where it is
            came = came or is_step(to, self.person.seen.step)
        following = self.script.steps[number + 1 : number + 2]
        if self.channel in ("chat", "websocket") and not came:  # it passes messages by, there and back
            before_it = [step for step in now.run.path if step.is_foreground and step.is_done]
            passed = [step for step in before_it if step.type == "message"]
            came = any(is_step(to, step.path) for step in passed) if to else passed[-1:] == before_it[-1:] != []
        if not came and not (following and isinstance(following[0].sees, Sees) and following[0].sees.error):
            what = "there is nothing to go back to" if to is None else f"going back doesn't lead to {to}"
            raise CantBeDone(f"{what}; the step is {now.step} (where that is meant, `sees` has an `error`)")

    async def _notes_sending(self, step: Step) -> None:
        """What was sent can be repeated; who crashes without a connection that breaks comes back."""
        if step.word in SENDING:
            self.sent[self.channel, str(step.said)] = self.person.last
            if self.world.is_to_crash:
                await self.world.crashes()
                await self.person.comes()
            if await self.world.settles():
                await self.person.looks()

    async def _repeats(self, number: int, said: str) -> None:
        """What is sent once more changes nothing (S19)."""
        sent = self.person.last if said == "last" else self.sent.get((self.channel, said))
        if sent is None:
            what = "nothing was sent yet" if said == "last" else f"no step over {self.channel} sent {said!r}"
            raise CantBeDone(f"{what} that could be sent again")
        await self._changes_nothing(number, lambda: self.person.repeats(sent), "the same input, sent once more,")
        if said != "last":  # who went on meanwhile doesn't look at what comes back
            await self.person.looks()

    async def _changes_nothing(self, number: int, act: Callable[[], Awaitable[None]], what: str) -> None:
        before = _position(await self.world.view())
        await act()
        now = _position(await self.world.view())
        if before != now:
            moved = f"moved the run from {before[0]} to {now[0]}" if before[0] != now[0] else "changed the answers"
            raise _Failed(self.script.problem(number, f"{what} {moved}"))

    async def _reorders(self, number: int) -> None:
        following = self.script.steps[number + 1 : number + 3]
        if len(following) < 2 or any(step.word != "says" for step in following):
            raise CantBeDone("`reorders` stands before two steps with `says`, which arrive in the other order")
        self.said += [f"  > {_spoken(step)}" for step in following]
        await self.person.in_wrong_order(*(str(step.says) for step in following))
        self.played |= {number + 1, number + 2}

    # -- what comes of it ----------------------------------------------------------------------------

    def _hears(self) -> None:
        if self.person.seen.said and self.said[-1:] != [self.person.seen.said]:
            self.said.append(self.person.seen.said)

    def _due(self, view: RunView) -> str:
        """When a run that waits goes on by itself, for an author whose clock stands too early."""
        due = self.world.next_due() if view.status is RunStatus.WORKING else None
        return "" if due is None else f"; it goes on by itself in {duration(due)} (`waits`)"

    def _compares(self, number: int, found: list[Difference], has_places: bool) -> None:
        if found:
            message = "; ".join(what for what, _ in found)
            place = found[0][1] if has_places and len(found) == 1 else ()
            raise _Failed(self.script.problem(number, message, *place))

    async def _checks_refusal(self, number: int, step: Step) -> None:
        """An answer that is refused has to be expected: the next step sees its error."""
        error = self.person.seen.error
        if error and step.word in ANSWERING and not self._is_expected(number, error):
            fault = (await self.world.view()).fault
            why = f"what failed: {fault.message}" if fault is not None else "where that is meant, `sees` has an `error`"
            what = f"this isn't taken: {' '.join(error.split())} ({why})"
            raise _Failed(self.script.problem(number, what))

    async def _checks_end(self, number: int, step: Step, before: RunView) -> None:
        """After the end nothing is taken, over whatever channel; what is said to that may be expected as a refusal
        is. Who presses a link of the last page only reads on."""
        now, error = await self.world.view(), self.person.seen.error
        stays = now.status in ENDED and _position(now) == _position(before)
        reads_on = step.word == "presses" and self.channel == "web"
        if stays and not reads_on and not (error and self._is_expected(number, error)):
            said = f"; it says: {' '.join(error.split())} (where that is meant, `sees` has an `error`)" if error else ""
            raise _Failed(self.script.problem(number, _ended(step, before) + said))

    def _is_expected(self, number: int, error: str) -> bool:
        following = self.script.steps[number + 1 : number + 2]
        return bool(following) and following[0].word == "sees" and _expects(following[0], error)


class _Failed(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


async def play(
    script: Script,
    catalog: Catalog,
    channel: str,
    *,
    settings: Settings | None = None,
    functions: Functions | None = None,
    now: datetime | None = None,
    covered: Covered | None = None,
) -> Played:
    """Plays a script over a channel. What it comes to is added to `covered`."""
    begun = perf_counter()
    trial = script.trial(now or datetime.now(UTC))
    world = World(
        catalog,
        trial,
        settings or Settings(),
        functions,
        folder=Path(script.file).parent,
        language=script.written.language,
    )
    if covered is not None:
        world.covers(covered)
    player = _Player(script, world, channel, PEOPLE[channel](world))
    problem: Problem | None = None
    with listening():
        try:
            async with asyncio.timeout(SECONDS):
                await player.play()
        except _Failed as failed:
            problem = failed.problem
        except TimeoutError:
            problem = script.document.problem((), f"it took longer than {SECONDS:g} seconds, and was stopped")
        finally:
            with suppress(Exception):
                await player.person.leaves()
            await world.ends()
    if problem is not None:
        player.said += _unasked(script, world)
    said = tuple(player.said)
    failure = None if problem is None else Failure(problem, said[-MOST_SAID:])
    return Played(script, channel, failure, perf_counter() - begun, said)


def _unasked(script: Script, world: World) -> list[str]:
    """A line for services that the script has answer, and that nobody has asked."""
    visited = {name for line in world.recorder.lines for name in (line.step, _VISITS.sub("", line.step))}
    unasked = [step for step in script.written.results if step not in visited]
    return [f"  (not asked for so far, of `results`: {', '.join(unasked)})"] if unasked else []


def _expects(step: Step, error: str) -> bool:
    """Whether a step that looks expects an error, by that name or as a text."""
    if not isinstance(step.sees, Sees):
        return plain(str(step.sees)) in plain(error)
    return bool(step.sees.error) or any(plain(text) in plain(error) for text in step.sees.text or ())


def _is_over(step: Step, view: RunView, seen: Seen) -> bool:
    """Whether a run has ended, and nothing is left of it to be done by that word: neither is it reopened, nor is the
    script still at a text that the channel has come past."""
    if view.status not in ENDED or step.word not in DOING:
        return False
    if step.word in ("goes_back", "changes") and view.status is RunStatus.COMPLETED and view.workflow.reopen:
        return False
    return not (step.word in ("goes_on", "goes_back") and seen.passed)


def _ended(step: Step, view: RunView) -> str:
    return f"the run has ended: it is {view.status.value} at {view.step}, and takes no `{step.word}` any more"


def _position(view: RunView) -> tuple[str, int, object]:
    return view.step, view.visit, view.answers


def _spoken(step: Step) -> str:
    """A step in a conversation, in one line."""
    said = step.said
    match step.word:
        case "says":
            return str(said)
        case "presses":
            return f"[{said}]"
    return f"({step.word}: {in_yaml(said)})"
