"""`parse_xml` nodes: an XML text as data, by expat.

A text with a document type is refused before anything of it is read: with it go entities, external ones and those that
blow up (https://docs.python.org/3/library/xml.html#xml-security). Nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from xml.parsers import expat

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.model import Proceed, Value
from wizard.model.values import MAX_DEPTH
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Computes, value
from wizard.nodes.given import MAX_ITEMS, Given

DEEPEST = MAX_DEPTH // 2 - 2  # elements; each is two deep, as a group in a list
MAX_ATTRIBUTES = 20_000  # in all


class ParseXmlConfig(NodeConfig):
    """The text."""

    text: Dynamic = Field(description="A text in XML.")


class ParseXmlNode(Computes[ParseXmlConfig]):
    """Reads a text in XML.

    Output: `value`, the outermost element. Each element is a group: `name` as it is written, with its prefix;
    `attributes` by their names; `text`, all that stands directly in it, without blanks at its ends; and `children`, the
    elements in it. In an expression: `read.value.children[0].text`. Comments and processing instructions are left out.
    Nothing (null) gives null.

    What isn't XML fails the step, as does a text with a document type (`<!DOCTYPE`), so that no text can name files of
    this service or grow while it is read. 100,000 characters, 5,000 elements and a depth of 14 are read.
    """

    type = "parse_xml"
    title = "Read XML"
    group = "text"
    icon = "code"
    subject = "text"
    example: ClassVar[Mapping[str, Any]] = {"text": '<order number="12"><item>Tea</item><item>Milk</item></order>'}
    Config = ParseXmlConfig

    def compute(self, visit: Visit[ParseXmlConfig], subject: Given) -> Proceed:
        text = subject.text()
        reading = _Reading(subject)
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = reading.refuse
        parser.StartElementHandler = reading.start
        parser.EndElementHandler = reading.end
        parser.CharacterDataHandler = reading.characters
        try:
            parser.Parse(text.encode(), True)
        except expat.ExpatError as error:
            raise subject.wrong(f"isn't XML: see line {error.lineno}, column {error.offset + 1}") from error
        return value(reading.root)


@dataclass(slots=True)
class _Reading:
    subject: Given
    root: dict[str, Value] | None = None
    open: list[dict[str, Any]] = field(default_factory=list)
    elements: int = 0
    attributes: int = 0

    def refuse(self, *doctype: object) -> None:
        raise self.subject.wrong("has a document type (<!DOCTYPE); such texts aren't read. Send it without")

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.elements += 1
        self.attributes += len(attributes)
        if self.elements > MAX_ITEMS or self.attributes > MAX_ATTRIBUTES:
            raise self.subject.wrong(f"has more than {MAX_ITEMS:,} elements, or {MAX_ATTRIBUTES:,} attributes")
        if len(self.open) >= DEEPEST:
            raise self.subject.wrong(f"is nested more than {DEEPEST} deep")
        element: dict[str, Any] = {"name": name, "attributes": dict(attributes), "text": [], "children": []}
        if self.open:
            self.open[-1]["children"].append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, name: str) -> None:
        element = self.open.pop()
        element["text"] = "".join(element["text"]).strip()

    def characters(self, text: str) -> None:
        self.open[-1]["text"].append(text)
