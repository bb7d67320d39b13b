"""The functions of the application that nodes call, held against those that there are: unknown names, and arguments
that they don't take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from wizard.definitions.draft import Draft, NodeDraft
from wizard.definitions.reading.complaints import did_you_mean, quoted
from wizard.definitions.signatures import VISIT, misfit, takes_visit
from wizard.errors import Problem
from wizard.node import FunctionCall

Functions = Mapping[str, Callable[..., Any]]

MESSAGE = frozenset(("to", "subject", "text", "key"))  # what a function that sends messages is handed


def check_functions(draft: Draft, functions: Functions) -> Iterator[Problem]:
    """What is wrong with the calls of one definition."""
    for node in draft.nodes:
        for call in calls_of(node):
            if message := _wrong(call, functions):
                yield draft.document.problem((*node.place, *call.place), message)


def calls_of(node: NodeDraft) -> Iterator[FunctionCall]:
    """Every call that a node makes."""
    if node.config is not None:
        yield from node.handler.function_calls(node.config)
    reminder = node.common.remind_after
    if reminder is not None and reminder.message is not None:
        yield FunctionCall(("remind_after", "message", "send"), reminder.message.send, MESSAGE, visit=False)


def _wrong(call: FunctionCall, functions: Functions) -> str | None:
    function = functions.get(call.function)
    if function is None:
        hint = did_you_mean(call.function, functions)
        return f"there is no function {quoted(call.function)} among those that are handed over{hint}"
    if call.arguments is None:
        return None
    given = sorted(call.arguments)
    if call.visit and VISIT not in given and takes_visit(function):
        given.append(VISIT)
    why = misfit(function, given)
    if why is None:
        return None
    handed = ", ".join(quoted(argument) for argument in sorted(call.arguments)) or "nothing"
    return f"the function {quoted(call.function)} can't be called like that: {why}, and is handed {handed}"
