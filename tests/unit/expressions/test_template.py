"""Texts with values in them, as authors write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from wizard.errors import ExpressionError
from wizard.expressions.filters import FILTERS
from wizard.expressions.template import Dynamic, Template, dynamic, parse
from wizard.model import Chain, Value


class Data:
    """The answers of a run, which notes what is read of it."""

    def __init__(self, **values: Value) -> None:
        self.values = values
        self.reads: list[Chain] = []
        self.now = datetime(2026, 3, 27, 14, 30, tzinfo=UTC)

    def read(self, chain: Chain) -> Value:
        self.reads.append(chain)
        value: Value = self.values
        for part in chain:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


PERSON = {
    "name": "Ada <3",
    "born": date(1985, 3, 27),
    "fee": Decimal("12.50"),
    "ok": True,
    "tags": ["b", "a"],
    "home": {"city": "Bern"},
    "children": [{"name": "Bo", "age": 7}, {"name": "Cy", "age": 19}],
}


def show(source: str, **data: Value) -> str:
    return parse(source).render(Data(p=PERSON, **data))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Hello, {{ p.name }}!", "Hello, Ada <3!"),
        ("{{ p.born }} {{ p.fee }} {{ p.ok }} {{ 2.0 }} {{ 1.5 }}", "27 March 1985 12.50 true 2 1.5"),
        ("{{ p.tags }} [{{ p.missing }}{{ none }}{{ null }}]", "b, a []"),
        ("{{ p.home }}", "city: Bern"),
        ("{{ p['home'].city }}{{ p.home['city'] }}{{ p.missing.any.thing }}", "BernBern"),
        ("{{ p.tags[0] }}{{ p.tags.1 }}{{ p.tags[9] }}{{ p.tags[1:] }}{{ p.name[:3] }}", "baaAda"),
        ("{{ null.a }}{{ [p][0].name }}", "Ada <3"),
        ("{{ 'yes' if p.ok else 'no' }}{{ 'x' if p.missing }}", "yes"),
        ("{% if p.missing %}a{% elif p.ok %}b{% else %}c{% endif %}", "b"),
        ("{% if p.missing %}a{% else %}c{% endif %}{% if p.missing %}{% endif %}", "c"),
        ("{% if p.fee > 10 and not p.missing or false %}x{% endif %}", "x"),
        ("{% if p.missing != 'a' %}x{% else %}y{% endif %}", "y"),
        ("{% for q in [p.missing] %}{{ q != 'a' }} {{ q != null }}{% endfor %}", "false false"),
        ("{% if p.missing == null and null == p.missing and none == p.q %}x{% endif %}", "x"),
        ("{% if p.ok == 1 %}x{% else %}y{% endif %}", "y"),
        ("{% if 'a' in p.tags and 'c' not in p.tags and 1 < 2 <= 2 %}x{% endif %}", "x"),
        ("{{ 1 + 2 * 3 - 4 / 2 }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 2 ** 3 }} {{ -p.fee }}", "5 3 3 8 -12.50"),
        ("{{ p.fee ~ ' CHF' ~ p.missing }}", "12.50 CHF"),
        ("{{ [1, 'a'] }} {{ (1, 2) }} {{ {'a': p.fee} }}", "1, a 1, 2 a: 12.50"),
        ("{{ true and 1 and 2 }}{{ 0 or none or 3 }}", "23"),
        ("{{ count(c for c in p.children if c.age > 18) }} of {{ len(p.children) }}", "1 of 2"),
        ("{{ [c.name for c in p.children] }}", "Bo, Cy"),
        ("{{- count(c\n for c in\n p.children) -}} !", "2!"),
        ("{% if any(c.age > 18 for c in p.children) %}x{% elif true %}y{% endif %}", "x"),
        ("{% if p.missing %}x{% elif all(c.age > 18 for c in p.children) %}y{% else %}z{% endif %}", "z"),
        ("{% for c in p.children %}{{ count(d for d in p.children if d.age > c.age) }}{% endfor %}", "10"),
        ("{% for c in p.children %}{{ [loop.index for x in [0]] }}{{ c.name }}{% endfor %}", "1Bo2Cy"),
        ("{{ p.for }}{{ 'a for b' }}for", "a for bfor"),
        ("{# c for c in p #}{% raw %}{{ c for c in p }}{% endraw %}", "{{ c for c in p }}"),
        ("{% for c in p.children %}{{ loop.index }}.{{ c.name }} {% endfor %}", "1.Bo 2.Cy "),
        ("{% for c in p.children %}{{ c.name }}{{ ', ' if not loop.last }}{% endfor %}", "Bo, Cy"),
        ("{% for c in p.children if c.age > 18 %}{{ loop.first }}{{ loop.length }}{{ c.name }}{% endfor %}", "true1Cy"),
        ("{% for c in p.missing %}a{% else %}none{% endfor %}", "none"),
        ("{% for c in p.children if c.age > 99 %}a{% else %}none{% endfor %}", "none"),
        ("{% for a in [1, 2] %}{% for b in [3] %}{{ a }}{{ b }}{{ loop.index0 }} {% endfor %}{% endfor %}", "130 230 "),
        ("{% for p in [1] %}{{ p }}{% endfor %}{{ p.ok }}{{ loop }}", "1true"),
        ("{% for k in p.home %}{{ k }}={{ p.home[k] }}{% endfor %}", "city=Bern"),
        ("{{ years_between(p.born, end=today()) }}", "41"),
        ("{{ upper(p.home.city) }}", "BERN"),
        ("{# a note #}a{{- ' b ' -}} c", "a b c"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("a\n{{ 1 }}\n", "a\n1\n"),
        ('{{ "\\u00e9\\n\'" }}', "é\n'"),
        ("{{ '{{' }}", "{{"),
        ("", ""),
    ],
)
def test_templates_show_values_choices_and_lists(source: str, expected: str) -> None:
    """Else people read something else than the author wrote."""
    assert show(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ 'aB' | upper }}{{ 'aB'|lower }}{{ 'a b'|title }}{{ 'aB c'|capitalize }}", "ABabA BAb c"),
        ("[{{ ' a ' | trim }}]", "[a]"),
        ("{{ p.x | default('-') }}{{ ''|default('-') }}{{ ''|default('-', true) }}{{ p.x|default }}", "--"),
        ("{{ ''|default('+', boolean=true) }}{{ 'a'|default('-', true) }}", "+a"),
        ("{{ p.tags|length }}{{ p.x|length }}{{ p.tags|first }}{{ p.tags|last }}", "20ba"),
        ("{{ p.tags|join }} {{ p.tags|join('-') }} {{ p.tags|sort|join(', ') }}", "ba b-a a, b"),
        ("{{ [3, 1]|sort(reverse=true) }}{{ [1, 1]|unique }}", "3, 11"),
        ("{{ 'a-b'|replace('-', '+') }}", "a+b"),
        ("{{ 2.5|round }} {{ 2.346|round(2) }} {{ -3|abs }}{{ (-3)|abs }}", "3 2.35 33"),
        ("{{ '12'|int + 1 }} {{ 'x'|int }} {{ 'x'|int(7) }} {{ 'x'|int(default=none) }}", "13 0 7 "),
        ("{{ '1.5'|float }} {{ 'x'|float }} {{ 'x'|float(2) }} {{ 1|float is number }}", "1.5 0 2 true"),
        ("{{ 12|string ~ 'a' }}", "12a"),
        ("{{ 'ab'|list }} {{ p.home|list }} {{ p.x|list }}", "a, b city "),
        (
            "{{ p.born|date }} {{ p.born|format_date('iso') }} {{ p.born|date('D.M.YYYY') }}",
            "27 March 1985 1985-03-27 27.3.1985",
        ),
        ("{{ 1234.5|number(2) }} {{ 1234|format_number }}", "1,234.50 1,234"),
        ("{{ p.x|upper|trim|capitalize|join|int|float|string }}|", "|"),
    ],
)
def test_filters(source: str, expected: str) -> None:
    """Else what Jinja's documentation says of a filter isn't true here, or a missing answer is an error."""
    assert show(source) == expected


@pytest.mark.parametrize(
    ("test", "yes", "no"),
    [
        ("defined", "p.ok", "p.x"),
        ("undefined", "p.x", "p.ok"),
        ("none", "p.x", "p.ok"),
        ("null", "p.x", "p.ok"),
        ("true", "true", "1"),
        ("false", "false", "0"),
        ("boolean", "false", "0"),
        ("number", "p.fee", "true"),
        ("number", "3", "'3'"),
        ("string", "p.name", "1"),
        ("mapping", "p.home", "p.tags"),
        ("sequence", "p.tags", "p.home"),
        ("even", "4", "3"),
        ("odd", "3", "p.x"),
        ("not even", "p.x", "4"),
        ("not defined", "p.x", "p.ok"),
    ],
)
def test_tests(test: str, yes: str, no: str) -> None:
    """Else `{% if answer is defined %}` decides wrongly."""
    assert show(f"{{{{ ({yes}) is {test} }}}} {{{{ ({no}) is {test} }}}}") == "true false"


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("{{ a", "isn't a template: each `{{` needs an expression and its `}}`"),
        ("{{ a b }}", "isn't a template"),
        ("{% endif %}", "isn't a template"),
        ("{% macro f() %}{% endmacro %}", "no macro"),
        ("{% set x = 1 %}", "no assign"),
        ('{% include "a" %}', "no include"),
        ('{% import "a" as b %}', "no import"),
        ('{% extends "a" %}', "no extends"),
        ("{% block a %}{% endblock %}", "no block"),
        ("{% call f() %}{% endcall %}", "no callblock"),
        ("{% filter upper %}a{% endfilter %}", "no filterblock"),
        ("{% with %}{% endwith %}", "no with"),
        ("{% autoescape true %}{% endautoescape %}", "no scope"),
        ("{{ +1 }}", "can't have this here (Pos)"),
        ("{{ a.upper() }}", "write upper(x), not x.upper()"),
        ("{{ nope(1) }}", "no function 'nope'"),
        ("{{ uppr(1) }}", "Did you mean upper?"),
        ("{{ a|center(3) }}", "no filter 'center'"),
        ("{{ a|uper }}", "Did you mean upper?"),
        ("{{ a is foo }}", "no test 'foo'"),
        ("{{ a is divisibleby 3 }}", "no test 'divisibleby'"),
        ("{{ a is even(3) }}", "takes no values"),
        ("{{ a|upper(1) }}", "it is upper(text)"),
        ("{{ upper(*a) }}", "no * before"),
        ("{{ a|upper(**a) }}", "no * before"),
        ("{{ upper(text=a, text=b) }}", "can't take 'text'"),
        ("{{ _a }}", "begins with _"),
        ("{{ a._b }}", "begins with _"),
        ("{% for _a in b %}{% endfor %}", "begins with _"),
        ("{{ count(_a for _a in b) }}", "begins with _"),
        ("{{ count(a for a in b) }}{{ _comprehension_0 }}", "begins with _"),
        ("{{ _comprehension_0 }}", "begins with _"),
        ("{{ counts(a for a in b) }}", "Did you mean count?"),
        ("{{ count(a for a in b) | upper }}", "Filters are for templates"),
        ("{{ count(a for a in b }}", "This isn't a template"),
        ("{{ a for a in b }}", "This isn't an expression"),
        ("{% for a in [b for b in c] %}{% endfor %}", "This isn't a template"),
        ("{% for a, b in c %}{% endfor %}", "one name"),
        ("{% for loop in c %}{% endfor %}", "one name"),
        ("{% for null in c %}{% endfor %}", "one name"),
        ("{% for a in b recursive %}{% endfor %}", "one name"),
        ("{% for a in b %}" * 3 + "{% endfor %}" * 3, "2 inside each other"),
        ("{% if a %}" * 21 + "{% endif %}" * 21, "nested too deeply"),
        ("{{ " + "(" * 21 + ")" * 21 + " }}", "nested too deeply"),
        ("{{ a" + "+1" * 60 + " }}", "nested too deeply"),
        ("{{ a" + ".b" * 300 + " }}", "nested too deeply"),
        ("{{ a }}" * 700, "too long"),
        ("x" * 20_001, "20,000 characters"),
        ("{{ '\\q' }}", "backslash"),
        ("{{ '\\ud800' }}", "Unicode"),
        ("\ud800", "Unicode"),
        ("{{ " + "9" * 5000 + " }}", "too large"),
        ("{{ " + "9" * 100 + " }}", "too large"),
        ("{{ 1e999 }}", "too large"),
        ("{{ {1: 2} }}", "keys"),
        ("{{ {a: 2} }}", "keys"),
        ("{{ {'\\ud800': 2} }}", "Unicode"),
    ],
)
def test_anything_else_is_refused_when_it_is_loaded(source: str, part: str) -> None:
    """Else a mistake shows only when the first person comes by it, or what runs isn't what was checked."""
    with pytest.raises(ExpressionError) as caught:
        parse(source)
    assert part in caught.value.message


