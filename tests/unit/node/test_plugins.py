"""Node types of installed packages: one that is broken takes nothing from the others, and is named where it is
needed."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from pathlib import Path

import pytest
from aiohttp import web

from tests.plugins import HEAVIER, PARCELS, UNIMPORTABLE, PlugIn
from tests.unit.shell import Shell
from wizard.definitions.drafting import draft
from wizard.definitions.reading import source
from wizard.errors import DefinitionError
from wizard.model import Outcome
from wizard.node import Background, Foreground, NodeConfig, NodeType, Registry, Visit, plugins
from wizard.node.plugins import Unusable, reason_of
from wizard.nodes.ask.form import FormNode

SENDING = """
id: sending
nodes:
  - {id: ask, type: form, fields: [{name: x}]}
  - id: send
    type: parcel
"""
ASKING = "id: asking\nnodes: [{id: ask, type: form, fields: [{name: x}]}]\n"
BUILT_IN = {"form", "http", "python", "wait", "workflow", "condition", "set", "end", "message", "review"}


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    folder = tmp_path / "forms"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", list(sys.path))
    shell = Shell(folder, capsys, monkeypatch)
    shell.file("asking.yaml", ASKING)
    return shell


def problems(text: str) -> list[str]:
    """What is wrong in a file of this text."""
    (document,) = source.read(text.encode(), "sending.yaml")
    return [str(each) for each in draft(document, Registry.installed())[1]]


# -- what is installed ---------------------------------------------------------------------------------


def test_what_packages_announce_is_there_and_says_where_it_is_from(plugin: PlugIn) -> None:
    """A plug-in is installed by pip and nothing else."""
    registry = Registry.installed()
    assert {each.type for each in registry} >= {*BUILT_IN, "parcel", "scale"}
    assert registry.unusable == ()
    assert (registry.package("parcel"), registry.package("form"), registry.package("zzz")) == (
        "wizard-parcels 1.0",
        "",
        "",
    )


def test_one_that_is_announced_under_another_name_cant_be_used(plugin: PlugIn) -> None:
    """It is imported when a definition names it: nobody would know that `parcel` is the one announced as `parcels`."""
    plugin.install(PARCELS, "2.0", {"parcels": "ParcelNode", "scale": "ScaleNode"})
    registry = Registry.installed()
    assert (registry.get("parcel"), registry.get("parcels")) == (None, None)
    (found,) = registry.unusable
    assert (found.type, found.reason) == ("parcels", "its own name is parcel: name the entry point like the node type")
    assert registry.get("scale") is not None


def test_nothing_of_a_package_is_imported_before_a_definition_names_it(plugin: PlugIn) -> None:
    """A server would wait at its start for the imports of all that is installed, and keep them in memory for good."""
    registry = Registry.installed()
    assert problems(ASKING) == []
    assert registry.get("nobodys") is None
    assert "wizard_parcels" not in sys.modules
    assert registry.get("parcel") is not None
    assert "wizard_parcels" in sys.modules


def test_an_import_that_hangs_keeps_only_those_waiting_that_need_it(plugin: PlugIn) -> None:
    """An editor opens the catalogue, and all forms of all others would stand still."""
    plugin.install("import threading\nHELD = threading.Event()\nHELD.wait(30)\n" + PARCELS, "2.0")
    registry = Registry.installed()
    looking = threading.Thread(target=registry.get, args=("parcel",))
    looking.start()
    while "wizard_parcels" not in sys.modules or not hasattr(sys.modules["wizard_parcels"], "HELD"):
        time.sleep(0.001)
    assert registry.get("form") is not None
    sys.modules["wizard_parcels"].HELD.set()
    looking.join(30)
    assert registry.get("parcel") is not None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (UNIMPORTABLE, "ModuleNotFoundError: No module named 'a_library_that_nobody_has'"),
        ("def broken(:\n", "SyntaxError: "),
        ("raise KeyError('parcel\\nservice')", "KeyError: 'parcel\\nservice'"),
        ("raise SystemExit", "SystemExit"),
        ("import asyncio\nraise asyncio.CancelledError", "CancelledError"),
        ("", "AttributeError: module 'wizard_parcels' has no attribute 'ParcelNode'"),
        ("ParcelNode = 3", "int isn't a node type: derive it from wizard.node.contract.Background or Foreground"),
        ("class ParcelNode: type = 'parcel'", "ParcelNode isn't a node type"),
        (PARCELS.replace('    type = "parcel"\n', ""), "the class ParcelNode has no `type`"),
        (PARCELS.replace("    Config = ParcelConfig\n", ""), "the class ParcelNode has no `Config`"),
        (PARCELS.replace("= ParcelConfig", "= dict"), "the class ParcelNode has no `Config`"),
        (
            PARCELS.replace("async def execute", "async def perform"),
            "the class ParcelNode is incomplete: define execute",
        ),
        (
            PARCELS.replace("weight: int", "weight: 'Nowhere'"),
            "PydanticUndefinedAnnotation: name 'Nowhere' is not defined",
        ),
        (
            PARCELS + "\n    def __init__(self): raise OSError('no licence')\nParcelNode = ScaleNode",
            "OSError: no licence",
        ),
        (PARCELS.replace('"parcel"', '"form"'), "a built-in node type is called 'form': it needs another name"),
    ],
)
def test_one_that_cannot_be_used_is_remembered_with_the_reason(
    plugin: PlugIn, code: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One broken package made every command say that Wizard itself was broken."""
    plugin.install(code, "2.0", {"parcel": "ParcelNode"})
    registry = Registry.installed()
    assert {each.type for each in registry} >= BUILT_IN
    assert isinstance(registry.get("form"), FormNode)
    assert registry.get("parcel") is None
    (found,) = registry.unusable
    assert found.package == "wizard-parcels 2.0"
    assert found.reason.startswith(reason)
    assert "\n" not in found.reason
    (warning,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert "wizard-parcels 2.0" in warning.getMessage()
    assert warning.exc_info is None


def test_a_third_of_three_types_is_broken_alone(plugin: PlugIn) -> None:
    """The others of the same package are as good as they were."""
    code = PARCELS.replace("    Config = ParcelConfig\n", "")
    plugin.install(code)
    registry = Registry.installed()
    assert [each.type for each in registry.unusable] == ["parcel"]
    assert registry.get("scale") is not None


def test_of_two_packages_with_one_name_neither_is_taken(plugin: PlugIn) -> None:
    """Which of them a stored run was started with, nobody can tell: the order of folders mustn't decide that."""
    other, third = PlugIn(plugin.folder, "other-parcels"), PlugIn(plugin.folder, "the-third")
    other.install(PARCELS, "3.0", {"parcel": "ParcelNode"})
    third.install(PARCELS, "4.0", {"parcel": "ParcelNode"})
    registry = Registry.installed()
    assert registry.get("parcel") is None
    assert registry.get("scale") is not None
    assert [each.package for each in registry.why_unusable("parcel")] == [
        "other-parcels 3.0",
        "the-third 4.0",
        "wizard-parcels 1.0",
    ]
    assert "other-parcels 3.0 announces a node type 'parcel' as well: uninstall one of them" in str(registry.unusable)
    third.uninstall()
    other.uninstall()
    assert Registry.installed().get("parcel") is not None


def test_an_application_brings_its_own_where_a_package_is_broken(plugin: PlugIn) -> None:
    """Whoever embeds can go on before the package is mended."""

    class Own(Background[NodeConfig]):
        """Sends a parcel by foot."""

        type = "parcel"
        Config = NodeConfig

        async def execute(self, visit: Visit[NodeConfig]) -> Outcome:
            raise NotImplementedError

    plugin.install(UNIMPORTABLE)
    registry = Registry.installed()
    registry.add(Own)
    assert isinstance(registry.get("parcel"), Own)
    assert registry.why_unusable("parcel") == ()
    assert registry.package("parcel") == ""


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: type("Odd", (Background,), {"Config": NodeConfig, "execute": print}), "the class Odd has no `type`"),
        (lambda: type("Odd", (Background,), {"type": "odd", "execute": print}), "the class Odd has no `Config`"),
        (
            lambda: type("Odd", (Foreground,), {"type": "odd", "Config": NodeConfig}),
            "the class Odd is incomplete: define submit",
        ),
        (
            lambda: type("Odd", (NodeType,), {"type": "odd", "Config": NodeConfig, "execute": print}),
            "the class Odd has no `kind`",
        ),
    ],
)
def test_an_application_is_told_what_its_own_class_lacks(made: Callable[[], type], says: str) -> None:
    """It would show in the first definition that uses it, as an AttributeError."""
    with pytest.raises(DefinitionError, match=says):
        Registry([made()])


