"""The runs of a corpus: how each comes to where it stands, and what brings it to its end."""

from __future__ import annotations

import asyncio
import base64
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from wizard.app import make_engine
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.worker import Worker
from wizard.errors import NodeFailed, RunNotFound
from wizard.model import Reply, Run, Step
from wizard.model.values import to_json
from wizard.node import Registry, Visit
from wizard.settings import Settings
from wizard.stores.contract import Store
from wizard.testing import MovableClock, Person

HERE = Path(__file__).parent
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

Action = list[Any]  # what a person does, and with which answers


@dataclass(frozen=True)
class Story:
    """`do` leads to where the run stands, `then` from there to its end. `booking` is what the host's functions do at
    the last of `do`: work, fail or hang, can't undo, or can't send."""

    name: str
    do: Sequence[Action] = ()
    then: Sequence[Action] = ()
    booking: str = "works"
    profile: str | None = None
    started: bool = True
    workflow: str = "trip"


def says(**answers: object) -> Action:
    return ["says", answers]


ANN = {"name": "Ann Zoë", "born": "27 3 1985", "country": "CH", "extras": ["seat", "meal"]}
PAPER = {"name": "ticket.txt", "type": "text/plain", "content": base64.b64encode(b"seat 12, window").decode()}

YOU = says(**ANN)
PERMIT = says(number="P-77")
BUDGET = says(amount="120.50", at="9:30")
BO, CAT = says(name="Bo", age="7"), says(name="Cat", age="40")
MORE, ENOUGH = says(add_another=True), says(add_another=False)
PROOF = says(paper=PAPER)
ON = says()
REST: list[Action] = [ENOUGH, PROOF, ON]

WORKS: Action = ["works"]
AN_HOUR: Action = ["waits", {"hours": 1}]
LATER: Action = ["waits", {"days": 2}]
STARS = says(stars="5")


def stay(name: str, do: Sequence[Action], then: Sequence[Action], booking: str = "works") -> Story:
    return Story(name, [says(name="Ann Zoë"), *do], then, booking, workflow="stay")


# A worker does whatever is due, whosever it is. So those stories come first in which more time passes than in the
# ones before them is waited for, and those last whose work is due already.
STAYS = (
    stay("expired", [WORKS, LATER, ["waits", {"days": 11}]], [["waits", {"days": 301}]]),
    stay("reminded, and not told", [WORKS, LATER, ["waits", {"days": 3}]], [AN_HOUR, STARS], "can't send"),
    stay("to be reminded", [WORKS, LATER], [["waits", {"days": 3}], STARS]),
    stay("nobody answers", [WORKS, LATER], [["waits", {"days": 10}], ["waits", {"days": 300}]]),
    stay("waits for a time", [WORKS], [LATER, STARS]),
    stay(
        "an undo is owed",
        [WORKS, ["changes", "who", {"name": "Bo"}]],
        [AN_HOUR, LATER, STARS],
        "can't undo",
    ),
    stay("cancelled and not undone", [WORKS, ["cancels"]], [AN_HOUR], "can't undo"),
    stay("half done", [WORKS], [WORKS, LATER, STARS], "hangs"),
    stay("slow work", [], [WORKS, LATER, STARS]),
    stay("cancelled at slow work", [["cancels"]], [AN_HOUR, ["waits", {"days": 301}]]),
)
TRIPS = (
    Story("created", started=False, then=[ON, YOU, BUDGET, BO, *REST]),
    Story("asked first", then=[YOU, BUDGET, BO, *REST]),
    Story("in the middle", [YOU, BUDGET], [BO, *REST]),
    Story("kept steps", [YOU, BUDGET, BO, ["goes_back"], ["goes_back"]], [says(amount="99"), BO, *REST]),
    Story("a draft", [YOU, ["goes_back", {"name": "Ann-Marie", "born": "27"}]], [YOU, BUDGET, BO, *REST]),
    Story("partly answered", [["says_in_part", {"name": "Ann"}]], [YOU, BUDGET, BO, *REST]),
    Story(
        "parked answers",
        [says(**{**ANN, "country": "DE"}), PERMIT, BUDGET, ["changes", "you", ANN]],
        [["changes", "you", {**ANN, "country": "DE"}], PERMIT, BO, *REST],
    ),
    Story("the second of a repeat", [YOU, BUDGET, BO, MORE], [CAT, *REST]),
    Story("a list of three", [YOU, BUDGET, BO, MORE, CAT, MORE, BO], REST),
    Story("an item taken out", [YOU, BUDGET, BO, MORE, CAT, ["removes", "travellers/1"]], REST),
    Story("an uploaded file", [YOU, BUDGET, BO, ENOUGH, PROOF], [ON]),
    Story("failed", [YOU, BUDGET, BO, ENOUGH, PROOF], [ON, ON], booking="fails"),
    Story("interrupted", [YOU, BUDGET, BO, ENOUGH, PROOF], [ON, ON], booking="hangs"),
    Story("changing", [YOU, BUDGET, BO, ["changes", "you"]], [YOU, *REST]),
    Story("booked, and back", [YOU, BUDGET, BO, ENOUGH, PROOF, ["goes_back"], ["goes_back"]], [ENOUGH, PROOF, ON]),
    Story("a profile", [YOU, BUDGET], [BO, *REST], profile="person-1"),
    Story("completed", [YOU, BUDGET, BO, *REST], profile="person-2"),
)