@pytest.mark.parametrize("source", ["{{ x", "{{ count(c for c in x)", "{% if any(c for c in x)", "{% if x %}"])
def test_what_is_never_closed_is_refused_when_it_is_loaded(source: str) -> None:
    """Else a bracket that was forgotten is found by whoever comes to the page."""
    with pytest.raises(ExpressionError, match=r"each `\{\{` needs an expression"):
        parse(source)


def test_a_template_takes_as_many_turns_as_it_is_promised() -> None:
    """A long list that was shown yesterday is shown tomorrow."""
    source = "{% for a in l %}{% for b in l %}x{% endfor %}{% endfor %}"
    assert show(source, l=[0] * 99) == "x" * 9_801


def test_an_error_names_the_line() -> None:
    """Else an author looks for it in a page of text."""
    source = "one\ntwo\n  {{ a|nope }}\nfour"
    with pytest.raises(ExpressionError) as caught:
        parse(source)
    assert caught.value.offset == source.index("  {{")
    source = "one\ntwo {{ count(a for a in b) }}\n{{ counts(a for a in b) }}\nfour"
    with pytest.raises(ExpressionError) as caught:
        parse(source)
    assert caught.value.offset == source.index("{{ counts")


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("{{ 1 / 0 }}", "divides by zero"),
        ("{{ p.tags[0].city }}", "A text has no part"),
        ("{{ p.tags[0].upper }}", "A text has no part"),
        ("{{ p.tags|upper }}", "upper needs a text"),
        ("{{ 'a' is even }}", "even needs a whole number"),
        ("{% for x in 5 %}{% endfor %}", "A list is needed"),
        ("{{ 'a' + 1 }}", "Make it a text"),
        ("{% for a in r %}{% for b in r %}{% endfor %}{% endfor %}", "10,000 turns"),
        ("{{ count(a for a in r for b in r) }}", "more than 1,000 items"),
        ("{% for a in r %}{% if any(a > b for b in r) %}{% endif %}{% endfor %}", "too many steps"),
        ("{{ count(x for x in 5) }}", "A list is needed"),
        ("{% for a in r if a > 1 %}{% for b in r %}{{ b + a }}{% endfor %}{% endfor %}", "too many steps"),
        ("{% for a in r %}{{ 'x' * 1000 }}{% endfor %}", "longer than 100,000 characters"),
        ("{{ big }}{{ big }}", "longer than 100,000 characters"),
        ("{{ 'x' * 60000 ~ 'x' * 60000 }}", "longer than 100,000 characters"),
        ("{{ ['x' * 60000, 'x' * 60000] }}", "too long"),
        ("{{ odd }}", "can't be shown"),
    ],
)
def test_what_cannot_be_filled_in_says_why(source: str, part: str) -> None:
    """Else a page is shown in half, or a turn dies."""
    with pytest.raises(ExpressionError) as caught:
        show(source, r=list(range(1000)), big="x" * 60_000, odd=object())
    assert part in caught.value.message


