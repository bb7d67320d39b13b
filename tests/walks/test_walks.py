"""People who go through the examples at random, as far as their feet carry them (walker.py).

The seed is told at the end of the tests and in a failure; FUZZ_SEED sets it. TORTURE=10 makes ten thousand moves over
each example.
"""

from __future__ import annotations

import asyncio
import random
import runpy
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_examples import EXAMPLES, OFFICE, Office
from tests.acceptance.test_words import GERMAN, definitions, marked
from tests.drawing import TORTURE
from tests.pages import PAGES, Block
from tests.unit.test_docs import documents
from tests.visitor import visiting
from tests.walks.answers import fields_of
from tests.walks.reader import Reader
from tests.walks.walker import Walker
from wizard.app import Functions, wizard_app
from wizard.engine import Engine
from wizard.engine.worker import working
from wizard.errors import CallerError
from wizard.settings import Settings
from wizard.testing import MovableClock, make_test_engine

MOVES = 1_000 * TORTURE or 100  # over each example
FAR = 5_000  # moves, after which nothing can have been missed
ASKING = ("form", "message", "review", "end")
UNBOUND = Settings(allow_private_addresses=True, start_rate=0, refusal_rate=0)


Outside = Callable[[Engine, random.Random, str], Awaitable[None]]


async def nothing(engine: Engine, pick: random.Random, run: str) -> None:
    """Nothing happens outside."""


@asynccontextmanager
async def walking(
    documents: list[Any],
    workflow: str,
    seed: str,
    language: str,
    *,
    functions: Functions | None = None,
    happens: Outside = nothing,
    settings: Settings = UNBOUND,
) -> AsyncIterator[Walker]:
    """Somebody on the way through a workflow, which is served."""
    fields = fields_of(documents)
    clock = MovableClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
    engine = await make_test_engine(*documents, clock=clock, settings=settings, functions=functions)
    try:
        async with working(engine, 2), visiting(wizard_app(engine, settings=settings)) as visitor:
            yield Walker(
                visitor,
                workflow,
                seed,
                fields=fields,
                clock=clock,
                reader=Reader(language, fields),
                happens=partial(happens, engine),
            )
    finally:
        await engine.close()


async def walk(documents: list[Any], workflow: str, seed: str, language: str, *, moves: int = 0, **more: Any) -> Walker:
    async with walking(documents, workflow, seed, language, **more) as walker:
        await walker.walks(moves or MOVES)
    print(f"{workflow}: {walker.moves.total()} moves, {walker.links} links, {walker.completed} ends, {walker.statuses}")
    return walker


async def walk_everywhere(documents: list[Any], workflow: str, seed: str, language: str, **more: Any) -> None:
    """As `walk`; who walks far enough sees every page that there is."""
    walker = await walk(documents, workflow, seed, language, **more)
    there = {node["id"] for each in documents for node in each["nodes"] if node["type"] in ASKING}
    if walker.moves.total() >= FAR:
        assert not (unreached := there - walker.nodes), f"nobody ever came to {unreached}"


async def test_feedback(pseudo_language: str, fuzz_seed: int) -> None:
    """Two or three questions, and a last page from which people go back."""
    found = definitions(EXAMPLES / "feedback.yaml", pseudo_language)
    await walk_everywhere(found, "feedback", f"{fuzz_seed} feedback", pseudo_language)


async def test_housing(pseudo_language: str, fuzz_seed: int) -> None:
    """The longest one, with a list of people and a review."""
    found = definitions(EXAMPLES / "housing", pseudo_language)
    await walk_everywhere(found, "housing", f"{fuzz_seed} housing", pseudo_language)


async def test_housing_in_german(fuzz_seed: int) -> None:
    """The same in a real language."""
    await walk_everywhere(definitions(GERMAN, "de-CH"), "housing", f"{fuzz_seed} wohnung", "de-CH")