def event(name: str, data: object = None, key: str | None = None) -> Action:
    return ["event", name, data, key]


def deal(name: str, do: Sequence[Action], then: Sequence[Action]) -> Story:
    return Story(name, do, then, workflow="deal")


WHO, OFFER = says(name="Ann Zoë"), says(price="7")
ANN_SIGNS, BO_SIGNS = event("signed", {"by": "Ann"}, "k1"), event("signed", {"by": "Bo"})
DEALS = (
    deal("events wait for the run", [ANN_SIGNS, BO_SIGNS], [WHO, OFFER]),
    deal("an event with a key", [ANN_SIGNS], [ANN_SIGNS, WHO, OFFER, ANN_SIGNS, BO_SIGNS]),
    deal("waits for an event", [WHO], [ANN_SIGNS, OFFER, BO_SIGNS]),
    deal("an event is taken", [WHO, ANN_SIGNS], [OFFER, BO_SIGNS]),
    deal("an event is taken, and back", [WHO, ANN_SIGNS, BO_SIGNS, ["goes_back"]], [WHO, OFFER]),
    deal("the other of two events", [event("refused", "too dear")], [WHO]),
    deal("an event closed the form", [WHO, ANN_SIGNS, event("withdrawn", {"why": "sold"})], [BO_SIGNS]),
)


def towns(*names: str) -> Action:
    return says(towns=list(names))


def fewer(*names: str) -> Action:
    return ["changes", "order", {"towns": list(names)}]


def tour(name: str, do: Sequence[Action], then: Sequence[Action]) -> Story:
    return Story(name, do, then, workflow="tour")


ONE, TWO, THREE, FOUR = (says(nights=str(nights)) for nights in (1, 2, 3, 4))
THREE_TOWNS = [towns("Bern", "Geneva", "Basel"), ONE, TWO, THREE]
DEE = says(name="Dee", age="9")
OAK, ELM = says(school="Oak"), says(school="Elm")
LISTS = (
    tour("a list, answered", THREE_TOWNS, [fewer("Geneva", "Basel"), ON]),
    tour("a list, in its middle", THREE_TOWNS[:2], [fewer("Geneva", "Bern"), TWO, ON]),
    tour("a list, and back", [*THREE_TOWNS, *[["goes_back"]] * 4], [towns("Bern", "Basel"), ONE, THREE, ON]),
    tour("a list that was longer", [*THREE_TOWNS, fewer("Bern")], [fewer("Bern", "Basel"), FOUR, ON]),
    Story(
        "a list that is filtered",
        [BO, MORE, CAT, MORE, DEE, ENOUGH, OAK, ELM],
        [["changes", "members/1/person", {"name": "Bo", "age": "30"}], ON],
        workflow="family",
    ),
)
INQUIRIES = (Story("waits for a run, and is to be woken", [WHO], [["waits", {"days": 2}], STARS], workflow="inquiry"),)
STORIES = (*STAYS, *TRIPS, *DEALS, *LISTS, *INQUIRIES)


