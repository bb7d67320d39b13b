"""What hosts hand the engine by mistake is named as their mistake, before anything is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.workflows import ask, engine, flow
from wizard.engine import Engine
from wizard.errors import InvalidInput
from wizard.machine.arguments import check_fields

Call = Callable[[Engine, str], Awaitable[Any]]

WRONG: list[tuple[str, Call]] = [
    ("`answers` is a mapping.*not a text", lambda made, run: made.next(run, "x")),  # type: ignore[arg-type]
    ("`answers` is a mapping.*not a list", lambda made, run: made.next(run, [("x", "1")])),  # type: ignore[arg-type]
    ("names in `answers`.*an int", lambda made, run: made.next(run, {1: "x"})),  # type: ignore[dict-item]
    ("`step` is a text, not an int", lambda made, run: made.next(run, {"x": "1"}, step=1)),  # type: ignore[arg-type]
    ("`revision` is a whole number", lambda made, run: made.next(run, revision="1")),  # type: ignore[arg-type]
    ("`seen` is a text", lambda made, run: made.next(run, {"x": "1"}, seen=b"1")),  # type: ignore[arg-type]
    ("`run` is a text, not None", lambda made, run: made.next(None)),  # type: ignore[arg-type]
    ("`run` is a text, not an int", lambda made, run: made.load(5)),  # type: ignore[arg-type]
    ("`run` is a text", lambda made, run: made.repair(5)),  # type: ignore[arg-type]
    ("`run` is a text", lambda made, run: made.cancel(b"1")),  # type: ignore[arg-type]
    ("`token` is a text", lambda made, run: made.open(run, None)),  # type: ignore[arg-type]
    ("`to` is a text", lambda made, run: made.previous(run, to=1)),  # type: ignore[arg-type]
    ("`draft` is a mapping", lambda made, run: made.previous(run, draft="x")),  # type: ignore[arg-type]
    ("`draft` is a mapping", lambda made, run: made.save(run, "a", ["x"])),  # type: ignore[arg-type]
    ("`draft` is a mapping", lambda made, run: made.keep(run, "a", "x")),  # type: ignore[arg-type]
    ("`files` is a mapping", lambda made, run: made.keep(run, "a", {}, "x")),  # type: ignore[arg-type]
    ("`step` is a text", lambda made, run: made.change(run, None)),  # type: ignore[arg-type]
    ("`answers` is a mapping", lambda made, run: made.change(run, "a", "x")),  # type: ignore[arg-type]
    ("`item` is a text", lambda made, run: made.remove_item(run, 1)),  # type: ignore[arg-type]
    ("`session` is a mapping", lambda made, run: made.amend(run, session="x")),  # type: ignore[arg-type]
    ("`input` is a mapping", lambda made, run: made.start("main", "x")),  # type: ignore[arg-type]
    ("`input` is a mapping", lambda made, run: made.create("main", [])),  # type: ignore[arg-type]
    ("`workflow_id` is a text", lambda made, run: made.start(1)),  # type: ignore[arg-type]
    ("`event` is a mapping", lambda made, run: made.start("main", event="x")),  # type: ignore[arg-type]
    ("`session` is a mapping", lambda made, run: made.start("main", session=[1])),  # type: ignore[arg-type]
    ("`profile_id` is a text, not an int", lambda made, run: made.start("main", profile_id=5)),  # type: ignore[arg-type]
    ("`session_id` is a text, not a list", lambda made, run: made.start("main", session_id=[])),  # type: ignore[arg-type]
    ("`profile_id` is a text of 1 to 500", lambda made, run: made.start("main", profile_id="")),
    ("`profile_id` holds a character that can't be shown", lambda made, run: made.start("main", profile_id="\0")),
    ("`session_id` holds a character that can't be shown", lambda made, run: made.create("main", session_id="a\nb")),
    ("`profile_id` holds half a character", lambda made, run: made.start("main", profile_id="a\ud800")),
    ("key of an event must be text of 1 to 200", lambda made, run: made.event(run, "paid", key="k\0")),
    ("`profile_id` is a text", lambda made, run: made.runs_of(5)),  # type: ignore[arg-type]
    ("`limit` is a whole number", lambda made, run: made.runs_of("ann", limit="5")),  # type: ignore[arg-type]
    ("`after` is a whole number", lambda made, run: made.trace(run, after="5")),  # type: ignore[arg-type]
    ("`run_id` is a text", lambda made, run: made.delete(5)),  # type: ignore[arg-type]
    ("`file_id` is a text", lambda made, run: made.file(run, 5)),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("said", "call"), WRONG, ids=[f"{number}" for number in range(len(WRONG))])
async def test_an_argument_of_the_wrong_kind_is_named(said: str, call: Call) -> None:
    """`engine.next(run, "Ann")` is easily written: what came was an AttributeError from somewhere inside."""
    made = engine(flow("main", ask("a"), ask("b")))
    run = await made.start("main")
    with pytest.raises(InvalidInput, match=said):
        await call(made, run.id)
    assert (await made.load(run.id)).revision == run.revision


async def test_what_may_be_left_out_may_be_none() -> None:
    """Hosts hand on what they were handed, None included."""
    made = engine(flow("main", ask("a"), ask("b")))
    run = await made.start("main", None, event=None, session=None, profile_id=None, session_id=None)
    await made.next(run, {"x": "1"}, step=None, revision=None, seen=None)
    await made.previous(run, to=None, draft=None, revision=None)
    assert (await made.next(run, None)).step == "b"


def test_no_form_has_more_than_two_hundred_fields() -> None:
    """Somebody who sends thousands of fields is refused before anything looks at them; the largest form isn't."""
    check_fields("answers", {f"f{number}": 1 for number in range(200)})
    with pytest.raises(InvalidInput, match="201 fields"):
        check_fields("answers", {f"f{number}": 1 for number in range(201)})