def test_a_package_whose_list_of_entry_points_is_damaged_hides_no_other(
    plugin: PlugIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Some tool left half a file behind: the types of all other packages are there."""

    class Damaged:
        """A distribution that says nothing of itself that can be read."""

        _path = "site/damaged-1.0.dist-info"

        @property
        def entry_points(self) -> EntryPoints:
            raise ValueError("line 3 has no `=`")

        @property
        def name(self) -> str:
            raise KeyError("Name")

    def all_at_once(**which: str) -> EntryPoints:
        raise ValueError("line 3 has no `=`")

    known = list(plugins.distributions())
    monkeypatch.setattr(plugins, "entry_points", all_at_once)
    monkeypatch.setattr(plugins, "distributions", lambda: [Damaged(), *known])
    assert {each.type for each in Registry.installed()} >= {*BUILT_IN, "parcel"}
    assert "damaged-1.0.dist-info can't be read: ValueError: line 3 has no `=`" in caplog.text


def test_what_packages_announce_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test of an author makes an engine, and would read the metadata of all that is installed for it."""
    asked: list[str] = []

    def listed(group: str) -> EntryPoints:
        asked.append(group)
        return entry_points(group=group)

    monkeypatch.setattr(plugins, "entry_points", listed)
    first, second = Registry.installed(), Registry.installed()
    assert asked == ["wizard.nodes", "wizard.fields"]
    assert {each.type for each in first} == {each.type for each in second} >= BUILT_IN


def test_what_is_installed_meanwhile_is_announced(plugin: PlugIn) -> None:
    """A notebook in which somebody calls pip sees the new type without a new start."""
    before = {each.name for each in plugins.announced("wizard.nodes")}
    metadata = plugin.folder / "late-1.0.dist-info"
    metadata.mkdir()
    metadata.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: late\nVersion: 1.0\n")
    metadata.joinpath("entry_points.txt").write_text("[wizard.nodes]\nlate = wizard_parcels:ParcelNode\n")
    os.utime(plugin.folder, ns=(1, 1))  # a clock that is too coarse to tell the two apart would make no test of it
    assert {each.name for each in plugins.announced("wizard.nodes")} - before == {"late"}


def test_an_entry_point_without_a_package_is_one_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts patch the list of entry points in their tests."""
    entry = EntryPoint("lost", "nowhere_at_all:LostNode", "wizard.nodes")
    monkeypatch.setattr(plugins, "entry_points", lambda **which: EntryPoints([entry]))
    (found,) = Registry.installed().unusable
    assert str(found) == "ModuleNotFoundError: No module named 'nowhere_at_all' (package unknown)"


def test_somebody_who_stops_the_command_while_it_imports_is_heard(plugin: PlugIn) -> None:
    """Ctrl-C is no reason why a package can't be used."""
    plugin.install("raise KeyboardInterrupt", types={"parcel": "ParcelNode"})
    with pytest.raises(KeyboardInterrupt):
        Registry.installed().get("parcel")


def test_a_reason_is_a_line() -> None:
    """It stands in tables and log lines."""
    assert reason_of(ValueError("a\n  b")) == "ValueError: a b"
    assert reason_of(ValueError()) == "ValueError"
    assert len(reason_of(ValueError("x" * 10_000))) == 300
    assert Unusable("a", "b 1", "c") < Unusable("b", "a 1", "c")


# -- definitions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "types", "says"),
    [
        (
            UNIMPORTABLE,
            {"parcel": "ParcelNode"},
            "sending.yaml:6:11: error: the node type `parcel` can't be used: ModuleNotFoundError: No module named "
            "'a_library_that_nobody_has' (package wizard-parcels 2.0)",
        ),
        (
            UNIMPORTABLE,
            {"parcels": "ParcelNode"},
            "sending.yaml:6:11: error: there is no node type `parcel`; did you mean `parcels`? These can't be "
            "used: parcels: ModuleNotFoundError: No module named 'a_library_that_nobody_has' "
            "(package wizard-parcels 2.0)",
        ),
        (
            PARCELS.replace("return frozenset", "return 1 / 0, frozenset"),
            {"parcel": "ParcelNode"},
            "sending.yaml:6:11: error: the node type `parcel` of the package wizard-parcels 2.0 can't say whether this "
            "is right: ZeroDivisionError: division by zero",
        ),
        (
            PARCELS.replace(
                "async def execute", "def check(self, config):\n        return [3]\n\n    async def execute"
            ),
            {"parcel": "ParcelNode"},
            "sending.yaml:6:11: error: the node type `parcel` of the package wizard-parcels 2.0 can't say whether this "
            "is right: TypeError: cannot unpack non-iterable int object",
        ),
        (HEAVIER, {"parcel": "ParcelNode"}, "sending.yaml:5:5: error: `insured_for` is missing"),
    ],
)
def test_a_definition_that_needs_it_names_type_package_and_reason(
    plugin: PlugIn, code: str, types: dict[str, str], says: str
) -> None:
    """The author sees at which line what is missing; "there is no such node type" sends them looking for a typo."""
    plugin.install(code, "2.0", types)
    assert problems(SENDING) == [says]


