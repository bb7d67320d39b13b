"""One server, and packages beside it whose code does whatever code may do wrong: each is told by its name, and the runs
of all others go on.

What only a process of its own can stand, such as code that never lets go of the event loop, `wizard plugins check`
finds (tests/unit/plugins/test_checking.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.acceptance.processes import Process, Server, process
from tests.plugins import PlugIn

NODE = '''
import asyncio, os, sys
from wizard.node import Background, NodeConfig, Proceed

class WildConfig(NodeConfig):
    many: list[int] = [1, 2]

class WildNode(Background[WildConfig]):
    """Does it."""
    type = "TYPE"
    Config = WildConfig
    def outputs(self, config):
        return frozenset({"many"})
    async def execute(self, visit):
        DOES
        return Proceed({"many": len(visit.config.many)})
'''
IN_A_RUN = {
    "raises": ("raise ZeroDivisionError('with the secret of somebody')", "ZeroDivisionError at"),
    "leaves": ("sys.exit(3)", "FunctionExited"),
    "hangs": ("await asyncio.sleep(600)", "took longer than 1.5 seconds"),
    "nonsense": ("return 3", "reported int"),
    "no_value": ("return Proceed({'many': object()})", "object"),
    "endless": ("value = []; value.append(value); return Proceed({'many': value})", ""),
    "too_much": ("return Proceed({'many': 'x' * 10**8})", ""),
    "greedy": ("bytearray(2**62)", "MemoryError"),
    "cancels": ("asyncio.current_task().cancel(); await asyncio.sleep(1)", "FunctionExited"),
    "configuration": ("visit.config.many = [9]", "ValidationError"),
    "names": ("visit.names['you'] = {'name': 'Eve'}", "TypeError"),
    "services": ("visit.services.settings = None", "FrozenInstanceError"),
    "functions": ("visit.services.functions['price'] = print", "TypeError"),
}
HARMLESS = {  # what its own copies, and the process, put up with
    "in_place": "visit.config.many.append(3); visit.node.config.many.append(3)",
    "prints": "print('much ' * 4_000)",
    "forks": "os.fork() or os.getpid()",
}
WHEN_LOOKED_AT = {
    "missing": ("import a_library_that_nobody_has", "can't be used: ModuleNotFoundError"),
    "leaving": ("import sys\nsys.exit(3)", "can't be used: SystemExit: 3"),
    "form": (NODE, "a built-in node type is called 'form': it needs another name"),
    "number": ("WildNode = 3", "int isn't a node type"),
    "schema": (NODE.replace("many: list[int] = [1, 2]", "many: Nowhere"), "name 'Nowhere' is not defined"),
    "forking": ("import os\nos.fork()\n" + NODE, "forked the process; the copy is ended"),
}
CHANNEL = "def make(host): raise RuntimeError('no telephone')"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("wild")
    site, definitions = folder / "site", folder / "definitions"
    site.mkdir()
    definitions.mkdir()
    does = {name: does for name, (does, _) in IN_A_RUN.items()} | HARMLESS
    for name, what in does.items():
        PlugIn(site, f"wild-{name}").install(node(name, what), types={name: "WildNode"})
        definitions.joinpath(f"{name}.yaml").write_text(
            f"id: {name}\nnodes:\n  - {{id: you, type: form, fields: [{{name: name}}]}}\n"
            f"  - {{id: it, type: {name}}}\n"
            f"  - {{id: done, type: end, title: 'Done, {{{{ you.name }}}}: {{{{ it.many }}}}'}}\n"
        )
    for name, (code, _) in WHEN_LOOKED_AT.items():
        PlugIn(site, f"wild-{name}").install(code.replace("TYPE", name), types={name: "WildNode"})
    PlugIn(site, "wild-channel").install(CHANNEL, types={}, channels={"telephone": "make"})
    definitions.joinpath("good.yaml").write_text(
        "id: good\nnodes:\n  - {id: you, type: form, fields: [{name: name}]}\n  - {id: done, type: end, title: Done}\n"
    )
    settings = {"PYTHONPATH": str(site), "WIZARD_STEP_TIMEOUT": "1.5", "WIZARD_ADMIN_KEY": "k" * 40}
    with process(folder, "definitions", "--store", "memory:", **settings) as started:
        assert "wild-missing" not in started.log.read_text()  # no definition names it
        status, types = Server(f"{started.address}/api/v1").call("/admin/node-types", token="k" * 40)
        assert status == 200
        assert {each["type"] for each in types} >= {"form", *IN_A_RUN, *HARMLESS}  # type: ignore[index]
        yield started


def node(name: str, does: str) -> str:
    return NODE.replace("TYPE", name).replace("DOES", does)


def answered(server: Process, workflow: str, name: str) -> tuple[int, dict[str, object]]:
    """A run in which somebody says their name."""
    api = Server(f"{server.address}/api/v1")
    status, run = api.call("/runs", {"workflow": workflow})
    assert status == 201, run
    asked = {"step": run["current"]["step"], "answers": {"name": name}}
    return api.call(f"/runs/{run['id']}/next", asked, token=run["token"])


@pytest.mark.parametrize("name", IN_A_RUN)
def test_its_own_step_fails_and_the_log_names_it(server: Process, name: str) -> None:
    """The run of somebody else beside it comes to its end, and whoever reads the log knows which package to look at."""
    before = len(server.log.read_text())
    status, run = answered(server, name, "Ann")
    assert (status, run["status"]) == (200, "failed")
    log = server.log.read_text()[before:]
    assert re.search(rf"node it of workflow {name}\b", log), log
    assert IN_A_RUN[name][1] in log
    assert "secret" not in log + json.dumps(run)
    assert_others_go_on(server)


@pytest.mark.parametrize("name", HARMLESS)
def test_what_it_changes_is_its_own(server: Process, name: str) -> None:
    """The next run, and every other node, finds what the definition says; a copy of the process serves nobody."""
    for person in ("Ann", "Bob"):
        status, run = answered(server, name, person)
        assert status == 200
        assert run["current"]["title"] == f"Done, {person}: {4 if name == 'in_place' else 2}"  # type: ignore[index]
    assert_others_go_on(server)


@pytest.mark.parametrize("name", WHEN_LOOKED_AT)
def test_what_cant_be_used_is_named_and_nothing_else_is_missing(server: Process, name: str) -> None:
    """An editor opens the catalogue of a server, which imports all of it: those that can be used are there."""
    log = server.log.read_text()
    (line, *_) = [line for line in log.splitlines() if f"wild-{name} 1.0" in line]
    assert WHEN_LOOKED_AT[name][1] in line
    assert_others_go_on(server)


def test_a_channel_that_cant_be_made_is_named(server: Process) -> None:
    """A server that doesn't start for one package serves no other either."""
    assert "the channel telephone of the package wild-channel 1.0 can't be used: RuntimeError" in server.log.read_text()
    assert_others_go_on(server)


def assert_others_go_on(server: Process) -> None:
    status, run = answered(server, "good", "Cid")
    assert (status, run["status"]) == (200, "completed")
