"""A bundle can be read, compared and taken apart again to the byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.deployments.texts import ORDER, PASSPORT
from wizard.deployments import bundles
from wizard.deployments.bundles import Bundle, Needs, Part, needs_of, read_bundle, write_bundle
from wizard.errors import DefinitionError
from wizard.node import Registry

NEEDS = Needs({"form": "", "end": ""}, {"text": ""}, ("send",))
WRITTEN = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.text("ab\n\r\t\x85\u2028\ufeff#…"))
def test_a_text_comes_out_as_it_went_in(words: str) -> None:
    """Comments and odd line ends are the author's, and survive the way to another store."""
    text = f"{PASSPORT}# {words.replace(chr(10), chr(10) + '# ').replace(chr(13), '')}"
    bundle = Bundle("passport", (Part("passport", "draft 3", text),), NEEDS)
    try:
        assert read_bundle(write_bundle(bundle)) == bundle
    except DefinitionError:  # a character that no definition may hold
        assert set(words) & set("\x85\u2028\ufeff")


def test_odd_line_ends_come_out() -> None:
    """Of files from other systems as well."""
    text = "\ufeff" + PASSPORT.replace("\n", "\r\n") + "\n\n"
    bundle = Bundle("passport", (Part("passport", "draft 3", text),), NEEDS)
    assert read_bundle(write_bundle(bundle)).parts[0].text == text


def test_it_stands_there_line_by_line() -> None:
    """A colleague who reads the difference of two bundles sees the lines that changed."""
    written = write_bundle(Bundle("passport", (Part("passport", "draft 3", PASSPORT),), NEEDS)).decode()
    assert '        "# Ann\'s passport",\n        "id: passport",\n' in written


def test_the_workflow_itself_comes_first() -> None:
    """Whoever looks into a bundle reads first what it is of."""
    parts = (Part("order", "draft 1", ORDER), Part("passport", "version 2", PASSPORT))
    data = json.loads(write_bundle(Bundle("order", parts, NEEDS)))
    data["texts"] = dict(reversed(data["texts"].items()))
    assert read_bundle(json.dumps(data).encode()).parts == parts


DATA: dict[str, Any] = {
    "format": 1,
    "workflow": "passport",
    "needs": {"node_types": {}, "field_types": {}, "functions": []},
    "texts": {"passport": {"stage": "draft 1", "lines": PASSPORT.split("\n")}},
}


def refused(content: bytes) -> str:
    with pytest.raises(DefinitionError) as caught:
        read_bundle(content)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "a later version of the program"),
        ({"format": "1"}, "this is no bundle: format"),
        ({"workflow": "other"}, "the text of `other` itself is missing"),
        ({"workflow": "a b"}, "this is no bundle: workflow"),
        ({"more": 1}, "this is no bundle: more"),
        ({"texts": {}}, "this is no bundle: texts"),
        (
            {"texts": {"passport": {"stage": "draft 1", "lines": ["id: order"]}}},
            "the workflow `order`, not `passport`",
        ),
        ({"texts": {"passport": {"stage": "draft 1", "lines": ["id: ["]}}}, "passport:"),
        ({"texts": {"passport": {"stage": "draft 1", "lines": ["id: passport\0"]}}}, "U+0000"),
        ({"texts": {"passport": {"stage": "draft 1", "lines": ["x" * 1_000_001]}}}, "larger than 1,000,000 bytes"),
    ],
)
def test_what_is_no_bundle_is_told_as_that(changes: dict[str, Any], message: str) -> None:
    """Whoever has the wrong file, or one that was changed by hand, reads what is wrong in it."""
    assert message in refused(json.dumps({**DATA, **changes}).encode())


@pytest.mark.parametrize("content", [b"", b"\xff", b"id: passport", b"[" * 100_000, b"[]", b"null"])
def test_other_files_are_no_bundles(content: bytes) -> None:
    """A definition isn't one either."""
    message = refused(content)
    assert "bundle:1:1: error: this is" in message
    assert "_" not in message  # the name of a class of ours


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk image that somebody names by mistake doesn't fill the memory."""
    monkeypatch.setattr(bundles, "MAX_BUNDLE", 10)
    assert "larger than 10 bytes" in refused(b" " * 11)


def test_what_texts_need_is_named() -> None:
    """Whoever gets a bundle sees what has to be there before they import it."""
    text = """\
id: shop
input: {country: {type: text}, since: {type: date}}
nodes:
  - {id: who, type: form, fields: [{name: mail, type: email, label: Mail}, {name: name, label: Name}],
     remind_after: {after: 1d, message: {send: remind, to: a, subject: b, text: c}}}
  - {id: pay, type: python, function: charge, undo: refund}
  - {id: odd, type: nothing-like-it}
"""
    assert needs_of([text, "id: ["], Registry.installed()) == Needs(
        {"form": "", "python": "", "nothing-like-it": ""},
        {"text": "", "date": "", "email": ""},
        ("charge", "refund", "remind"),
    )
