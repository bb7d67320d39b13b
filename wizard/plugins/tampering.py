"""What a plug-in changes of the process that it is loaded into: everything else in it runs with that from then on.

Looked at are functions and classes of the modules that are there before it, the methods of Wizard's own classes, and
settings of the whole process. A value that a module keeps for itself may change: that is what it is for.
"""

from __future__ import annotations

import decimal
import locale
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

_CODE = (FunctionType, BuiltinFunctionType, type)
MOST = 5  # names that are told

Seen = Mapping[str, object]


def seen() -> Seen:
    """What is there, by name."""
    return {**dict(_code()), **dict(_settings())}


def changed(before: Seen) -> list[str]:
    """The names of what is another thing now, or gone, in order; MOST at most."""
    now = seen()
    return sorted(name for name, thing in before.items() if not _is_same(thing, now.get(name)))[:MOST]


def _is_same(thing: object, now: object) -> bool:
    return thing is now if isinstance(thing, _CODE) else bool(thing == now)


def _code() -> Iterator[tuple[str, object]]:
    for name, module in [*sys.modules.items()]:
        if type(module) is ModuleType and name != "__main__":
            yield from _of_module(name, module)


def _of_module(module_name: str, module: ModuleType) -> Iterator[tuple[str, object]]:
    for name, thing in [*vars(module).items()]:
        if not isinstance(thing, _CODE):
            continue
        yield f"{module_name}.{name}", thing
        if isinstance(thing, type) and thing.__module__ == module_name and module_name.startswith("wizard."):
            methods: Mapping[str, Any] = vars(thing)
            for key, each in methods.items():
                if isinstance(each, FunctionType):
                    yield f"{module_name}.{name}.{key}", each


def _settings() -> Iterator[tuple[str, object]]:
    root = logging.getLogger()
    umask = os.umask(0)
    os.umask(umask)
    yield "the environment", dict(os.environ)
    yield "the current folder", os.getcwd()
    yield "umask", umask
    yield "the language of the process (locale)", locale.setlocale(locale.LC_ALL)
    yield "the time that sockets wait (socket.setdefaulttimeout)", socket.getdefaulttimeout()
    yield "the limit of recursion", sys.getrecursionlimit()
    yield "the precision of decimals", decimal.getcontext().prec
    yield "the handlers of the root logger", [*root.handlers]
    yield "the level of the root logger", root.level
    yield "sys.excepthook", sys.excepthook
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            yield f"the handler of {name}", signal.getsignal(getattr(signal, name))
