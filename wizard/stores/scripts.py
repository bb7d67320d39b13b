"""Numbered SQL scripts that make the tables of a database: `0001.sql`, `0002.sql` … lie beside its store. A script that
was released is never edited.
"""

from __future__ import annotations

import re
from importlib.resources import files

_NUMBERED = re.compile(r"([0-9]{4})\.sql")


def scripts(database: str) -> list[str]:
    """The texts of a database's scripts, each in the place of its number; a number that is missing has an empty one.

    SQLite's numbers 3 to 6 are missing for good: modules beside the scripts were once counted as such, so that a
    database that had been through two scripts has the number 6.
    """
    there = files(f"wizard.stores.{database}").iterdir()
    numbered = {int(name[1]): script for script in there if (name := _NUMBERED.fullmatch(script.name))}
    last = max(numbered, default=0)
    return [numbered[number].read_text("utf-8") if number in numbered else "" for number in range(1, last + 1)]