# -- commands ------------------------------------------------------------------------------------------


def test_commands_that_do_not_need_it_go_on(plugin: PlugIn, shell: Shell) -> None:
    """Exit codes are what they were; where all types are looked at, what is wrong is said once, on standard error."""
    plugin.install(UNIMPORTABLE, "2.0", {"parcel": "ParcelNode"})
    warning = "the node type parcel of the package wizard-parcels 2.0 can't be used: ModuleNotFoundError"
    for command, piped in (
        ("check asking.yaml", ""),
        ("graph asking.yaml", ""),
        ("schema", ""),
        ("nodes form", ""),
        ("run asking.yaml --store sqlite:///new.db", "red\n"),
        ("runs list --store sqlite:///new.db", ""),
    ):
        assert shell.types(command, piped) == 0, command
        assert shell.err.count(warning) == (command in ("schema", "nodes form"))
        assert "Traceback" not in shell.err


def test_the_list_of_node_types_has_those_that_cannot_be_used(plugin: PlugIn, shell: Shell) -> None:
    """Whoever installed a package looks there first for its types."""
    plugin.install(UNIMPORTABLE, "2.0", {"parcel": "ParcelNode"})
    assert shell.types("nodes") == 0
    listed = shell.out.partition("Node types that can't be used")[2]
    assert "parcel  (package wizard-parcels 2.0)" in listed
    assert "No module named 'a_library_that_nobody_has'" in listed
    assert shell.types("nodes --json") == 0
    assert shell.json[-1] == {
        "type": "parcel",
        "package": "wizard-parcels 2.0",
        "reason": "ModuleNotFoundError: No module named 'a_library_that_nobody_has'",
        "unusable": True,
    }
    assert shell.types("nodes parcel") == 1
    assert "No module named 'a_library_that_nobody_has'" in shell.err
    assert shell.types("nodes parcels") == 2


