"""A plug-in is checked in a process of its own: whatever it does there, it is told by its name, and nothing of it is
left here."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from tests.plugins import PARCELS, PlugIn
from wizard.plugins.checking import check
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


def checked(plugin: PlugIn, code: str, name: str = "wizard-parcels", seconds: float = 60, **more: bool) -> Report:
    plugin.install(code, types=ONE)
    return check(target(name), seconds=seconds, **more)


def errors(report: Report) -> str:
    return "\n".join(str(finding) for finding in report.findings if finding.severity == "error")


@pytest.mark.parametrize("name", ["wizard-parcels", "wizard_parcels", "parcel"])
def test_one_that_keeps_its_contract_is_right(plugin: PlugIn, name: str) -> None:
    """It is named as its package, its module or its type."""
    report = checked(plugin, GOOD, name)
    assert report.findings == ()
    assert (report.package, report.checked) == ("wizard-parcels 1.0", ("node type parcel",))


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import a_library_that_nobody_has", "it can't be imported: ModuleNotFoundError: No module named 'a_library"),
        ("import sys\nsys.exit(3)", "it can't be imported: FunctionExited"),
        ("import os\nos._exit(3)", "it ended its process, with exit code 3, at the import of the node type parcel"),
        ("import os\nos.abort()", "its process was ended by SIGABRT at the import of the node type parcel"),
        (GOOD + "\nimport os\nif os.fork() == 0:\n    while True: pass\n", "it forks this process"),
        (GOOD + "\nimport os\nos.environ['PARCELS'] = '1'\n", "it changes the environment"),
        ("", "it can't be imported: AttributeError: module 'wizard_parcels' has no attribute 'ParcelNode'"),
        ("ParcelNode = 3", "int isn't a node type"),
        (GOOD.replace('type = "parcel"', 'type = "form"'), "two node types are called 'form'"),
        (GOOD.replace('    """Sends a parcel."""\n', ""), "it has no docstring"),
        (PARCELS, "it has no `example`"),
        (GOOD.replace('{"weight": 3}', '{"weight": "much"}'), "its example is wrong: weight: "),
        (GOOD.replace('{"weight": 3}', '{"wieght": 3}'), "its example is wrong: wieght: "),
        (PURE.replace(EXECUTE, "        1 / 0\n"), "its example doesn't run: "),
        (PURE.replace(EXECUTE, "        return 3\n"), "its example doesn't run: "),
        (GOOD.replace("return frozenset", "return 1 / 0, frozenset"), "ZeroDivisionError: division by zero"),
        (
            GOOD.replace("Field\n", "Field, field_validator\n", 1).replace(
                "\n\n\nclass ParcelNode", "\n\n" + FORGETFUL + "\n\nclass ParcelNode"
            ),
            "it changes its configuration: what it is handed belongs to the definition",
        ),
    ],
)
def test_what_is_wrong_is_told_by_its_name(plugin: PlugIn, code: str, says: str) -> None:
    """Whoever installs it reads what to tell its author; a server would have found it in somebody's run."""
    before = dict(os.environ), sorted(sys.modules)
    report = checked(plugin, code)
    assert says in errors(report)
    assert report.package == "wizard-parcels 1.0"
    assert not report.is_right
    assert "wizard_parcels" not in sys.modules
    assert (dict(os.environ), sorted(sys.modules)) == before


@pytest.mark.parametrize(
    ("code", "at"),
    [
        ("import time\ntime.sleep(600)", "the import of the node type parcel"),
        (GOOD.replace("class ParcelNode", "while True: pass\nclass ParcelNode"), "the import of the node type parcel"),
    ],
)
def test_one_that_hangs_is_stopped_and_where_it_hung_is_told(plugin: PlugIn, code: str, at: str) -> None:
    """Nobody waits for it, and no process of it goes on."""
    report = checked(plugin, code, seconds=0.3)
    assert f"it wasn't done within 0.3 seconds, and was stopped at {at}" in errors(report)


def test_what_it_starts_is_stopped_with_it(plugin: PlugIn, tmp_path: Path) -> None:
    """A program that it left behind would go on for ever, unknown to anybody."""
    note = tmp_path / "pid"
    start = "import subprocess\nprogram = subprocess.Popen(['sleep', '600'])\n"
    code = f"{start}open({str(note)!r}, 'w').write(str(program.pid))\n"
    assert checked(plugin, GOOD + code).is_right
    status = Path(f"/proc/{note.read_text()}/stat")
    until = time.monotonic() + 5
    while status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z" and time.monotonic() < until:
        time.sleep(0.01)
    assert not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"


def test_what_it_prints_is_told_and_stands_in_nobodys_way(plugin: PlugIn, capfd: pytest.CaptureFixture[str]) -> None:
    """Output in JSON that a plug-in prints into can't be read by any program."""
    report = checked(plugin, GOOD + "\nimport os\nprint('hello')\nos.write(1, b'there')\n")
    assert [finding.severity for finding in report.findings] == ["warning"]
    assert "it prints, into the output of every command: 'hello'" in str(report.findings[0])
    assert capfd.readouterr() == ("", "")


def test_effects_are_only_tried_where_somebody_says_so(plugin: PlugIn, tmp_path: Path) -> None:
    """A check mustn't send the example's parcel."""
    sent = tmp_path / "sent"
    code = GOOD.replace(EXECUTE, f"        open({str(sent)!r}, 'w').close()\n")
    assert checked(plugin, code).is_right
    assert not sent.exists()
    assert checked(plugin, code, effects=True).is_right
    assert sent.exists()


def test_a_name_that_another_package_has_is_told(plugin: PlugIn) -> None:
    """Neither of the two would be used from then on."""
    other = PlugIn(plugin.folder, "other-parcels")
    other.install(GOOD, "3.0", ONE)
    assert "other-parcels 3.0 announces it as well: neither of the two is used" in errors(checked(plugin, GOOD))
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


def test_a_field_type_is_asked(plugin: PlugIn) -> None:
    """Its question is made as a form makes it, and one that can't be is told."""
    plugin.install("RATING = 3\n", types={}, fields={"rating": "RATING"})
    report = check(target("wizard-parcels"))
    assert "a field type is a FieldType, and this is int" in errors(report)
