"""A plug-in is checked in a process of its own: whatever it does there, it is told by its name, and nothing of it is
left here.

A process takes most of a second to start: mistakes that don't end it are checked together.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import LONG
from tests.plugins import PARCELS, PlugIn
from wizard.plugins.checking import check
from wizard.plugins.inspection import MOST_MEMORY
from wizard.plugins.packages import target
from wizard.plugins.report import Report

ONE = {"parcel": "ParcelNode"}
GOOD = PARCELS.replace(
    "    weight: int = 1\n", '    """A parcel."""\n\n    weight: int = Field(1, description="In grams.")\n'
).replace('    type = "parcel"\n', '    type = "parcel"\n    group = "out"\n    example = {"weight": 3}\n')
GOOD = "from pydantic import Field\n" + GOOD
PURE = GOOD.replace('    group = "out"\n', '    group = "out"\n    pure = True\n')
EXECUTE = "        SENT.append(visit.key)\n"
FORGETFUL = (
    "    @field_validator('weight', mode='before')\n    @classmethod\n    def grow(cls, weight):\n"
    "        ParcelNode.example['weight'] += 1\n        return weight\n"
)
MISTAKES = {
    "missing_library": (
        "import a_library_that_nobody_has",
        "it can't be imported: ModuleNotFoundError: No module named 'a_library",
    ),
    "leaving": ("import sys\nsys.exit(3)", "it can't be imported: FunctionExited"),
    "interrupting": ("raise KeyboardInterrupt", "it can't be imported: FunctionExited"),
    "no_class": ("", "it can't be imported: AttributeError: module 'no_class' has no attribute 'ParcelNode'"),
    "number": ("ParcelNode = 3", "int isn't a node type"),
    "built_in": (GOOD.replace('type = "parcel"', 'type = "form"'), "two node types are called 'form'"),
    "silent": (GOOD.replace('    """Sends a parcel."""\n', ""), "it has no docstring"),
    "no_example": (PARCELS, "it has no `example`"),
    "wrong_value": (GOOD.replace('{"weight": 3}', '{"weight": "much"}'), "its example is wrong: weight: "),
    "wrong_key": (GOOD.replace('{"weight": 3}', '{"wieght": 3}'), "its example is wrong: wieght: "),
    "raising": (PURE.replace(EXECUTE, "        1 / 0\n"), "its example doesn't run: "),
    "leaving_in_a_run": (PURE.replace(EXECUTE, "        raise SystemExit\n"), "its example doesn't run: "),
    "nonsense": (PURE.replace(EXECUTE, "        return 3\n"), "its example doesn't run: "),
    "outputs": (GOOD.replace("return frozenset", "return 1 / 0, frozenset"), "ZeroDivisionError: division by zero"),
    "schema": (
        "from typing import Annotated\nfrom pydantic import WithJsonSchema\n"
        + GOOD.replace("weight: int", 'weight: Annotated[int, WithJsonSchema({"type": {1}})]'),
        "its schema can't be made: TypeError: Object of type set is not JSON serializable",
    ),
    "forgetful": (
        GOOD.replace("Field\n", "Field, field_validator\n", 1).replace(
            "\n\n\nclass ParcelNode", "\n\n" + FORGETFUL + "\n\nclass ParcelNode"
        ),
        "it changes its configuration: what it is handed belongs to the definition",
    ),
    "greedy": (
        PURE.replace(EXECUTE, "        hoard = [bytearray(2**28) for _ in range(100)]\n"),
        "its example doesn't run: ",
    ),
}


def checked(plugin: PlugIn, code: str, seconds: float = 60, **more: bool) -> Report:
    plugin.install(code, types=ONE)
    return check(target("wizard-parcels"), seconds=seconds, **more)


def errors(report: Report) -> str:
    return "\n".join(str(finding) for finding in report.findings if finding.severity == "error")


@pytest.mark.parametrize("name", ["wizard-parcels", "wizard_parcels", "parcel"])
def test_it_is_named_as_its_package_its_module_or_its_type(plugin: PlugIn, name: str) -> None:
    """Whoever reads a name in a definition, in `pip list` or in a file has the one that is needed."""
    plugin.install(GOOD, types=ONE)
    named = target(name)
    assert str(named) == "wizard-parcels 1.0"
    assert [str(gives) for gives in named.only] == ["node type parcel"]


def test_one_that_keeps_its_contract_is_right_and_its_effects_arent_tried(plugin: PlugIn, tmp_path: Path) -> None:
    """A check mustn't send the example's parcel, unless somebody says so."""
    sent = tmp_path / "sent"
    code = GOOD.replace(EXECUTE, f"        open({str(sent)!r}, 'w').close()\n")
    report = checked(plugin, code)
    assert report.findings == ()
    assert (report.package, report.checked) == ("wizard-parcels 1.0", ("node type parcel",))
    assert not sent.exists()
    assert checked(plugin, code, effects=True).is_right
    assert sent.exists()


@pytest.fixture(scope="module")
def mistaken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    """The report of a package that makes all of these mistakes, each in a module of its own."""
    before = dict(os.environ), sorted(sys.modules)
    folder = tmp_path_factory.mktemp("site")
    for name, (code, _) in MISTAKES.items():
        folder.joinpath(f"{name}.py").write_text(code.replace('type = "parcel"', f'type = "{name}"'))
    plugin = PlugIn(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        plugin.install("", types={name: f"{name}:ParcelNode" for name in MISTAKES})
        report = check(target("wizard-parcels"), seconds=60)
        assert (dict(os.environ), sorted(sys.modules)) == before
        yield report
        plugin.uninstall()


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_wrong_is_told_by_its_name(mistaken: Report, name: str) -> None:
    """Whoever installs it reads what to tell its author; a server would have found it in somebody's run."""
    told = [finding for finding in mistaken.findings if finding.subject == f"node type {name}"]
    assert MISTAKES[name][1] in "\n".join(finding.message for finding in told if finding.severity == "error"), told
    assert mistaken.package == "wizard-parcels 1.0"
    assert not mistaken.is_right


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import os\nos._exit(3)", "it ended its process, with exit code 3, at the import of the node type parcel"),
        ("import os\nos.abort()", "its process was ended by SIGABRT at the import of the node type parcel"),
        (
            "import time\ntime.sleep(600)",
            "it wasn't done within 0.3 seconds, and was stopped at the import of the node",
        ),
        (
            GOOD.replace("class ParcelNode", "while True: pass\nclass ParcelNode"),
            "it wasn't done within 0.3 seconds, and was stopped at the import of the node type parcel",
        ),
        (
            "import os, signal\nos.kill(os.getpid(), signal.SIGXCPU)",
            "it used too much processor time or memory, and was stopped by SIG",
        ),
    ],
)
def test_one_that_ends_its_process_or_hangs_is_stopped_and_where_is_told(plugin: PlugIn, code: str, says: str) -> None:
    """Nobody waits for it, and no process of it goes on."""
    report = checked(plugin, code, seconds=0.3 if "0.3" in says else 60)
    assert says in errors(report)
    assert "wizard_parcels" not in sys.modules


