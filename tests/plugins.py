"""A package with node types, installed and uninstalled in a folder of the test: what `pip` leaves of one, and no more.

    def test_it(plugin: PlugIn) -> None:  # it is installed
        plugin.install(HEAVIER, "2.0")
        ...
        plugin.uninstall()

Each call stands for what happens between two starts of a server: what was imported of it is forgotten.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from wizard.node import plugins

PARCELS = '''
from wizard.errors import NodeFailed
from wizard.model import Item, Proceed, Prompt, PromptField
from wizard.node import Background, Foreground, NodeConfig

SENT = []  # stands for the post office


class ParcelConfig(NodeConfig):
    weight: int = 1


class ParcelNode(Background[ParcelConfig]):
    """Sends a parcel."""

    type = "parcel"
    Config = ParcelConfig

    def outputs(self, config):
        return frozenset({"number"})

    async def execute(self, visit):
        SENT.append(visit.key)
        return Proceed({"number": f"P{visit.config.weight}"})

    async def remove(self, visit):
        SENT.remove(visit.key)


class ScaleNode(Foreground[NodeConfig]):
    """Asks for a weight, and for the code of the scale."""

    type = "scale"
    Config = NodeConfig

    def outputs(self, config):
        return frozenset({"grams", "code"})

    def secrets(self, config):
        return frozenset({"code"})

    def prompt(self, visit):
        fields = (PromptField("grams", "text", "Grams"), PromptField("code", "password", "Code"))
        return Prompt(visit.step, self.type, visit.title, fields=fields)

    async def submit(self, visit):
        return Proceed({"grams": visit.input["grams"], "code": visit.input.get("code", "")})

    def summary(self, visit):
        return (Item("Grams", visit.output["grams"], step=visit.step),)
'''

HEAVIER = PARCELS.replace("weight: int = 1", "weight: int = 1\n    insured_for: int")
"""A version that needs a key more."""

UNIMPORTABLE = "import a_library_that_nobody_has\n" + PARCELS

TYPES = {"parcel": "ParcelNode", "scale": "ScaleNode"}


class PlugIn:
    """A package that announces node types, with its one module. `folder` is put on the import path by who tests."""

    def __init__(self, folder: Path, name: str = "wizard-parcels") -> None:
        self.folder = folder
        self.name = name
        self.module = name.replace("-", "_")

    def install(
        self,
        code: str,
        version: str = "1.0",
        types: Mapping[str, str] = MappingProxyType(TYPES),
        fields: Mapping[str, str] = MappingProxyType({}),
        channels: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`types` are the classes, `fields` the field types and `channels` what makes a channel, by the names that they
        are announced by; each is in the one module, or in that which it names (`module:name`)."""
        self.uninstall()
        self.folder.joinpath(f"{self.module}.py").write_text(code)
        metadata = self.folder / f"{self.module}-{version}.dist-info"
        metadata.mkdir()
        metadata.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {version}\n")
        lines: list[str] = []
        for group, names in (("wizard.nodes", types), ("wizard.fields", fields), ("wizard.channels", channels)):
            lines += [f"[{group}]", *(f"{name} = {self._value(thing)}" for name, thing in names.items())]
        metadata.joinpath("entry_points.txt").write_text("\n".join([*lines, ""]))
        self._forget()

    def uninstall(self) -> None:
        for each in self.folder.glob(f"{self.module}-*.dist-info"):
            shutil.rmtree(each)
        self.folder.joinpath(f"{self.module}.py").unlink(missing_ok=True)
        shutil.rmtree(self.folder / "__pycache__", ignore_errors=True)
        self._forget()

    @property
    def sent(self) -> list[str]:
        """The keys of the parcels that are under way, since the last start."""
        found: list[str] = importlib.import_module(self.module).SENT
        return found

    def _value(self, thing: str) -> str:
        return thing if ":" in thing else f"{self.module}:{thing}"

    def _forget(self) -> None:
        sys.modules.pop(self.module, None)
        importlib.invalidate_caches()
        plugins._read.cache_clear()
