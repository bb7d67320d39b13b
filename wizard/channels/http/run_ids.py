"""A run's id in an address: what can't be one names no run, and isn't looked for."""

from __future__ import annotations

import re

from aiohttp import web

from wizard.errors import RunNotFound

_ID = re.compile(r"[\x21-\x7e]{1,200}")


def is_id(text: str) -> bool:
    """Whether it can be the id of a run or file at all."""
    return _ID.fullmatch(text) is not None


def run_id_of(request: web.Request, name: str = "id") -> str:
    """The run's id in the address, where it is called so. Raises RunNotFound where it can't be one."""
    run_id = request.match_info.get(name, "")
    if not is_id(run_id):
        raise RunNotFound
    return run_id