def test_a_server_refuses_what_needs_it_and_says_why(
    plugin: PlugIn, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server never starts on definitions with problems, be it one of many files: the reason is named. Without that
    file it serves: what no definition names isn't even imported."""
    served: list[web.Application] = []
    monkeypatch.setattr("wizard.server.serve", lambda app, *rest: served.append(app))
    plugin.install(UNIMPORTABLE, "2.0", {"parcel": "ParcelNode"})
    shell.file("sending.yaml", SENDING)
    assert shell.types("serve .") == 1
    assert "sending.yaml:6:11: error: the node type `parcel` can't be used: ModuleNotFoundError" in shell.err
    assert "package wizard-parcels 2.0" in shell.err
    assert "wizard itself" not in shell.err
    assert served == []
    assert shell.types("serve asking.yaml passport.yaml") == 0
    assert "wizard-parcels" not in shell.err
    assert len(served) == 1


def test_verbose_shows_where_the_import_failed(plugin: PlugIn, shell: Shell) -> None:
    """Whoever mends the package needs the traceback, and nobody else."""
    plugin.install(UNIMPORTABLE, "2.0", {"parcel": "ParcelNode"})
    assert shell.types("nodes form --verbose") == 0
    assert "wizard_parcels.py" in shell.err
    assert "Traceback" in shell.err


def test_a_run_is_looked_at_and_ended_by_commands_without_its_plugin(plugin: PlugIn, shell: Shell) -> None:
    """The commands of an operator are for the days on which something is missing."""
    shell.file("sending.yaml", SENDING.replace("    type: parcel", "    type: scale"))
    assert shell.types("run sending.yaml --store sqlite:///runs.db", "red\n") == 3
    plugin.uninstall()
    assert shell.types("runs list --ids --store sqlite:///runs.db") == 0
    run = shell.out.strip()
    assert shell.types(f"runs show {run} --store sqlite:///runs.db") == 0
    assert "waiting" in shell.out
    assert "node send (type scale, package wizard-parcels 1.0): this node type isn't installed" in shell.out
    assert "red" in shell.out
    assert shell.types(f"runs show {run} --json --store sqlite:///runs.db") == 0
    assert "wizard-parcels 1.0" in shell.json["unavailable"]
    assert shell.types(f"runs trace {run} --store sqlite:///runs.db") == 0
    assert shell.types(f"runs export {run} --store sqlite:///runs.db") == 0
    assert shell.json["steps"][0]["answers"] == {"x": "red"}
    assert shell.types(f"runs repair {run} --store sqlite:///runs.db") == 0
    assert "Nothing of run" in shell.out
    assert shell.types(f"run --resume={run} --store sqlite:///runs.db") == 1
    assert "can't be used here: node send (type scale, package wizard-parcels 1.0)" in shell.err
    assert shell.types(f"runs cancel {run} --undo --store sqlite:///runs.db") == 0
    assert shell.types(f"runs delete {run} --yes --store sqlite:///runs.db") == 0


def test_functions_whose_module_ends_the_process_are_refused(shell: Shell) -> None:
    """`sys.exit` at the end of a script: the command ended with exit code 0, and without a word."""
    shell.file("ending.py", "import sys\ndef fare(): ...\nsys.exit(0)\n")
    assert shell.types("serve asking.yaml --functions ending:fare") == 2
    assert "The module ending can't be imported (ending.py, line 3: SystemExit)" in shell.err


@pytest.mark.parametrize(
    ("library", "store", "says"),
    [
        ("asyncpg", "postgresql://localhost/forms", "PostgreSQL needs more libraries (import of asyncpg halted"),
        ("cryptography", "sqlite:///forms.db", "Encryption needs a library (No module named"),
    ],
)
def test_an_extra_that_is_missing_says_what_to_install(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, library: str, store: str, says: str
) -> None:
    """Nor does it stop a command that doesn't need it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.startswith("wizard.stores.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    assert shell.types("check asking.yaml") == 0
    monkeypatch.setenv("WIZARD_KEYS", "one:" + "A" * 43 + "=" if library == "cryptography" else "")
    assert shell.types(f"serve asking.yaml --store {store}") == 2
    assert says in shell.err
    assert "pip install wizard[" in shell.err
