"""`python` nodes: a function of the host application, by the name it was registered with."""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import Awaitable, Callable, Mapping
from copy import deepcopy
from typing import Annotated, Any

from pydantic import Field

from wizard.codec import check_value
from wizard.errors import InvalidInput, NodeFailed, WizardError
from wizard.model import Outcome, Proceed, Value
from wizard.node import Background, NodeConfig, Visit
from wizard.settings import Settings
from wizard.templates import Dynamic

Sleep = Callable[[float], Awaitable[None]]
FunctionName = Annotated[str, Field(min_length=1, max_length=200)]


class PythonConfig(NodeConfig):
    """`undo` names a function that takes the effect back when the step leaves the path: it is handed
    `output`, what the node's function gave."""

    function: FunctionName
    arguments: dict[str, Dynamic] = Field(default_factory=dict, max_length=100)
    undo: FunctionName | None = None


class PythonNode(Background[PythonConfig]):
    """Calls a function of the host application.

    The function gets `arguments` by name, and the node's visit where it has a parameter `visit`
    (`visit.key` is the same for each try of the same work). It may be `async`; if it isn't, it runs in a
    thread. A mapping that it returns is the node's output, anything else the output's `value`.

    The common keys `timeout` (30 seconds unless the settings say otherwise) and `retry` apply. A function
    that runs in a thread can't be stopped: after the time limit its result is ignored. A NodeFailed
    that the function raises is shown to the person as it is and not tried again.
    """

    type = "python"
    Config = PythonConfig

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep

    async def execute(self, visit: Visit[PythonConfig]) -> Outcome:
        arguments = {name: value.evaluate(visit.names) for name, value in visit.config.arguments.items()}
        result = await call_function(visit, visit.config.function, arguments, self._sleep)
        output = dict(result) if isinstance(result, Mapping) else {"value": result}
        try:
            check_value(output, f"What the function {visit.config.function} returned")
        except InvalidInput as error:
            raise NodeFailed(error.message) from error
        return Proceed(output)

    async def remove(self, visit: Visit[PythonConfig]) -> None:
        if visit.config.undo is not None and visit.output is not None:
            await call_function(visit, visit.config.undo, {"output": dict(visit.output)}, self._sleep)


async def call_function(
    visit: Visit[Any], name: str, arguments: Mapping[str, Value], sleep: Sleep = asyncio.sleep
) -> Any:
    """What the host's function returns for these arguments, which it gets as copies of its own.

    Raises NodeFailed where the function isn't registered or doesn't take these arguments, and where, after
    the node's retries, it took longer than the node's time limit or raised (the cause is what it raised).
    """
    functions = visit.services.functions
    if name not in functions:
        raise NodeFailed(
            f"There is no function {name!r}. Register it where the engine is made: functions={{{name!r}: …}}. "
            f"Registered are: {', '.join(sorted(functions)) or 'none'}."
        )
    settings: Settings = visit.services.settings or Settings()
    seconds = visit.node.timeout.total_seconds() if visit.node.timeout is not None else settings.step_timeout
    tried = 0
    while True:
        tried += 1
        prepared = _fit(functions[name], name, deepcopy(dict(arguments)), visit)
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await _run(functions[name], prepared)
        except WizardError:
            raise
        except Exception as error:
            if tried >= visit.node.retry.attempts:
                raise NodeFailed(_described(seconds if limit.expired() else None)) from error
        await sleep(visit.node.retry.wait(tried, random.random()))  # noqa: S311  it spreads load and guards nothing


def _described(seconds: float | None) -> str:
    if seconds is not None:
        return f"This took longer than {seconds:g} seconds and was stopped. Try again later."
    return "This step couldn't be completed, because of a mistake on our side. Try again later."


def _fit(function: Callable[..., Any], name: str, arguments: dict[str, Any], visit: Visit[Any]) -> dict[str, Any]:
    """The arguments, with the visit where the function asks for it. Some built-in functions don't say
    what they take; these are called as they are."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return arguments
    if "visit" in signature.parameters and "visit" not in arguments:
        arguments["visit"] = visit
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise NodeFailed(f"The function {name!r} can't be called with the node's arguments: {error}.") from None
    return arguments


async def _run(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    if inspect.iscoroutinefunction(function):
        return await function(**arguments)
    result = await asyncio.to_thread(function, **arguments)
    return await result if inspect.isawaitable(result) else result
