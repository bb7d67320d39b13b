"""The functions that a command is given: `--functions MODULE:NAME` imports them, from the current folder or from
what is installed, for `python` and `confirm_email` nodes to call.

Whoever types the command says what is imported; definitions only ever name functions that they find there.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wizard.cli.shared import say
from wizard.errors import SettingsError

if TYPE_CHECKING:
    from wizard.model import Workflow
    from wizard.settings import Settings

Function = Callable[..., Any]

FunctionsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--functions",
        metavar="MODULE:NAME",
        help="Functions that the definitions call: a mapping of names, or a single function; may be repeated.",
    ),
]

FORM = "Write MODULE:NAME, as in --functions shop:FUNCTIONS for the mapping FUNCTIONS of the file shop.py."


def chosen(named: Sequence[str] | None, here: Settings) -> list[str]:
    """Which functions a command is to have, each as MODULE:NAME: those of its options, or else of the setting."""
    return list(named) if named else [name for part in here.functions.split(",") if (name := part.strip())]


def imported(named: Sequence[str]) -> dict[str, Function]:
    """The functions by the names that definitions call them by. The current folder is on the import path from now
    on: functions may import more of it when they are called.

    Raises SettingsError where one can't be imported, is no function, or two have the same name.
    """
    functions: dict[str, Function] = {}
    for written in named:
        for name, function in _functions(written):
            if functions.setdefault(name, function) is not function:
                raise SettingsError(f"There are two functions {name!r}, one of them in {written}. Rename one of them.")
    return functions


def warn_of_missing(workflows: Iterable[Workflow], given: Mapping[str, Function]) -> None:
    """Says which functions the nodes call and nobody gave, so that a person isn't the first to notice."""
    from wizard.engine.prerequisites import missing_functions

    for lack in missing_functions(workflows, given):
        say(f"warning: {lack}")


def with_embedded(workflow: Workflow) -> list[Workflow]:
    """The workflow and those that it embeds: of a file with many, those that a run of this one comes to."""
    from wizard.model import Call

    known = [workflow]
    for name in known:
        inside = (node.config.workflow for node in name.nodes.values() if isinstance(node.config, Call))
        known += [other for other in inside if other not in known]
    return known


def _functions(named: str) -> Iterator[tuple[str, Function]]:
    where, colon, name = (part.strip() for part in named.partition(":"))
    if not colon or not name or not all(part.isidentifier() for part in where.split(".")):
        raise SettingsError(f"{named!r} doesn't say which functions. {FORM}")
    module = _module(where)
    if not hasattr(module, name):
        raise SettingsError(f"The module {where} has no {name!r}. Define it there, or correct the name.")
    value = getattr(module, name)
    match value:
        case Mapping():
            yield from (_checked(named, *pair) for pair in value.items())
        case _ if not callable(value):
            raise SettingsError(
                f"{named} is neither a function nor a mapping of names to functions. "
                f"Write {name} = {{'price_of': price_of}} in the module {where}."
            )
        case _:
            own = getattr(value, "__name__", "")
            if not own.isidentifier():
                raise SettingsError(
                    f"{named} is a function without a name of its own. "
                    f"Give it one in a mapping: {name} = {{'price_of': …}}."
                )
            yield own, value


def _checked(named: str, name: object, function: object) -> tuple[str, Function]:
    if not isinstance(name, str) or not name:
        raise SettingsError(f"A name in {named} isn't a text: {name!r:.50}. Write the names as definitions call them.")
    if not callable(function):
        raise SettingsError(f"{name!r} in {named} isn't a function. Put a function there, without calling it.")
    return name, function


def _module(where: str) -> ModuleType:
    folder = os.getcwd()
    if folder not in sys.path:
        sys.path.insert(0, folder)
        importlib.invalidate_caches()
    try:
        return importlib.import_module(where)
    except ModuleNotFoundError as error:
        if error.name is not None and (where == error.name or where.startswith(f"{error.name}.")):
            raise SettingsError(
                f"There is no module {error.name!r}, neither in the current folder nor among what is installed. "
                "Start the command in the folder of your module, or install it."
            ) from error
        raise SettingsError(_says_where(where, error)) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a module does while it is imported, sys.exit() included
        raise SettingsError(_says_where(where, error)) from error


def _says_where(where: str, error: BaseException) -> str:
    """Only an error of importing is quoted: what other errors say may hold a secret of the module's."""
    place: tuple[str | None, int | None] = (where, None)
    if isinstance(error, SyntaxError):
        place = (error.filename, error.lineno)
    else:
        for frame in traceback.extract_tb(error.__traceback__):
            if not frame.filename.startswith("<frozen "):
                place = (frame.filename, frame.lineno)
    said = str(error.msg) if isinstance(error, ImportError | SyntaxError) else type(error).__name__
    file, line = place
    at = f"{os.path.relpath(file) if file else where}, line {line or '?'}"
    return f"The module {where} can't be imported ({at}: {said}). Mend it, or install what it needs."
