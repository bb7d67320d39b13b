"""Files in a bucket (S3): each call is signed (SigV4) and goes over the guarded session (wizard.node.outgoing), to the
address of the resource and nowhere else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from wizard.errors import Excuse, NodeFailed
from wizard.node import S3Resource, Visit
from wizard.node.outgoing import check_url, shared_session
from wizard.nodes.out.exchange import RETRIED, TryAgainError, failures_told, read_body, retry_after, seconds_for

if TYPE_CHECKING:
    import aiohttp

MAX_KEY = 1024  # bytes, as S3 has it
ANSWER = 100_000  # bytes of an answer that is no file
_NOTHING = hashlib.sha256(b"").hexdigest()
_PASSING = RETRIED | {500}  # S3 asks to try again after an internal error


class S3Answer(NamedTuple):
    """What a bucket answered."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def check_key(key: str) -> str:
    """The key of a file. Raises ValueError where it isn't one, or would lead elsewhere: servers that keep files in
    folders walk along `..`."""
    if not 0 < len(key.encode(errors="replace")) <= MAX_KEY:
        raise ValueError(f"must have 1 to {MAX_KEY:,} bytes")
    if not key.isprintable() or "\\" in key:
        raise ValueError("must be one line without backslashes")
    if {"", ".", ".."} & set(unquote(key).split("/")):  # some servers decode once more than they should
        raise ValueError("must not begin or end with /, nor hold //, /./ or /../")
    return key


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, for one visit."""

    resource: S3Resource
    visit: Visit[Any] = field(repr=False)

    async def put(self, key: str, content: bytes, media_type: str) -> S3Answer:
        """Stores a file; one of that key is replaced. Raises NodeFailed, TryAgainError where it may pass."""
        headers = {"Content-Type": media_type}
        return await self._called("PUT", key, headers, content, ANSWER)

    async def get(self, key: str, limit: int) -> S3Answer:
        """A file, or 404. Raises NodeFailed, TryAgainError where it may pass."""
        return await self._called("GET", key, {}, None, limit)

    async def delete(self, key: str) -> S3Answer:
        """Deletes a file, and is content where there is none. Raises NodeFailed, TryAgainError where it may pass."""
        return await self._called("DELETE", key, {}, None, ANSWER)

    async def list_one(self) -> S3Answer:
        """Lists one file of the bucket; 404 where there is no such bucket. Raises NodeFailed, TryAgainError."""
        return await self._called("GET", "", {}, None, ANSWER, {"list-type": "2", "max-keys": "1"})

    async def _called(
        self,
        method: str,
        key: str,
        headers: Mapping[str, str],
        content: bytes | None,
        limit: int,
        params: Mapping[str, str] | None = None,
    ) -> S3Answer:
        import aiohttp
        from aiohttp_s3_client.client import S3Client
        from aiohttp_s3_client.credentials import StaticCredentials

        resource, seconds = self.resource, seconds_for(self.visit)
        address = check_url(f"{resource.endpoint.rstrip('/')}/{resource.bucket}")
        credentials = StaticCredentials(  # given, so that none are looked for in the environment
            access_key_id=resource.access_key,
            secret_access_key=resource.secret_key.get_secret_value(),
            region=resource.region,
        )
        session = await shared_session(self.visit.services)
        client = S3Client(session, address, credentials=credentials)
        with failures_told(str(address.host), seconds):
            async with client.request(
                method,
                key,  # it percent-encodes all of it
                headers=dict(headers),
                params=None if params is None else dict(params),
                data=content,
                content_sha256=_NOTHING if content is None else hashlib.sha256(content).hexdigest(),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=seconds),
            ) as response:
                return await self._answer(response, limit)

    async def _answer(self, response: aiohttp.ClientResponse, limit: int) -> S3Answer:
        status, host = response.status, response.url.host
        if status in _PASSING:
            wait = retry_after(response.headers.get("Retry-After", ""), self.visit.now)
            raise TryAgainError(f"The file store {host} can't do that for now (status {status}).", wait)
        if status in (401, 403):
            what = f"The file store {host} refused it (status {status}). Correct the resource, or what its key may do."
            raise NodeFailed(what, people=Excuse.BROKEN, lasting=True)
        if status == 404 or 200 <= status <= 299:
            return S3Answer(status, response.headers, await read_body(response, limit))
        if 300 <= status <= 399:
            what = f"The file store {host} sends to another address (status {status}). Correct the resource."
            raise NodeFailed(what, people=Excuse.BROKEN, lasting=True)
        raise NodeFailed(f"The file store {host} answered with the status {status}.", people=Excuse.SERVICE)
