"""No secret of a resource is anywhere but where it is sent: after runs that used every kind, one that went well, one in
which everything failed, and a debug run, all that is kept, told, logged or measured is searched, byte by byte."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.broker import broker
from tests.buckets import SECRET as OF_BUCKET
from tests.buckets import bucket
from tests.chats import SLACK_TOKEN, TELEGRAM_TOKEN, chats
from tests.crm import Crm, crm_service
from tests.postgres import connect, fresh_database
from tests.smtp import MailServer, mail_server
from wizard import __version__
from wizard.app import make_engine, open_store, wizard_app
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.exporting import exported_run
from wizard.model import Outcome, Proceed
from wizard.node import Background, NodeConfig, Registry, TokenResource, Visit
from wizard.resources.handing import Values
from wizard.resources.kinds import KINDS
from wizard.settings import Settings
from wizard.stores.blobs.vault import new_key
from wizard.stores.contract import Store

OTHERS_LOG = f'"wizard/{__version__}"'  # in lines that the services log, which are in this process as well
KEY = "the-admin-key-that-nobody-guesses"
SIGNING = "whsec_c2lnbmluZy1zZWNyZXQtb2YtMzItYnl0ZXMhISEhISE="
SECRETS = (
    *("http-s3cret", "header-s3cret", "oauth-s3cret", "access-1", "access-2", "mail-s3cret", "path-s3cret"),
    *("db-s3cret", "broker-s3cret", OF_BUCKET, SLACK_TOKEN, TELEGRAM_TOKEN, SIGNING, SIGNING[6:30]),
)
NODES: tuple[dict[str, Any], ...] = (
    {"id": "oauth", "type": "http", "resource": "crm", "url": "/contacts"},
    {"id": "bearer", "type": "http", "resource": "plain", "url": "/contacts"},
    {"id": "hook", "type": "webhook", "resource": "plain", "url": "/hook", "body": {"a": 1}},
    {"id": "mail", "type": "send_mail", "resource": "mail", "to": "a@example.org", "subject": "s", "text": "t"},
    {"id": "sql", "type": "sql", "resource": "db", "statement": "SELECT 1 AS one"},
    {"id": "postgres", "type": "sql", "resource": "postgres", "statement": "SELECT 1 AS one"},
    {
        "id": "put",
        "type": "put_file",
        "resource": "files",
        "key": "a",
        "file": {"name": "a", "type": "text/plain", "text": "b"},
    },
    {"id": "get", "type": "get_file", "resource": "files", "key": "a"},
    {"id": "publish", "type": "publish", "resource": "events", "subject": "a.b", "body": 1},
    {"id": "slack", "type": "slack_message", "resource": "slack", "channel": "#a", "text": "t"},
    {"id": "telegram", "type": "telegram_message", "resource": "telegram", "chat": "1", "text": "t"},
)
DEFINITION: dict[str, Any] = {
    "id": "all",
    "nodes": [
        {"id": "ask", "type": "form", "fields": [{"name": "x"}]},
        *({**node, "on_error": "continue", "retry": {"attempts": 2, "backoff": "0s"}} for node in NODES),
        {"id": "done", "type": "end"},
    ],
}


@dataclass
class World:
    """Services that want somebody to sign in, and one Wizard. `seen` is all that came out of it."""

    folder: Path
    url: str
    crm: Crm
    mail: MailServer
    resources: dict[str, dict[str, Any]]
    engine: Engine
    client: TestClient[web.Request, web.Application]
    seen: list[tuple[str, bytes]] = field(default_factory=list)

    async def asks(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {KEY}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with self.client.request(method, path, json=body, headers=sent) as answer:
            content = await answer.read()
            self.seen.append((f"{method} {path}", content + str(answer.headers).encode()))
            return json.loads(content) if content and answer.content_type.endswith("json") else None

    async def runs(self) -> Mapping[str, Any]:
        """Somebody goes through the workflow; what came of each node."""
        run = await self.engine.start("all")
        await self.engine.next(run, {"x": "y"})
        assert run.status.value == "completed", run.fault
        outputs = run.outputs
        self.seen.append(("run", repr((run.run, outputs)).encode()))
        self.seen.append(("trace", repr(await self.engine.trace(run.id)).encode()))
        self.seen.append(("export", repr(await exported_run(self.engine, run.id)).encode()))
        self.seen.append(("debug", json.dumps(await self.asks("GET", f"/api/v1/admin/runs/{run.id}/debug")).encode()))
        return outputs

    def break_all(self) -> None:
        """From now on nobody gets in anywhere."""
        self.crm.takes = {"Bearer nobody"}
        self.crm.answers = [(401, {"error": "invalid_client oauth"})] * 20
        self.mail.says = {"AUTH": ["535 5.7.8 no"] * 20}
        (self.folder / "path-s3cret.db").unlink()

    def found(self, caplog: pytest.LogCaptureFixture) -> set[str]:
        """Where a secret is."""
        own = (line for line in caplog.text.splitlines() if OTHERS_LOG not in line)
        self.seen += [("log", line.encode()) for line in own]
        return {where for where, content in self.seen for secret in SECRETS if secret.encode() in content}


@asynccontextmanager
async def world(kind: str, stored: bool, folder: Path, *node_types: Any) -> AsyncIterator[World]:
    """With the store sealed and the resources in it, or in clear and the resources given by the application, so that
    what is in the database can be read."""
    async with AsyncExitStack() as stack:
        url = stack.enter_context(
            fresh_database() if kind == "postgres" else nullcontext(f"sqlite:///{folder}/runs.db")
        )
        crm = await stack.enter_async_context(crm_service())
        crm.always = {"Bearer http-s3cret"}
        mail = await stack.enter_async_context(mail_server())
        files = await stack.enter_async_context(bucket())
        bots = await stack.enter_async_context(chats())
        with closing(sqlite3.connect(folder / "path-s3cret.db")) as made:
            made.execute("CREATE TABLE a (b)")
        resources = _resources(folder, crm, mail, files.resource.endpoint, bots.url)
        keys = {"keys": new_key("k")} if stored else {}
        given = {"admin_key": KEY, "allow_private_addresses": True, "metrics": True, "jobs": 0, "log_level": "debug"}
        settings = Settings.model_validate({**given, **keys})
        store: Store = open_store(url, settings)
        await store.open()
        stack.push_async_callback(store.close)
        registry = Registry.installed()
        for node_type in node_types:
            registry.add(node_type)
        documents = [DEFINITION, *({"id": "leak", "nodes": [{"id": "it", "type": each.type}]} for each in node_types)]
        values = {name: _values(each) for name, each in resources.items()}
        of_host = {} if stored else {"resources": values}
        engine = make_engine(Catalog.from_documents(documents, registry), store, settings, **of_host)
        stack.push_async_callback(engine.close)
        client = await stack.enter_async_context(TestClient(TestServer(wizard_app(engine, settings=settings))))
        yield World(folder, url, crm, mail, resources, engine, client)


def _resources(folder: Path, crm: Crm, mail: MailServer, files: str, bots: str) -> dict[str, dict[str, Any]]:
    client = {"token_url": f"{crm.url}/token", "client_id": "forms", "client_secret": "oauth-s3cret"}
    plain = {"bearer_token": "http-s3cret", "headers": {"X-Key": "header-s3cret"}, "signing_secret": SIGNING}
    bucket_ = {"region": "eu-central-1", "bucket": "letters", "access_key": "FORMS", "secret_key": OF_BUCKET}
    smtp = mail.url.replace("smtp://", "smtp://ann:mail-s3cret@")
    return {
        "crm": {"kind": "http", "base_url": crm.url, "oauth2": client},
        "plain": {"kind": "http", "base_url": crm.url, **plain},
        "mail": {"kind": "smtp", "url": smtp, "sender": "town@example.org"},
        "db": {"kind": "sql", "url": f"sqlite:///{folder}/path-s3cret.db"},
        "postgres": {"kind": "sql", "url": "postgresql://ann:db-s3cret@127.0.0.1:9/none"},
        "files": {"kind": "s3", "endpoint": files, **bucket_},
        "events": {"kind": "broker", "url": broker().url, "user": "ann", "password": "broker-s3cret"},
        "slack": {"kind": "token", "token": SLACK_TOKEN, "base_url": bots},
        "telegram": {"kind": "token", "token": TELEGRAM_TOKEN, "base_url": bots},
    }


def _values(resource: Mapping[str, Any]) -> Values:
    made = KINDS[resource["kind"]].model_validate({key: value for key, value in resource.items() if key != "kind"})
    return Values(made, made)


async def _stores_all(here: World) -> None:
    for name, resource in here.resources.items():
        value = {key: each for key, each in resource.items() if key != "kind"}
        body = {"kind": resource["kind"], "production": value, "test": value}
        told = await here.asks("PUT", f"/api/v1/admin/resources/{name}", body, If_None_Match="*")
        assert told.get("revision") == 1, told
        await here.asks("GET", f"/api/v1/admin/resources/{name}")
        await here.asks("PUT", f"/api/v1/admin/resources/{name}", {**body, "kind": "http"}, If_Match='"1"')
        here.seen.append(("repr", repr(await here.engine.services.resources.find(name)).encode()))


async def _looks_everywhere(here: World) -> None:
    await here.asks("PUT", "/api/v1/admin/workflows/all/draft", {"definition": DEFINITION}, If_None_Match="*")
    await here.asks("POST", "/api/v1/admin/workflows/all/deploy", {})
    trial = {"answers": {"ask": {"x": "y"}}, "effects": True}
    debugged = await here.asks("POST", "/api/v1/admin/workflows/all/debug", trial)
    assert debugged["status"] == "completed", debugged
    for path in ("workflows/all/export", "resources", "resource-kinds", "audit", "workflows"):
        await here.asks("GET", f"/api/v1/admin/{path}")
    await here.asks("GET", "/metrics")
    for name in here.resources:
        await here.asks("POST", f"/api/v1/admin/resources/{name}/try", {})


async def _dump(here: World) -> None:
    """All that the database holds, its log included."""
    if here.url.startswith("sqlite"):
        for path in here.folder.glob("runs.db*"):
            here.seen.append((path.name, path.read_bytes()))
        return
    connection = await connect(here.url)
    try:
        query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'wizard'"
        for (table,) in await connection.fetch(query):
            for row in await connection.fetch(f'SELECT * FROM wizard."{table}"'):
                parts = [part if isinstance(part, bytes) else str(part).encode() for part in row]
                here.seen.append((table, b"\n".join(parts)))
    finally:
        await connection.close()


@pytest.mark.parametrize("stored", [False, True], ids=["given", "stored"])
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_no_secret_is_anywhere(kind: str, stored: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A password in a trace or a log is read by people who were never to have it, for as long as that is kept."""
    caplog.set_level(logging.DEBUG)
    async with world(kind, stored, tmp_path) as here:
        if stored:
            await _stores_all(here)
        went_well = await here.runs()
        failed = [name for name, output in went_well.items() if "error" in output]
        assert failed == ["postgres"], {name: went_well[name] for name in failed}
        await _looks_everywhere(here)
        here.break_all()
        went_wrong = await here.runs()
        worked = {name for name, output in went_wrong.items() if "error" not in output}
        assert {"oauth", "bearer", "hook", "mail", "sql", "postgres"}.isdisjoint(worked)
        await _looks_everywhere(here)
        await _dump(here)
        assert here.found(caplog) == set()
        assert len(here.seen) > 20


