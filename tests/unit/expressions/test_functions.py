"""The functions that authors call in expressions and templates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.errors import ExpressionError
from wizard.expressions.expression import parse
from wizard.expressions.functions import FUNCTIONS
from wizard.model import Chain, Value

ZURICH = timezone(timedelta(hours=2))
NOW = datetime(2026, 3, 27, 0, 30, tzinfo=ZURICH)

DATA: dict[str, Value] = {
    "born": date(1985, 3, 27),
    "leap": date(2004, 2, 29),
    "seen": datetime(2026, 1, 31, 8, 5, 9, tzinfo=UTC),
    "wakes": time(7, 15),
    "exact": time(7, 15, 30),
    "fee": Decimal("12.50"),
    "tags": ["b", "a", "b"],
    "mixed": [3, None, Decimal("1.5"), 2.0],
    "group": {"x": 1, "y": None},
    "raw": b"abc",
}


class Data:
    now = NOW

    def read(self, chain: Chain) -> Value:
        return DATA.get(chain[0])


def value(source: str) -> Value:
    return parse(source).evaluate(Data())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("today()", date(2026, 3, 27)),
        ("now()", NOW),
        ("date(2026, 1, 31)", date(2026, 1, 31)),
        ('date(" 2026-01-31 ")', date(2026, 1, 31)),
        ("date(seen)", date(2026, 1, 31)),
        ("date(born)", date(1985, 3, 27)),
        ("years_between(born, today())", 41),
        ("years_between(born, date(2026, 3, 26))", 40),
        ("years_between(today(), born)", -41),
        ("years_between(leap, date(2022, 2, 28))", 17),
        ("years_between(leap, date(2022, 3, 1))", 18),
        ("years_between(born, seen)", 40),
        ("months_between(date(2026, 1, 31), date(2026, 2, 28))", 0),
        ("months_between(date(2026, 1, 31), date(2026, 3, 31))", 2),
        ("months_between(date(2026, 3, 31), date(2026, 1, 31))", -2),
        ("days_between(date(2026, 2, 28), date(2026, 3, 1))", 1),
        ("days_between(today(), date(2026, 3, 20))", -7),
        ("add_days(born, -27)", date(1985, 2, 28)),
        ("add_days(seen, 1)", datetime(2026, 2, 1, 8, 5, 9, tzinfo=UTC)),
        ("add_months(date(2026, 1, 31), 1)", date(2026, 2, 28)),
        ("add_months(date(2026, 1, 31), -2)", date(2025, 11, 30)),
        ("add_months(seen, 12)", datetime(2027, 1, 31, 8, 5, 9, tzinfo=UTC)),
        ("add_years(leap, 1)", date(2005, 2, 28)),
        ("add_years(leap, 4)", date(2008, 2, 29)),
        ("[year(born), month(born), day(born), weekday(born)]", [1985, 3, 27, 3]),
        ("weekday(date(2026, 3, 29))", 7),
        ("format_date(born)", "27 March 1985"),
        ('format_date(born, "full")', "Wednesday 27 March 1985"),
        ('format_date(born, "short")', "27/03/1985"),
        ('format_date(born, "iso")', "1985-03-27"),
        ('format_date(seen, "time")', "10:05"),
        ('format_date(wakes, "H:mm:ss")', "7:15:00"),
        ('format_date(born, "ddd D MMM YY, M")', "Wed 27 Mar 85, 3"),
        ('format_date(seen, "[Day] D[ at ]HH:mm")', "Day 31 at 10:05"),
    ],
)
def test_dates(source: str, expected: Value) -> None:
    """Else people are taken for a year older or younger than they are, or a date isn't one they know."""
    assert value(source) == expected
    assert type(value(source)) is type(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('[len("abc"), len(tags), len(group)]', [3, 3, 2]),
        ('lower("ÄB") + upper("äb")', "äbÄB"),
        ("title(\"o'neil's HAT, élan\")", "O'neil's Hat, Élan"),
        ('strip("  a ")', "a"),
        ('[contains("abc", "b"), contains(tags, "c"), contains([1], true)]', [True, False, False]),
        ('[starts_with("abc", "ab"), ends_with("abc", "ab")]', [True, False]),
        ('replace("a-b-c", "-", "--")', "a--b--c"),
        ('replace("abc", "x", "y")', "abc"),
        ('split("a,b,,c", ",")', ["a", "b", "", "c"]),
        ('split(" a  b ")', ["a", "b"]),
        ("join(tags)", "b, a, b"),
        ('join(mixed, "-")', "3-1.5-2"),
        ("join([])", ""),
        ('[text(12), text(1.0), text(2.5), text(fee), text("a")]', ["12", "1", "2.5", "12.50", "a"]),
        ("[text(true), text(false), text(born)]", ["true", "false", "27 March 1985"]),
        ("[text(wakes), text(exact), text(seen)]", ["07:15", "07:15:30", "31 January 2026, 10:05"]),
        ("[text(tags), text(group), text(raw)]", ["b, a, b", "x: 1, y: ", "3 bytes"]),
        ("text([1, [2, {'a': [null]}]])", "1, 2, a: "),
        ("text(decimal('0.10'))", "0.10"),
        ("text(1e22)", "1" + "0" * 22),
        ("text(1e-7)", "0.0000001"),
    ],
)
def test_texts(source: str, expected: Value) -> None:
    """Else letters and messages show people something else than they answered."""
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[abs(-3), abs(2)]", [3, 2]),
        ("abs(-fee)", Decimal("12.50")),
        ("[min(3, 1, 2), max(3, 1, 2)]", [1, 3]),
        ("[min(mixed), max(mixed)]", [Decimal("1.5"), 3]),
        ("[min(null, 2), max([]), max(5), min(tags)]", [2, None, 5, "a"]),
        ("max(born, today())", date(2026, 3, 27)),
        ("[round(2.5), round(3.5), round(-2.5), round(2.4), round(7)]", [3, 4, -3, 2, 7]),
        ("round(2.675, 2)", Decimal("2.68")),
        ("round(decimal('2.665'), 2)", Decimal("2.67")),
        ("round(fee)", 13),
        ("[floor(2.9), floor(-2.1), ceil(2.1), ceil(fee), floor(3)]", [2, -3, 3, 13, 3]),
        ("[int(2.9), int(-2.9), int('12'), int(fee), int(' -3.9 ')]", [2, -2, 12, 12, -3]),
        ("[decimal('1.50'), decimal(3), decimal(0.1)]", [Decimal("1.50"), Decimal(3), Decimal("0.1")]),
        ("[number('12'), number('+1.50'), number(7)]", [12, Decimal("1.50"), 7]),
        ("format_number(1234567)", "1,234,567"),
        ("format_number(1234.5, 2)", "1,234.50"),
        ("format_number(1234.5)", "1,234.5"),
        ("format_number(1000.0)", "1,000"),
        ("format_number(fee)", "12.50"),
        ("format_number(fee, 0)", "13"),
        ("format_number(-0.005, 2)", "-0.01"),
    ],
)
def test_numbers(source: str, expected: Value) -> None:
    """Else amounts are shown or charged wrongly."""
    assert value(source) == expected
    assert type(value(source)) is type(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("sum(mixed)", Decimal("6.5")),
        ("sum([])", 0),
        ("[any([0, 1]), any([]), all([1, 0]), all([])]", [True, False, False, True]),
        ("[count(mixed), count(tags, 'b'), count([1, true, 1.0], 1)]", [3, 2, 2]),
        ("unique(tags)", ["b", "a"]),
        ("unique([1, true, 1.0, 0.5, decimal('0.5'), null, null])", [1, True, 0.5, None]),
        ("unique([[1], [1], {'a': 1}, {'a': true}])", [[1], {"a": 1}, {"a": True}]),
        ("sorted(tags)", ["a", "b", "b"]),
        ("sorted(mixed)", [Decimal("1.5"), 2.0, 3, None]),
        ("sorted(mixed, reverse=true)", [3, 2.0, Decimal("1.5"), None]),
        ("reversed(tags)", ["b", "a", "b"]),
        ("[first(tags), last(tags), first([]), last([])]", ["b", "b", None, None]),
        ("range(3)", [0, 1, 2]),
        ("range(1, 7, 3)", [1, 4]),
        ("range(3, 0, -1)", [3, 2, 1]),
        ("range(-1)", []),
        ("[default(null, 1), default(0, 1)]", [1, 0]),
        ("[coalesce(null, missing, 3), coalesce()]", [3, None]),
    ],
)
def test_lists(source: str, expected: Value) -> None:
    """Else the answers of a repeat are summed, counted or ordered wrongly."""
    assert value(source) == expected
    assert [type(each) for each in value(f"[{source}]")] == [type(expected)]


