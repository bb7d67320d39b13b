"""From `wizard plugins new` to an installed wheel, in an environment of its own, as somebody types it."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.drawing import TORTURE
from tests.environments import Environment
from tests.pages import ROOT, page
from wizard.plugins.template import written


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Its first command takes three seconds, as all that commands need is imported for it."""
    return Environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture
def place(environment: Environment, tmp_path: Path) -> Iterator[Environment]:
    """The environment, in an empty folder. What is installed into it is taken out again at the end."""
    environment.folder = tmp_path
    before = set(environment.packages.iterdir())
    yield environment
    for new in set(environment.packages.iterdir()) - before:
        shutil.rmtree(new) if new.is_dir() else new.unlink()


@pytest.mark.skipif(not TORTURE, reason="the tutorial's commands are much the same: see `make torture`")
def test_from_a_template_to_an_installed_wheel_and_out_again(place: Environment) -> None:
    """Who writes a plug-in has all that is needed after one command, and who runs Wizard gets it in and out by one."""
    assert place.types("wizard plugins new railway-seats") == 0
    assert place.types("python -m pytest -q", within="railway-seats") == 0, place.out
    assert "2 passed" in place.out
    assert place.types("python -m pip wheel -q --no-deps -w dist .", within="railway-seats") == 0, place.out
    wheel = "railway-seats/dist/railway_seats-0.1.0-py3-none-any.whl"
    assert place.types(f"wizard plugins install {wheel} --yes") == 0, place.out
    assert "Installed railway-seats 0.1.0." in place.out
    assert place.types("wizard nodes show railway_seats --json") == 0
    assert place.json["example"] == {"text": "How many words are these?"}
    assert place.types("wizard plugins list --json") == 0
    (listed,) = place.json
    assert (listed["package"], listed["version"], listed["disabled"]) == ("railway-seats", "0.1.0", False)
    assert [(each["name"], each["unusable"]) for each in listed["gives"]] == [("railway_seats", None)]

    assert place.types("wizard plugins disable railway_seats") == 0
    assert place.types("wizard nodes show railway_seats") == 1
    assert "its package is disabled: `wizard plugins enable railway-seats`" in " ".join(place.out.split())
    assert place.types("wizard plugins enable railway-seats") == 0
    assert place.types("wizard nodes show railway_seats") == 0

    assert place.types("wizard plugins remove railway-seats --yes") == 0, place.out
    assert place.types("wizard plugins list") == 0
    assert place.out.startswith("No plug-in is installed.")


def test_the_tutorial_does_what_it_shows(place: Environment) -> None:
    """Whoever types docs/plugins.md from its first command to its last sees what it shows."""
    for block in page("plugins.md").of("console"):
        for command, shown in shown_in(block.text):
            ended = place.types(f"bash -c {shlex.quote(command)}")
            assert ended == (1 if "exit code 1" in command else 0), place.out
            assert [line for line in shown if "…" not in line and line not in place.out] == [], place.out


def shown_in(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command, with the lines below it."""
    for part in text.removeprefix("$ ").split("\n$ "):
        command, *lines = part.strip().splitlines()
        yield command, lines


def test_the_example_is_installed_and_used(place: Environment) -> None:
    """examples/plugin is what people copy: it is installed from its folder, and a definition uses its type."""
    shutil.copytree(ROOT / "examples" / "plugin", place.folder / "plugin")
    assert place.types("wizard plugins install ./plugin --yes") == 0, place.out
    place.folder.joinpath("way.yaml").write_text(WAY)
    assert place.types("wizard run way.yaml --store memory:") == 0, place.out
    assert "It is far." in place.out
    assert place.types("wizard plugins install ./plugin --yes") == 1
    assert "wizard-distance 0.1.0 is installed already" in place.out


def test_uv_does_it_where_there_is_no_pip(tmp_path: Path) -> None:
    """`uv venv` makes environments without pip: what is typed there is the same, and so is what is said."""
    place = Environment(tmp_path)
    place.has_uv_instead_of_pip()
    wheel(place.folder, "railway")
    assert place.types("wizard plugins install railway-0.1.0-py3-none-any.whl --yes") == 0, place.out
    assert place.out.startswith("Installed railway 0.1.0.\nrailway 0.1.0 (node type railway): nothing is wrong.\n")
    assert place.packages.joinpath("railway-0.1.0.dist-info", "INSTALLER").read_text() == "uv"
    assert place.types("wizard plugins install no-such-package-anywhere --yes") == 1
    assert "no-such-package-anywhere can't be installed. This is what uv says:" in place.out
    assert place.types("wizard plugins remove railway --yes") == 0, place.out
    assert not place.packages.joinpath("railway.py").exists()


def wheel(folder: Path, name: str) -> None:
    """What a build makes of the package that a plug-in begins as."""
    metadata = f"{name}-0.1.0.dist-info"
    files = {
        f"{name}.py": written(name)[f"{name}.py"],
        f"{metadata}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\nRequires-Dist: wizard\n",
        f"{metadata}/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{metadata}/entry_points.txt": f"[wizard.nodes]\n{name} = {name}:{name.capitalize()}Node\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{metadata}/RECORD"))
    with ZipFile(folder / f"{name}-0.1.0-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{metadata}/RECORD": record}.items():
            archive.writestr(path, text)


@pytest.mark.skipif(not TORTURE, reason="the tutorial's commands are much the same: see `make torture`")
def test_one_that_fails_its_check_is_taken_out_again(place: Environment) -> None:
    """It would be found by a server, in somebody's run."""
    assert place.types("wizard plugins new railway") == 0
    module = place.folder / "railway" / "railway.py"
    module.write_text(module.read_text() + "\nimport a_library_that_nobody_has\n")
    assert place.types("wizard plugins install ./railway --yes") == 1
    assert "node type railway: it can't be imported: ModuleNotFoundError" in place.out
    assert "It was taken out again: railway." in place.out
    assert place.types("wizard plugins list") == 0
    assert place.out.startswith("No plug-in is installed.")
    assert place.types("wizard plugins install ./railway --yes --keep") == 1
    assert place.types("wizard plugins remove railway --yes") == 0


WAY = """
id: way
nodes:
  - id: far
    type: wizard_distance
    from_latitude: 46.948
    from_longitude: 7.4474
    to_latitude: 47.3769
    to_longitude: 8.5417
    next: {near: near, far: away}
  - {id: near, type: end, title: It is near.}
  - {id: away, type: end, title: It is far.}
"""