class LeakConfig(NodeConfig):
    """Nothing."""


def leaking(how: str) -> type[Background[LeakConfig]]:
    class LeakNode(Background[LeakConfig]):
        """Does with a secret what no node may do."""

        type = "leak"
        Config = LeakConfig

        async def execute(self, visit: Visit[LeakConfig]) -> Outcome:
            secret = (await visit.resource("slack", TokenResource)).token.get_secret_value()
            if how == "log":
                logging.getLogger("wizard.nodes").debug("signed in with %s", secret)
            elif how == "error":
                raise ValueError(secret)
            return Proceed({"token": secret} if how == "output" else {})

    return LeakNode


@pytest.mark.parametrize(
    ("how", "where"), [("output", {"run", "export", "runs.db-wal"}), ("log", {"log"}), ("error", {"log"})]
)
async def test_a_leak_is_found(how: str, where: set[str], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A search that finds nothing because it looks at the wrong place is worth nothing."""
    caplog.set_level(logging.DEBUG)
    async with world("sqlite", False, tmp_path, leaking(how)) as here:
        run = await here.engine.start("leak")
        here.seen.append(("run", repr((run.run, run.outputs)).encode()))
        here.seen.append(("export", repr(await exported_run(here.engine, run.id)).encode()))
        await _dump(here)
        assert where <= here.found(caplog)
