"""Whatever an author changes: what becomes of each run is what a small model of the same process says, the migration
does what the dry run said, and back leads to where each run was.

The model knows nothing of stacks and steps: it goes through the new definition with the answers that were given.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drawing import examples
from tests.migrations import House
from wizard.engine.view import RunView
from wizard.model import Run
from wizard.model.migrating import Names, Result, Verdict
from wizard.stores.memory import MemoryStore

KINDS = ("a", "b", "c")


@dataclass(frozen=True)
class Field:
    """`origin` is what it was called at first: how the test knows it again."""

    name: str
    origin: str
    required: bool = True
    choices: tuple[str, ...] = ()

    def data(self) -> dict[str, Any]:
        kind = {"type": "choice", "choices": list(self.choices)} if self.choices else {}
        return {"name": self.name, "label": f"Label of {self.origin}", "required": self.required, **kind}

    def takes(self, value: str | None) -> bool:
        if value is None:
            return not self.required
        return not self.choices or value in self.choices


@dataclass(frozen=True)
class Page:
    name: str
    origin: str
    fields: tuple[Field, ...]

    def data(self, process: Process) -> list[dict[str, Any]]:
        return [{"id": self.name, "type": "form", "fields": [field.data() for field in self.fields]}]


@dataclass(frozen=True)
class Work:
    """Work outside, whose input is what was picked."""

    name: str = "work"
    word: str = "first"

    def data(self, process: Process) -> list[dict[str, Any]]:
        pick = process.pages[0]
        arguments = {"kind": f"{{{{ {pick.name}.{pick.fields[0].name} }}}}", "word": self.word}
        return [{"id": self.name, "type": "python", "function": "work", "arguments": arguments}]


@dataclass(frozen=True)
class Process:
    """The first page picks a kind; of that kind people come to the page `skips_to`, of any other to the one below. The
    work, where there is some, stands before the page with that origin."""

    pages: tuple[Page, ...]
    kind: str = "a"
    skips_to: str = "p2"
    work: Work | None = None
    work_before: str = "p2"

    def by_origin(self, origin: str) -> Page | None:
        return next((page for page in self.pages if page.origin == origin), None)

    @property
    def text(self) -> str:
        pick = self.pages[0]
        target = self.by_origin(self.skips_to)
        case = {
            "when": f'{pick.name}.{pick.fields[0].name} == "{self.kind}"',
            "goto": target.name if target else "done",
        }
        nodes = pick.data(self)
        nodes += [{"id": "which", "type": "condition", "cases": [case, {"goto": self._below().name}]}]
        for page in self.pages[1:]:
            if self.work is not None and page.origin == self.work_before:
                nodes += self.work.data(self)
            nodes += page.data(self)
        return json.dumps({"id": "trip", "nodes": [*nodes, {"id": "done", "type": "end"}]})

    def _below(self) -> Page:
        return self.pages[1]

    def way(self, kind: str) -> list[Page | Work]:
        """What somebody comes to who picks this, from the beginning."""
        rest = list(self.pages[1:])
        at = 0
        if kind == self.kind:
            target = self.by_origin(self.skips_to)
            at = rest.index(target) if target is not None else len(rest)
        way: list[Page | Work] = [self.pages[0]]
        for position, page in enumerate(rest[at:], at):
            jumped_over = kind == self.kind and position == at
            first_below = kind != self.kind and position == 0
            if self.work is not None and page.origin == self.work_before and not (jumped_over or first_below):
                way.append(self.work)
            way.append(page)
        return way


# -- what somebody has answered, and what the model says of it ---------------------------------------


@dataclass(frozen=True)
class Told:
    """Answers by the origins of pages and fields; whoever stands at a page hasn't answered it."""

    kind: str
    answers: dict[str, dict[str, str | None]]
    at: str
    worked: Work | None


