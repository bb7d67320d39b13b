"""Whether a function of the application takes what it is to be called with, told from its signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Any

VISIT = "visit"  # the parameter for which a function gets the node's visit


def takes_visit(function: Callable[..., Any]) -> bool:
    """Whether it has a parameter `visit`; False also where it doesn't say what it takes, as some built-in ones."""
    signature = _signature(function)
    return signature is not None and VISIT in signature.parameters


def misfit(function: Callable[..., Any], arguments: Collection[str]) -> str | None:
    """Why a call with arguments of these names isn't one that the function takes; None where it is, or can't be
    told."""
    signature = _signature(function)
    if signature is None:
        return None
    try:
        signature.bind(**dict.fromkeys(arguments))
    except TypeError:
        return _why(signature, arguments)
    return None


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def _why(signature: inspect.Signature, arguments: Collection[str]) -> str:
    takes = signature.parameters.values()
    named = {
        parameter.name
        for parameter in takes
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    needs = [
        parameter.name
        for parameter in takes
        if parameter.default is parameter.empty and parameter.name in named.difference(arguments)
    ]
    if needs:
        return f"it needs {', '.join(map(repr, needs))}"
    if unknown := [argument for argument in arguments if argument not in named]:
        return f"it takes no {', '.join(map(repr, unknown))}"
    return "it takes values by position alone"
