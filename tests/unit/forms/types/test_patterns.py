"""Authors' regular expressions."""

from __future__ import annotations

import re
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drawing import examples
from wizard.forms.types.patterns import check_pattern


@pytest.mark.parametrize(
    "pattern",
    [
        *("[A-Z]{2}[0-9]{6}", "[A-Z]+-[0-9]+", "(new|old)x?", r"\d{4}(-\d{3})?", "(?i)a?b", "^x$", "(?:ab)*", "[^/]*"),
        *("(?=a)[a-z]{3}", "(?!b)[a-z]{3}", "(?>ab)c", "a++b", "(a{1,2}-){2}", "a*?b", ".*", "", "[[a]"),
    ],
)
def test_usual_patterns_are_taken(pattern: str) -> None:
    """A guard that refuses what authors really write would be switched off."""
    check_pattern(pattern, 500)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a|b|ab)*c",
        "(.*a){20}",
        r"(\w+\s?)*",
        "(a|a)+",
        "(?:x+x+)+y",
        "a*a*a*a*b",
        ".*.*.*=.*",
        "(a{1,9}){1,99}",
    ],
)
def test_patterns_that_explode_are_refused(pattern: str) -> None:
    """One answer of 30 letters would keep the server busy for years."""
    with pytest.raises(ValueError, match="could take very long"):
        check_pattern(pattern, 500)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(a", "isn't a regular expression"),
        ("a{99999999999999999999}", "isn't a regular expression"),
        ("x" * 201, "longer than 200 characters"),
        (r"(a)\1", "refers back"),
        ("(a)?(?(1)b|c)", "refers back"),
        ("(a?)*", "repeats something that can be empty"),
        ("((){60000}){60000}", "repeats something that can be empty"),
    ],
)
def test_patterns_that_can_t_be_bounded_are_refused(pattern: str, message: str) -> None:
    """The author reads what to write instead."""
    with pytest.raises(ValueError, match=message):
        check_pattern(pattern, 500)


def test_a_lower_length_allows_more() -> None:
    """What is slow on long texts only is the author's to weigh."""
    check_pattern(".*,.*,.*", 90)
    with pytest.raises(ValueError, match="lower max_length"):
        check_pattern(".*,.*,.*", 500)


AB = "[ab]{0,98}"


@pytest.mark.parametrize(
    ("longest", "pattern"),
    [
        (500, f"{AB}{AB}{AB}(?![ab]{{200}}c)(?![ab]{{190}}c)(?![ab]{{180}}c)d"),
        (5_000, "[ab]*[ab]{0,90}(?:[ab]{2400}c|[ab]{2300}d)"),
        (5_000, "[ab]*[ab]{0,198}(?!(?:ab){1200}c)(?!(?:ab){1201}c)d"),
        (100_000, "[ab]*[ab]{0,8}(?!(?:ab){24000}c)(?!(?:ab){24001}c)d"),
        (5_000, "(?:[ab]*(?>[ab]{2400})c|d)"),
        (5_000, "[ab]*(?<=[ab]{1000})c"),
    ],
)
def test_what_is_read_again_and_again_counts(longest: int, pattern: str) -> None:
    """A repeat of one length, or a lookahead, matches in one way, however much it reads; these took seconds."""
    with pytest.raises(ValueError, match="could take very long"):
        check_pattern(pattern, longest)


@pytest.mark.parametrize(
    ("longest", "pattern"),
    [
        (100_000, "[A-Z]{2}[0-9]{20000}"),
        (100_000, "(?=.*[0-9])(?=.*[a-z]).{8,}"),
        (400, "[ab]*[ab]{2400}c"),
        (5_000, "(?>[ab]*)[ab]{2400}c"),
    ],
)
def test_what_is_read_a_few_times_is_taken(longest: int, pattern: str) -> None:
    """Authors do write lookaheads, for passwords above all."""
    check_pattern(pattern, longest)
    for text in ("ab" * (longest // 2), "ab1" * (longest // 3)):
        began = process_time()
        re.fullmatch(pattern, text)
        assert process_time() - began < 1


def test_the_limit_is_a_million_steps() -> None:
    """A pattern that was taken yesterday is taken tomorrow: what counts as slow is one number."""
    check_pattern("a{0,999}b{0,999}", 1_000)
    with pytest.raises(ValueError, match="could take very long"):
        check_pattern("a{0,999}b{0,1000}", 1_000)


_ATOMS = st.sampled_from(["a", "[ab]", ".", "(?:a|b)", "(?:a|ab)", "b", "(?:ab)", "(?i:a)", r"[\w .,;:!?()-]"])
_REPEATS = st.sampled_from(["", "?", "*", "+", "{2,5}", "{3}", "*?", "*+", "{0,90}", "{200}"])
_PLAIN = st.tuples(_ATOMS, _REPEATS).map("".join)
_LOOKING = st.tuples(st.sampled_from(["(?=", "(?!", "(?>"]), st.lists(_PLAIN, min_size=1, max_size=3).map("".join))
_PIECES = _PLAIN | _LOOKING.map(lambda looking: f"{looking[0]}{looking[1]})")
_GROUPS = st.tuples(st.lists(_PIECES, min_size=1, max_size=3).map("".join), st.sampled_from(["", "?", "+", "{1,4}"]))
_PATTERNS = st.lists(_GROUPS.map(lambda group: f"(?:{group[0]}){group[1]}"), min_size=1, max_size=4).map("".join)


@settings(max_examples=examples(200), deadline=None)
@given(_PATTERNS, st.sampled_from(["a", "ab", "aab"]))
def test_no_pattern_that_is_taken_is_slow(pattern: str, text: str) -> None:
    """The promise itself: whatever passes answers within a blink on the longest text."""
    try:
        check_pattern(pattern, 300)
    except ValueError:
        return
    started = process_time()
    re.fullmatch(pattern, (text * 300)[:299] + "!")
    assert process_time() - started < 1