def predicted(new: Process, told: Told) -> tuple[Result, str | None]:
    """What becomes of a run, and the origin of the page at which it stands then."""
    if new.by_origin(told.at) is None:
        return Result.STUCK, None
    for place in new.way(told.kind):
        if isinstance(place, Work):
            if told.worked is None or told.worked.word != place.word:
                return Result.STUCK, None
            continue
        if place.origin == told.at:
            return Result.CONTINUE, place.origin
        answers = told.answers.get(place.origin)
        if answers is None or not all(field.takes(answers.get(field.origin)) for field in place.fields):
            return Result.ASK, place.origin
    return Result.STUCK, None


# -- definitions, and what is changed in them ----------------------------------------------------------


@st.composite
def processes(draw: st.DrawFn) -> Process:
    pages = [Page("p0", "p0", (Field("f0", "f0", choices=KINDS), *draw(some_fields("p0"))))]
    pages += [Page(f"p{n}", f"p{n}", draw(some_fields(f"p{n}", least=1))) for n in range(1, draw(st.integers(3, 5)))]
    origins = [page.origin for page in pages[2:]]
    work = draw(st.none() | st.just(Work()))
    return Process(
        tuple(pages), draw(st.sampled_from(KINDS)), draw(st.sampled_from(origins)), work, draw(st.sampled_from(origins))
    )


@st.composite
def some_fields(draw: st.DrawFn, page: str, least: int = 0) -> tuple[Field, ...]:
    fields = []
    for number in range(draw(st.integers(least, 2))):
        name = f"{page}_{number}"
        choices = draw(st.sampled_from([(), ("x", "y", "z")]))
        fields.append(Field(name, name, draw(st.booleans()), choices))
    return tuple(fields)


CHANGES = (
    "rename page",
    "rename field",
    "add field",
    "drop field",
    "drop choice",
    "drop page",
    "branch",
    "add page",
    "work",
)


@st.composite
def changed(draw: st.DrawFn, old: Process) -> Process:
    new = old
    for number, change in enumerate(draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=6))):
        pages = list(new.pages)
        at = draw(st.integers(0, len(pages) - 1))
        page, fields = pages[at], list(pages[at].fields)
        which = draw(st.integers(0, len(fields) - 1))
        match change:
            case "rename page":
                pages[at] = replace(page, name=f"q{number}")
            case "rename field":
                fields[which] = replace(fields[which], name=f"g{number}")
            case "add field":
                fields.append(Field(f"n{number}", f"n{number}", draw(st.booleans())))
            case "drop field" if len(fields) > 1 and which:
                del fields[which]
            case "drop choice" if len(fields[which].choices) > 2:
                fields[which] = replace(fields[which], choices=fields[which].choices[:-1])
            case "drop page" if at and len(pages) > 3:
                del pages[at]
            case "branch":
                new = replace(new, kind=draw(st.sampled_from(KINDS)), skips_to=draw(st.sampled_from(pages[2:])).origin)
            case "add page":
                pages.insert(at + 1, Page(f"m{number}", f"m{number}", (Field(f"o{number}", f"o{number}"),)))
            case "work":
                new = replace(new, work=draw(st.sampled_from([None, Work(), Work(word="second")])))
        if page in pages:
            pages[pages.index(page)] = replace(page, fields=tuple(fields))
        new = replace(new, pages=tuple(pages))
    if new.kind not in new.pages[0].fields[0].choices:
        new = replace(new, kind="a")
    return new


def names_of(old: Process, new: Process) -> Names:
    nodes: dict[str, str] = {}
    fields: dict[str, str] = {}
    for page in old.pages:
        now = new.by_origin(page.origin)
        if now is None:
            continue
        if now.name != page.name:
            nodes[page.name] = now.name
        by_origin = {field.origin: field for field in now.fields}
        for field in page.fields:
            after = by_origin.get(field.origin)
            if after is not None and after.name != field.name:
                fields[f"{page.name}.{field.name}"] = f"{now.name}.{after.name}"
    return Names(nodes, fields)


