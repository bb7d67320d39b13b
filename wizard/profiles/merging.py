"""Two profiles of one person become one: field by field, by a rule for each, and with nothing lost.

The other profile stays as it is, with its history, its sessions and its runs; its field `merged_into` says whose it is
now, and what is started on it is started on that one. The profile that it went into lists it in `merged_from`. Both are
saves like others, in the history, and can be undone as those.

The other one is marked first, so that of two merges of one profile into two others one is refused. Who finds it marked,
and not listed, goes on with a merge that was cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from wizard.errors import InvalidInput
from wizard.expressions.arithmetic import Budget, add, is_number, less
from wizard.model import Value
from wizard.model.values import pack
from wizard.state.merging import Document
from wizard.stores.contract import Store

MERGED_INTO: Final = "merged_into"
MERGED_FROM: Final = "merged_from"
KEPT: Final = frozenset({MERGED_INTO, MERGED_FROM})  # whatever a schema says
MOST_HOPS: Final = 20
MOST_MERGED: Final = 100  # into one

Rule = Callable[[Value, Value, bool], Value]


def _keep(own: Value, other: Value, is_newer: bool) -> Value:
    return other if own is None else own


def _take(own: Value, other: Value, is_newer: bool) -> Value:
    return own if other is None else other


def _newest(own: Value, other: Value, is_newer: bool) -> Value:
    return _take(own, other, False) if is_newer else _keep(own, other, False)


def _append(own: Value, other: Value, is_newer: bool) -> Value:
    joined: list[Value] = []
    known: set[bytes] = set()
    for item in (*_listed(own), *_listed(other)):
        packed = pack(item)
        if packed not in known:
            known.add(packed)
            joined.append(item)
    return joined


def _listed(value: Value) -> list[Value]:
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]


def _sum(own: Value, other: Value, is_newer: bool) -> Value:
    return add(Budget(), _number(own), _number(other))


def _least(own: Value, other: Value, is_newer: bool) -> Value:
    return own if other is None or (own is not None and less(Budget(), own, other)) else other


def _most(own: Value, other: Value, is_newer: bool) -> Value:
    return own if other is None or (own is not None and less(Budget(), other, own)) else other


def _leave(own: Value, other: Value, is_newer: bool) -> Value:
    return own


def _number(value: Value) -> int | Decimal:
    if value is None:
        return 0
    if not is_number(value):
        raise InvalidInput("it isn't a number")
    number: int | Decimal = value
    return number


RULES: Final[Mapping[str, Rule]] = {
    "keep": _keep,
    "take": _take,
    "newest": _newest,
    "append": _append,
    "sum": _sum,
    "least": _least,
    "most": _most,
    "leave": _leave,
}


def merged(
    own: Mapping[str, Value],
    other: Mapping[str, Value],
    rules: Mapping[str, str],
    otherwise: str,
    is_newer: Callable[[str], bool],
) -> dict[str, Value]:
    """The fields that are to be set. `is_newer` says of a field whether the other profile's was set later. Raises
    InvalidInput and ExpressionError, naming the field, where a rule can't be kept."""
    changed: dict[str, Value] = {}
    for name, value in other.items():
        if name in KEPT or name == "id":
            continue
        before = own.get(name)
        try:
            after = RULES[rules.get(name, otherwise)](before, value, is_newer(name))
        except InvalidInput as error:
            raise InvalidInput(f"The field {name} can't be merged by `{rules.get(name, otherwise)}`.") from error
        if pack(after) != pack(before):
            changed[name] = after
    return changed


async def present_profile(store: Store, profile_id: str) -> tuple[str, Document]:
    """The profile that this one has become, by however many merges; itself where it was never merged."""
    for _ in range(MOST_HOPS):
        document = await store.document("profile", profile_id)
        into = document.fields.get(MERGED_INTO)
        if not isinstance(into, str) or not into or into == profile_id:
            break
        profile_id = into
    return profile_id, document
