"""Puts a package into the environment of this interpreter and takes it out of it, by pip or uv.

What is installed already stays as it is: each of it is a constraint of the tool. So whatever is new afterwards came
with the package, and can be taken out with it. Where packages come from is the tool's own settings' to say (pip.conf,
UV_INDEX_URL …); nothing but the name is handed to it.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from configparser import ConfigParser
from configparser import Error as NotReadable
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import PlugInRefused
from wizard.node.disabled import normal
from wizard.node.plugins import OWN
from wizard.plugins.packages import PlugIn, plugins, versions

SECONDS = 600
MOST_LINES = 20  # of what a tool says
# What is installed stays as it is, so there are no new conflicts: to look for old ones takes pip a second of each
# install, and nobody would see what it says of them.
OF_PIP = {"install": ["--no-warn-conflicts"], "uninstall": ["--yes"]}
_VERSION = r"\s*(===?|~=|!=|<=?|>=?)\s*[A-Za-z0-9.*+!_-]+"
_WANTED = re.compile(
    rf"(?P<name>[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)(\[[A-Za-z0-9._,\s-]+\])?({_VERSION}(\s*,{_VERSION})*)?"
)
_WHEEL = re.compile(r"(?P<name>[A-Za-z0-9_.]+)-[^-]+(-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be installed: how the tool is told, and the distribution's name, "" where that shows only then."""

    argument: str
    name: str


@dataclass(frozen=True, slots=True)
class Installed:
    """What came of it: the packages that are new, by normalized name with their versions, and those of them that
    announce something."""

    new: dict[str, str]
    plugins: tuple[PlugIn, ...]


def wanted(written: str) -> Wanted:
    """What somebody wants: a distribution's name, with a version or extras or not, or the path of a wheel or of a
    package's folder. Raises PlugInRefused."""
    if written.startswith("-"):
        raise PlugInRefused(
            f"{written[:80]!r} is an option, and no name. Set options of pip and uv in their own settings."
        )
    path = Path(written)
    if path.suffix == ".whl" and os.path.isfile(written):
        wheel = _WHEEL.fullmatch(path.name)
        if wheel is None:
            raise PlugInRefused(f"{path.name} isn't called like a wheel: NAME-VERSION-py3-none-any.whl.")
        return Wanted(str(path.resolve()), wheel["name"])
    if os.path.isdir(written) and (os.sep in written or written in (".", "..")):
        if not any((path / file).is_file() for file in ("pyproject.toml", "setup.py", "setup.cfg")):
            raise PlugInRefused(f"{written} has no pyproject.toml: it isn't the folder of a package.")
        return Wanted(str(path.resolve()), _name_of(path))
    if len(written) <= 200 and (found := _WANTED.fullmatch(written)) is not None and path.suffix != ".whl":
        return Wanted(written, found["name"])
    raise PlugInRefused(
        f"{written[:80]!r} is neither the name of a package nor the path of a wheel or a folder that is there. Write a "
        "folder with a slash, as ./railway is."
    )


def _name_of(folder: Path) -> str:
    """What a folder's package is called, "" where only its build tells."""
    try:
        with (folder / "pyproject.toml").open("rb") as file:
            name = tomllib.load(file).get("project", {}).get("name")
        if isinstance(name, str):
            return name
    except (OSError, ValueError, AttributeError):
        pass
    config = ConfigParser(interpolation=None)
    try:
        config.read(folder / "setup.cfg")
        return config.get("metadata", "name", fallback="")
    except (NotReadable, UnicodeDecodeError):
        return ""


def install(what: Wanted) -> Installed:
    """Installs it. Raises PlugInRefused where it is there already, can't be installed, or no tool is there; then
    nothing is left of it."""
    before = versions()
    if normal(what.name) == OWN:
        raise PlugInRefused("This is Wizard itself. Install it as you did before.")
    if what.name and (known := before.get(normal(what.name))) is not None:
        raise PlugInRefused(
            f"{what.name} {known} is installed already. Check it with `wizard plugins check {what.name}`; for another "
            f"version remove it first: `wizard plugins remove {what.name}`."
        )
    with tempfile.TemporaryDirectory(prefix="wizard-plugins-") as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text("".join(f"{name}=={version}\n" for name, version in sorted(before.items())))
        _call("install", ["--constraint", str(constraints), "--", what.argument], what.argument)
    importlib.invalidate_caches()
    new = {name: version for name, version in versions().items() if name not in before}
    return Installed(new, tuple(plugin for plugin in plugins() if normal(plugin.name) in new))


def uninstall(names: list[str]) -> None:
    """Takes packages out. Raises PlugInRefused where that can't be done, and for Wizard itself."""
    if OWN in map(normal, names):
        raise PlugInRefused("This is Wizard itself, and no plug-in.")
    _call("uninstall", ["--", *names], ", ".join(names))
    importlib.invalidate_caches()
    if left := sorted(set(map(normal, names)) & versions().keys()):
        raise PlugInRefused(f"{', '.join(left)} is still there: it is installed outside of {sys.prefix}.")


def tool() -> list[str]:
    """How pip is called, or uv where this environment has no pip. Raises PlugInRefused where neither is there."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.is_file() else shutil.which("uv")
    if uv is None:
        raise PlugInRefused(f"Neither pip nor uv is there for {sys.executable}. `python -m ensurepip` installs pip.")
    return [uv, "pip"]


def _call(command: str, arguments: list[str], what: str) -> None:
    """Raises PlugInRefused with the last of what the tool says, where it fails."""
    program = tool()
    by_pip = program[0] == sys.executable
    options = OF_PIP[command] if by_pip else ["--python", sys.executable]
    try:
        done = subprocess.run(  # noqa: S603 - pip or uv, and a name that is no option
            [*program, command, *options, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PlugInRefused(f"To {command} {what} took longer than {SECONDS} seconds, and was stopped.") from None
    if done.returncode:
        lines = [line for line in done.stdout.decode(errors="replace").splitlines() if line.strip()]
        said = "\n".join(f"  {line[:300]}" for line in lines[-MOST_LINES:])
        raise PlugInRefused(f"{what} can't be {command}ed. This is what {'pip' if by_pip else 'uv'} says:\n{said}")
