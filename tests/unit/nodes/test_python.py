"""`python` nodes: functions of the host application."""

import asyncio
import functools
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.nodes.visiting import Pauses, visit_of
from wizard.errors import NodeFailed
from wizard.model import Outcome, Proceed, Retry
from wizard.node import Visit
from wizard.nodes.python import PythonNode
from wizard.settings import Settings


async def call(function: Callable[..., Any], arguments: dict[str, Any] | None = None, **more: Any) -> Outcome:
    """Executes a node for `function` with the answers {"a": {"name": "Ada", "tags": ["x"]}} on the path."""
    node = PythonNode(more.pop("sleep", Pauses()))
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

    with pytest.raises(NodeFailed, match=r"'it' can't be called with the node's arguments: .*'[xy]'"):
        await call(function, arguments)


async def test_an_exception_is_hidden_from_the_person_and_kept_for_the_log() -> None:
    """A traceback helps nobody who fills in a form, and may hold secrets."""

    def broken() -> None:
        raise ValueError("password=hunter2")

    with pytest.raises(NodeFailed) as caught:
        await call(broken)
    assert "hunter2" not in str(caught.value)
    assert "Try again later" in str(caught.value)
    assert isinstance(caught.value.__cause__, ValueError)


async def test_a_failure_that_the_function_words_itself_is_shown() -> None:
    """Only the host knows what to tell about a refused card."""
    calls = []

    def refuse() -> None:
        calls.append(1)
        raise NodeFailed("Your card was refused.") from ValueError("51")

    with pytest.raises(NodeFailed, match="Your card was refused"):
        await call(refuse, retry=Retry(attempts=3))
    assert calls == [1]


async def test_a_failing_function_is_tried_again_with_growing_pauses() -> None:
    """A service that hiccups must not cost a person their place."""
    calls = []

    def flaky() -> str:
        calls.append(1)
        if len(calls) < 3:
            raise OSError("busy")
        return "ok"

    pauses = Pauses()
    retry = Retry(attempts=3, backoff=timedelta(seconds=2))
    assert await call(flaky, retry=retry, sleep=pauses) == Proceed({"value": "ok"})
    assert 1 <= pauses[0] <= 2 <= pauses[1] <= 4
    assert len(pauses) == 2


async def test_the_last_try_is_the_last() -> None:
    """Three attempts are three, not four."""
    calls = []

    def broken() -> None:
        calls.append(1)
        raise OSError

    with pytest.raises(NodeFailed):
        await call(broken, retry=Retry(attempts=3))
    assert len(calls) == 3


async def test_the_time_limit_holds_for_async_functions_and_threads() -> None:
    """A function that hangs must not hold the person's turn for ever."""
    limit = timedelta(milliseconds=50)

    async def hang() -> None:
        await asyncio.sleep(60)

    with pytest.raises(NodeFailed, match=r"took longer than 0\.05 seconds"):
        await call(hang, timeout=limit)
    release = threading.Event()
    with pytest.raises(NodeFailed, match="took longer"):
        await call(lambda: release.wait(60), timeout=limit)
    release.set()


async def test_the_settings_give_the_time_limit_where_the_node_gives_none() -> None:
    """Operators bound what authors forgot."""

    async def hang() -> None:
        await asyncio.sleep(60)

    with pytest.raises(NodeFailed, match=r"took longer than 0\.02 seconds"):
        await call(hang, settings=Settings(step_timeout=0.02))


async def test_a_time_out_inside_the_function_is_not_ours() -> None:
    """Saying that 30 seconds have passed would send people looking in the wrong place."""

    def own_timeout() -> None:
        raise TimeoutError

    with pytest.raises(NodeFailed, match="mistake on our side"):
        await call(own_timeout)


@pytest.mark.parametrize("result", [object(), {"a": {1, 2}}, {1: "a"}, float("nan"), "x" * 1_000_001, [b"", lambda: 1]])
async def test_a_result_that_cannot_be_stored_names_the_function(result: Any) -> None:
    """Whoever wrote the function must learn that it was its result, before anything is saved."""
    with pytest.raises(NodeFailed, match="What the function it returned"):
        await call(lambda: result)


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
