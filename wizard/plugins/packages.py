"""Which packages announce something for Wizard, as their metadata tell: nothing of them is imported."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions

from wizard.errors import PlugInRefused
from wizard.node.disabled import disabled, normal
from wizard.node.plugins import OWN, announced
from wizard.node.registry import ENTRY_POINTS, FIELD_ENTRY_POINTS
from wizard.plugins.channels import CHANNEL_ENTRY_POINTS

KINDS: Mapping[str, str] = {
    ENTRY_POINTS: "node type",
    FIELD_ENTRY_POINTS: "field type",
    CHANNEL_ENTRY_POINTS: "channel",
}
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
MOST_NAME = 200


@dataclass(frozen=True, slots=True)
class Gives:
    """An entry point: its group, its name, and where the thing is (`module:name`)."""

    group: str
    name: str
    value: str

    @property
    def kind(self) -> str:
        return KINDS[self.group]

    @property
    def module(self) -> str:
        return self.value.partition(":")[0].strip()

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class PlugIn:
    """An installed package that announces something."""

    name: str
    version: str
    gives: tuple[Gives, ...]
    disabled: bool = False

    def __str__(self) -> str:
        return " ".join(filter(None, (self.name, self.version)))


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be checked: all or a part (`only`) of what a package gives, or a module that nothing announces."""

    package: PlugIn | None
    only: tuple[Gives, ...] = ()
    module: str = ""

    def __str__(self) -> str:
        return str(self.package) if self.package is not None else f"the module {self.module}"


def plugins() -> list[PlugIn]:
    """All of them by name, Wizard itself left out. Raises SettingsError where the list of those that are disabled can't
    be read."""
    off = disabled()
    found: dict[str, PlugIn] = {}
    for package in distributions():
        plugin = _plugin(package, off) if _announces(package) else None
        if plugin is not None and plugin.gives and normal(plugin.name) != OWN:
            found.setdefault(normal(plugin.name), plugin)  # the first on the import path is the one that is imported
    return [found[name] for name in sorted(found)]


def _announces(package: Distribution) -> bool:
    """Whether it announces anything. Most don't, and to read who they are takes much longer than to read this."""
    with suppress(Exception):  # a list that can't be read announces nothing
        return any(each.group in KINDS for each in package.entry_points)
    return False


def _plugin(package: Distribution, off: frozenset[str]) -> PlugIn | None:
    """None for what has no metadata that can be read."""
    try:
        name, version = package.metadata["Name"], package.metadata["Version"]
        entries = [Gives(each.group, each.name, each.value) for each in package.entry_points if each.group in KINDS]
    except Exception:  # somebody else's metadata: whoever looks for it by name is told that it isn't there
        return None
    if not isinstance(name, str) or not name:
        return None
    entries.sort(key=lambda each: (list(KINDS).index(each.group), each.name))
    return PlugIn(name, str(version or ""), tuple(entries), normal(name) in off)


def versions() -> dict[str, str]:
    """The version of every installed distribution, by its normalized name."""
    found: dict[str, str] = {}
    for package in distributions():
        with suppress(Exception):  # no metadata that can be read: then no tool knows it either
            found.setdefault(normal(package.metadata["Name"]), str(package.metadata["Version"]))
    return found


def installed(name: str) -> PlugIn:
    """The package called so, or of which a module is called so. Raises PlugInRefused where there is none."""
    every = plugins()
    for plugin in every:
        if normal(plugin.name) == normal(name):
            return plugin
    for plugin in every:
        if any(name in (gives.module, gives.module.partition(".")[0]) for gives in plugin.gives):
            return plugin
    raise PlugInRefused(
        f"No package {name[:MOST_NAME]!r} is installed here that announces anything for Wizard. `wizard plugins list` "
        "lists those that are."
    )


def target(name: str) -> Target:
    """What somebody means: a distribution, a type or channel, or a module. Raises PlugInRefused for what is none."""
    try:
        return everything_of(installed(name))
    except PlugInRefused as refused:
        for plugin in plugins():
            if part := tuple(gives for gives in plugin.gives if gives.name == name):
                return Target(plugin, part)
        if any(entry.built_in and entry.name == name for entry in announced(ENTRY_POINTS)):
            return _of_wizard(name)
        if len(name) > MOST_NAME or not _MODULE.fullmatch(name) or name.partition(".")[0] == OWN:
            raise refused
        return Target(None, module=name)


def everything_of(plugin: PlugIn) -> Target:
    """All that a package gives."""
    return Target(plugin, plugin.gives)


def _of_wizard(name: str) -> Target:
    for package in distributions(name=OWN):
        plugin = _plugin(package, frozenset())
        if plugin is not None:
            return Target(plugin, tuple(each for each in plugin.gives if each.name == name))
    raise PlugInRefused("Wizard isn't installed as a package here.")


def others(name: str) -> Mapping[tuple[str, str], str]:
    """Who else announces something, by group and name. What is disabled doesn't count."""
    every = (plugin for plugin in plugins() if not plugin.disabled and normal(plugin.name) != normal(name))
    return {(gives.group, gives.name): str(plugin) for plugin in every for gives in plugin.gives}
