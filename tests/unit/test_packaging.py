"""What is installed is what is in the tree, as one import package."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from configparser import ConfigParser
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import wizard

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def config() -> ConfigParser:
    parser = ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def packages_of(folder: Path, name: str) -> set[str]:
    """Every folder with Python files in it, as a package; what the two links lead to included."""
    found = {name} if any(folder.glob("*.py")) else set[str]()
    for below in folder.iterdir():
        if below.is_dir() and not below.name.startswith(("_", ".")):
            found |= packages_of(below, f"{name}.{below.name}")
    return found


def test_setup_cfg_lists_every_package(config: ConfigParser) -> None:
    """A folder that isn't listed would be missing for everybody who installs a wheel."""
    listed = set(config["options"]["packages"].split())
    assert listed == packages_of(ROOT / "wizard", "wizard")


def test_the_links_lead_to_the_folders_at_the_top() -> None:
    """A checkout would import other code than an installation."""
    for name in ("nodes", "forms"):
        link = ROOT / "wizard" / name
        assert link.is_symlink()
        assert link.resolve() == ROOT / name


def test_every_announced_node_type_loads_under_its_name() -> None:
    """A definition that uses a type would be refused as unknown."""
    announced = [entry for entry in entry_points(group="wizard.nodes") if entry.value.startswith("wizard.")]
    assert {entry.name for entry in announced} >= {"form", "http", "condition", "workflow", "confirm_email"}
    for entry in announced:
        assert entry.load().type == entry.name


def test_a_wheel_carries_one_package_with_its_data(tmp_path: Path) -> None:
    """A user's own `forms.py` or a package called `nodes` would collide, or a migration be missing."""
    copy = tmp_path / "source"
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        elif source.is_file():
            target.write_bytes(source.read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    subprocess.run([*build, str(copy)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"wizard", f"wizard-{wizard.__version__}.dist-info"}
    assert {
        "wizard/nodes/form.py",
        "wizard/forms/fields.py",
        "wizard/stores/sqlite_0001.sql",
        "wizard/py.typed",
    } <= names