def test_what_a_template_reads_is_known_without_filling_it_in() -> None:
    """Else neither the checker finds unknown names nor a background step knows its inputs (S10)."""
    template = parse(
        "{{ a.b.c|default(d) }}{% for x in e.f if x.g == h %}{{ x.y }}{{ len(i) }}{{ loop.index }}{% endfor %}{{ x }}"
    )
    assert template.chains == {("a", "b", "c"), ("d",), ("e", "f"), ("h",), ("i",), ("x",)}
    assert template.names == {"a", "d", "e", "h", "i", "x"}
    assert template.functions == {"len"}


def test_reads_are_the_same_as_an_expressions() -> None:
    """Else a template's inputs are recorded otherwise than a condition's (S10)."""
    data = Data(a={"b": {"c": [1]}}, x=0)
    assert parse("{{ a.b.c[0] }}{% if x %}{{ a.z }}{% endif %}").render(data) == "1"
    assert data.reads == [("a", "b", "c"), ("x",)]


@pytest.mark.parametrize("source", ["", "Plain text, 100 % {plain}.", "a\r\nb\n", "}}"])
def test_a_text_without_marks_is_a_constant(source: str) -> None:
    """Else every label of every form is filled in at each turn, or its line ends change."""
    template = parse(source)
    assert template.constant
    assert template.render(Data()) is template.source == source