async def test_appointment(pseudo_language: str, fuzz_seed: int) -> None:
    """Work is done between the pages, by a service that others use as well, and that isn't always there."""
    office = Office()

    async def goes_on(_: Engine, pick: random.Random, run: str) -> None:
        if pick.random() < 0.05:
            office.loses = [500]
        if pick.random() < 0.05:
            office.refuses = [503]

    async with office.server:
        replaced = {OFFICE: office.address, "attempts: 3, backoff: 1s": "attempts: 1"}
        found = definitions(EXAMPLES / "appointment" / "appointment.yaml", pseudo_language, replaced)
        seed = f"{fuzz_seed} appointment"
        await walk_everywhere(found, "appointment", seed, pseudo_language, happens=goes_on)


async def test_booking(pseudo_language: str, fuzz_seed: int) -> None:
    """What the hosts' examples share, on the engine's own pages: somebody pays elsewhere, and printing takes time."""
    booking = runpy.run_path(str(EXAMPLES / "hosts" / "booking.py"))
    found = [{**marked(booking["BOOKING"]), "language": pseudo_language}]

    async def goes_on(engine: Engine, pick: random.Random, run: str) -> None:
        if run and pick.random() < 0.1:
            with suppress(CallerError):
                await engine.event(run, "paid", key=str(pick.random()))
        await asyncio.sleep(0)

    seed = f"{fuzz_seed} booking"
    functions = booking["FUNCTIONS"]
    await walk_everywhere(found, "booking", seed, pseudo_language, functions=functions, happens=goes_on)


# -- that they notice ----------------------------------------------------------------------------------------------

WORD = '{% extends "wizard/step.html" %}{% block before %}<p>Welcome</p>{{ super() }}{% endblock %}'
NOWHERE = '{% extends "wizard/step.html" %}{% block before %}<a href="/nowhere">⟪a⟫</a>{{ super() }}{% endblock %}'
FORGETS = '{% if w.value %}<input name="{{ w.name }}">{% else %}{% include "wizard/fields/input.html" %}{% endif %}'


@pytest.mark.parametrize(
    ("template", "text", "noticed"),
    [
        ("step.html", WORD, "Welcome"),
        ("step.html", NOWHERE, "404 at /nowhere"),
        ("fields/input.html", FORGETS, "is shown"),
    ],
    ids=["word", "link", "answer"],
)
async def test_what_is_wrong_is_noticed(
    pseudo_language: str, fuzz_seed: int, tmp_path: Path, template: str, text: str, noticed: str
) -> None:
    """A walker that finds nothing says something only where it would have found it."""
    file = tmp_path / "templates" / template
    file.parent.mkdir(parents=True)
    file.write_text(text)
    found = definitions(EXAMPLES / "housing", pseudo_language)
    settings = UNBOUND.model_copy(update={"templates": tmp_path / "templates"})
    with pytest.raises(AssertionError, match=noticed):
        await walk(found, "housing", f"{fuzz_seed} {template}", pseudo_language, settings=settings, moves=1_000)


# -- what the documentation shows ----------------------------------------------------------------------------------

OUTSIDE = ("python", "http", "confirm_email")  # node types that need something which the documentation only names


def shown() -> list[Block]:
    """The definitions in the documentation that can be served as they stand."""
    blocks = [block for page in PAGES for block in page.of("yaml") if block.is_whole]
    return [block for block in blocks if not any(f"type: {each}" in block.text for each in OUTSIDE)]


async def test_what_the_documentation_shows(pseudo_language: str, fuzz_seed: int) -> None:
    """Whoever copies a definition from there has its pages go wrong in nobody's hands."""
    blocks = shown()
    assert len(blocks) > 10
    pick = random.Random(f"{fuzz_seed} shown")
    for block in blocks if TORTURE else pick.sample(blocks, k=4):
        found = [{**marked(each), "language": pseudo_language} for each in documents(block)]
        seed = f"{fuzz_seed} {block}"
        try:
            await walk(found, found[0]["id"], seed, pseudo_language, moves=MOVES // 10)
        except AssertionError as error:
            error.add_note(str(block))
            raise
