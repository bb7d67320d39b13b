"""`python` nodes: functions of the host application."""

import asyncio
import functools
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.nodes.handing import visit_of
from wizard.errors import NodeFailed
from wizard.model import Outcome, Proceed, Retry
from wizard.node import Visit
from wizard.nodes.out.python import PythonNode


async def call(function: Callable[..., Any], arguments: dict[str, Any] | None = None, **more: Any) -> Outcome:
    """Executes a node for `function` with the answers {"a": {"name": "Ada", "tags": ["x"]}} on the path."""
    node = PythonNode()
    config = {"function": "it", "arguments": arguments or {}}
    data = {"a": {"name": "Ada", "tags": ["x"]}}
    return await node.execute(visit_of(node, config, data, functions={"it": function}, **more))


async def test_a_function_runs_in_a_thread_and_its_mapping_is_the_output() -> None:
    """A slow function of a host must not stand in everybody's way."""

    def greet(name: str, loud: bool) -> dict[str, Any]:
        return {"text": f"Hello {name}", "loud": loud, "main": threading.current_thread() is threading.main_thread()}

    outcome = await call(greet, {"name": "{{ a.name }}", "loud": True})
    assert outcome == Proceed({"text": "Hello Ada", "loud": True, "main": False})


async def test_an_async_function_is_awaited_and_a_plain_value_is_named() -> None:
    """Hosts on asyncio have async functions; a later node reads `it.value`."""

    async def double(x: int) -> int:
        await asyncio.sleep(0)
        return x * 2

    assert await call(double, {"x": 4}) == Proceed({"value": 8})
    assert await call(functools.partial(double, x=5)) == Proceed({"value": 10})
    assert await call(lambda: double(6)) == Proceed({"value": 12})


async def test_objects_and_built_in_functions_can_be_called() -> None:
    """What has no signature to look at is called as it is."""

    class Adder:
        async def __call__(self, x: int) -> int:
            return x + 1

    assert await call(Adder(), {"x": 1}) == Proceed({"value": 2})
    assert await call(dict, {"x": 1}) == Proceed({"x": 1})


async def test_the_visit_is_handed_to_functions_that_ask_for_it() -> None:
    """A payment needs the idempotency key, so that two tries are one payment."""

    def pay(amount: int, visit: Visit[Any]) -> str:
        visit.set("session", "paid", amount)
        return visit.key

    node = PythonNode()
    visit = visit_of(node, {"function": "pay", "arguments": {"amount": 5}}, functions={"pay": pay})
    assert await node.execute(visit) == Proceed({"value": "0123456789abcdef"})
    assert visit.changes == {("session", "paid"): 5}


async def test_an_argument_called_visit_is_the_authors() -> None:
    """What the definition names goes before what the engine offers."""
    assert await call(lambda visit: visit, {"visit": "Tuesday"}) == Proceed({"value": "Tuesday"})


async def test_a_function_cannot_change_stored_answers() -> None:
    """Answers are shared between steps, and only the person changes them."""
    tags = ["x"]
    node = PythonNode()
    visit = visit_of(
        node,
        {"function": "grow", "arguments": {"tags": "{{ a.tags }}"}},
        {"a": {"tags": tags}},
        functions={"grow": lambda tags: tags.append("y") or len(tags)},
    )
    assert await node.execute(visit) == Proceed({"value": 2})
    assert tags == ["x"]


async def test_an_unknown_function_says_what_to_register() -> None:
    """The most frequent mistake of somebody who embeds the engine."""
    node = PythonNode()
    visit = visit_of(node, {"function": "send_sms"}, functions={"b": print, "a": print})
    with pytest.raises(
        NodeFailed, match=r"no function 'send_sms'.*functions=\{'send_sms': …\}.*Registered are: a, b\."
    ):
        await node.execute(visit)
    with pytest.raises(NodeFailed, match="Registered are: none"):
        await node.execute(visit_of(node, {"function": "x"}))


@pytest.mark.parametrize("arguments", [{}, {"y": 1}, {"x": 1, "y": 2}])
async def test_arguments_that_do_not_fit_are_named(arguments: dict[str, Any]) -> None:
    """A misspelt argument is the author's, and must not look like a crash of the host's function."""

    def function(x: int) -> int:
        return x

    said = r"'it' can't be called with the node's arguments: it (needs 'x'|takes no 'y')\."
    with pytest.raises(NodeFailed, match=said):
        await call(function, arguments)


async def test_a_failure_that_the_function_words_itself_is_passed_on() -> None:
    """Only the host knows what to tell about a refused card, and whether it is worth trying again."""

    def refuse() -> None:
        raise NodeFailed("Your card was refused.", lasting=True) from ValueError("51")

    with pytest.raises(NodeFailed, match="Your card was refused") as caught:
        await call(refuse)
    assert caught.value.lasting


async def test_mistakes_that_stay_are_not_worth_another_try() -> None:
    """A person would wait for three tries of a function that doesn't exist."""
    node = PythonNode()
    for config in ({"function": "missing"}, {"function": "it", "arguments": {"y": 1}}):
        with pytest.raises(NodeFailed) as caught:
            await node.execute(visit_of(node, config, functions={"it": object}))
        assert caught.value.lasting
    with pytest.raises(NodeFailed) as caught:
        await call(object)
    assert caught.value.lasting


@pytest.mark.parametrize("result", [object(), {"a": {1, 2}}, {1: "a"}, float("nan"), "x" * 1_000_001, [b"", lambda: 1]])
async def test_a_result_that_cannot_be_stored_names_the_function(result: Any) -> None:
    """Whoever wrote the function must learn that it was its result, before anything is saved."""
    with pytest.raises(NodeFailed, match="What the function it returned"):
        await call(lambda: result)


async def test_undo_is_tried_as_often_as_the_work_itself() -> None:
    """A calendar that hiccups must not keep an appointment that nobody wants any more."""
    tries: list[int] = []

    def cancel(output: dict[str, Any]) -> None:
        tries.append(output["number"])
        if len(tries) < 3:
            raise OSError("busy")

    node = PythonNode()
    retry = Retry(attempts=3, backoff=timedelta(milliseconds=1))
    config = {"function": "book", "undo": "cancel"}
    await node.remove(visit_of(node, config, functions={"cancel": cancel}, output={"number": 7}, retry=retry))
    assert tries == [7, 7, 7]


async def test_undo_takes_back_what_was_done() -> None:
    """An appointment that left the path must be given back (S12)."""
    undone: list[Any] = []

    def cancel(output: dict[str, Any], visit: Visit[Any]) -> None:
        undone.append((output, visit.key))

    node = PythonNode()
    config = {"function": "book", "undo": "cancel"}
    visit = visit_of(node, config, functions={"cancel": cancel}, output={"number": 7})
    await node.remove(visit)
    assert undone == [({"number": 7}, "0123456789abcdef")]


async def test_there_is_nothing_to_undo_without_a_result_or_a_function() -> None:
    """A step that never ran must not be undone."""
    node = PythonNode()
    undone: list[Any] = []
    functions = {"cancel": undone.append}
    await node.remove(visit_of(node, {"function": "book", "undo": "cancel"}, functions=functions))
    await node.remove(visit_of(node, {"function": "book"}, functions=functions, output={}))
    assert undone == []
