"""Who is signed in, as the host's function says, whatever that does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from wizard.channels.identities import NOBODY, Identity, identity_of
from wizard.errors import NodeFailed
from wizard.isolation import FunctionExited
from wizard.node import Services
from wizard.settings import Settings

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
    assert await identity_of(identify, make_mocked_request("GET", "/"), Services()) == who


@pytest.mark.parametrize(
    ("identify", "error"), [(leaves, FunctionExited), (hangs, NodeFailed), (lambda request: "ann", TypeError)]
)
async def test_a_sign_in_that_fails_is_the_requests_failure_alone(
    identify: Callable[..., Any], error: type[Exception]
) -> None:
    """It would end the server, or keep the connection for ever."""
    with pytest.raises(error):
        await identity_of(identify, make_mocked_request("GET", "/"), Services(settings=Settings(step_timeout=0.02)))
