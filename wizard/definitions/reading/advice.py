"""What to do about a YAML text that a parser refused, told from the text at the place where it stopped.

A parser's own words change with its releases, and help nobody who never read the standard.
"""

from __future__ import annotations

from wizard.definitions.reading.slips import slip
from wizard.model.nesting import yaml_pieces

_IN_BRACKETS = (
    "a bracket isn't closed, or text that holds , [ ] { } must stand in quotes here;"
    " put a whole expression in single quotes"
)
_ELSEWHERE = (
    "check the indentation, that each line of a mapping is `key: value`, and that quotes and brackets are closed"
)


def advice(text: str, at: int) -> tuple[int, str]:
    """Where to look in `text`, and what to do there. A parser stopped at the character `at`."""
    brackets = 0
    for piece in yaml_pieces(text):
        if piece.start >= at:
            break
        match piece.kind:
            case "open":
                brackets += 1
            case "close":
                brackets -= 1
            case "unclosed":
                return piece.start, "a quote isn't closed"
            case "quoted" if at < piece.end:
                return at, "in double quotes a backslash is `\\\\`; or put the text in single quotes"
    likely = None if brackets or text[at : at + 1] == "\t" else slip(text, at)
    if likely is not None:
        return likely
    match text[at : at + 1]:
        case "\t":
            return at, "indent with spaces, not tabs"
        case "@" | "`" | "%":
            return at, "text that begins with @ ` or % must stand in quotes"
        case ":" if not brackets:
            return at, "text that holds `: ` must stand in quotes"
    return at, _IN_BRACKETS if brackets else _ELSEWHERE
