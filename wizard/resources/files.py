"""Resources out of a JSON file, as a container gets its secrets: by name, each with its `kind` and a `production` or a
`test` value, or both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wizard.errors import ResourceRefused, SettingsError
from wizard.resources.handing import Use, Values
from wizard.resources.keeping import checked, kind_of
from wizard.resources.naming import check_name

MAX_BYTES = 1_000_000


def in_file(path: Path) -> dict[str, Values]:
    """All that the file says. Raises SettingsError, in which no secret is quoted."""
    try:
        with path.open("rb") as file:
            written = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"WIZARD_RESOURCES: the file can't be read ({error.strerror}).") from None
    if len(written) > MAX_BYTES:
        raise SettingsError(f"WIZARD_RESOURCES: the file has more than {MAX_BYTES:,} bytes. Store some of it instead.")
    data = _data(written)
    if not isinstance(data, dict):
        raise SettingsError("WIZARD_RESOURCES: the file isn't a JSON object. Write resources by name.")
    return {name: _values(name, each) for name, each in data.items()}


def _data(written: bytes) -> Any:
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return None


def _values(name: str, said: Any) -> Values:
    try:
        check_name(name)
        if not isinstance(said, Mapping) or not said.keys() <= {"kind", "production", "test"} or len(said) < 2:
            raise ValueError("must have a `kind`, and `production` or `test`, or both")
        model = kind_of(str(said.get("kind")))
        values = {use: checked(model, said[use.value], use.value) for use in Use if use.value in said}
    except (ValueError, ResourceRefused) as error:
        raise SettingsError(f"WIZARD_RESOURCES: {name[:64]!r}: {error}") from None
    return Values(values.get(Use.PRODUCTION), values.get(Use.TEST))