_OF_NOTHING = {
    "len": 0,
    "contains": False,
    "starts_with": False,
    "ends_with": False,
    "text": "",
    "sum": 0,
    "any": False,
    "all": True,
    "count": 0,
    "unique": [],
    "sorted": [],
    "reversed": [],
}


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"today", "now"}))
def test_every_function_takes_null(name: str) -> None:
    """Else an optional question that was left out stops the run."""
    given = ", ".join(["missing"] * max(FUNCTIONS[name].required, 1))
    assert value(f"{name}({given})") == _OF_NOTHING.get(name)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_is_documented_in_a_line(name: str) -> None:
    """Else the documentation prints an empty line for it."""
    made = FUNCTIONS[name]
    assert made.name == name
    assert len(made.summary) > 10
    assert "\n" not in made.summary
    assert str(made).startswith(f"{name}(")


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize(
    "odd", ["born", "raw", "true", "'x'", "-1.5", "group", "2 ** 256", "[[1]]", "seen", "'\\n'", "0"]
)
def test_every_function_refuses_or_takes_any_value(name: str, odd: str) -> None:
    """Else a value of an unexpected kind crashes the turn instead of stopping it with an error."""
    made = FUNCTIONS[name]
    for number in range(made.required, len(made.parameters) + 2):
        if made.misfit(number, []) is None:
            try:
                value(f"{name}({', '.join([odd] * number)})")
            except ExpressionError as error:
                assert "can't be computed from this data" not in error.message  # noqa: PT017


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("date(2026)", "date needs a year, a month and a day"),
        ("date(2026, 2)", "date needs a year, a month and a day"),
        ("date('x', day=1)", "date needs a year, a month and a day"),
        ("date(2026, 2, 30)", "no date with this year"),
        ("date(2**200, 1, 1)", "no date with this year"),
        ("date('2026-02-30')", "'2026-02-30' isn't a date"),
        ("date('20260101')", "isn't a date"),
        ("date(2026.5, 1, 1)", "date needs a whole number; this is a number"),
        ("date(true, 1, 1)", "this is true or false"),
        ("years_between('1985-03-27', today())", "Make it a date with date(...) first"),
        ("years_between(5, today())", "years_between needs a date; this is a number"),
        ("add_days(born, 1.5)", "whole number"),
        ("add_days(born, 10 ** 9)", "years 1 to 9999"),
        ("add_days(born, 10 ** 70)", "years 1 to 9999"),
        ("add_months(born, 10 ** 6)", "years 1 to 9999"),
        ("add_years(born, -1985)", "years 1 to 9999"),
        ("format_date('a')", "needs a date"),
        ("format_date(born, 5)", "needs a text"),
        ("format_date(born, 'HH')", "HH in a date pattern asks for what this date doesn't have"),
        ("format_date(wakes)", "doesn't have"),
        ("format_date(born, 'D' * 101)", "up to 100 characters"),
        ("len(5)", "len needs a text or a list; this is a number"),
        ("lower(5)", "lower needs a text"),
        ("replace('a', '', 'b')", "something to look for"),
        ("split('a', '')", "separator that isn't empty"),
        ("round(1.5, 21)", "0 to 20 digits"),
        ("round(1.5, -1)", "0 to 20 digits"),
        ("abs('a')", "abs needs a number"),
        ("int('a')", "'a' isn't a number"),
        ("number('1e5')", "isn't a number"),
        ("number('1' * 300)", "isn't a number"),
        ("number(true)", "number needs a number"),
        ("floor(1e300)", "too large"),
        ("sum(['a'])", "sum needs a number; this is a text"),
        ("sum([true])", "this is true or false"),
        ("max('abc')", "A list is needed"),
        ("max([1, 'a'])", "can't order"),
        ("sorted([1, 'a'])", "can't order"),
        ("sorted([[1], [2]])", "can't order"),
        ("count(tags, 1, 2)", "one value to count"),
        ("range(0, 5, 0)", "step by 0"),
        ("range(1001)", "more than 1,000 items"),
        ("range(2 ** 255)", "more than 1,000 items"),
        ("range(1.5)", "whole number"),
        ("reversed('abc')", "A list is needed"),
    ],
)
def test_what_a_function_cannot_do_says_why(source: str, part: str) -> None:
    """Else authors can't find out what is wrong with their call."""
    with pytest.raises(ExpressionError) as caught:
        value(source)
    assert part in caught.value.message


