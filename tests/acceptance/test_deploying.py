"""A server that runs since yesterday, and somebody who deploys: processes that share a store and nothing else."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from tests.acceptance.processes import PATIENCE, Server, here, serving, wizard

TAXI = """\
# Ann's taxi
id: taxi
title: Order a taxi
nodes:
  - {id: trip, type: form, fields: [{name: km, type: integer, label: How far}]}
  - {id: done, type: end, title: Thank you}
"""


class Person:
    """Somebody who orders a taxi."""

    def __init__(self, server: Server) -> None:
        self._server = server
        status, self.run = server.call("/runs", {"workflow": "taxi"})
        assert status == 201, self.run

    @property
    def version(self) -> str:
        version: str = self.run["version"]
        return version

    def answers(self, km: int) -> dict[str, Any]:
        status, run = self._server.call(
            f"/runs/{self.run['id']}/next", {"step": "trip", "answers": {"km": km}}, token=self.run["token"]
        )
        assert status == 200, run
        return run


def deploys(folder: Path, *replaced: str) -> str:
    """The version that is deployed, as by a pipeline: outside of the server's process."""
    (folder / "taxi.yaml").write_text(TAXI.replace(*replaced) if replaced else TAXI)
    done = here(folder, "deploy", "taxi", "--from", "taxi.yaml", "--store", "sqlite:runs.db", "--json")
    assert done.code == 0, done.err
    return str(json.loads(done.out)["version"])


def begins_on(server: Server, version: str) -> Person:
    """The first person whose run begins on the version."""
    began = time.monotonic()
    while (person := Person(server)).version != version:
        assert time.monotonic() - began < PATIENCE
    return person


def test_a_server_follows_deployments_and_runs_stay_on_their_version(tmp_path: Path) -> None:
    """Ann is asked on version 1 when version 2 is deployed. She finishes on 1, and Bob begins on 2 at once; when that
    is taken back, Cid begins on 1 again."""
    first = deploys(tmp_path)
    with serving(tmp_path, "--store", "sqlite:runs.db") as server:
        ann = Person(server)
        assert ann.version == first
        second = deploys(tmp_path, "How far", "How many kilometres")
        bob = begins_on(server, second)
        assert bob.run["current"]["fields"][0]["label"] == "How many kilometres"
        done = ann.answers(5)
        assert (done["status"], done["version"]) == ("completed", first)
        revoked = wizard(tmp_path, "revoke", "taxi", "--store", "sqlite:runs.db")
        assert revoked.out == "Version 1 of taxi is deployed again.\n", revoked.err
        begins_on(server, first)
        assert bob.answers(7)["version"] == second


def test_a_server_may_be_started_before_anything_is_deployed(tmp_path: Path) -> None:
    """A container starts at once; whoever deploys comes an hour later."""
    with serving(tmp_path, "--store", "sqlite:runs.db") as server:
        assert server.call("/workflows") == (200, [])
        assert "nothing is deployed" in (tmp_path / "log").read_text()
        version = deploys(tmp_path)
        began = time.monotonic()
        while not server.call("/workflows")[1]:
            assert time.monotonic() - began < PATIENCE
        assert Person(server).version == version


def test_a_draft_comes_back_through_a_pipe_as_it_was(tmp_path: Path) -> None:
    """`wizard drafts get ID > FILE` is how a draft comes into version control."""
    (tmp_path / "taxi.yaml").write_bytes(TAXI.replace("\n", "\r\n").encode())
    assert wizard(tmp_path, "drafts", "put", "taxi.yaml", "--store", "sqlite:runs.db").code == 0
    said = wizard(tmp_path, "drafts", "get", "taxi", "--store", "sqlite:runs.db")
    assert said.out.encode() == (tmp_path / "taxi.yaml").read_bytes()
