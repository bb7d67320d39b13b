"""Resources out of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wizard.errors import SettingsError
from wizard.resources.files import MAX_BYTES, in_file
from wizard.resources.handing import Values
from wizard.resources.kinds import TokenResource


def test_a_container_gets_its_resources_from_a_file(tmp_path: Path) -> None:
    """There is no terminal where it starts, and its secrets are files."""
    path = tmp_path / "resources.json"
    path.write_text(json.dumps({"bot": {"kind": "token", "production": {"token": "s"}, "test": {"token": "t"}}}))
    real, tried = (TokenResource.model_validate({"token": token}) for token in "st")
    assert in_file(path) == {"bot": Values(real, tried)}


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("{", "isn't a JSON object"),
        ("[]", "isn't a JSON object"),
        ({"b ot": {"kind": "token", "test": {"token": "s3cr3t"}}}, "must be a name"),
        ({"bot": {"kind": "token"}}, "`production` or `test`"),
        ({"bot": {"kind": "ftp", "test": {"token": "s3cr3t"}}}, "kind: must be one of"),
        ({"bot": {"kind": "token", "test": {"tokn": "s3cr3t"}}}, "test.token: is missing"),
        ({"bot": {"kind": "token", "test": "s3cr3t"}}, "test: must be a mapping"),
        ("x" * (MAX_BYTES + 1), "more than"),
    ],
)
def test_what_is_wrong_with_it_is_said_at_the_start(written: Any, why: str, tmp_path: Path) -> None:
    """Otherwise the first person whose mail can't be sent finds out; and the log of a start is read by many."""
    path = tmp_path / "resources.json"
    path.write_text(written if isinstance(written, str) else json.dumps(written))
    with pytest.raises(SettingsError, match=why) as refused:
        in_file(path)
    assert "s3cr3t" not in str(refused.value)
    with pytest.raises(SettingsError, match="can't be read"):
        in_file(tmp_path)
