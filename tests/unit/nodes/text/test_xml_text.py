"""`parse_xml` nodes."""

from typing import Any

import pytest

from tests.unit.nodes.computed import refused, value
from wizard.nodes.text.xml_text import DEEPEST, ParseXmlNode

LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>'
FILES = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


async def read(text: Any) -> Any:
    return await value(ParseXmlNode, {"x": text}, text="{{ x }}")


async def test_elements_become_groups() -> None:
    """Another program's order is read like one in JSON."""
    read_ = await read('<?xml version="1.0"?><o:order n="1"> a<!-- no --> <item>Tea &amp; ü</item>b <x/></o:order>')
    assert read_ == {
        "name": "o:order",
        "attributes": {"n": "1"},
        "text": "a b",
        "children": [
            {"name": "item", "attributes": {}, "text": "Tea & ü", "children": []},
            {"name": "x", "attributes": {}, "text": "", "children": []},
        ],
    }
    assert await read("<a><![CDATA[<b>]]></a>") == {"name": "a", "attributes": {}, "text": "<b>", "children": []}
    assert await read(None) is None


@pytest.mark.parametrize("text", [LAUGHS, FILES, "<!DOCTYPE a><a/>", '<!DOCTYPE a SYSTEM "http://x.example/"><a/>'])
async def test_a_document_type_is_refused(text: str) -> None:
    """No text reads a file of the server, calls another one, or grows until the memory is full."""
    told = await refused(ParseXmlNode, {"x": text}, text="{{ x }}")
    assert "has a document type" in told


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<a>", "isn't XML: see line 1"),
        ("<a></b>", "isn't XML"),
        ("", "isn't XML"),
        ("<a>&x;</a>", "isn't XML"),
        ("<a/><b/>", "isn't XML"),
        ('<?xml version="1.0" encoding="nonsense"?><a>\x00</a>', "isn't XML"),
        ("<a>" * (DEEPEST + 1) + "</a>" * (DEEPEST + 1), "nested more than 14 deep"),
        ("<a>" * 30_000, "nested more than 14 deep"),
        ("<a>" + "<b/>" * 5_000 + "</a>", "more than 5,000 elements"),
        ("<a " + " ".join(f"a{n}=''" for n in range(9_000)) + "/>", ""),
        (5, "must be a text"),
    ],
)
async def test_what_cant_be_read_says_where(text: Any, why: str) -> None:
    """A broken or hostile text fails its step and nothing else."""
    if why:
        assert why in await refused(ParseXmlNode, {"x": text}, text="{{ x }}")
    else:
        assert len((await read(text))["attributes"]) == 9_000


async def test_the_deepest_is_kept() -> None:
    """What is read can be stored as well."""
    assert await read("<a>" * DEEPEST + "</a>" * DEEPEST)
