"""The types that definitions can use: which of them are there, and when they are imported."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

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
    done = subprocess.run([sys.executable, "-c", COUNTS], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_threads_that_ask_for_the_same_type_both_get_it() -> None:
    """Two definitions are compiled at once: the second one's author would read that there is no such type."""
    for _ in range(20):
        registry = Registry.installed()
        with ThreadPoolExecutor(8) as threads:
            got = list(threads.map(registry.get, ["http"] * 8))
        assert None not in got
