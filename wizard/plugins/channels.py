"""The channels that installed packages bring (entry points `wizard.channels`), mounted where a server starts: what one
of them does wrong is told, and takes nothing from the others.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from wizard.errors import NodeContractError
from wizard.node.disabled import disabled
from wizard.node.plugins import Announced, announced, reason_of
from wizard.node.registry import Announcements
from wizard.telemetry.logs import show_origin

if TYPE_CHECKING:
    from aiohttp import web

    from wizard.channels.http.plugged import ChannelHost, MakeChannel
    from wizard.engine import Engine

CHANNEL_ENTRY_POINTS = "wizard.channels"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")  # it stands in an address

log = logging.getLogger("wizard.plugins")


def mount_channels(app: web.Application, host: ChannelHost) -> list[str]:
    """Mounts all that can be used in an application that hasn't started, and gives their names. What can't is warned of
    in the log; nothing is raised for it. Raises SettingsError where the list of those that are disabled can't be
    read."""
    entries = announced(CHANNEL_ENTRY_POINTS)
    if not entries:
        return []
    from wizard.channels.http.plugged import PLACE, channel_app

    known = Announcements["MakeChannel"]("channel")
    without = disabled()
    for entry in entries:
        known.load([entry], lambda thing, entry=entry: checked(entry, thing), without=without)  # type: ignore[misc]
    mounted: list[str] = []
    for name, make in sorted(known.known.items()):
        package = known.package(name)
        try:
            app.add_subapp(f"{PLACE}{name}/", channel_app(make, host, f"channel {name} of the package {package}"))
        except Exception as error:
            log.warning("the channel %s of the package %s can't be used: %s", name, package, reason_of(error))
            show_origin(log, error)
        else:
            mounted.append(name)
    return mounted


def ready_to_deliver(engine: Engine) -> list[str]:
    """Makes the channels in a process that serves nothing, and only delivers what is said in them; gives their names.
    Raises SettingsError as mount_channels does."""
    if not announced(CHANNEL_ENTRY_POINTS):
        return []
    from aiohttp import web

    from wizard.channels.http.plugged import ChannelHost

    return mount_channels(web.Application(), ChannelHost(engine, engine.settings))


def checked(entry: Announced, make: object) -> tuple[str, MakeChannel]:
    """A channel's name and what makes it. Raises NodeContractError where it is none."""
    if not _NAME.fullmatch(entry.name):
        raise NodeContractError(f"{entry.name!r} isn't a name for a channel: use small letters, digits, - and _")
    if not callable(make):
        raise NodeContractError(f"a channel is a function that makes one, and this is {type(make).__name__}")
    return entry.name, make
