"""Who is signed in, as the host's function says, whatever that does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from tests.unit.channels.web.webbed import FRIEND, TRIP
from tests.visitor import visiting
from wizard.app import wizard_app
from wizard.channels.http.identities import identity_of
from wizard.engine.access import NOBODY, Identity
from wizard.errors import HostError, NodeFailed
from wizard.process.calls import Calls
from wizard.process.isolation import FunctionExited
from wizard.testing import make_test_engine

ANN = Identity("ann")


async def signed_in(request: Any) -> Identity:
    return ANN


async def leaves(request: Any) -> None:
    raise SystemExit


async def hangs(request: Any) -> None:
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("identify", "who"), [(None, NOBODY), (lambda request: None, NOBODY), (lambda request: ANN, ANN), (signed_in, ANN)]
)
async def test_a_host_says_who_somebody_is(identify: Any, who: Identity) -> None:
    """With `async` or without: hosts ask a dict or a database."""
    assert await identity_of(identify, make_mocked_request("GET", "/"), Calls(), 1.0) == who


@pytest.mark.parametrize(
    ("identify", "error"), [(leaves, FunctionExited), (hangs, NodeFailed), (lambda request: "ann", HostError)]
)
async def test_a_sign_in_that_fails_is_the_requests_failure_alone(
    identify: Callable[..., Any], error: type[Exception]
) -> None:
    """It would end the server, or keep the connection for ever."""
    with pytest.raises(error):
        await identity_of(identify, make_mocked_request("GET", "/"), Calls(), 0.02)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"profile_id": 5}, "`profile_id` of an Identity is a text, not an int"),
        ({"profile_id": ["ann"]}, "`profile_id` of an Identity is a text, not a list"),
        ({"session_id": b"ann"}, "`session_id` of an Identity is a text, not a bytes"),
        ({"profile_id": ""}, "`profile_id` of an Identity is a text of 1 to 500 characters"),
        ({"profile_id": "x" * 501}, "`profile_id` of an Identity is a text of 1 to 500 characters"),
        ({"profile_id": "\ud800"}, "`profile_id` of an Identity holds half a character"),
        ({"name": 5}, "`name` of an Identity is a text, not an int"),
        ({"name": "Ann \ud800"}, "`name` of an Identity holds half a character"),
    ],
)
def test_who_somebody_is_is_said_in_texts(members: dict[str, Any], said: str) -> None:
    """A host's integer key works in memory and breaks with a database; an empty one would be that of everybody who
    isn't signed in."""
    with pytest.raises(HostError, match=re.escape(said)):
        Identity(**members)


async def test_the_log_names_what_is_wrong_with_an_identity(caplog: pytest.LogCaptureFixture) -> None:
    """The visitor is told that something broke; the host finds the mistake in the log and not in our code."""
    keys: Any = 471_147_114_711
    app = wizard_app(await make_test_engine(TRIP, FRIEND), identify=lambda request: Identity(profile_id=keys))
    async with visiting(app) as visitor:
        await visitor.opens("/")
        assert visitor.page.status == 500
        async with visitor.session.post(visitor.address("/api/v1/runs"), json={"workflow": "trip"}) as response:
            assert response.status == 500
    assert caplog.text.count("The `profile_id` of an Identity is a text, not an int: give ints as str(…)") == 2
    assert "471147114711" not in caplog.text
