"""`similarity` nodes: how alike two texts are, by the letters that would have to be changed (Levenshtein, 1965)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar
from unicodedata import normalize

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.model import Proceed
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Computes, value
from wizard.nodes.given import Given, given

MOST = 500  # characters of each: a quarter of a million steps


class SimilarityConfig(NodeConfig):
    """What is compared."""

    text: Dynamic = Field(description="A text.")
    other: Dynamic = Field(description="The text that it is compared with.")
    ignore_case: bool = Field(True, description="Take capital and small letters for the same, and blanks as one.")


class SimilarityNode(Computes[SimilarityConfig]):
    """Tells how alike two texts are.

    Output: `value`, a number from 0 (nothing in common) to 1 (the same), to four places. It is 1 less the share of
    letters that would have to be put in, taken away or changed: “Meier” and “Meyer” give 0.8. It says nothing about
    meaning or sound. Nothing (null) gives null, as one of the two. Each text may have 500 characters.
    """

    type = "similarity"
    title = "Compare two texts"
    group = "text"
    icon = "scale"
    subject = "text"
    example: ClassVar[Mapping[str, Any]] = {"text": "Meier", "other": "Meyer"}
    Config = SimilarityConfig

    def compute(self, visit: Visit[SimilarityConfig], subject: Given) -> Proceed:
        other = given(visit, "other")
        if other.value is None:
            return value(None)
        left, right = (normalize("NFC", each.text(MOST)) for each in (subject, other))
        if visit.config.ignore_case:
            left, right = (" ".join(each.casefold().split()) for each in (left, right))
        longest = max(len(left), len(right))
        if longest > MOST:  # some letters become several in small ones
            raise subject.wrong(f"and `other` have up to {longest:,} letters; up to {MOST:,} are compared")
        return value(round(1 - Decimal(_distance(left, right)) / longest, 4) if longest else Decimal(1))


def _distance(left: str, right: str) -> int:
    row = list(range(len(right) + 1))
    for line, letter in enumerate(left, start=1):
        before, row[0] = row[0], line
        for place, other in enumerate(right, start=1):
            changed = before + (letter != other)
            before = row[place]
            row[place] = min(changed, before + 1, row[place - 1] + 1)
    return row[-1]
