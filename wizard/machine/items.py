"""Which item of a `for_each` an element is (S13): it is known by its value, and never by its position.

A run gives each item a number when it comes to its list, and step paths name items by it; a number is never used for
another item. What a run remembers of a list (`Numbers`) is kept by the path of the node that repeats, with a `/` behind
it, where no step can be. It holds digests of the elements: an answer is in no path, address or log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from wizard.expressions.expression import Expression, Names
from wizard.model import Chain, Value
from wizard.model.path import AFTER
from wizard.model.values import digest

# What a run remembers of one list, as it is stored: "keys" maps the key of each item that there has been to its number,
# "of" is a digest of the list as the run came to it last and "order" are the numbers of its items, "moved" says that it
# was another one when the run came to an earlier item.
Numbers = Mapping[str, Any]

MOST_KEYS = 10_000  # that a run remembers of one list: beyond that, what isn't in the list any more is forgotten


class Record(dict[str, Any]):
    """What was answered in one item of a repeat. `origin` is the item's path ("household/2"): in whatever list the
    record comes, filtered or sorted, it is known as that item."""

    __slots__ = ("origin",)

    def __init__(self, values: Mapping[str, Value], origin: str) -> None:
        super().__init__(values)
        self.origin = origin


class Element:
    """What `key` sees: the element, as `item`; and what an item's name sees: what is around the repeat as well."""

    def __init__(self, element: Value, now: datetime, outside: Names | None = None) -> None:
        self.element = element
        self.now = now
        self.outside = outside

    def read(self, chain: Chain) -> Value:
        if chain[0] != "item" and self.outside is not None:
            return self.outside.read(chain)
        value = self.element if chain[0] == "item" else None
        for name in chain[1:]:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value


def numbers_entry(base: str) -> str:
    """Where a run keeps what it remembers of the list of the node at `base`."""
    return f"{base}/"


def is_numbers_entry(path: str) -> bool:
    return path.endswith("/")


def list_digest(elements: Sequence[Value], key: Expression | None) -> bytes:
    """Differs where the elements, or their order, differ."""
    if key is None:
        elements = [{"": element.origin} if isinstance(element, Record) else element for element in elements]
    return digest(list(elements))


def keys_of(elements: Sequence[Value], key: Expression | None, now: datetime) -> list[bytes]:
    """What each element is known by; equal ones are told apart by which of them comes first. Raises ExpressionError
    where `key` can't be computed."""
    seen: Counter[bytes] = Counter()
    keys = []
    for element in elements:
        known = _key(element, key, now)
        seen[known] += 1
        keys.append(known if seen[known] == 1 else b"%s~%d" % (known, seen[known]))
    return keys


def _key(element: Value, key: Expression | None, now: datetime) -> bytes:
    if key is not None:
        return digest(_alike(key.evaluate(Element(element, now))))
    return element.origin.encode() if isinstance(element, Record) else digest(_alike(element))


def _alike(value: Value) -> Value:
    """The same for values that are equal: for 2 and 2.0, and for one instant in two zones."""
    match value:
        case float() | Decimal():
            exact = Decimal(repr(value)) if isinstance(value, float) else value
            return int(exact) if exact == exact.to_integral_value() else exact.normalize()
        case datetime() if value.tzinfo is not None:
            return value.astimezone(UTC)
        case list() | tuple():
            return [_alike(element) for element in value]
        case Mapping():
            return [[name, _alike(value[name])] for name in sorted(value)]
    return value


def numbers_in(known: Numbers | None, elements: Sequence[Value], key: Expression | None, now: datetime) -> list[int]:
    """The number of each element's item, 0 where the run hasn't come to it."""
    if known is None:
        return [0] * len(elements)
    if known["of"] == list_digest(elements, key):
        return list(known["order"])
    keys = known["keys"]
    return [keys.get(element_key, 0) for element_key in keys_of(elements, key, now)]


def numbers_by_position(elements: Sequence[Value], for_each: Expression) -> list[int]:
    """The numbers that earlier versions gave: over a repeat as it is, those of its items."""
    origins = [element.origin.rpartition("/") for element in elements if isinstance(element, Record)]
    if not for_each.computes and elements and len(origins) == len(elements):
        return [int(number) for _, _, number in origins]
    return list(range(1, len(elements) + 1))


def numbered(
    known: Numbers | None,
    elements: Sequence[Value],
    key: Expression | None,
    now: datetime,
    *,
    used: Collection[int] = (),
    moved: bool = False,
    numbers: Sequence[int] = (),
) -> Numbers:
    """What is to be remembered of the list once each of its elements has a number. `used` are the numbers that steps
    and answers of the run have, `numbers` those that the elements are to get, where they have some already."""
    keys = dict(known["keys"]) if known is not None else {}
    highest = max([0, *keys.values(), *used])
    taken = {*keys.values(), *used}
    order = []
    for place, element_key in enumerate(keys_of(elements, key, now)):
        if element_key not in keys:
            number = numbers[place] if numbers else _number_of_origin(elements[place], key)
            if number in taken or not number:
                number = highest + 1
            keys[element_key] = number
            taken.add(number)
            highest = max(highest, number)
        order.append(keys[element_key])
    if len(keys) > MOST_KEYS:
        listed = set(order)
        keys = {element_key: number for element_key, number in keys.items() if number in listed}
    return {"keys": keys, "of": list_digest(elements, key), "order": order, "moved": moved}


def _number_of_origin(element: Value, key: Expression | None) -> int:
    """Of a repeat's item its own number there, so that the paths of both are alike."""
    return int(element.origin.rpartition("/")[2]) if key is None and isinstance(element, Record) else 0


def number_in(path: str, base: str) -> int:
    """The number of the item of the repeat at `base` that a path below it belongs to."""
    return int(path[len(base) + 1 :].partition("/")[0].removeprefix(AFTER))


def numbers_used(paths: Iterator[str], base: str) -> set[int]:
    """The numbers of a repeat's items that these paths name."""
    opening = f"{base}/"
    return {number_in(path, base) for path in paths if path.startswith(opening) and path != opening}