# -- runs ----------------------------------------------------------------------------------------------


async def begin(house: House, old: Process, kind: str, depth: int, back: int) -> tuple[RunView, Told]:
    """Somebody who answers so many pages, and then goes back so many."""
    run = await house.begins()
    way = [place for place in old.way(kind) if isinstance(place, Page)]
    depth = min(depth, len(way) - 1)
    answers: dict[str, dict[str, str | None]] = {}
    for number, page in enumerate(way[:depth]):
        given = {field.origin: answer(field, number) for field in page.fields}
        if page is old.pages[0]:
            given["f0"] = kind
        answers[page.origin] = given
        await house.engine.next(run, {field.name: given[field.origin] for field in page.fields if given[field.origin]})
    for _ in range(min(back, depth)):
        depth -= 1
        await house.engine.previous(run)
        answers.pop(way[depth].origin)
    at = way[depth]
    whole = old.way(kind)
    worked = old.work if old.work is not None and old.work in whole[: whole.index(at)] else None
    return run, Told(kind, answers, at.origin, worked)


def answer(field: Field, number: int) -> str | None:
    if field.choices:
        return field.choices[number % len(field.choices)]
    return "text" if field.required or number % 2 else None


def unmoved(run: Run) -> Run:
    return run._replace(revision=0, updated_at=run.created_at, visits=0)


@settings(max_examples=examples(150), deadline=None)
@given(processes().flatmap(lambda old: st.tuples(st.just(old), changed(old))), st.integers(0, 2))
def test_every_change_of_a_definition_has_the_ends_that_a_model_says(pair: tuple[Process, Process], back: int) -> None:
    """Operators decide by the dry run: a run that is in the wrong list loses an answer, or is stuck for nothing."""
    asyncio.run(_story(*pair, back))


async def _story(old: Process, new: Process, back: int) -> None:
    called: list[str] = []
    house = House(MemoryStore(), {"work": lambda kind, word: called.append(word)})
    await house.deploys(old.text)
    runs = [await begin(house, old, kind, depth, back) for kind in KINDS for depth in range(len(old.pages))]
    before = {run.id: await house.stored(run) for run, _ in runs}
    done = len(called)
    if old.text == new.text:
        return
    await house.deploys(new.text)
    names = names_of(old, new)

    dry = await house.migrates(dry_run=True, names=names)

    by_run = {verdict.run: verdict for verdict in dry.verdicts}
    for run, told in runs:
        result, origin = predicted(new, told)
        verdict = by_run[run.id]
        page = None if origin is None else new.by_origin(origin)
        assert (verdict.result, verdict.then) == (result, None if page is None else page.name), (told, verdict)
        assert before[run.id] == await house.stored(run)

    assert (await house.migrates(names=names)).verdicts == dry.verdicts
    for run, told in runs:
        await _is_as_predicted(house, new, run, told, by_run[run.id], before[run.id])
    assert len(called) == done, "nothing was done outside"

    returned = {verdict.run for verdict in (await house.migrates(back=True)).verdicts}
    assert returned == {run.id for run, _ in runs if by_run[run.id].result is not Result.STUCK}
    for run, _ in runs:
        assert unmoved(await house.stored(run)) == unmoved(before[run.id])
    await house.engine.close()


async def _is_as_predicted(house: House, new: Process, run: RunView, told: Told, verdict: Verdict, before: Run) -> None:
    stored = await house.stored(run)
    if verdict.result is Result.STUCK:
        assert stored == before
        return
    view = await house.engine.load(run.id)
    assert stored.version != before.version
    assert view.current is not None
    assert (view.current.step, view.status.value) == (verdict.then, "waiting")
    for page in new.pages:
        given, kept = told.answers.get(page.origin), view.answers.get(page.name)
        if given is not None and isinstance(kept, dict):
            assert kept == {field.name: given.get(field.origin) for field in page.fields}
