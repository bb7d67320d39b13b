"""From `wizard plugins new` to an installed wheel, in an environment of its own, as somebody types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.environments import Environment


@pytest.fixture
def place(tmp_path: Path) -> Environment:
    return Environment(tmp_path)


def test_from_a_template_to_an_installed_wheel_and_out_again(place: Environment) -> None:
    """Who writes a plug-in has all that is needed after one command, and who runs Wizard gets it in and out by one."""
    assert place.types("wizard plugins new railway-seats") == 0
    assert place.types("python -m pytest -q", within="railway-seats") == 0, place.out
    assert "2 passed" in place.out
    assert place.types("python -m pip wheel -q --no-deps -w dist .", within="railway-seats") == 0, place.out
    wheel = "railway-seats/dist/railway_seats-0.1.0-py3-none-any.whl"
    assert place.types(f"wizard plugins install {wheel} --yes") == 0, place.out
    assert "Installed railway-seats 0.1.0." in place.out
    assert place.types("wizard nodes show railway_seats --json") == 0
    assert place.json["example"] == {"text": "How many words are these?"}
    assert place.types("wizard plugins list --json") == 0
    (listed,) = place.json
    assert (listed["package"], listed["version"], listed["disabled"]) == ("railway-seats", "0.1.0", False)
    assert [(each["name"], each["unusable"]) for each in listed["gives"]] == [("railway_seats", None)]

    assert place.types("wizard plugins disable railway_seats") == 0
    assert place.types("wizard nodes show railway_seats") == 1
    assert "its package is disabled: `wizard plugins enable railway-seats`" in " ".join(place.out.split())
    assert place.types("wizard plugins enable railway-seats") == 0
    assert place.types("wizard nodes show railway_seats") == 0

    assert place.types("wizard plugins remove railway-seats --yes") == 0, place.out
    assert place.types("wizard plugins list") == 0
    assert place.out.startswith("No plug-in is installed.")
