"""An environment to install packages into, which sees what this one has: it lies in a test's folder, and goes with it.

Nothing comes from a registry there: packages are built from what lies on this machine.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from tests.forkserver import folder as folder_of

SECONDS = 600


class Environment:
    """`out` is all output of the last command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prefix = folder / "env"
        venv.create(self.prefix, symlinks=True)
        self.python = self.prefix / "bin" / "python"
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        self.packages = self.prefix / "lib" / version / "site-packages"
        here = sysconfig.get_path("purelib")
        self.packages.joinpath("here.pth").write_text(f"import site; site.addsitedir({here!r})\n")
        (self.prefix / "bin" / "wizard").symlink_to(folder_of(str(self.python)) / "wizard")
        self.out = ""
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("WIZARD_")} | {
            "PATH": f"{self.prefix / 'bin'}:{os.environ['PATH']}",
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # pip reads it the other way round: it doesn't isolate
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # a plug-in's author has one of them, and we a dozen
            "PYTEST_PLUGINS": "pytest_asyncio.plugin",
            "UV_OFFLINE": "1",
            "UV_NO_BUILD_ISOLATION": "1",
        }

    def has_uv_instead_of_pip(self) -> None:
        """As `uv venv` makes an environment, with Wizard installed by uv: which looks at no other folder than this."""
        self.packages.joinpath("no_pip.pth").write_text("import sys; sys.modules['pip'] = None\n")
        (self.prefix / "bin" / "uv").symlink_to(Path(sys.executable).with_name("uv"))
        here = distribution("wizard")
        metadata = self.packages / f"wizard-{here.version}.dist-info"
        metadata.mkdir()
        known = f"Metadata-Version: 2.1\nName: wizard\nVersion: {here.version}\n"
        for name, text in (
            ("METADATA", known),
            ("entry_points.txt", here.read_text("entry_points.txt")),
            ("RECORD", ""),
        ):
            metadata.joinpath(name).write_text(text or "")

    def types(self, command: str, *, within: str = ".", **variables: str) -> int:
        """The exit code of a command, typed in a folder below the test's."""
        done = subprocess.run(
            shlex.split(command),
            cwd=self.folder / within,
            env=self.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        self.out = done.stdout
        return done.returncode

    @property
    def json(self) -> Any:
        return json.loads(self.out)
