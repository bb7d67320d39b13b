"""`base64` nodes: texts in Base64 and back (RFC 4648)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.model import Proceed
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Computes, value
from wizard.nodes.given import MAX_TEXT, Given

_FOR_URLS = str.maketrans("+/", "-_")
_PLAIN = str.maketrans("-_", "+/")


class Base64Config(NodeConfig):
    """What is done with which text."""

    text: Dynamic = Field(description="The text.")
    direction: Literal["encode", "decode"] = Field("encode", description="To Base64, or back.")
    for_urls: bool = Field(False, description="With - and _ instead of + and /, and without = at the end.")


class Base64Node(Computes[Base64Config]):
    """Writes a text in Base64, or reads one.

    Output: `value`. The text is taken as UTF-8 both ways. Both alphabets are read, with `=` at the end or without, and
    blanks and line breaks in between are skipped. What isn't Base64, or isn't text when it is read, fails the step.
    Nothing (null) gives null. Base64 hides nothing: everybody can read it. 70,000 characters at most.
    """

    type = "base64"
    title = "Base64"
    group = "text"
    icon = "binary"
    subject = "text"
    example: ClassVar[Mapping[str, Any]] = {"text": "Zürich"}
    Config = Base64Config

    def compute(self, visit: Visit[Base64Config], subject: Given) -> Proceed:
        if visit.config.direction == "encode":
            written = b64encode(subject.text(70_000).encode()).decode()
            if len(written) > MAX_TEXT:
                raise subject.wrong(f"would be a text of more than {MAX_TEXT:,} characters")
            return value(written.translate(_FOR_URLS).rstrip("=") if visit.config.for_urls else written)
        text = "".join(subject.text().split()).translate(_PLAIN).rstrip("=")
        try:
            return value(b64decode(text + "=" * (-len(text) % 4), validate=True).decode())
        except UnicodeDecodeError as error:
            raise subject.wrong("holds something that isn't text") from error
        except ValueError as error:
            raise subject.wrong("isn't Base64") from error
