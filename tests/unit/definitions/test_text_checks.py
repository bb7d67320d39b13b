"""Texts that their author took for something else."""

from __future__ import annotations

import pytest

from tests.unit.checked import told

ENGLISH = "that is known here, so that its days and numbers are written and read as in `en`"


def test_a_name_without_its_braces() -> None:
    """`total: loss.total` sends people the words “loss.total” instead of an amount."""
    found = told(
        """\
        id: claim
        nodes:
          - {id: loss, type: form, fields: [{name: total, type: decimal, label: Total}]}
          - {id: sums, type: set, values: {total: loss.total, more: {deep: [loss.total]}, site: a.org, no: loss.x}}
        """
    )
    message = 'this is the text `loss.total`, and not the value that is called so; write "{{ loss.total }}" for that'
    assert found == [f"4 warning: {message}"] * 2


def test_a_template_where_none_is_read() -> None:
    """People would read the braces."""
    assert told(
        """\
        id: claim
        title: For {{ input.name }}
        input: {name: {type: text, default: "{{ profile.name }}"}}
        nodes:
          - {id: a, type: form, title: "For {{ input.name }}", fields: [{name: b, label: B, pattern: "[{]{2}x"}]}
        """
    ) == [
        "2 warning: `title` isn't a template, so that people would read `For {{ input.name }}` as it stands",
        "3 warning: `default` isn't a template, so that people would read `{{ profile.name }}` as it stands; "
        "`prefill` is one",
    ]


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("cz", f"there is no language `cz` {ENGLISH}; did you mean `cs`?"),
        ("gr", f"there is no language `gr` {ENGLISH}; did you mean `el`?"),
        ("tlh", f"there is no language `tlh` {ENGLISH}"),
        ("en-UK", "there is no country `UK` to write `en` as; did you mean `en-GB`?"),
        ("de-XX", "there is no country `XX` to write `de` as"),
    ],
)
def test_a_language_that_there_is_not(language: str, message: str) -> None:
    """A country taken for a language gives dates of another order, and pages in a language that there isn't."""
    assert told(f"id: w\nlanguage: {language}\nnodes: [{{id: a, type: message}}]") == [f"2 warning: {message}"]


@pytest.mark.parametrize(
    "language", ["en", "DE", "de-ch", "zh-Hant-TW", "de-FR", "en-150", "de-CH-1996", "en-u-hc-h12"]
)
def test_a_language_that_there_is(language: str) -> None:
    """A false alarm would have authors take a right tag away."""
    assert told(f"id: w\nlanguage: {language}\nnodes: [{{id: a, type: message}}]") == []


@pytest.mark.parametrize("address", ["www.example.org", "https:/a.org", "//a.org/x", "javascript:go", "a.org/b"])
def test_links_that_are_none(address: str) -> None:
    """People would read brackets, and find nothing to press."""
    link = f"See [the terms]({address})."
    message = (
        f"this isn't a link, so that people would read `({address})`: an address begins with https://, http://, "
        "mailto:, tel:, / or #"
    )
    field = f'{{name: c, hint: "{link}", label: "{link}", errors: {{required: "{link}"}}}}'
    assert told(f'id: w\ntext: "{link}"\nnodes:\n  - {{id: b, type: form, fields: [{field}]}}') == [
        f"2 warning: {message}",
        *[f"4 warning: {message}"] * 2,
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("[a](https://a.org/x)", "[a](mailto:a@b.org)", "[a](/a.b)", "[a](#a.b)", "f[x](y)", "[x] (a.org)"),
        *("[a]({{ input.a }}/b.c)", "\\[a](a.org)", "![a](a.org)", "[a](y)", "[a](see a.org)"),
    ],
)
def test_links_and_what_does_not_look_like_one(text: str) -> None:
    """A false alarm teaches not to read the others."""
    assert told(f"id: w\nnodes:\n  - {{id: b, type: message, text: '{text}'}}") == []
