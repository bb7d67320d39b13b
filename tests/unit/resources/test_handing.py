"""What nodes are handed resources by."""

from __future__ import annotations

import pytest

from wizard.errors import Excuse, NodeFailed
from wizard.resources.handing import Resources, Use, Values, given
from wizard.resources.kinds import HttpResource, TokenResource

REAL, TEST = (TokenResource.model_validate({"token": token}) for token in ("real", "test"))
BOTH = Resources((given({"bot": Values(REAL, TEST), "live": REAL, "tried": Values(test=TEST)}),))


async def test_each_use_has_its_own_value() -> None:
    """A debug run posts where nobody is disturbed, and a real one where it counts."""
    assert await BOTH.get("bot", TokenResource) == REAL
    assert await BOTH.for_tests().get("bot", TokenResource) == TEST


@pytest.mark.parametrize(
    ("resources", "name", "told"),
    [
        (BOTH.for_tests(), "live", "no test value, which is what a debug run takes.* wizard resources set live --test"),
        (BOTH, "tried", "no production value, which is what a real run.* wizard resources set tried --production"),
        (BOTH, "gone", "no resource 'gone'.* wizard resources set gone --kind token"),
    ],
)
async def test_none_ever_stands_for_another(resources: Resources, name: str, told: str) -> None:
    """A debug run without a test value would write into the real service; whoever runs it is told what to set."""
    with pytest.raises(NodeFailed, match=told) as failed:
        await resources.get(name, TokenResource)
    assert failed.value.lasting, "a retry would not find it either"
    assert failed.value.people is Excuse.BROKEN


async def test_one_of_another_kind_is_refused() -> None:
    """A node that gets a token in the place of an address would fail with a traceback."""
    with pytest.raises(NodeFailed, match="is of the kind token, and has to be of the kind http"):
        await BOTH.get("bot", HttpResource)


async def test_the_application_comes_before_what_is_stored() -> None:
    """A host that gives a resource knows what its nodes get, whatever somebody stores under that name."""

    async def stored(name: str) -> Values | None:
        return Values(TEST, TEST) if name in ("bot", "other") else None

    resources = Resources((given({"bot": REAL}), given(stored)))
    assert await resources.get("bot", TokenResource) == REAL
    assert await resources.get("other", TokenResource) == TEST
    assert resources.for_tests().use is Use.TEST
