"""A look at an expression's source before Python's parser sees it.

The parser recurses in C, and some texts make it slow. So what reaches it is short, flat, balanced and
made of known tokens: no comments, no backslashes, no prefixed or triple-quoted texts. The checks
here may refuse what would be harmless; they must not pass what isn't.
"""

from __future__ import annotations

import keyword
import re
import unicodedata

from wizard.errors import ExpressionError

MAX_SOURCE = 2_000  # characters
MAX_BRACKETS = 20  # open at once
MAX_OPERATORS = 250  # brackets, signs and operator words in all
MAX_DOTS = 20  # in one dotted name

ESCAPES = r"\\(?:[\\'\"nrt]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})"

_TOKEN = re.compile(
    rf"""(?P<space>[ \t\r\n]+)
    |(?P<text>"(?:[^"\\\n]|{ESCAPES})*"|'(?:[^'\\\n]|{ESCAPES})*')
    |(?P<number>(?:[0-9][0-9_]*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.]))
    |(?P<word>[^\W\d]\w*)
    |(?P<open>[(\[{{])
    |(?P<close>[)\]}}])
    |(?P<sign>\*\*|//|[=!<>]=|[-+*/%<>])
    |(?P<dot>\.)
    |(?P<plain>[,:=])""",
    re.VERBOSE,
)
_PAIRS = {")": "(", "]": "[", "}": "{"}
_OPERATOR_WORDS = frozenset(("not", "if", "for", "lambda", "await", "yield"))
_TEMPLATE = "This is an expression already: leave out {{ }} and {% %}, which are for templates."
_SLIPS = {  # what begins with these, and where nothing else can be meant
    "{{": _TEMPLATE,
    "{%": _TEMPLATE,
    "===": "Two values are compared with ==.",
    "!==": "Two values are compared with !=.",
    "=>": "Write >= for =>.",
    "=<": "Write <= for =<.",
    "<>": "Write != for <>.",
}
_HINTS = {
    "#": "An expression has no comments.",
    "\\": "A backslash stands only inside a text.",
    "&": "Write `and` for & and &&.",
    "|": "Write `or` for | and ||. Filters are for templates; in an expression call the function.",
    "!": "Write `not` for !.",
    ";": "An expression is a single one; there is no ;.",
    '"': "This text has no end, or a backslash in it that isn't \\n, \\t, \\r, \\\\, \\\", \\', \\xNN or \\uNNNN.",
}


def scan(source: str) -> str:
    """The source ready for the parser, character for character in place. Raises ExpressionError."""
    if len(source) > MAX_SOURCE:
        raise ExpressionError(f"An expression can have up to {MAX_SOURCE:,} characters; this has {len(source):,}.")
    opened: list[tuple[str, int]] = []
    operators = dots = at = 0
    before = ""
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise _unknown(source[at], at)
        sort, token = match.lastgroup, match[0]
        if slip := _slip(source, at, token):
            raise ExpressionError(slip, offset=at)
        if sort == "text":
            _check_text(source, at, before)
        elif sort == "word":
            _check_word(token, at)
            operators += token in _OPERATOR_WORDS
        elif sort in ("open", "sign"):
            operators += 1
        if sort == "open":
            opened.append((token, at))
        elif sort == "close" and (not opened or opened.pop()[0] != _PAIRS[token]):
            raise ExpressionError(f"This {token} has no bracket that it closes.", offset=at)
        if sort != "space":
            in_name = sort == "dot" or (sort == "word" and before == ".")
            dots = dots + (sort == "dot") if in_name else 0
            before = token if sort != "text" else "''"
        if len(opened) > MAX_BRACKETS or operators > MAX_OPERATORS or dots > MAX_DOTS:
            raise ExpressionError("This expression is nested too deeply. Split it, or make it simpler.", offset=at)
        at = match.end()
    if opened:
        raise ExpressionError(f"This {opened[-1][0]} is never closed.", offset=opened[-1][1])
    return re.sub(r"[\r\n\t]", " ", source)


def _slip(source: str, at: int, token: str) -> str | None:
    """What to write instead of what other languages have here."""
    if token[0] not in "{=!<":
        return None
    slip = next((slip for slip in _SLIPS if source.startswith(slip, at)), "")
    return None if source.startswith("=", at + len(slip)) else _SLIPS.get(slip)


def _unknown(sign: str, at: int) -> ExpressionError:
    hint = _HINTS.get('"' if sign == "'" else sign)
    shown = repr(sign) if sign.isprintable() else f"U+{ord(sign):04X}"
    return ExpressionError(hint or f"An expression can't have {shown} here.", offset=at)


def _check_text(source: str, at: int, before: str) -> None:
    if source.startswith(('"""', "'''"), at):
        raise ExpressionError("A text stands in single or double quotes; there are no triple quotes.", offset=at)
    touching = at > 0 and (source[at - 1].isalnum() or source[at - 1] in "_.'\"")
    if touching and not keyword.iskeyword(before):
        raise ExpressionError("Leave out what stands before the quotes: texts have no prefixes like f or r.", offset=at)


def _check_word(word: str, at: int) -> None:
    if not word.isascii() and unicodedata.normalize("NFKC", word) != word:
        raise ExpressionError(f"The name {word!r} is written in characters that stand for others.", offset=at)
