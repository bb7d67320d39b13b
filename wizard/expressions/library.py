"""How the functions and filters that authors can use are declared, and how they read what they are given."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable
from typing import TypeVar

from wizard.errors import ExpressionError
from wizard.expressions.arithmetic import checked, is_number, kind
from wizard.expressions.closures import Function
from wizard.model import Value

F = TypeVar("F", bound=Callable[..., Value])


def declare(library: dict[str, Function], null: Value) -> Callable[[F], F]:
    """Puts a function into a library under its own name, less a closing underscore.

    Its first parameter is the Scope, its docstring what authors read; `null` is as in Function.
    """

    def add(work: F) -> F:
        parameters = list(inspect.signature(work).parameters.values())[1:]
        plain = [parameter for parameter in parameters if parameter.kind is not parameter.VAR_POSITIONAL]
        made = Function(
            name=work.__name__.rstrip("_"),
            call=work,
            parameters=tuple(parameter.name.rstrip("_") for parameter in plain),
            required=sum(parameter.default is parameter.empty for parameter in plain),
            variadic=len(plain) < len(parameters),
            null=null,
            summary=inspect.getdoc(work) or "",
        )
        library[made.name] = made
        return work

    return add


def suggest(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name."""
    close = difflib.get_close_matches(name[:40], known, n=1)
    return f" Did you mean {close[0]}?" if close else f" There are: {', '.join(sorted(known))}."


def whole(value: Value, name: str) -> int:
    """The value, which must be an integer of bounded size; `name` is the function that needs it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return int(checked(value))
    raise ExpressionError(f"{name} needs a whole number; this is {kind(value)}.")


def words(value: Value, name: str) -> str:
    if isinstance(value, str):
        return value
    raise ExpressionError(f"{name} needs a text; this is {kind(value)}.")


def amount(value: Value, name: str) -> Value:
    if is_number(value):
        return checked(value)
    raise ExpressionError(f"{name} needs a number; this is {kind(value)}.")
