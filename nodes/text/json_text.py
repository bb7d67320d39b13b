"""`parse_json` and `write_json` nodes: JSON (RFC 8259) as text, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from json import JSONDecodeError
from typing import Any, ClassVar

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.model import Proceed
from wizard.model.nesting import TooDeepError, load_json
from wizard.model.values import MAX_DEPTH, write_json
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Computes, value
from wizard.nodes.given import MAX_TEXT, Given, given

DEEPEST = MAX_DEPTH - 2  # what is kept has the output's name around it


class ParseJsonConfig(NodeConfig):
    """The text."""

    text: Dynamic = Field(description="A text in JSON.")


class ParseJsonNode(Computes[ParseJsonConfig]):
    """Reads a text in JSON.

    Output: `value`, what it says: groups, lists, texts, numbers with all their digits, true, false or null. Nothing
    (null) gives null. What isn't JSON fails the step; say `on_error` where the text comes from somebody else. Texts of
    100,000 characters and a depth of 30 are read; `NaN` and `Infinity` are no JSON.
    """

    type = "parse_json"
    title = "Read JSON"
    group = "text"
    icon = "braces"
    subject = "text"
    example: ClassVar[Mapping[str, Any]] = {"text": '{"name": "Ann", "age": 30}'}
    Config = ParseJsonConfig

    def compute(self, visit: Visit[ParseJsonConfig], subject: Given) -> Proceed:
        text = subject.text()
        try:
            return value(load_json(text.encode(), DEEPEST, constant=_no_number))
        except TooDeepError as error:
            raise subject.wrong(f"is nested more than {DEEPEST} deep") from error
        except JSONDecodeError as error:
            raise subject.wrong(f"isn't JSON: see line {error.lineno}, column {error.colno}") from error
        except ValueError as error:
            raise subject.wrong("isn't JSON") from error


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} isn't a number in JSON")


class WriteJsonConfig(NodeConfig):
    """What is written how."""

    data: Dynamic = Field(description="What is written.")
    sort_keys: bool = Field(False, description="Write the keys of groups in their order by alphabet.")
    compact: bool = Field(False, description="Leave out the blanks behind commas and colons.")


class WriteJsonNode(Computes[WriteJsonConfig]):
    """Writes a value as JSON.

    Output: `value`, the text. Numbers have all their digits, days and times are texts like 2030-03-27. Nothing (null)
    is written as `null`. The text may have 100,000 characters.
    """

    type = "write_json"
    title = "Write JSON"
    group = "text"
    icon = "braces"
    example: ClassVar[Mapping[str, Any]] = {"data": {"name": "Ann", "day": "{{ today() }}"}}
    Config = WriteJsonConfig

    def compute(self, visit: Visit[WriteJsonConfig], subject: Given) -> Proceed:
        config = visit.config
        data = given(visit, "data")
        between = (",", ":") if config.compact else (", ", ": ")
        text = write_json(data.value, sort_keys=config.sort_keys, between=between)
        if len(text) > MAX_TEXT:
            raise data.wrong(f"would be a text of more than {MAX_TEXT:,} characters")
        return value(text)