def test_a_text_is_joined_to_the_last_character_that_fits() -> None:
    """Else the end of a list is missing where nobody is told so."""
    for separator in ("", ", ", "-" * 99):
        room = 100_000 - 3 * len(separator)
        DATA["lines"] = ["a" * (room - 2), "b", "", "c"]
        assert value(f"join(lines, {separator!r})") == separator.join(["a" * (room - 2), "b", "", "c"])
        DATA["lines"] = ["a" * (room - 2), "b", "", "cd"]
        with pytest.raises(ExpressionError, match="longer than 100,000"):
            value(f"join(lines, {separator!r})")


def test_a_value_of_an_unknown_kind_or_depth_is_not_shown() -> None:
    """Else the insides of an object of the host could reach a page, or deep data the end of the stack."""
    deep: Value = 1
    for _ in range(40):
        deep = [deep]
    for odd, part in ((object(), "type object can't be shown"), (deep, "32 deep")):
        DATA["odd"] = odd
        with pytest.raises(ExpressionError, match=part):
            value("text(odd)")


_DATES = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@settings(deadline=None)
@given(_DATES, _DATES)
def test_years_and_months_between_agree_with_adding_them(start: date, end: date) -> None:
    """Else an age and the birthday on which it is reached contradict each other."""
    DATA.update(start=start, end=end)
    years, months, days = value("[years_between(start, end), months_between(start, end), days_between(start, end)]")
    assert value("years_between(end, start)") == -years
    assert value("months_between(end, start)") == -months
    assert value(f"add_days(start, {days})") == end
    assert abs(months) // 12 == abs(years)
    if start <= end:
        assert value(f"add_months(start, {months})") <= end


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(-99, 99), st.decimals(-99, 99, places=2), st.none())))
def test_order_and_sums_agree(values: list[Value]) -> None:
    """Else the largest of a list isn't the last of it sorted."""
    DATA["values"] = values
    present = [each for each in values if each is not None]
    assert value("sorted(values)") == sorted(present) + [None] * (len(values) - len(present))
    assert value("max(values)") == (max(present) if present else None)
    assert value("min(values)") == (min(present) if present else None)
    assert value("sum(values)") == sum(present)
    assert value("len(unique(values))") == len(set(values))
    assert value("reversed(reversed(values))") == values
