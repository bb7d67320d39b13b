"""What is handed to pip and uv: a name, a wheel or a folder, and never an option."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugins import PlugIn
from wizard.errors import PlugInRefused
from wizard.plugins import installing
from wizard.plugins.installing import Wanted, install, uninstall, wanted


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("railway", "railway"),
        ("wizard_railway==1.2", "wizard_railway"),
        ("wizard.railway[seats] >= 1, <2", "wizard.railway"),
    ],
)
def test_a_name_is_handed_on_as_it_is(written: str, name: str) -> None:
    """Versions and extras are written as everywhere else."""
    assert wanted(written) == Wanted(written, name)


@pytest.mark.parametrize(
    "written",
    [
        "--index-url=http://evil.example",
        "-r",
        "",
        "a b",
        "railway @ https://evil.example/railway.whl",
        "git+https://evil.example/railway",
        "https://evil.example/railway.whl",
        "railway; python_version > '3'",
        "no/such/folder",
        "missing-1.0-py3-none-any.whl",
        "railway\n--pre",
        "x" * 300,
    ],
)
def test_nothing_else_is(written: str) -> None:
    """An option or an address would fetch from where nobody has said that packages come from."""
    with pytest.raises(PlugInRefused):
        wanted(written)


def test_a_folder_and_a_wheel_are_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose name is told by what is in them, so that one that is there already isn't installed over it."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "railway"
    folder.mkdir()
    with pytest.raises(PlugInRefused, match=r"has no pyproject\.toml"):
        wanted("./railway")
    folder.joinpath("pyproject.toml").write_text('[project]\nname = "Rail.Way"\n')
    assert wanted("./railway") == Wanted(str(folder), "Rail.Way")
    wheel = tmp_path / "rail_way-1.0-py3-none-any.whl"
    wheel.touch()
    assert wanted(wheel.name) == Wanted(str(wheel), "rail_way")


def test_what_is_there_is_neither_replaced_nor_is_wizard_touched(plugin: PlugIn) -> None:
    """Where the check of a new version failed, the old one would be gone as well."""
    with pytest.raises(PlugInRefused, match=r"Wizard_Parcels 1\.0 is installed already"):
        install(Wanted("Wizard_Parcels", "Wizard_Parcels"))
    for work in (lambda: install(wanted("wizard")), lambda: uninstall(["Wizard"])):
        with pytest.raises(PlugInRefused, match="This is Wizard itself"):
            work()


def test_without_a_tool_it_says_which_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment made by uv has no pip, and one in an image neither."""
    monkeypatch.setattr(installing.importlib.util, "find_spec", lambda name: None)
    assert installing.tool()[1:] == ["pip"]
    monkeypatch.setattr(installing.Path, "is_file", lambda path: False)
    monkeypatch.setattr(installing.shutil, "which", lambda name: None)
    with pytest.raises(PlugInRefused, match="Neither pip nor uv is there"):
        installing.tool()
