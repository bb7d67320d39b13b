"""How values become bytes and JSON: one closed set of types, no class names in stored data.

Stored form is msgpack; what msgpack lacks is an extension type whose payload is ASCII text:
1 date, 2 time, 3 datetime (all ISO 8601), 4 Decimal, 5 an integer beyond 64 bits. In JSON they are
the same texts; integers stay numbers, a Decimal is text so that no digit is lost, bytes are base64. What is sent to
others as JSON of theirs (`write_json`) has its decimals as numbers, digit for digit.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgpack

from wizard.errors import InvalidInput, StoreError
from wizard.locale.sentences import sentence
from wizard.model.decimals import LARGEST, written
from wizard.model.prompt import Value

MAX_VALUE_BYTES = 1_000_000  # one packed answer, output or document
MAX_DEPTH = 32
MAX_SHORT, MAX_PLAIN = 5_000, 100  # characters and values that together stay far below MAX_VALUE_BYTES
MAX_NAME = 100  # characters of a name, likewise
_SCALARS = frozenset({type(None), bool, int, date})
_TIMES = frozenset({time, datetime})
_PLAIN_ZONES = frozenset({type(None), timezone})


def _to_extension(value: object) -> msgpack.ExtType:
    match value:
        case datetime():
            return msgpack.ExtType(3, value.isoformat().encode())
        case date():
            return msgpack.ExtType(1, value.isoformat().encode())
        case time():
            return msgpack.ExtType(2, value.isoformat().encode())
        case Decimal():
            return msgpack.ExtType(4, str(value).encode())
        case int():  # msgpack hands over what overflows 64 bits
            return msgpack.ExtType(5, str(value).encode())
        case Mapping():
            raise _Unstorable(f"a value holds a {type(value).__name__}, not a dict")
    raise _Unstorable(f"a value of type {type(value).__name__} can't be stored")


class _Unstorable(TypeError):
    """A value of a kind that isn't stored: the message says which."""


def _from_extension(code: int, data: bytes) -> Value:
    text = data.decode("ascii")
    match code:
        case 1:
            return date.fromisoformat(text)
        case 2:
            return time.fromisoformat(text)
        case 3:
            return datetime.fromisoformat(text)
        case 4:
            return Decimal(text)
        case 5:
            return int(text)
    raise StoreError(f"stored data has the unknown extension type {code}. Was it written by a newer version?")


UNSTORABLE = sentence("This can't be stored: it is too large, nested too deeply, or not valid Unicode.")


