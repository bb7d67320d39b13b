"""What callers hand the engine's methods, checked before anything is done with it: a text in the place of a mapping is
the caller's mistake, and shows as that and not as something that broke inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from wizard.errors import InvalidInput
from wizard.locale.sentences import sentence
from wizard.model.copies import copied
from wizard.model.prompt import MAX_FIELDS
from wizard.model.values import check_value

MAX_TEXT = 500  # characters of a path or an id, as in the JSON interface
UNSHOWN = "holds a character that can't be shown, as a line break or a zero byte is"


def check_texts(**given: str) -> None:
    """Raises InvalidInput for an argument that isn't a text."""
    for name, value in given.items():
        if not isinstance(value, str):
            raise InvalidInput(f"`{name}` is a text, not {kind_of(value)}.")


def check_texts_given(**given: str | None) -> None:
    """`check_texts` for arguments that may be left out, being None."""
    check_texts(**{name: value for name, value in given.items() if value is not None})


def check_ids_given(**given: str | None) -> None:
    """The same for ids that a host chooses: texts of 1 to MAX_TEXT characters. An empty one would be everybody's."""
    check_texts_given(**given)
    for name, value in given.items():
        problem = None if value is None else id_problem(value)
        if problem is not None:
            raise InvalidInput(f"`{name}` {problem}.")


def id_problem(value: object) -> str | None:
    """Why this can't be the id of a profile or session; None where it can."""
    if not isinstance(value, str):
        return f"is a text, not {kind_of(value)}: give {type(value).__name__}s as str(…)"
    if not 0 < len(value) <= MAX_TEXT:
        return f"is a text of 1 to {MAX_TEXT} characters; leave it None where nobody is known"
    return unwritable(value) or (None if value.isprintable() else UNSHOWN)


def unwritable(value: object) -> str | None:
    """Why this is no text that can be stored and shown; None where it is one."""
    if not isinstance(value, str):
        return f"is a text, not {kind_of(value)}"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "holds half a character (a surrogate)"
    return None


def check_numbers_given(**given: int | None) -> None:
    """Raises InvalidInput for an argument that is given, and no whole number."""
    for name, value in given.items():
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise InvalidInput(f"`{name}` is a whole number, not {kind_of(value)}.")


def check_fields(what: str, given: Mapping[str, object]) -> None:
    """Raises InvalidInput for anything but a mapping by name, and for one of more fields than any form has."""
    check_names(what, given)
    if len(given) > MAX_FIELDS:
        raise InvalidInput(
            sentence(
                "There are {count} fields in the input; the limit is {most}.",
                count=len(given),
                most=MAX_FIELDS,
            )
        )


def check_names(what: str, given: Mapping[str, object]) -> None:
    """Raises InvalidInput for anything but a mapping whose names are texts."""
    if not isinstance(given, Mapping):
        raise InvalidInput(f'`{what}` is a mapping by name, as {{"name": "Ann"}} is, not {kind_of(given)}.')
    for name in given:
        if not isinstance(name, str):
            raise InvalidInput(f"The names in `{what}` are texts; there is {kind_of(name)} among them.")


def kind_of(value: object) -> str:
    """Names the type of what was given, and nothing of what is in it."""
    if value is None:
        return "None"
    name = "text" if isinstance(value, str) else type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


D = TypeVar("D", bound=Mapping[str, object] | None)


def checked_draft(draft: D) -> D:
    """A copy, the run's own. Raises InvalidInput for what can't be stored."""
    if draft is not None:
        check_fields("draft", draft)
    check_value(draft, "The draft")
    return cast("D", copied(draft))
