"""What is compiled is remembered, within bounds."""

from __future__ import annotations

import pytest

from wizard.errors import ExpressionError
from wizard.expressions import expression, template
from wizard.expressions.remembered import LONGEST, MOST, MOST_CHARACTERS, remembered


def test_what_was_compiled_is_not_compiled_again() -> None:
    """Else each check of a draft reads all of its texts again, though one of them has changed."""
    for parse in (expression.parse, template.parse):
        assert parse("a_name_of_this_test") is parse("a_name_of_this_test")


def test_what_is_refused_is_refused_again() -> None:
    """A mistake that was told once is told each time."""
    for parse in (expression.parse, template.parse):
        for _ in range(2):
            with pytest.raises(ExpressionError):
                parse("{{ a +" if parse is template.parse else "a +")


def test_it_grows_no_further() -> None:
    """Whoever may write definitions must not fill the memory of a server with ever new texts."""
    compiled: list[str] = []
    recalled = remembered(lambda source: compiled.append(source) or source)  # type: ignore[func-returns-value]

    def again(source: str) -> bool:
        before = len(compiled)
        recalled(source)
        return len(compiled) > before

    texts = [f"{number:4}" for number in range(MOST + 1)]
    for text in texts:
        recalled(text)
    assert not again(texts[-1])
    assert again(texts[0])
    for text in texts[: MOST_CHARACTERS // LONGEST]:
        recalled(text * (LONGEST // 4))
    assert again(texts[-1])  # the long ones have taken all the room
    too_long = "x" * (LONGEST + 1)
    assert again(too_long)
    assert again(too_long)
