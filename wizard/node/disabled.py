"""Which packages are disabled: a list in the environment that they are installed in, a name a line, so that it counts
for every process of that environment and for no other.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from wizard.errors import SettingsError

MOST_BYTES = 100_000


def list_file() -> Path:
    """Where the list is kept."""
    return Path(sys.prefix) / "etc" / "wizard" / "disabled-plugins"


def normal(name: str) -> str:
    """A distribution's name as all its spellings are compared (PyPA, name normalization)."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def disabled() -> frozenset[str]:
    """The names, normalized. Raises SettingsError for a list that can't be read: to load what somebody disabled would
    be the worse of the two."""
    file = list_file()
    try:
        with file.open("rb") as opened:
            body = opened.read(MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    except OSError as error:
        raise SettingsError(
            f"{file} can't be read ({error.strerror}): it lists the plug-ins that are disabled."
        ) from None
    if len(body) > MOST_BYTES:
        raise SettingsError(f"{file} is larger than {MOST_BYTES:,} bytes. It lists a plug-in a line.")
    lines = (line.partition("#")[0].strip() for line in body.decode(errors="replace").splitlines())
    return frozenset(normal(line) for line in lines if line)


def disable(name: str) -> bool:
    """Puts a package on the list. Says whether it wasn't there; raises OSError where the list can't be written."""
    known = disabled()
    _write(known | {normal(name)})
    return normal(name) not in known


def enable(name: str) -> bool:
    """Takes a package off the list. Says whether it was there; raises OSError where the list can't be written."""
    known = disabled()
    if normal(name) not in known:
        return False
    _write(known - {normal(name)})
    return True


def _write(names: frozenset[str]) -> None:
    """At once: who reads meanwhile sees the old list or the new one."""
    file = list_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{os.getpid()}")
    new.write_text("".join(f"{name}\n" for name in sorted(names)))
    new.replace(file)