def pack(value: Any) -> bytes:
    """Raises InvalidInput where the value holds a type that can't be stored."""
    try:
        return msgpack.packb(value, default=_to_extension, use_bin_type=True)  # type: ignore[no-any-return]
    except _Unstorable as error:
        raise InvalidInput(f"This can't be stored: {error}.") from error
    except (TypeError, ValueError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidInput(UNSTORABLE) from error


def packed_list(items: Sequence[bytes]) -> bytes:
    """What `pack` makes of a list whose items were packed before."""
    return b"".join((msgpack.Packer().pack_array_header(len(items)), *items))


def packed_map(content: Mapping[str, Any], packed: Mapping[str, bytes]) -> bytes:
    """What `pack` makes of a map, with further items that were packed before."""
    parts = [msgpack.Packer().pack_map_header(len(content) + len(packed))]
    for values in ({name: pack(value) for name, value in content.items()}, packed):
        for name, value in values.items():
            parts += (pack(name), value)
    return b"".join(parts)


def unpack(data: bytes) -> Any:
    """Raises StoreError where the bytes aren't what `pack` makes."""
    try:
        return msgpack.unpackb(data, ext_hook=_from_extension, raw=False, strict_map_key=False)
    except StoreError:
        raise
    except Exception as error:
        what = type(error).__name__
        raise StoreError(f"stored data can't be read ({what}). Restore this run from a backup.") from error


def with_offset(value: datetime | time) -> datetime | time:
    """The time as it is read back when it was stored: with its offset instead of its zone, which may be code of
    others. As it is where the zone can't tell."""
    if value.tzinfo is None or type(value.tzinfo) is timezone:
        return value
    offset = _offset(value)
    if isinstance(offset, _Untold):
        return value
    return value.replace(tzinfo=None if offset is None else timezone(offset), fold=0)


class _Untold:
    """What a zone says that raises."""


def _offset(value: datetime | time) -> timedelta | _Untold | None:
    try:
        return value.utcoffset()
    except KeyboardInterrupt:
        raise
    except BaseException:  # whatever it is, it ends nothing (S26)
        return _Untold()


def digest(value: Value) -> bytes:
    """16 bytes that differ where the value differs, type included: 1, 1.0 and True are three."""
    return blake2b(pack(value), digest_size=16).digest()


def check_value(value: Any, what: str) -> None:
    """Raises InvalidInput unless `value` is storable: known types, str keys, bounded size and depth.

    `what` opens the message, as in "The output of node lookup".
    """
    if type(value) is dict and _is_plain(value):
        return
    problem = _unstorable(value, 0)
    if problem is None and len(pack(value)) > MAX_VALUE_BYTES:
        problem = f"is larger than {MAX_VALUE_BYTES:,} bytes"
    if problem is not None:
        raise InvalidInput(f"{what} {problem}.")


def _is_plain(values: dict[Any, Any]) -> bool:
    """Short text and scalars below text names, as most answers are: they need no closer look."""
    for name, value in values.items():
        kind = type(value)
        if type(name) is not str or len(name) > MAX_NAME or not name.isascii():
            return False
        if kind is str:
            if len(value) > MAX_SHORT or not value.isascii():
                return False
        elif kind in _TIMES:
            if type(value.tzinfo) not in _PLAIN_ZONES:
                return False
        elif kind not in _SCALARS or (kind is int and not -(2**63) <= value < 2**63):
            return False
    return len(values) <= MAX_PLAIN


def _unstorable(value: Any, depth: int) -> str | None:
    if depth > MAX_DEPTH:
        return f"is nested more than {MAX_DEPTH} deep"
    match value:
        case datetime() | time():
            return "holds a time whose zone can't say its offset" if isinstance(_offset(value), _Untold) else None
        case None | bool() | int() | bytes() | date():
            return None
        case str():
            return None if value.isascii() or _encodes(value) else "holds text that isn't valid Unicode"
        case float():
            return None if math.isfinite(value) else "holds a number that isn't finite"
        case Decimal():
            return None if value.is_finite() else "holds a number that isn't finite"
        case list() | tuple():
            return next((p for item in value if (p := _unstorable(item, depth + 1))), None)
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    return "has a key that isn't text"
                if problem := _unstorable(item, depth + 1):
                    return problem
            return None
    name = type(value).__name__
    return f"holds {'an' if name[:1].lower() in 'aeiou' else 'a'} {name}, which can't be stored"


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def to_json(value: Value) -> Any:
    """The value in JSON's own types."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case date() | time():
            return value.isoformat()
        case Decimal():
            return written(value)
        case bytes():
            return base64.b64encode(value).decode()
        case Mapping():
            return {key: to_json(item) for key, item in value.items()}
    return [to_json(item) for item in value]


def write_json(value: Value, *, sort_keys: bool = False, between: tuple[str, str] = (", ", ": ")) -> str:
    """JSON text as `json.dumps` writes it, but that a Decimal is a number with all its digits (S27). `between` stands
    between parts, and behind names."""
    try:  # in one go, as most values are of JSON's own types
        return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=sort_keys, separators=between)
    except TypeError:
        return _write_parts(value, sort_keys, *between)


def _write_parts(value: Value, sort_keys: bool, comma: str, colon: str) -> str:
    match value:
        case str():
            return _text(value)
        case Decimal():
            number = written(value)  # without a point it would be read as a whole number, and be too large for one
            return number if "." in number or abs(value) <= LARGEST else f"{number}.0"
        case Mapping():
            names = sorted(value) if sort_keys else value
            parts = (_text(name) + colon + _write_parts(value[name], sort_keys, comma, colon) for name in names)
            return f"{{{comma.join(parts)}}}"
        case list() | tuple():
            return f"[{comma.join(_write_parts(item, sort_keys, comma, colon) for item in value)}]"
    return _text(to_json(value))


# `json.dumps` would make another one for each text that isn't ASCII's.
_text = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
