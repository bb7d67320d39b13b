"""What of an author's text is markup, what stays as it is, and how it reads as words alone."""

from __future__ import annotations

import copy
import pickle
import time

import pytest

from tests.unit.expressions.test_template import Data
from wizard.expressions.markdown import address, mark
from wizard.expressions.prose import Prose, prose
from wizard.expressions.template import parse
from wizard.forms.prose import line_html, prose_html


@pytest.mark.parametrize(
    ("written", "html", "words"),
    [
        ("**a** *b* __c__ _d_", "<p><strong>a</strong> <em>b</em> <strong>c</strong> <em>d</em></p>", "a b c d"),
        ("a\n\n**b**\nc", "<p>a</p>\n<p><strong>b</strong><br>\nc</p>", "a\n\nb\nc"),
        ("- a\n- b\n  - c\nd *", "<ul>\n<li>a</li>\n<li>b<ul>\n<li>c</li>\n</ul>\n</li>\n</ul>\n<p>d *</p>", None),
        ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>", "1. a\n2. b"),
        ("* a\n* **b**", "<ul>\n<li>a</li>\n<li><strong>b</strong></li>\n</ul>", "* a\n* b"),
        (r"\*a\* \[b](/c)", "<p>*a* [b](/c)</p>", "*a* [b](/c)"),
    ],
)
def test_what_authors_can_write(written: str, html: str, words: str | None) -> None:
    """Links, bold, emphasis, lists and paragraphs, and a backslash for a character that is only itself."""
    assert prose_html(prose(written)).rstrip("\n") == html
    assert words is None or prose(written) == words


@pytest.mark.parametrize(
    "written",
    [
        "* required",
        "3. Mai 2026 is the day",
        "1985. It was a good year",
        "snake_case_name and 3 * 4 * 5",
        "[optional] a [b] (c)",
        "# title",
        "> quote",
        "---",
        "`code`",
        "&amp; &copy; <b>bold</b> <!-- -->",
        "https://example.org/ www.example.org",
        "![image](https://example.org/x.png)",
        "<https://example.org>",
        "[x]: https://example.org",
        "[x](javascript:alert(1))",
        "[x](JavaScript:alert(1))",
        "[x](data:text/html,x)",
        "[x](vbscript:x)",
        "[x](//evil.example)",
        "[x](/\\evil.example)",
        "[x](https:evil.example)",
        "[x](https:///evil.example)",
        "[x](https://bank.example@evil.example)",
        "[x](file:///etc/passwd)",
        "[x](terms.html)",
        "+ one",
        "-5 degrees",
        "- - - a",
    ],
)
def test_everything_else_stays_what_it_is(written: str) -> None:
    """Texts that hold such characters by accident look as they did, and no address leads where a browser runs it."""
    text = written.removeprefix("- ") if written == "- - - a" else written
    html = prose_html(prose(written))
    assert "<a" not in html
    assert prose(written) == written
    assert line_html(prose(text)).unescape() == text


@pytest.mark.parametrize(
    ("written", "values", "leads_to"),
    [
        ("https://example.org/a b", [], ""),
        ("https://example.org/ü", [], "https://example.org/%C3%BC"),
        ("tel:+41791234567", [], "tel:+41791234567"),
        ("https://example.org/{}", ["../x?y#z"], "https://example.org/..%2Fx%3Fy%23z"),
        ("https://example.org/{}/a", [".."], ""),
        ("https://example.org/{}{}/a", [".", "."], ""),
        ("https://example.org{}", [".evil.example"], ""),
        ("https://{}/a", ["evil.example"], ""),
        ("https://{}.example.org/", ["a"], ""),
        ("{}:alert(1)", ["javascript"], ""),
        ("{}", ["javascript:alert(1)"], ""),
        ("{}", ["java\nscript:alert(1)"], ""),
        ("{}", ["//evil.example"], ""),
        ("{}", ["https://example.org/a?b=c"], "https://example.org/a?b=c"),
        ("{}/orders/{}", ["https://example.org", "7/8"], "https://example.org/orders/7%2F8"),
        ("{}{}", ["https://example.org", ".evil.example"], ""),
        ("/{}evil.example", ["/"], "/%2Fevil.example"),
        ("/{}/evil.example", [""], ""),
        ("mailto:{}", ["a+b@example.org"], "mailto:a+b@example.org"),
        ("mailto:{}", ["a@b.c?bcc=d@e.f"], "mailto:a@b.c%3Fbcc%3Dd@e.f"),
        ("tel:{}", ["+41 79"], "tel:+41%2079"),
        ("/search?q={}&n=1", ["a&n=2 +"], "/search?q=a%26n%3D2%20%2B&n=1"),
        ("#{}", ["\" onclick='x'"], "#%22%20onclick%3D%27x%27"),
        ("/{}", ["\ud800"], "/%3F"),
    ],
)
def test_a_value_is_one_word_of_an_address(written: str, values: list[str], leads_to: str) -> None:
    """It chooses no host, no scheme and no other page than the one that the author meant."""
    for number in range(len(values)):
        written = written.replace("{}", mark(number), 1)
    assert address(written, values) == leads_to


@pytest.mark.parametrize(
    "part",
    ["[", "*", "_", "*a_ ", "[a](", "![", "- a\n", "- ", "1. a\n", "\\", "a]", "**a", "  - a\n", "[a](/b) ", "\ufdd0"],
)
def test_what_a_hostile_author_writes_takes_no_time(part: str) -> None:
    """Whoever may write definitions must not be able to keep the server busy with one page. And no word is lost."""
    for length in (2_000, 100_000):
        written = (part * length)[:length]
        begun = time.process_time()
        html = prose_html(prose(written))
        line_html(prose(written))
        assert time.process_time() - begun < 2
        assert "](" in part or html.striptags().count("a") == written.count("a")


def test_a_list_of_many_levels_loses_nothing() -> None:
    """A parser's bound on depth leaves out what is deeper."""
    written = "\n".join(f"{'  ' * depth}- **item{depth}**" for depth in range(100))
    html = prose_html(prose(written))
    assert all(f"item{depth}<" in html for depth in range(100))


def test_a_value_changes_nothing_around_it() -> None:
    """Bold stays bold around a value that ends in a bracket, is empty, or has lines of its own."""
    written = parse("x**{{ a }}**y\n\n- {{ a }}\n- b")
    for value in ("(x)", "", " ", "a\n\n- b", "**"):
        html = prose_html(written.prose(Data(a=value)))
        assert (html.count("<strong>"), html.count("<li>"), html.count("<p>")) == (1, 2, 1), html


def test_values_of_texts_without_markup() -> None:
    """What somebody typed over several lines makes no list and no paragraphs of the author's."""
    written = parse("Thank you, {{ a }}!")
    assert type(written.prose(Data(a="Ann *x*"))) is str
    html = prose_html(written.prose(Data(a="Ann\n\n- one\n- two")))
    assert html == "<p>Thank you, Ann<br>\n<br>\n- one<br>\n- two!</p>\n"
    assert "<li>" not in prose_html(parse("{{ a }}").prose(Data(a="- one")))


def test_a_copy_is_the_same() -> None:
    """Hosts copy and keep prompts as they like."""
    text = parse("**{{ a }}**").prose(Data(a="x"))
    assert isinstance(text, Prose)
    for same in (copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
        assert (same, same.skeleton, same.values) == (text, text.skeleton, text.values)
