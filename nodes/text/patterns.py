"""`find` and `replace` nodes: what in a text fits a pattern, in a time that grows with the text and not faster (by RE2:
wizard.nodes.linear).

The `pattern` of a form's field is another language: browsers check it as well, by JavaScript's rules, and RE2 knows
less than these. Answers are short, and such patterns are bounded when they are loaded (wizard.forms.types.patterns).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.model import Proceed
from wizard.node import FormHint, NodeConfig, Visit
from wizard.nodes.computing import Computes, value
from wizard.nodes.given import MAX_TEXT, Given, given
from wizard.nodes.linear import MAX_PATTERN, Linear, compiled

_REPLACEMENT = re.compile(r"\\(?:(\\)|([0-9]))|(\\)", re.DOTALL)


class PatternConfig(NodeConfig):
    """What is looked for where."""

    text: Dynamic = Field(description="The text.")
    pattern: str = Field(
        max_length=MAX_PATTERN,
        description="A regular expression, like `[A-Z]{2}-[0-9]{4}`; in round brackets what is wanted.",
    )
    ignore_case: bool = Field(False, description="Take capital and small letters for the same.")
    max_length: Annotated[int, FormHint(label="Longest text")] = Field(
        MAX_TEXT, ge=1, le=MAX_TEXT, description="How many characters are looked through at most."
    )

    @property
    def compiled(self) -> Linear:
        return compiled(self.pattern, ignore_case=self.ignore_case)


def _problems(config: PatternConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
    try:
        compiled(config.pattern)
    except ValueError as error:
        yield ("pattern",), str(error)


class FindNode(Computes[PatternConfig]):
    r"""Finds the first place in a text that fits a pattern.

    Ways out: `found` and `not_found`; nothing (null) isn't found. Outputs: `value`, what fits; `groups`, what is in
    its round brackets, in their order, null for one that took no part; `named`, what is in those with a name,
    `(?P<year>[0-9]{4})`; `start`, how many characters stand before it. All are null where nothing fits.

    Patterns are [regular expressions](https://github.com/google/re2/wiki/Syntax) that can't take long, whatever the
    text: they know no references back (`\1`) and no looking ahead or behind (`(?=…)`), which is told with its place
    when the definition is loaded. `\d` and `\w` are those of ASCII; `\p{L}` is any letter. Up to `max_length` of a text
    is read, 100,000 characters unless given; a longer one fails the step.
    """

    type = "find"
    title = "Find by a pattern"
    group = "text"
    icon = "search"
    ports = ("found", "not_found")
    always_ports = True
    gives = ("value", "groups", "named", "start")
    subject = "text"
    nothing = "not_found"
    example: ClassVar[Mapping[str, Any]] = {
        "text": "Your order AB-1234 has left us.",
        "pattern": "([A-Z]{2})-(?P<number>[0-9]{1,8})",
    }
    Config = PatternConfig

    def check(self, config: PatternConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        return _problems(config)

    def compute(self, visit: Visit[PatternConfig], subject: Given) -> Proceed:
        match = visit.config.compiled.search(subject.text(visit.config.max_length))
        if match is None:
            return Proceed(dict.fromkeys(self.gives), port="not_found")
        output = {
            "value": match[0],
            "groups": list(match.groups()),
            "named": match.groupdict(),
            "start": match.start(),
        }
        return Proceed(output, port="found")


class ReplaceConfig(PatternConfig):
    """What is replaced by what."""

    replacement: Dynamic = Field(
        description=r"What stands there instead; `\1` is what the pattern has in its first round brackets."
    )
    only_first: bool = Field(False, description="Replace the first place only.")


class ReplaceNode(Computes[ReplaceConfig]):
    r"""Replaces what fits a pattern in a text.

    Output: `value`, the text with it replaced; where nothing fits, the text as it is; null for nothing (null). In the
    replacement `\1` to `\9` are what the pattern has in round brackets, `\0` is all that fits, `\\` a backslash.
    Patterns are as in `find`, and bounded likewise; the result may have 100,000 characters.
    """

    type = "replace"
    title = "Replace by a pattern"
    group = "text"
    icon = "replace"
    subject = "text"
    example: ClassVar[Mapping[str, Any]] = {
        "text": "Card 4111 1111 1111 1111",
        "pattern": "[0-9]{4} ",
        "replacement": "•••• ",
    }
    Config = ReplaceConfig

    def check(self, config: ReplaceConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        yield from _problems(config)

    def compute(self, visit: Visit[ReplaceConfig], subject: Given) -> Proceed:
        text, pattern = subject.text(visit.config.max_length), visit.config.compiled
        parts = _parts(given(visit, "replacement"), pattern.groups)
        made, size, end = list[str](), len(text), 0
        for match in pattern.finditer(text):
            filled = "".join(part if isinstance(part, str) else match[part] or "" for part in parts)
            made += (text[end : match.start()], filled)
            size, end = size + len(filled), match.end()
            if size > MAX_TEXT:
                raise subject.wrong(f"would become a text of more than {MAX_TEXT:,} characters")
            if visit.config.only_first:
                break
        return value("".join((*made, text[end:])))


def _parts(replacement: Given, groups: int) -> list[str | int]:
    """Texts, and the numbers of groups."""
    parts, text, end = list[str | int](), replacement.text(10_000), 0
    for match in _REPLACEMENT.finditer(text):
        if match[3] or (match[2] and int(match[2]) > groups):
            raise replacement.wrong(
                f"has a backslash that is none of \\0 to \\{groups}, what the pattern has in round brackets. Write "
                "\\\\ for a backslash"
            )
        parts += (text[end : match.start()], int(match[2]) if match[2] else "\\")
        end = match.end()
    return [*parts, text[end:]]