@dataclass
class Bookings:
    """The functions of the host."""

    how: str = "works"
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    sent: list[dict[str, str]] = field(default_factory=list)

    async def book(self, name: str) -> dict[str, Any]:
        self.begun.set()
        if self.how == "fails":
            raise NodeFailed("No seat is left.", lasting=True)
        if self.how == "hangs":
            await asyncio.Event().wait()
        return {"number": 7, "name": name}

    async def unbook(self, output: Mapping[str, Any]) -> None:
        if self.how == "can't undo":
            raise NodeFailed("The hotel doesn't answer.", lasting=True)

    async def print(self, visit: Visit[Any]) -> dict[str, Any]:
        visit.report(40, "Two of five pages")
        if self.how == "hangs":
            await asyncio.sleep(0.2)  # what is reported is written beside the work
            self.begun.set()
            await asyncio.Event().wait()
        return {"pages": 5}

    async def mail(self, **message: str) -> None:
        if self.how == "can't send":
            raise NodeFailed("The post office is closed.")
        self.sent.append(message)


def engine_on(store: Store, definitions: Path, bookings: Bookings | None = None, now: datetime = NOON) -> Engine:
    """Its clock moves where a person `waits`."""
    catalog = Catalog.load([definitions], Registry.installed())
    functions = {name: getattr(bookings or Bookings(), name) for name in ("book", "unbook", "print", "mail")}
    return make_engine(catalog, store, Settings(), functions, clock=MovableClock(now))


async def tell(engine: Engine, story: Story, bookings: Bookings) -> Run:
    """The run at the end of what its story does."""
    given: dict[str, Any] = {"profile_id": story.profile, "session_id": None, "event": {"source": "letter"}}
    if not story.started:
        return (await engine.create(story.workflow, {"channel": "kiosk"}, **given)).run
    replied = Reply("", f"key of {story.name}", b"digest", 201, b'{"ok": true}')

    def respond(view: RunView) -> Reply:
        return replied

    handed = {"channel": "kiosk"} if story.workflow == "trip" else {}
    person = Person(engine, await engine.start(story.workflow, handed, respond=respond, **given))
    for action in story.do[:-1]:
        await play(person, action)
    bookings.begun.clear()
    bookings.how = story.booking
    last = asyncio.create_task(play(person, story.do[-1])) if story.do else None
    if last is not None and story.booking == "hangs":
        await bookings.begun.wait()
        last.cancel()
    if last is not None:
        with suppress(asyncio.CancelledError):
            await last
    bookings.how = "works"
    return await stored(engine.store, person.run.id)


async def stored(store: Store, run_id: str) -> Run:
    run = await store.load(run_id)
    assert run is not None
    return run


async def play(person: Person, action: Action) -> None:
    """Raises AssertionError where the answers aren't accepted."""
    match action:
        case ["says", answers]:
            await person.says(**answers)
        case ["says_in_part", answers]:
            await person.says_in_part(**answers)
        case ["goes_back"]:
            await person.goes_back()
        case ["goes_back", draft]:
            await person.goes_back(**draft)
        case ["changes", step]:
            await person.changes(step)
        case ["changes", step, answers]:
            await person.changes(step, **answers)
        case ["removes", item]:
            await person.removes(item)
        case ["works"]:
            await work(person)
        case ["waits", by]:
            await person.waits(**by)
        case ["event", name, data, key]:
            await person.engine.event(person.run, name, data, key=key)
        case ["cancels"]:
            await person.engine.cancel(person.run, undo=True)
        case _:
            raise ValueError(action)
    if action[0] != "says_in_part":
        assert person.run.rejected is None, (action, person.errors)


async def work(person: Person) -> None:
    """A worker does what is due; one that is stopped hands it back."""
    worker = Worker(person.engine)
    try:
        await worker.perform_due()
    finally:
        await worker.stop(0.0)
    await person.engine.load(person.run)


