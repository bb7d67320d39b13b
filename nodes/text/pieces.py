"""`split` and `join` nodes: a text becomes a list, and a list a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.locale.formats import listed
from wizard.model import Proceed
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Computes, value
from wizard.nodes.given import MAX_ITEMS, MAX_TEXT, Given, given


class SplitConfig(NodeConfig):
    """What is split where."""

    text: Dynamic = Field(description="The text.")
    separator: Dynamic | None = Field(
        None, description="What stands between the parts, like `;`. Unless given, any blanks and line breaks."
    )
    most: int | None = Field(None, ge=1, le=MAX_ITEMS, description="How many parts at most; the last has the rest.")
    trim: bool = Field(True, description="Take blanks away around each part.")
    keep_empty: bool = Field(False, description="Keep parts in which nothing is.")


class SplitNode(Computes[SplitConfig]):
    """Splits a text into a list of texts.

    Output: `value`, the parts in their order. Where the separator doesn't occur, that is one part; an empty text has
    none. Nothing (null) gives null. The text may have 100,000 characters and 5,000 parts.
    """

    type = "split"
    title = "Split a text"
    group = "text"
    icon = "split"
    subject = "text"
    example: ClassVar[Mapping[str, Any]] = {"text": "red; green; blue", "separator": ";"}
    Config = SplitConfig

    def compute(self, visit: Visit[SplitConfig], subject: Given) -> Proceed:
        config, mark = visit.config, given(visit, "separator")
        if config.separator is not None and not mark.text(100):
            raise mark.wrong("is an empty text; leave `separator` out to split at blanks")
        parts = subject.text().split(mark.value, (config.most or MAX_ITEMS + 1) - 1)
        if len(parts) > MAX_ITEMS:
            raise subject.wrong(f"has more than {MAX_ITEMS:,} parts; say how many are wanted with `most`")
        if config.trim:
            parts = [part.strip() for part in parts]
        return value([part for part in parts if part or config.keep_empty])


class JoinConfig(NodeConfig):
    """What is joined how."""

    items: Dynamic = Field(description="A list of single values.")
    style: Literal["separator", "and", "or"] = Field(
        "separator", description="With a separator, or as the run's language lists things: Ann, Ben and Cleo."
    )
    separator: Dynamic = Field(default=", ", validate_default=True, description="What stands between them.")
    skip_empty: bool = Field(True, description="Leave out null and empty texts.")


class JoinNode(Computes[JoinConfig]):
    """Joins the values of a list into one text.

    Output: `value`. Numbers are written digit for digit, days and times like 2030-03-27 and 2030-03-27T18:00, as
    programs do; to have them as people read them, make texts of them first. An empty list gives an empty text, nothing
    (null) gives null. A list or group inside of the list fails the step. 5,000 items and 100,000 characters at most.
    """

    type = "join"
    title = "Join texts"
    group = "text"
    icon = "join"
    subject = "items"
    example: ClassVar[Mapping[str, Any]] = {"items": ["Ann", "Ben", "Cleo"], "style": "and"}
    Config = JoinConfig

    def compute(self, visit: Visit[JoinConfig], subject: Given) -> Proceed:
        config = visit.config
        parts = ["" if item.value is None else item.single() for item in subject.each()]
        if config.skip_empty:
            parts = [part for part in parts if part]
        between = given(visit, "separator").text(100)
        if sum(map(len, parts)) + len(between) * len(parts) > MAX_TEXT:
            raise subject.wrong(f"would be a text of more than {MAX_TEXT:,} characters. Join fewer")
        if config.style == "separator":
            return value(between.join(parts))
        return value(listed(parts, visit.language, config.style) if parts else "")