@pytest.mark.parametrize("source", ["{{ a }}", "{% if 1 %}{% endif %}", "a{# b #}"])
def test_a_text_with_marks_is_none(source: str) -> None:
    """Else a comment or a value would be shown as it is written."""
    assert not parse(source).constant


class Broken:
    now = datetime(2026, 3, 27, tzinfo=UTC)

    def read(self, chain: Chain) -> Value:
        raise KeyError(chain)


def test_data_that_is_broken_gives_an_expression_error() -> None:
    """Else a turn dies with a traceback instead of staying where it is (S17)."""
    with pytest.raises(ExpressionError, match="can't be filled in"):
        parse("{{ a }}").render(Broken())
    with pytest.raises(ExpressionError, match="can't be computed"):
        dynamic("{{ a }}").evaluate(Broken())


# -- Dynamic -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ p.fee }}", Decimal("12.50")),
        ("  {{ p.born }}\n", date(1985, 3, 27)),
        ("{{ p.missing }}", None),
        ("{{ p.tags }}", ["b", "a"]),
        ("{{ [c.age for c in p.children] }}", [7, 19]),
        ("{{ -1 }}", -1),
        ("{{-1}}", "1"),
        ("{{ 1 -}}", "1"),
        ("{{ p.fee }} ", Decimal("12.50")),
        ("a {{ p.fee }}", "a 12.50"),
        ("{{ p.fee }}{{ p.fee }}", "12.5012.50"),
        ("{{ p.fee|string }}", "12.50"),
        ("{{ 1 ~ 2 }}", "12"),
        ("{% if p.ok %}x{% endif %}", "x"),
        ('{{ {"a": {"b": 1} } }}', {"a": {"b": 1}}),
        ([1, "{{ p.ok }}", "x"], [1, True, "x"]),
        ((1, "{{ p.ok }}"), [1, True]),
        (
            {"a": {"b": ["{{ p.fee }}", None]}, "c": "{{ p.name }}!"},
            {"a": {"b": [Decimal("12.50"), None]}, "c": "Ada <3!"},
        ),
        ({"a": 1, "{{ p }}": "x{{ 1 }}"}, {"a": 1, "{{ p }}": "x1"}),
        (
            {"a": [x := "{{ [x for x in [1]] }}", x], "b": "{% for x in [1, 2] %}{{ x }}{% endfor %}"},
            {"a": [[1], [1]], "b": "12"},
        ),
    ],
)
def test_a_single_expression_keeps_its_type_and_texts_are_filled_in(source: Any, expected: Value) -> None:
    """Else a number sent to another system arrives as text, or a list as its words."""
    made = dynamic(source)
    assert not made.constant
    value = made.evaluate(Data(p=PERSON))
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize("source", [1, 1.5, True, None, "text", [], {}, ["a", {"b": [1, None]}], ("a", "b")])
def test_what_holds_no_template_is_a_constant(source: Any) -> None:
    """Else constants are built anew at each turn."""
    made = dynamic(source)
    assert made.constant
    assert made.evaluate(Data()) == source
    assert made.chains == made.names == made.functions == frozenset()


