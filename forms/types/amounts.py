"""Numbers as people write them: 1'234.50, 1 234,50, £850, CHF 20.–, 50%, 1,00,000.

A mark with three digits behind it may part thousands or a fraction. Which one is meant is decided by the field's
places and by what is usual in the run's language; where both remain, the person is asked, with both spelled out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from wizard.forms.characters import alike
from wizard.forms.locales import marks, words
from wizard.forms.refusals import either

MAX_READ = 60  # digits on either side of the point that are looked at

_MARKS = re.compile("[ '.,]")
_PRICE = re.compile(r"[.,](?: ?-{1,3})?")  # 20.- is 20 francs and no centimes
_EDGES = re.compile(r"(?P<before>[^\d]*?)(?P<digits>[.,]?\d(?:.*\d)?)(?P<after>[^\d]*)", re.ASCII)

Meaning = Literal["thousands", "fraction", "either"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How numbers are read: in which language, with how many digits after the point at most, and whether the author
    `said` so (otherwise three of them are a little doubtful)."""

    language: str
    places: int
    said: bool = False


def read_number(text: str, reading: Reading) -> Decimal | None:
    """The number that a folded text stands for, None where it is no number. Raises Refusal where it can be read in two
    ways."""
    bare = _bare(text, reading.language)
    if bare is None:
        return None
    sign, digits, round_price = bare
    parts = _MARKS.split(digits)
    between = _MARKS.findall(digits)
    grouped, pointed = _as_grouped(parts, between), None if round_price else _as_pointed(parts, between)
    if grouped is None or pointed is None:
        only = grouped or pointed
        return None if only is None else Decimal(sign + only)
    match _meaning(between[0], parts[1], reading):
        case "thousands":
            return Decimal(sign + grouped)
        case "fraction":
            return Decimal(sign + pointed)
    raise either(sign + grouped, sign + _fraction(parts, reading))


def written_number(number: Decimal, reading: Reading) -> str:
    """The number as somebody would type it, so that it is read as this number again."""
    sign = "-" if number.is_signed() and number else ""
    whole, _, rest = format(abs(number), "f").partition(".")
    return sign + (_clear(whole, rest, reading) if rest else whole)


def _bare(text: str, language: str) -> tuple[str, str, bool] | None:
    """Sign and digits with their marks, without a currency, a percent sign or the point and dash of a round price; and
    whether these were there, so that no other mark is the point."""
    match = _EDGES.fullmatch(text.strip())
    if match is None or re.search("[^0-9 '.,]", match["digits"]):
        return None
    before, digits, after = match["before"], match["digits"], match["after"]
    if before and digits[0] in ".," and before[-1] not in " +-":
        before, digits = before + digits[0], digits[1:]  # the point of an abbreviation: Fr.20
    price = _PRICE.match(after)
    after = after if price is None else after[price.end() :]
    signs = re.findall("[+-]", before)
    units = [unit for unit in (alike(before.replace("-", "").replace("+", "")), alike(after)) if unit]
    if len(signs) > 1 or len(units) > 1 or not all(_is_unit(unit, unit == alike(after), language) for unit in units):
        return None
    return "-" if signs == ["-"] else "", digits, price is not None


def _is_unit(unit: str, behind: bool, language: str) -> bool:
    return (behind and unit == "%") or unit in words(language).currencies


def _as_grouped(parts: list[str], between: list[str]) -> str | None:
    """The digits, where marks of one kind part them in thousands (1,234,567) or as in India (12,34,567)."""
    if len(set(between)) > 1 or not _are_groups(parts, between):
        return None
    return _digits("".join(parts))


def _as_pointed(parts: list[str], between: list[str]) -> str | None:
    """The number, where the last mark is a point or a comma that is there once."""
    if not between or between[-1] not in ".," or between.count(between[-1]) > 1:
        return None
    whole, rest = parts[:-1], parts[-1]
    if len(set(between[:-1])) > 1 or not (whole == [""] or _are_groups(whole, between[:-1])):
        return None
    made, fraction = _digits("".join(whole) or "0"), _digits(rest)
    return None if made is None or fraction is None else f"{made}.{fraction}"


def _are_groups(parts: list[str], between: list[str]) -> bool:
    if len(parts) == 1:
        return True
    first, *middle, last = map(len, parts)
    if last != 3 or not parts[0] or parts[0].startswith("0"):
        return False
    in_india = between[0] == "," and middle and first <= 2 and set(middle) == {2}
    return bool(in_india) or (first <= 3 and set(middle) <= {3})


def _digits(text: str) -> str | None:
    return text if text.isdigit() and len(text) <= MAX_READ else None


def _meaning(mark: str, rest: str, reading: Reading) -> Meaning:
    """What a single point or comma with three digits behind it means. A point may always be one: programs write it, and
    some keyboards have no other."""
    usual = marks(reading.language)
    fits = reading.places >= len(rest)
    if mark in usual.groups:
        if mark != "." and mark not in usual.points:
            return "thousands"
        return "either" if fits else "thousands"
    if fits:
        sure = mark in usual.points and (reading.said or not rest.endswith("0"))
        return "fraction" if sure else "either"
    return "fraction" if rest[reading.places :].strip("0") else "either"  # a fraction that is too long, or 20.000


def _fraction(parts: list[str], reading: Reading) -> str:
    whole, rest = parts
    rest = rest[: reading.places] if reading.places < len(rest) else rest.rstrip("0")
    return _clear(whole, rest, reading) if rest else whole


def _clear(whole: str, rest: str, reading: Reading) -> str:
    """The number, written so that nothing else can be meant: with another mark, or else with one digit more."""
    usual = marks(reading.language).point
    other = "," if usual == "." else "."
    written = [(whole, mark, rest) for mark in (usual, other)]
    if shorter := rest.rstrip("0"):
        written += [(whole, mark, shorter) for mark in (usual, other)]
    written += [(whole, usual, f"{rest}0"), (f"0{whole}", usual, rest)]
    return next("".join(parts) for parts in written if _is_clear(*parts, reading))


def _is_clear(whole: str, mark: str, rest: str, reading: Reading) -> bool:
    if _as_grouped([whole, rest], [mark]) is None:
        return True
    return _meaning(mark, rest, reading) == "fraction"
