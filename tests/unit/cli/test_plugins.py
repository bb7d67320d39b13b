"""`wizard plugins`: what is said, and with which exit code. What pip and uv do is tried in tests/acceptance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugins import PARCELS, PlugIn
from tests.unit.shell import Shell
from wizard.plugins import checking, installing
from wizard.plugins.installing import Installed, Wanted
from wizard.plugins.packages import plugins
from wizard.plugins.report import Finding, Report

RIGHT = Report("wizard-parcels 1.0", ("node type parcel",))
WRONG = Report(
    "wizard-parcels 1.0",
    ("node type parcel",),
    (Finding("error", "node type parcel", "it \x1b[31mhas no `example`"), Finding("warning", "channel x", "it prints")),
)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setattr("sys.prefix", str(tmp_path / "prefix"))
    return Shell(tmp_path, capsys, monkeypatch)


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> Callable[[Report], None]:
    """Says what each check finds: what a process of its own is for is tried elsewhere."""

    def say(report: Report) -> None:
        monkeypatch.setattr(checking, "check", lambda target, **more: report)

    say(RIGHT)
    return say


@pytest.fixture
def tool(plugin: PlugIn, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What pip is told to do, which it does."""
    told: list[str] = []
    plugin.uninstall()

    def install(what: Wanted) -> Installed:
        told.append(f"install {what.argument}")
        plugin.install(PARCELS)
        return Installed({"wizard-parcels": "1.0"}, tuple(each for each in plugins() if each.name == plugin.name))

    monkeypatch.setattr(installing, "install", install)
    monkeypatch.setattr(installing, "uninstall", lambda names: told.append(f"uninstall {' '.join(names)}"))
    return told


@pytest.mark.usefixtures("reports")
def test_the_list_says_what_each_gives(shell: Shell, plugin: PlugIn) -> None:
    """Whoever takes over a server sees at once what was installed beside Wizard."""
    plugin.install(PARCELS, channels={"post": "post"})
    assert shell.types("plugins list") == 0
    assert shell.out.splitlines()[1:] == [
        "wizard-parcels  1.0      node type parcel  usable",
        "wizard-parcels  1.0      node type scale   usable",
        "wizard-parcels  1.0      channel post      usable",
    ]
    assert shell.types("plugins list --json") == 0
    assert shell.json[0]["gives"][0] == {
        "kind": "node type",
        "name": "parcel",
        "from": "wizard_parcels:ParcelNode",
        "unusable": None,
    }
    plugin.uninstall()
    assert shell.types("plugins list") == 0
    assert shell.out == "No plug-in is installed. `wizard plugins new NAME` begins one.\n"


def test_a_check_tells_what_is_wrong_and_its_code_says_so(
    shell: Shell, plugin: PlugIn, reports: Callable[[Report], None]
) -> None:
    """A pipeline goes by the code; what a package says of itself moves no cursor."""
    assert shell.types("plugins check parcel") == 0
    assert shell.out == "wizard-parcels 1.0 (node type parcel): nothing is wrong.\n"
    reports(WRONG)
    assert shell.types("plugins check parcel") == 1
    assert shell.out.splitlines()[1:] == [
        "warning: channel x: it prints",
        "wizard-parcels 1.0 (node type parcel): 1 error and 1 warning.",
    ]
    assert "\x1b" not in shell.out
    assert shell.types("plugins list --json") == 0
    assert "has no `example`" in shell.json[0]["gives"][0]["unusable"]
    assert shell.types("plugins check parcel --json") == 1
    assert shell.json["right"] is False


def test_what_is_wrong_is_taken_out_again_unless_it_is_kept(
    shell: Shell, plugin: PlugIn, reports: Callable[[Report], None], tool: list[str]
) -> None:
    """A server that starts next would find it in somebody's run."""
    assert shell.types("plugins install wizard-parcels --yes") == 0
    assert shell.out.endswith("It counts from the next start of a server or worker on.\n")
    reports(WRONG)
    plugin.uninstall()
    assert shell.types("plugins install wizard-parcels --yes") == 1
    assert shell.out.endswith("It was taken out again: wizard-parcels.\n")
    assert tool == ["install wizard-parcels", "install wizard-parcels", "uninstall wizard-parcels"]
    assert shell.types("plugins install wizard-parcels --yes --keep") == 1
    assert shell.out.endswith("It is kept nevertheless.\n")
    assert len(tool) == 4


