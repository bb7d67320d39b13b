"""Authors write links, bold, emphasis and lists; what people typed stays text, in whatever of these it stands."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.channels.typed import talk
from tests.unit.expressions.test_template import Data
from wizard.channels.conversation.questions import LOOKS, clean, shown
from wizard.channels.http.prompt_json import prompt_json
from wizard.expressions.template import parse
from wizard.forms.prose import line_html, prose_html
from wizard.testing import Person, make_test_engine

TEMPLATES = (
    "Hello {{ a }}",
    "**{{ a }}** and *{{ b }}*",
    "x**{{ a }}**y",
    "__{{ a }}__ {{ b }}_",
    "- {{ a }}\n- {{ b }}\n\n1. {{ a }}\n2. **{{ b }}**\n\nEnd",
    "{{ a }}\n{{ b }}\n\n> {{ a }}\n# {{ b }}",
    "[{{ a }}](https://example.org/{{ b }}?q={{ a }}#{{ b }})",
    "[{{ a }}]({{ b }}) ![{{ a }}]({{ b }})",
    "[mail {{ a }}](mailto:{{ b }}) [call](tel:{{ a }})",
    "[{{ a }} [{{ b }}](/terms)",
    "`{{ a }}` <{{ b }}> {{ a }}{{ b }}",
    "{% if 1 %}*{{ a }}{% endif %}*",
    "\\{{ a }}\\\n{{ b }}",
)
MARKUP = st.text(alphabet="*_[]()\\`<>!#&-+.1: \n\"'/ax\u202e\ufdd0\ufdd1", max_size=30)
TYPED = MARKUP | st.sampled_from(
    (
        "[x](javascript:alert(1))",
        "](https://evil.example)",
        "https://evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "<img src=x onerror=alert(1)>",
        "**bold**\n\n- item\n\n# title",
        "\ufdd00\ufdd1",
        "..",
        "a@b.c?bcc=d@e.f",
    )
)


class _Markup(HTMLParser):
    """The elements of an HTML text with their attributes, and the characters in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            return
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


def _squeezed(text: str) -> str:
    return "".join(text.split())


@given(st.sampled_from(TEMPLATES), TYPED, TYPED)
def test_no_element_and_no_address_comes_from_what_was_typed(template: str, a: str, b: str) -> None:
    """Whoever typed a link, a script or a heading would else speak to other people in the name of the site."""
    for html_of in (prose_html, line_html):
        written = parse(template)
        plain = _Markup(html_of(written.prose(Data(a="Qa", b="Qb"))))
        made = _Markup(html_of(written.prose(Data(a=a, b=b))))
        # An address that begins with a value is a link with some values, and none with others.
        # A paragraph of empty values is left out.
        some = {"a", "p"} if not a.strip() or not b.strip() else {"a"}
        fixed = [each for each in plain.elements if each[0] not in some]
        assert [each for each in made.elements if each[0] not in some] == fixed
        assert all(each == ("a", ("class", "href", "rel")) for each in made.elements if each[0] == "a")
        for link in made.links:
            own = "]({{ b }})" in template and re.fullmatch(r"https?://[!-~]+", link)
            assert own or re.fullmatch(r"(https://example\.org/|mailto:|tel:|/terms)[\w.%?=#@+~-]*", link)
        expected = plain.text.replace("Qa", a).replace("Qb", b) if "Q" not in a else None
        if expected is not None:
            assert _squeezed(made.text) == _squeezed(expected)


@given(st.sampled_from(TEMPLATES), TYPED, TYPED)
def test_a_terminal_shows_no_look_of_what_was_typed(template: str, a: str, b: str) -> None:
    """The same for whoever reads in a terminal, and for programs that read the words alone."""
    written = parse(template)
    looks = re.compile(f"[{''.join(LOOKS.values())}]")
    made, plain = shown(written.prose(Data(a=a, b=b))), shown(written.prose(Data(a="Qa", b="Qb")))
    assert looks.findall(made) == looks.findall(plain)
    assert "\x1b" not in made
    assert _squeezed(clean(a)) in _squeezed(made) or "{{ a }}" not in template


@pytest.mark.parametrize(
    "name", ["Ann O'Brien", "CHF 1'200.-", "a-b", "3 * 4", "*x*", "R&D [new]", "snake_case_", "<b>"]
)
async def test_programs_read_a_typed_text_as_it_was_typed(name: str) -> None:
    """A front end of somebody's own shows texts as text, and no backslash that nobody typed."""
    person = await Person.starts(await make_test_engine(TERMS), "rent")
    await person.says(name)
    assert prompt_json(person.prompt)["text"] == f"Read the terms (https://example.org/terms), {name}.\n\n- {name}"


TERMS = """
id: rent
title: Rent a bike
nodes:
  - id: who
    type: form
    fields:
      - name: name
        label: Name
        hint: As in your **passport**, see [why](/why)
  - id: terms
    type: message
    title: "*Terms* for {{ who.name }}"
    text: |
      Read [the **terms**](https://example.org/terms), *{{ who.name }}*.

      - {{ who.name }}
  - id: agree
    type: form
    fields:
      - name: it
        type: choices
        label: Do you agree?
        choices: [{value: agreed, label: "I agree to [the terms](/terms)"}]
"""


async def test_the_words_are_what_is_typed_and_compared() -> None:
    """Who types what a choice is called types no brackets and stars."""
    person = await Person.starts(await make_test_engine(TERMS), "rent")
    assert person.prompt.fields[0].hint == "As in your passport, see why (/why)"
    await person.says("Ann")
    assert person.prompt.title == "*Terms* for Ann"
    await person.says()
    assert person.prompt.fields[0].choices[0].label == "I agree to the terms (/terms)"
    await person.says("i agree to the terms (/terms)")
    assert person.completed


async def test_markup_in_the_terminal() -> None:
    """Bold and lists can be seen there as well, and an address can be copied."""
    talked = await talk(await make_test_engine(TERMS), "rent", "*Ann*", "", "1")
    bold, end, italic, stop = LOOKS.values()
    written = talked.script.written
    assert f"As in your {bold}passport{end}, see why (/why)" in written
    assert f"Read the {bold}terms{end} (https://example.org/terms), {italic}*Ann*{stop}." in written
    assert "- *Ann*" in written