PROCESS_WIDE = """
import json, os
from wizard.node import NodeType
if os.fork() == 0:
    while True: pass
os.environ["PARCELS"] = "1"
json.dumps = json.loads
NodeType.ports_of = lambda self, config: ("nowhere",)
print("hello")
os.write(1, b"there")
print("much " * 1_000_000)
"""


def test_what_it_does_to_the_whole_process_is_told(plugin: PlugIn, capfd: pytest.CaptureFixture[str]) -> None:
    """Everything else in a server would run with that; and output that a plug-in prints into is no JSON any more."""
    report = checked(plugin, GOOD + PROCESS_WIDE)
    assert "it forks this process" in errors(report)
    changed = "it changes json.dumps, the environment, wizard.node.contract.NodeType.ports_of: all else in the process"
    assert changed in errors(report)
    printed = "it prints, into the output of every command: 'hello much much"
    assert any(printed in finding.message for finding in report.findings if finding.severity == "warning")
    assert capfd.readouterr() == ("", "")


STARTS = """
import subprocess
program = subprocess.Popen(["sleep", "600"])
aside = subprocess.Popen(["sleep", "600"], start_new_session=True)
open({note!r}, "w").write(f"{{program.pid}} {{aside.pid}}")
"""


def test_what_it_starts_is_stopped_with_it(plugin: PlugIn, tmp_path: Path) -> None:
    """A program that it left behind would go on for ever, unknown to anybody. One that hides in a session of its own
    has no more memory and processor time than the check."""
    note = tmp_path / "pid"
    assert checked(plugin, GOOD + STARTS.format(note=str(note))).is_right
    program, aside = note.read_text().split()
    limits = Path(f"/proc/{aside}/limits").read_text()
    os.kill(int(aside), signal.SIGKILL)
    assert re.search(rf"Max data size +{MOST_MEMORY} ", limits)
    assert re.search(r"Max cpu time +\d\d ", limits)
    status = Path(f"/proc/{program}/stat")
    until = time.monotonic() + LONG
    while status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z" and time.monotonic() < until:
        time.sleep(0.01)
    assert not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"


CHANNELS = """
import sys
from aiohttp import web

RATING = 3


def talk(host):
    app = web.Application()
    app.router.add_get("/", lambda request: web.Response())
    return app


async def fail(app):
    sys.exit("no")


def broken(host):
    app = talk(host)
    app.on_startup.append(fail)
    return app


def nothing(host):
    return None
"""


def test_field_types_and_channels_are_tried_as_well(plugin: PlugIn) -> None:
    """A question that can't be asked, or a channel that can't start, would show in somebody's run. And of two packages
    that announce one name neither is used from then on."""
    other = PlugIn(plugin.folder, "other-parcels")
    other.install(CHANNELS, "3.0", {}, channels={"talk": "talk"})
    channels = {name: name for name in ("talk", "broken", "nothing", "RATING")}
    plugin.install(CHANNELS, types={}, fields={"rating": "RATING"}, channels=channels)
    report = check(target("wizard-parcels"))
    assert [(finding.subject, finding.message) for finding in report.findings] == [
        ("channel talk", "other-parcels 3.0 announces it as well: neither of the two is used"),
        ("field type rating", "a field type is a FieldType, and this is int"),
        ("channel RATING", "it isn't a function or class that makes the channel"),
        ("channel broken", "its application can't be made: FunctionExited: SystemExit was raised"),
        ("channel nothing", "its application can't be made: it gives NoneType, not an aiohttp.web.Application"),
    ]
    assert report.checked == ("channel broken", "channel nothing", "channel talk")
    other.uninstall()


def test_a_module_that_nothing_announces_is_checked_as_it_lies_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An author tries it before there is a package."""
    tmp_path.joinpath("parcels_of_mine.py").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    report = check(target("parcels_of_mine"))
    assert report.package == "the module parcels_of_mine"
    assert report.checked == ("node type parcel", "node type scale")
    assert "it has no `example`" in errors(report)
    assert "node type parcel" not in errors(report)