def test_what_a_dynamic_reads_is_known() -> None:
    """Else the inputs of a request aren't (S10)."""
    made = dynamic({"a": "{{ b.c }}", "d": ["{{ len(e) }}", "x {{ upper(f.g) }}"]})
    assert made.chains == {("b", "c"), ("e",), ("f", "g")}
    assert made.names == {"b", "e", "f"}
    assert made.functions == {"len", "upper"}


def _deep(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


def _deep_groups(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize("source", [_deep(20), _deep_groups(20), ["x"] * 999, ["x" * 20_000] * 5])
def test_as_much_as_is_promised_is_taken(source: Any) -> None:
    """Lists and groups alike: who keeps to the limits that a refusal names isn't refused again."""
    assert dynamic(source).evaluate(Data()) == source


@pytest.mark.parametrize(
    ("source", "part"),
    [
        (_deep(21), "20 deep"),
        (_deep_groups(21), "20 deep"),
        (["x"] * 1000, "1,000 parts"),
        (["x" * 20_000] * 6, "100,000 characters"),
        ({"x" * 100_001: 1}, "100,000 characters"),
        ({1: 2}, "Put them in quotes"),
        (["\ud800"], "Unicode"),
        ({"\ud800": 1}, "Unicode"),
        (date(2026, 1, 1), "Only texts"),
        (b"x", "Only texts"),
        (float("nan"), "too large"),
        (2**300, "too large"),
        ("{{ a|nope }}", "no filter"),
        ("{{ nope( }}", "isn't a template"),
    ],
)
def test_what_is_too_large_or_wrong_is_refused_when_it_is_loaded(source: Any, part: str) -> None:
    """Else a definition could make the engine build values without end."""
    with pytest.raises(ExpressionError) as caught:
        dynamic(source)
    assert part in caught.value.message


def test_the_parts_of_a_dynamic_share_one_budget() -> None:
    """Else a thousand cheap parts make one dear value."""
    big = Data(big="x" * 60_000, rows=[{"n": 1}] * 60_000)
    assert dynamic("{{ rows }}").evaluate(big) is big.values["rows"]
    for source, part in (
        (["a{{ big }}"] * 2, "longer than"),
        (["{{ big }}"] * 20, "too large"),
        (["{{ rows }}"], "too large"),
        (["{{ [x for x in range(900)] }}"] * 40, "too many steps"),
    ):
        with pytest.raises(ExpressionError, match=part):
            dynamic(source).evaluate(big)


class Model(BaseModel):
    title: Template | None = None
    body: Dynamic | None = None


def test_model_fields() -> None:
    """Else a node type can't declare templates in its configuration."""
    model = Model.model_validate({"title": "Hi {{ p.name }}", "body": {"a": "{{ p.fee }}"}})
    assert model.title is not None
    assert model.body is not None
    assert model.title.render(Data(p=PERSON)) == "Hi Ada <3"
    assert model.body.evaluate(Data(p=PERSON)) == {"a": Decimal("12.50")}
    assert model.model_dump() == {"title": "Hi {{ p.name }}", "body": {"a": "{{ p.fee }}"}}
    again = Model(title=model.title, body=model.body)
    assert (again.title, again.body) == (model.title, model.body)
    assert TypeAdapter(Template).json_schema()["type"] == "string"
    assert "description" in TypeAdapter(Dynamic).json_schema()
    for wrong in ({"title": 5}, {"title": "{{ a b }}"}, {"body": b"x"}):
        with pytest.raises(ValidationError) as caught:
            Model.model_validate(wrong)
        assert caught.value.errors()[0]["type"] == "expression"


def test_filters_are_documented() -> None:
    """Else the documentation prints an empty line for one."""
    assert all(made.summary for made in FILTERS.values())


@settings(deadline=None)
@given(st.text(), st.text(alphabet="ab{}%# \n'\""))
def test_text_around_values_stays_as_it_is(text: str, marks: str) -> None:
    """Else what an author wrote changes on its way to the page."""
    for source in (text, marks):
        try:
            template = parse(source)
        except ExpressionError:
            continue
        if template.constant:
            assert template.render(Data()) == source
    assert parse("<{{ v }}>").render(Data(v=text)) == f"<{text}>"


@given(
    st.text(alphabet="ab{}%# \n\r*-\x85\u2028").filter(lambda text: not any(map(text.__contains__, ("{{", "{%", "{#"))))
)
def test_words_alone_are_what_a_template_makes_of_them(text: str) -> None:
    """A text that has nothing but words, which Jinja isn't asked about, reads as it did beside a comment: the same
    lines, lists and emphasis."""
    words, beside = parse(text), parse("{# nothing #}" + text)
    assert (words.html(Data()), words.has_markup) == (beside.html(Data()), beside.has_markup)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<b>{{ x }}</b>", "<b>&lt;i&gt; &amp; &quot;&#x27;</b>"),
        ("<p>fixed & {bare}</p>", "<p>fixed & {bare}</p>"),
        ("{% for each in many %}<li>{{ each | upper }}{% endfor %}", "<li>&lt;A&gt;<li>B"),
        ("{{ x ~ '<u>' }}", "&lt;i&gt; &amp; &quot;&#x27;&lt;u&gt;"),
        ("{{ none }}|{{ 1 + 1 }}", "|2"),
    ],
)
def test_values_in_html_are_words(source: str, expected: str) -> None:
    """Who types a tag would write a part of a page or mail of the author's."""
    assert parse(source).html(Data(x="<i> & \"'", many=["<a>", "b"])) == expected
