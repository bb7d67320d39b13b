"""Resources out of a file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from wizard.app import keeping_of, make_engine
from wizard.definitions.catalog import Catalog
from wizard.errors import SettingsError
from wizard.node import Registry
from wizard.resources.files import MAX_BYTES, in_file
from wizard.resources.handing import Use, Values
from wizard.resources.kinds import TokenResource
from wizard.settings import Settings
from wizard.stores.memory import MemoryStore


def test_a_container_gets_its_resources_from_a_file(tmp_path: Path) -> None:
    """There is no terminal where it starts, and its secrets are files."""
    path = tmp_path / "resources.json"
    path.write_text(json.dumps({"bot": {"kind": "token", "production": {"token": "s"}, "test": {"token": "t"}}}))
    real, tried = (TokenResource.model_validate({"token": token}) for token in "st")
    assert in_file(path) == {"bot": Values(real, tried)}


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("{", "isn't a JSON object"),
        ("[]", "isn't a JSON object"),
        ({"b ot": {"kind": "token", "test": {"token": "s3cr3t"}}}, "must be a name"),
        ({"bot": {"kind": "token"}}, "`production` or `test`"),
        ({"bot": {"kind": "ftp", "test": {"token": "s3cr3t"}}}, "kind: must be one of"),
        ({"bot": {"kind": "token", "test": {"tokn": "s3cr3t"}}}, "test.token: is missing"),
        ({"bot": {"kind": "token", "test": "s3cr3t"}}, "test: must be a mapping"),
        ("x" * (MAX_BYTES + 1), "more than"),
    ],
)
def test_what_is_wrong_with_it_is_said_at_the_start(written: Any, why: str, tmp_path: Path) -> None:
    """Otherwise the first person whose mail can't be sent finds out; and the log of a start is read by many."""
    path = tmp_path / "resources.json"
    path.write_text(written if isinstance(written, str) else json.dumps(written))
    with pytest.raises(SettingsError, match=why) as refused:
        in_file(path)
    assert "s3cr3t" not in str(refused.value)
    with pytest.raises(SettingsError, match="can't be read"):
        in_file(tmp_path)


async def test_it_comes_before_the_store_and_behind_the_application(tmp_path: Path) -> None:
    """A container that is handed its secrets uses these, whatever is stored; an application that gives one, its own."""
    path = tmp_path / "resources.json"
    path.write_text(json.dumps({name: {"kind": "token", "production": {"token": "file"}} for name in ("a", "b")}))
    store = MemoryStore()
    keeping = keeping_of(store, lambda: datetime(2026, 11, 29, tzinfo=UTC))
    for name in ("b", "c"):
        await keeping.set(name, "token", {Use.PRODUCTION: {"token": "store"}}, revision=0, by="ann")
    host = {"a": TokenResource.model_validate({"token": "host"})}
    settings = Settings(resources=path)
    engine = make_engine(Catalog.empty(Registry.installed()), store, settings, resources=host)
    got = {name: await engine.services.resources.get(name, TokenResource) for name in "abc"}
    assert {name: each.token.get_secret_value() for name, each in got.items()} == {
        "a": "host",
        "b": "file",
        "c": "store",
    }
    await engine.close()
