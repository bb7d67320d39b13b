"""`python` nodes: a function of the host application, by the name it was registered with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from wizard.definitions.signatures import VISIT, misfit, takes_visit
from wizard.errors import Excuse, InvalidInput, NodeFailed
from wizard.expressions.template import Dynamic
from wizard.model import Outcome, Proceed, Value
from wizard.model.copies import copied
from wizard.model.values import check_value
from wizard.node import Background, FunctionCall, NodeConfig, Visit
from wizard.node.retry import persevere

FunctionName = Annotated[str, Field(min_length=1, max_length=200)]


class PythonConfig(NodeConfig):
    """Which function is called, with what."""

    function: FunctionName = Field(description="The name that the function was registered with.")
    arguments: dict[str, Dynamic] = Field(default_factory=dict, max_length=100, description="Its arguments, by name.")
    undo: FunctionName | None = Field(
        None, description="A function that takes the effect back when the step drops out of the run. It gets `output`."
    )


class PythonNode(Background[PythonConfig]):
    """Calls a function of the host application.

    The function gets `arguments` by name, and the node's visit where it has a parameter `visit`
    (`visit.key` is the same for each try of the same work). It may be `async`; if it isn't, it runs in a
    thread. A mapping that it returns is the node's output, anything else the output's `value`.

    The common keys `timeout` (30 seconds unless the settings say otherwise) and `retry` apply. A function
    that runs in a thread can't be stopped: after the time limit its result is ignored. A NodeFailed
    that the function raises is shown to the person as it is; with `lasting=True` it isn't tried again.

    `undo` is handed `output`, what the node's function gave. Where that never became known, since the run moved on
    while the function was at work, `output` is null; then only a function with a parameter `visit` is called, which can
    tell by `visit.key` what to take back.
    """

    type = "python"
    title = "Call a function"
    group = "out"
    icon = "code"
    example: ClassVar[Mapping[str, Any]] = {"function": "price_of", "arguments": {"count": 3, "express": True}}
    Config = PythonConfig
    reads_events = True

    def part(self, config: PythonConfig) -> str:
        return config.function

    def functions(self, config: PythonConfig) -> frozenset[str]:
        return frozenset(name for name in (config.function, config.undo) if name is not None)

    def function_calls(self, config: PythonConfig) -> tuple[FunctionCall, ...]:
        work = FunctionCall(("function",), config.function, frozenset(config.arguments))
        return (work,) if config.undo is None else (work, FunctionCall(("undo",), config.undo, frozenset({"output"})))

    async def execute(self, visit: Visit[PythonConfig]) -> Outcome:
        arguments = {name: value.evaluate(visit.names) for name, value in visit.config.arguments.items()}
        result = await call_function(visit, visit.config.function, arguments)
        output = dict(result) if isinstance(result, Mapping) else {"value": result}
        try:
            check_value(output, f"What the function {visit.config.function} returned")
        except InvalidInput as error:
            raise NodeFailed(error.message, people=Excuse.BROKEN, lasting=True) from error
        return Proceed(output)

    def undoes_with(self, config: PythonConfig) -> bool:
        return config.undo is not None

    async def remove(self, visit: Visit[PythonConfig]) -> None:
        undo, output = visit.config.undo, visit.output
        function = None if undo is None else visit.services.functions.get(undo)
        if undo is None or (output is None and function is not None and not takes_visit(function)):
            return
        given = None if output is None else dict(output)
        await persevere(lambda own: call_function(own, undo, {"output": given}), visit)


async def call_function(visit: Visit[Any], name: str, arguments: Mapping[str, Value]) -> Any:
    """What the host's function returns for these arguments, which it gets as copies of its own.

    Raises NodeFailed where the function isn't registered or doesn't take these arguments, and what it raises.
    """
    functions = visit.services.functions
    if name not in functions:
        raise NodeFailed(
            f"There is no function {name!r}. Register it where the engine is made: functions={{{name!r}: …}}, "
            "or hand it to the command: --functions MODULE:NAME. "
            f"Registered are: {', '.join(sorted(functions)) or 'none'}.",
            people=Excuse.BROKEN,
            lasting=True,
        )
    given = _fit(functions[name], name, {argument: copied(value) for argument, value in arguments.items()}, visit)
    return await visit.services.calls.function(functions[name], given)


def _fit(function: Callable[..., Any], name: str, arguments: dict[str, Any], visit: Visit[Any]) -> dict[str, Any]:
    """The arguments, with the visit where the function asks for it. Some built-in functions don't say
    what they take; these are called as they are."""
    if VISIT not in arguments and takes_visit(function):
        arguments[VISIT] = visit
    if why := misfit(function, arguments):
        what = f"The function {name!r} can't be called with the node's arguments: {why}."
        raise NodeFailed(what, people=Excuse.BROKEN, lasting=True)
    return arguments
