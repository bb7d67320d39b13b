"""What type checkers say to those who embed the engine and to authors of node types, in their strict modes.

The examples are checked as their readers would: the hosts as they are, the pages' examples one after another, in an
environment where Wizard is installed as `pip install -e` does it. There no checker may need a setting of its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import textwrap
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pages import ROOT, Page

HOSTS = ROOT / "examples" / "hosts"
UNTYPED = "from django"  # Django says nothing of its types
PAGES = ("README.md", "docs/embedding.md", "docs/writing-nodes.md")
SECONDS = 1200

# On a page that awaits, everything is inside of a function, where functions that nobody calls are told of.
AROUND_PAGE = """
# pyright: reportUnusedFunction=false
from __future__ import annotations


async def page() -> None:
"""

BUILD = """
import sys
sys.path.insert(0, {folder!r})
import backend
print(backend.build_editable({to!r}))
"""


MISTAKES = "wrong.py"
WRONG = """
from wizard.engine import Engine
from wizard.node import Background, NodeConfig, Outcome, Proceed, Visit
from wizard.sync import Door


class TrainNode(Background[NodeConfig]):
    async def execute(self, visit: Visit[NodeConfig]) -> Outcome:
        number: int = visit.services.share("railway", str)
        return Proceed({"number": number})


def calls(door: Door) -> None:
    door(Engine.next)
    door(Engine.start, 5)
    revision: str = door(Engine.start, "tax").revision
    print(revision)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has what this one has, and Wizard as an editable install leaves it."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=False)
    interpreter = folder / "venv" / "bin" / "python"
    asked = [str(interpreter), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    build = BUILD.format(folder=str(ROOT / "web"), to=str(folder))
    subprocess.run([sys.executable, "-c", build], cwd=ROOT, capture_output=True, timeout=SECONDS, check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    here = {sysconfig.get_path("purelib"), *(each for each in sys.path if each.endswith("site-packages"))}
    (packages / "libraries.pth").write_text("".join(f"{each}\n" for each in sorted(here)))
    return interpreter


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the hosts, each page's examples as a module, and a module of mistakes."""
    folder = tmp_path_factory.mktemp("project")
    (folder / MISTAKES).write_text(WRONG)
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict"}))
    for host in HOSTS.glob("*.py"):
        if UNTYPED not in host.read_text():
            (folder / host.name).write_text(host.read_text())
    for name in PAGES:
        blocks = "\n".join(block.text for block in Page(ROOT / name).of("python") if UNTYPED not in block.text)
        module = f"{AROUND_PAGE}{textwrap.indent(blocks, '    ')}"
        (folder / f"{Path(name).stem.replace('-', '_').lower()}_page.py").write_text(module)
    return folder


def said(command: list[str], folder: Path) -> list[str]:
    """What a checker complains of, line by line."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if "error" in line]
    return [line for line in complaints if not re.search(r"\d+ errors", line)] if done.returncode else []


def pyright(installed: Path, project: Path) -> list[str]:
    """What most editors show: a call of the README that is underlined in red is taken for a mistake."""
    return said([sys.executable, "-m", "pyright", "--pythonpath", str(installed)], project)


def mypy(installed: Path, project: Path) -> list[str]:
    """As a plug-in's own `mypy --strict` finds types in what is written here to be copied."""
    modules = sorted(path.name for path in project.glob("*.py"))
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(installed)]
    # What it knows of libraries stays for the next time.
    options = ["--config-file", os.devnull, "--cache-dir", str(ROOT / ".mypy_cache" / "examples")]
    return said([*command, *options, *modules], project)


@pytest.mark.parametrize("checker", [pyright, mypy], ids=lambda checker: checker.__name__)
def test_a_checker_takes_the_examples_and_finds_mistakes(
    checker: Callable[[Path, Path], list[str]], installed: Path, project: Path
) -> None:
    """Examples are there to be copied, and are checked by whoever copies them. What goes through the door keeps its
    types, and so does what is shared: a checker that finds nothing wrong with wrong code would say nothing about the
    right one."""
    complaints = checker(installed, project)
    assert [line for line in complaints if MISTAKES not in line] == []
    assert {line.partition(f"{MISTAKES}:")[2].partition(":")[0] for line in complaints} == {"9", "14", "15", "16"}
