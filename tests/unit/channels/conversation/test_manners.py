"""How people say things around an answer."""

from __future__ import annotations

from wizard.channels.conversation.manners import says_nothing


def test_zero_is_a_number_and_no_is_no_answer() -> None:
    """Who has 0 children, where that needn't be answered, has told so; their answer isn't dropped."""
    assert not says_nothing("0", "en")
    assert says_nothing("no", "en")
