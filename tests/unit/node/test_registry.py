"""The types that definitions can use: which of them are there, and when they are imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.patience import LONG
from tests.plugins import PlugIn
from wizard.node import Registry

COUNTS = """
import sys
from wizard.definitions.catalog import Catalog
from wizard.node import Registry

def of_nodes():
    return [name for name in sys.modules if name.startswith("wizard.nodes.") and name.count(".") > 2]

registry = Registry.installed()
assert of_nodes() == [], of_nodes()
Catalog.from_documents([{"id": "w", "nodes": [{"id": "s", "type": "set", "values": {"a": 1}}]}], registry)
assert of_nodes() == ["wizard.nodes.data.set"], of_nodes()
assert {"set", "http", "form"} <= {each.type for each in registry}
"""


def test_built_in_types_are_imported_when_a_definition_names_them() -> None:
    """There are many, some with large libraries: whoever serves one form would pay for all of them at each start."""
    done = subprocess.run([sys.executable, "-c", COUNTS], capture_output=True, text=True, timeout=LONG, check=False)
    assert done.returncode == 0, done.stderr


def test_threads_that_ask_for_the_same_type_both_get_it() -> None:
    """Two definitions are compiled at once: the second one's author would read that there is no such type."""
    for _ in range(20):
        registry = Registry.installed()
        with ThreadPoolExecutor(8) as threads:
            got = list(threads.map(registry.get, ["http"] * 8))
        assert None not in got


SERVES = """
import json, sys, time
began = time.process_time()
from wizard.app import load_catalog, wizard_app
app = wizard_app(load_catalog("asking.yaml"))
with open("/proc/self/status") as status:
    (memory,) = [int(line.split()[1]) for line in status if line.startswith("VmHWM")]
print(json.dumps({"modules": sorted(sys.modules), "memory": memory, "seconds": time.process_time() - began}))
"""


def test_a_server_costs_the_same_however_much_is_installed(tmp_path: Path) -> None:
    """A catalogue that grows would make each start slower and each process larger, for types that nobody uses."""
    (tmp_path / "asking.yaml").write_text("id: asking\nnodes: [{id: ask, type: form, fields: [{name: x}]}]\n")
    site = tmp_path / "site"
    site.mkdir()
    PlugIn(site, "wizard-many").install("raise SystemExit", types={f"type_{number}": "Node" for number in range(500)})

    def serves(**environment: str) -> dict[str, Any]:
        told = subprocess.run(
            [sys.executable, "-c", SERVES],
            cwd=tmp_path,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            check=True,
        )
        cost: dict[str, Any] = json.loads(told.stdout)
        return cost

    alone, beside = serves(), serves(PYTHONPATH=str(site))
    assert beside["modules"] == alone["modules"]
    assert beside["memory"] - alone["memory"] < 4_000  # kB; the entry points themselves are less than one
    nodes = [name for name in alone["modules"] if name.startswith("wizard.nodes.")]
    assert [name for name in nodes if name.split(".")[2] in ("data", "out", "people", "text", "time")] == []
