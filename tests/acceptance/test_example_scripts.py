"""The scripts beside the examples, as they are shipped, over every channel."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.drawing import TORTURE
from wizard.app import load_catalog
from wizard.scripts.playing import play
from wizard.scripts.reading import read_files, script_files
from wizard.scripts.script import Script

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = read_files(script_files([EXAMPLES]))
CATALOG = load_catalog(EXAMPLES)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.title)
async def test_a_script_passes_on_every_channel(script: Script, fuzz_seed: int) -> None:
    """An author copies an example with its tests, and both are right, over each channel that they are for: two of them,
    that are drawn, and all where there is time."""
    drawn = random.Random(f"{fuzz_seed} {script.title}").sample(script.channels, k=min(2, len(script.channels)))
    for channel in script.channels if TORTURE else drawn:
        played = await play(script, CATALOG, channel)
        assert played.failure is None, (channel, played.failure)


def test_each_example_has_scripts() -> None:
    """One that has none isn't tested as authors test."""
    tested = {script.written.workflow for script in SCRIPTS}
    embedded = {"guardian", "member"}
    assert set(CATALOG.workflows) - embedded == tested