async def shown(store: Store, path: Path, run: Run, name: str) -> dict[str, Any]:
    """All that is stored in the file of the run of the story with this name, in JSON's types."""
    document = await store.document("profile", run.profile_id) if run.profile_id else None
    files = {}
    for step in run.steps:
        paper = (step.output or {}).get("paper") if step.node == "proof" else None
        if paper and (file := await store.file(run.id, paper["id"])) is not None:
            files[file.name] = [file.media_type, file.content.decode()]
    reply = await store.reply("", f"key of {name}")
    return {
        "status": run.status.value,
        "step": run.current.path if run.current else None,
        "path": [step.path for step in run.path],
        "kept": [step.path for step in run.kept],
        "steps": {step.path: _step(step) for step in run.steps},
        "parked": {
            path: to_json(dict(answers)) for path, answers in sorted(run.parked.items()) if not path.endswith("/")
        },
        "returning": run.returning,
        "removed": sorted(run.removed),
        "fault": [run.fault.message, run.fault.node, run.fault.kind] if run.fault else None,
        "input": to_json(dict(run.input)),
        "event": to_json(dict(run.event)),
        "arrivals": [[each.number, each.name, to_json(each.data), each.key] for each in run.arrivals],
        "arrived": [run.arrived, len(run.deliveries)],
        "took": {step.path: [step.took.number, step.took.name] for step in run.steps if step.took is not None},
        "profile": to_json(dict(run.profile)),
        "session": to_json(dict(run.session)),
        "document": to_json(dict(document.fields)) if document else None,
        "files": files,
        "reply": [reply.digest.decode(), reply.status, reply.body.decode()] if reply else None,
        "entries": [each.entry.kind for each in await store.trace(run.id)],
        "undos": [[each.step.path, each.tries, each.error, each.failed] for each in run.undos],
        "report": [report.percent, report.text] if (report := await store.reported(run.id)) else None,
        "jobs": jobs_of(path, run),
    }


def jobs_of(path: Path, run: Run) -> list[list[Any]]:
    """Of each job its kind, the step that it is about, when it is due and how often it was claimed. No store tells this
    without handing the jobs out."""
    steps = {step.visit: step.path for step in (*(undo.step for undo in run.undos), *run.steps)}
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT kind, visit, due, tries FROM jobs WHERE run_id=? ORDER BY key", [run.id])
        return [
            [kind, steps.get(visit), datetime.fromtimestamp(due // 1_000_000, UTC).isoformat(), tries]
            for kind, visit, due, tries in found
        ]


async def go_on(store: Store, definitions: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    """How the run ends that is told of, once its `then` is done from where it stands: what it shows then, and what was
    sent. By then the lease of the process that wrote it is over."""
    bookings = Bookings()
    now = (await stored(store, told["id"])).updated_at + timedelta(seconds=31)
    engine = engine_on(store, definitions, bookings, now)
    person = Person(engine, await engine.load(told["id"]))
    with suppress(RunNotFound):  # a run may be deleted at its end
        for action in told["then"]:
            await play(person, action)
    run = await store.load(told["id"])
    await engine.close()
    if run is None:
        return {"status": "deleted"}
    return {
        "status": run.status.value,
        "answers": outputs(run),
        "owed": [undo.step.path for undo in run.undos],
        "sent": [each["text"] for each in bookings.sent if each["key"].startswith(run.id)],
    }


def outputs(run: Run) -> dict[str, Any]:
    """What was answered and computed on the run's path, in JSON's types, without the ids that files are given."""
    return {step.path: _without_ids(_step(step).get("output")) for step in run.path}


def _without_ids(answers: dict[str, Any] | None) -> dict[str, Any] | None:
    return answers and {
        name: {key: part for key, part in value.items() if key != "id"} if isinstance(value, dict) else value
        for name, value in answers.items()
    }


def _step(step: Step) -> dict[str, Any]:
    values = {name: getattr(step, name) for name in ("output", "draft", "state")}
    return {
        "status": step.status.value,
        **{name: to_json(value) for name, value in values.items() if value is not None},
    }
