"""The channel against the service that it is for: all that Wizard promises of every channel, and what is its own."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterable

import pytest
from aiohttp import web
from wizard_hook import HookChannel, make

from wizard.channels.http.plugged import ChannelHost
from wizard.channels.outside.contract import Inbound
from wizard.channels.outside.serving import serve
from wizard.errors import SettingsError
from wizard.settings import Settings
from wizard.testing import make_test_engine
from wizard.testing.channels import PROMISES, Button, Counterpart, Posted, Promise, Sent, Verdict

SECRET = "a secret of both sides"  # noqa: S105
STATUSES = {Verdict.TAKES: 200, Verdict.HANGS: 200, Verdict.BUSY: 429, Verdict.FAILS: 500, Verdict.REFUSES: 410}


def signature(body: bytes, at: float, secret: str = SECRET) -> str:
    seconds = str(int(at))
    signed = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={signed}"


class Hooks(Counterpart):
    """The service that sends and takes webhooks."""

    longest = 2_000

    def make(self, host: ChannelHost, url: str, workflow: str) -> web.Application:
        return serve(HookChannel(host, f"{url}answers", SECRET), host, workflow=workflow)

    def posts(self, message: Inbound, ago: float = 0.0) -> Posted:
        named = {"conversation": message.conversation, "id": message.message, "text": message.text}
        more = {"choice": message.choice, "edits": message.edits}
        sent = {"message": named | {name: value for name, value in more.items() if value}}
        return self.signed(json.dumps(sent, ensure_ascii=False).encode(), ago)

    def signed(self, body: bytes, ago: float = 0.0) -> Posted:
        return Posted(body, {"Hook-Signature": signature(body, time.time() - ago)})

    async def receives(self, request: web.Request) -> web.Response:
        body = await request.read()
        given = request.headers["Hook-Signature"]
        assert given == signature(body, float(given.partition("=")[2].partition(",")[0]))
        message = json.loads(body)
        assert request.headers["Idempotency-Key"].endswith(message["id"])
        buttons = tuple(Button(**button) for button in message["choices"])
        answer = await self.takes(Sent(message["conversation"], message["text"], buttons, message["id"]))
        headers = {"Retry-After": str(answer.seconds)} if answer.seconds else {}
        return web.Response(status=STATUSES[answer.verdict], headers=headers)

    def unknown(self) -> Iterable[Posted]:
        return map(self.signed, (b'{"reaction": "like"}', b"[]", b"7", b'{"message": null}', b'{"message": 7}'))

    def unreadable(self) -> Iterable[Posted]:
        wrong = (b"", b"{", b"\xff", b'{"message": {"id": 7}}', b'{"message": {"id": "1"}}', b"[" * 50_000)
        return map(self.signed, wrong)

    def forged(self, posted: Posted) -> Iterable[Posted]:
        yield from super().forged(posted)
        for header in (signature(posted.body, time.time(), "another"), signature(posted.body, time.time() + 600)):
            yield Posted(posted.body, {"Hook-Signature": header})


@pytest.mark.parametrize("promise", PROMISES, ids=str)
async def test_hooks_keep(promise: Promise) -> None:
    """What Wizard promises of every channel."""
    await promise.kept_by(Hooks)


async def test_without_its_settings_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever installs it would have to read the source."""
    for name in ("HOOK_URL", "HOOK_SECRET", "HOOK_WORKFLOW"):
        monkeypatch.delenv(name, raising=False)
    engine = await make_test_engine({"id": "hello", "nodes": [{"id": "done", "type": "end", "title": "Hello"}]})
    with pytest.raises(SettingsError, match="HOOK_SECRET"):
        make(ChannelHost(engine, Settings()))
    await engine.close()
