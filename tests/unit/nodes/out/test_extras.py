"""What is said where a library is missing that only some node types need."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import pytest
from pydantic import SecretStr

from tests.unit.nodes.handing import visit_of
from wizard.errors import DefinitionError, NodeFailed
from wizard.node import Registry, Services, SqlResource
from wizard.nodes.out.sql import SqlNode
from wizard.resources.handing import Resources, given
from wizard.testing import make_test_engine


@pytest.mark.parametrize(
    ("kind", "library", "extra"),
    [("publish", "nats", "broker"), ("put_file", "aiohttp_s3_client", "s3"), ("get_file", "aiohttp_s3_client", "s3")],
)
async def test_a_missing_library_is_said_when_a_definition_names_the_type(
    monkeypatch: pytest.MonkeyPatch, kind: str, library: str, extra: str
) -> None:
    """An author is told what to install, at the node and before a person meets it; other definitions go on."""
    found = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> Any:
        return None if name == library else found(name, package)

    monkeypatch.setattr("wizard.nodes.out.extras.find_spec", without)
    node = Registry.built_in().get(kind)
    assert node is not None
    assert node.example is not None
    with pytest.raises(DefinitionError, match=rf"pip install wizard\[{extra}\]") as refused:
        await make_test_engine({"id": "it", "nodes": [{"id": "out", "type": kind, **node.example}]})
    assert [problem.message.count("pip install") for problem in refused.value.problems] == [1]
    engine = await make_test_engine({"id": "it", "nodes": [{"id": "done", "type": "end", "title": "Done"}]})
    await engine.close()


async def test_a_missing_library_for_postgresql_is_said_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which database it is, the resource says: SQLite needs nothing more."""
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    resource = SqlResource(url=SecretStr("postgresql://u:s3cret@db.example/crm"))
    services = Services(resources=Resources((given({"crm": resource}),)))
    with pytest.raises(NodeFailed, match=r"pip install wizard\[postgres\]"):
        await SqlNode().execute(visit_of(SqlNode(), {"resource": "crm", "statement": "SELECT 1"}, services=services))
