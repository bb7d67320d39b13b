"""A bucket on a loopback port, as far as tests of files need one (S3): it checks each signature (SigV4) by botocore,
and keeps what it takes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from wizard.node import S3Resource

ACCESS, SECRET, REGION, BUCKET = "FORMS", "s3-s3cret-s3cret", "eu-central-1", "letters"
_AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})")


@dataclass
class Bucket:
    """`files` are the content and media type of what is in it, by key. `says` are statuses that stand for the usual
    ones, each used up, with their headers."""

    url: str = ""
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    says: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    @property
    def resource(self) -> S3Resource:
        return S3Resource.model_validate(
            {"endpoint": self.url, "region": REGION, "bucket": BUCKET, "access_key": ACCESS, "secret_key": SECRET}
        )

    async def answer(self, request: web.Request) -> web.Response:
        self.calls.append(f"{request.method} {request.raw_path}")
        body = await request.read()
        if self.says:
            status, headers = self.says.pop(0)
            return web.Response(status=status, headers=headers)
        if not _is_signed(request, body):
            return web.Response(status=403, text="<Error><Code>SignatureDoesNotMatch</Code></Error>")
        folder, _, key = request.path[1:].partition("/")
        if folder != BUCKET:
            return web.Response(status=404)
        if request.method == "PUT":
            self.files[key] = (body, request.headers["Content-Type"])
            return web.Response(headers={"ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'})
        if request.method == "DELETE":
            self.files.pop(key, None)
            return web.Response(status=204)
        if not key and request.query.get("list-type") == "2":
            return web.Response(text="<ListBucketResult/>", content_type="application/xml")
        if key not in self.files:
            return web.Response(status=404)
        content, media_type = self.files[key]
        return web.Response(body=content, headers={"Content-Type": media_type})


def _is_signed(request: web.Request, body: bytes) -> bool:
    """Whether the signature is what botocore makes of the same request."""
    match = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
    digest = request.headers.get("X-Amz-Content-SHA256", "")
    if match is None or digest != hashlib.sha256(body).hexdigest():
        return False
    credential, names, signature = match.groups()
    headers = {name: request.headers[name] for name in names.split(";") if name != "host"}
    same = AWSRequest(request.method, f"http://{request.headers['Host']}{request.raw_path}", headers=headers)
    same.context["timestamp"] = request.headers["X-Amz-Date"]
    signer = S3SigV4Auth(Credentials(ACCESS, SECRET), "s3", REGION)
    made = signer.signature(signer.string_to_sign(same, signer.canonical_request(same)), same)
    return bool(credential.startswith(f"{ACCESS}/") and made == signature)


@asynccontextmanager
async def bucket() -> AsyncIterator[Bucket]:
    """A bucket that is there meanwhile."""
    made = Bucket()
    app = web.Application(client_max_size=50_000_000)
    app.router.add_route("*", "/{rest:.*}", made.answer)
    async with TestServer(app) as server:
        made.url = str(server.make_url("")).rstrip("/")
        yield made
