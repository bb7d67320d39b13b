"""The terminal while a run works or waits: what is shown, and what can be done meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tests.patience import LONG
from tests.unit.channels.slow import ORDERED, POINTS, Bench
from tests.unit.channels.typed import Script
from wizard.channels.terminal import terminal
from wizard.channels.terminal.terminal import Conversation, Ending
from wizard.engine import Engine
from wizard.engine.worker import working
from wizard.model import RunStatus
from wizard.settings import Settings
from wizard.testing import make_test_engine


class Keyboard(Script):
    """Lines that are typed while nothing is asked: `meanwhile` is called at each look, and says whether one is."""

    def __init__(self, *lines: str, meanwhile: Callable[[], bool] = lambda: False) -> None:
        super().__init__(*lines)
        self._meanwhile = meanwhile

    def has_typed(self) -> bool:
        return self._meanwhile()


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(terminal, "LOOK", 0.01)
    return Bench()


@pytest.fixture
async def engine(bench: Bench) -> AsyncIterator[Engine]:
    settings = Settings(grace=0.1)
    engine = await make_test_engine(POINTS, ORDERED, functions={"count": bench.count}, settings=settings)
    async with working(engine):
        yield engine
        bench.gate.set()
    await engine.close()


async def test_work_is_watched_until_it_is_done(engine: Engine, bench: Bench) -> None:
    """Somebody at a keyboard sees how far it is, and goes on without typing."""
    view, looks = await engine.start("points"), 0

    def meanwhile() -> bool:
        nonlocal looks
        looks += 1
        if looks == 1:
            asyncio.get_running_loop().call_later(0.05, lambda: bench.reports(40, "Reading"))
        if "Reading (40 %) …" in keyboard.written:
            bench.gate.set()
        return False

    keyboard = Keyboard("1234", meanwhile=meanwhile)
    assert await Conversation(engine, keyboard).hold(view) is Ending.COMPLETED
    assert "Working on it …" in keyboard.written
    assert keyboard.written.count("Reading (40 %) …") == 1
    assert "4 of them." in keyboard.text


async def test_back_wins_over_work(engine: Engine, bench: Bench) -> None:
    """Nobody has to wait for the result of a wrong answer."""
    view = await engine.start("points")

    def meanwhile() -> bool:
        if keyboard.titles.count("Who are you?") == 2:
            bench.gate.set()
            return False
        return bench.begun.is_set()

    keyboard = Keyboard("1234", "hello", ":back", "12", meanwhile=meanwhile)
    assert await Conversation(engine, keyboard).hold(view) is Ending.COMPLETED
    assert "There is nothing to answer here. Wait, or type :help." in keyboard.wrong
    assert keyboard.titles.count("Who are you?") == 2
    assert "2 of them." in keyboard.text


async def test_a_run_is_cancelled_after_a_question(engine: Engine, bench: Bench) -> None:
    """For good, so not by one slip of the finger."""
    view = await engine.start("points")
    keyboard = Keyboard(":cancel now", ":cancel", "no", ":cancel undo", "yes")
    assert await Conversation(engine, keyboard).hold(view) is Ending.OVER
    assert view.status is RunStatus.CANCELLED
    assert "Nothing was cancelled." in keyboard.written
    assert keyboard.wrong == [
        "Type :cancel, or :cancel undo to undo what was done so far as well.",
        "The run was cancelled. Start a new one.",
    ]


async def test_a_wait_is_waited_for_in_its_authors_words(engine: Engine) -> None:
    """Nothing is being done, and nobody is told so; what happens elsewhere goes on here."""
    view = await engine.start("ordered")
    arrived: list[asyncio.Task[object]] = []

    def meanwhile() -> bool:
        if not arrived:
            arrived.append(asyncio.ensure_future(engine.event(view.id, "delivered")))
        return False

    keyboard = Keyboard("tea", "5", meanwhile=meanwhile)
    assert await Conversation(engine, keyboard).hold(view) is Ending.COMPLETED
    assert "We wait until Friday for tea." in keyboard.written
    assert not [line for line in keyboard.written if line.startswith("Working")]


class Pipe(Script):
    """Lines of a pipe, which are all there."""

    def ahead(self) -> tuple[str | None] | None:
        line = self._lines[0] if self._lines else None
        return (line if isinstance(line, str) else None,)


@pytest.mark.parametrize(
    ("lines", "ending", "titles"),
    [
        ((), Ending.LEFT, 1),
        ((":quit", "5"), Ending.LEFT, 1),
        ((":back", ":quit"), Ending.LEFT, 2),
        ((":cancel", "yes"), Ending.OVER, 1),
        ((":cancel", "no"), Ending.LEFT, 1),
    ],
)
async def test_a_pipe_is_read_on_at_a_wait(engine: Engine, lines: tuple[str, ...], ending: Ending, titles: int) -> None:
    """A script that is over, or leaves, would hang at a wait for as long as nothing happens elsewhere."""
    view = await engine.start("ordered")
    pipe = Pipe("tea", *lines)
    async with asyncio.timeout(LONG):
        assert await Conversation(engine, pipe).hold(view) is ending
    assert pipe.titles.count("What?") == titles
    assert "leave with :quit" in pipe.text


@pytest.mark.parametrize(
    ("final", "told"),
    [
        ("", "It continues by itself. Type :back or :cancel, or leave with :quit and come back later"),
        (", final: true", "It continues by itself. Type :cancel, or leave with :quit and come back later"),
    ],
)
async def test_back_is_offered_where_there_is_something_to_go_back_to(final: str, told: str) -> None:
    """Who types what is offered is told that this is the first page."""
    engine = await make_test_engine(
        f"id: order\nnodes:\n  - {{id: ask, type: form, fields: [{{name: what}}]{final}}}\n"
        "  - {id: w, type: wait, for: 2d}"
    )
    pipe = Pipe("tea", ":quit")
    async with asyncio.timeout(LONG):
        assert await Conversation(engine, pipe).hold(await engine.start("order")) is Ending.LEFT
    assert [line.strip() for line in pipe.written if "by itself" in line] == [told]
    await engine.close()


@pytest.mark.parametrize(("final", "told"), [("", ", or type :back"), (", final: true", "")])
async def test_nor_is_it_after_work_that_failed(final: str, told: str) -> None:
    """As at a wait."""
    engine = await make_test_engine(
        f"id: order\nnodes:\n  - {{id: ask, type: form, fields: [{{name: what}}]{final}}}\n"
        "  - {id: w, type: python, function: fails}",
        functions={"fails": lambda: 1 / 0},
    )
    pipe = Pipe("tea", ":quit")
    assert await Conversation(engine, pipe).hold(await engine.start("order")) is Ending.LEFT
    assert [line.strip() for line in pipe.written if "to try again" in line] == [f"Press Enter to try again{told}"]
    await engine.close()


async def test_an_answer_in_a_pipe_is_one_to_the_question_after_the_wait(engine: Engine) -> None:
    """Nobody types it there, so nobody has to be told that it comes too early."""
    view = await engine.start("ordered")
    asyncio.get_running_loop().call_later(0.05, lambda: told.append(asyncio.ensure_future(tells())))
    told: list[asyncio.Future[object]] = []

    async def tells() -> object:
        return await engine.event(view.id, "delivered")

    pipe = Pipe("tea", "5")
    async with asyncio.timeout(LONG):
        assert await Conversation(engine, pipe).hold(view) is Ending.COMPLETED
    assert not pipe.wrong


async def test_a_run_that_somebody_else_cancels_is_over_here(engine: Engine) -> None:
    """Another channel, or whoever runs the service: the person is told, and asked nothing more."""
    view = await engine.start("points")
    await engine.cancel(view.id)
    stale = await engine.load(view.id)
    assert await Conversation(engine, Keyboard()).hold(stale) is Ending.OVER
    other = await engine.start("points")
    keyboard = Keyboard("1234")
    conversation = Conversation(engine, keyboard)
    await engine.cancel(other.id)
    assert await conversation.hold(other) is Ending.OVER
    assert keyboard.wrong == ["The run was cancelled. Start a new one."]


async def test_a_run_that_is_being_worked_on_is_joined(engine: Engine, bench: Bench) -> None:
    """Left with Ctrl-C and opened again: the work isn't begun a second time."""
    view = await engine.start("points")
    await engine.next(view, {"card": "123"})
    await bench.begun.wait()
    bench.gate.set()
    keyboard = Keyboard()
    assert await Conversation(engine, keyboard).hold(await engine.load(view.id)) is Ending.COMPLETED
    assert bench.calls == 1