@pytest.mark.usefixtures("reports")
def test_what_announces_nothing_is_no_plug_in(shell: Shell, tool: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip in a name, and a stranger's package would stay in the environment for good."""
    monkeypatch.setattr(installing, "install", lambda what: Installed({"leftpad": "1.0"}, ()))
    assert shell.types("plugins install leftpad --yes") == 1
    assert "It announces nothing for Wizard" in shell.out
    assert tool == ["uninstall leftpad"]


def test_it_asks_before_code_of_others_comes_or_goes(shell: Shell, plugin: PlugIn, tool: list[str]) -> None:
    """In a pipe nobody says yes."""
    assert shell.types("plugins install wizard-parcels", "no\n") != 0
    plugin.install(PARCELS)
    assert shell.types("plugins remove wizard-parcels", "no\n") != 0
    assert tool == []
    assert shell.types("plugins remove parcels --yes") == 1
    assert "No package 'parcels' is installed here" in shell.err
    assert shell.types("plugins remove wizard_parcels --yes") == 0
    assert tool == ["uninstall wizard-parcels"]


@pytest.mark.usefixtures("reports", "plugin")
def test_disabling_says_when_it_counts_and_where_that_is_written(shell: Shell) -> None:
    """A server that runs keeps what it has loaded; whoever looks for the reason later finds the file."""
    assert shell.types("plugins disable wizard_parcels") == 0
    file = shell.folder / "prefix" / "etc" / "wizard" / "disabled-plugins"
    assert shell.out == f"wizard-parcels 1.0 is disabled from the next start on ({file}).\n"
    assert file.read_text() == "wizard-parcels\n"
    assert shell.types("plugins disable wizard-parcels") == 0
    assert shell.out == "wizard-parcels 1.0 is disabled already.\n"
    assert shell.types("plugins list") == 0
    assert "node type parcel  disabled" in shell.out
    assert shell.types("nodes parcel") == 1
    assert shell.types("plugins enable wizard-parcels") == 0
    assert shell.types("plugins enable wizard-parcels") == 0
    assert shell.out == "wizard-parcels 1.0 isn't disabled.\n"


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        ("plugins install --index-url=http://evil.example --yes", 1, "is an option, and no name"),
        ("plugins install https://evil.example/a.whl --yes", 1, "is neither the name of a package"),
        ("plugins install wizard --yes", 1, "This is Wizard itself"),
        ("plugins check a/b", 1, "No package 'a/b' is installed here"),
        ("plugins check parcel --timeout 0", 2, "--timeout"),
        ("plugins check", 2, "NAME"),
        ("plugins new form", 1, "A built-in node type is called 'form'"),
        ("plugins new ../up", 1, "can't be the package's name"),
        ("plugins disable nobody", 1, "No package 'nobody' is installed here"),
    ],
)
def test_a_mistake_is_one_line(shell: Shell, command: str, code: int, says: str) -> None:
    """No traceback, and what to do instead."""
    assert shell.types(command) == code
    assert says in shell.err
    assert shell.err.count("\n") == 1
    assert "Traceback" not in shell.err


def test_a_package_begins_in_a_folder_of_its_name(shell: Shell) -> None:
    """Its files are named, and the next commands."""
    assert shell.types("plugins new railway-seats") == 0
    *files, then = shell.out.splitlines()
    assert all((shell.folder / file).is_file() for file in files)
    assert then == "Now: pip install -e railway-seats, then pytest and wizard plugins check railway-seats."
    assert shell.types("plugins new railway-seats") == 1
    assert "railway-seats is there already" in shell.err
