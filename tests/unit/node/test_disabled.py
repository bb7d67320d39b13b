"""Packages that are disabled: left out, said so, and never imported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.plugins import PARCELS, PlugIn
from wizard.errors import SettingsError
from wizard.node import Registry, registry
from wizard.node.disabled import disable, disabled, enable, list_file


@pytest.fixture(autouse=True)
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "env"))
    return tmp_path / "env"


def test_one_that_hangs_where_it_is_imported_is_left_out_unseen(plugin: PlugIn) -> None:
    """It is what an operator does so that a server starts again."""
    plugin.install("raise SystemExit('this was imported')\n" + PARCELS)
    assert disable("Wizard_Parcels")
    known = Registry.installed()
    assert known.get("parcel") is None
    assert "its package is disabled: `wizard plugins enable wizard-parcels`" in str(known.why_unusable("parcel"))
    assert not disable("wizard-parcels")
    assert enable("wizard.parcels")
    assert not enable("wizard-parcels")
    assert "this was imported" in str(Registry.installed().why_unusable("parcel"))


def test_of_two_with_one_name_the_other_is_used(plugin: PlugIn) -> None:
    """Neither is, as long as both are there."""
    other = PlugIn(plugin.folder, "other-parcels")
    other.install(PARCELS, "3.0", {"parcel": "ParcelNode"})
    assert Registry.installed().get("parcel") is None
    disable("other-parcels")
    assert Registry.installed().package("parcel") == "wizard-parcels 1.0"
    other.uninstall()


def test_a_list_by_hand_has_comments_and_any_spelling() -> None:
    """Images write it without a command."""
    list_file().parent.mkdir(parents=True)
    list_file().write_text("# it hangs\nWizard_Parcels  # since Monday\n\n")
    assert disabled() == {"wizard-parcels"}


def test_a_list_that_cant_be_read_stops_everything() -> None:
    """To load what somebody disabled would be the worse of the two."""
    list_file().mkdir(parents=True)
    with pytest.raises(SettingsError, match="can't be read"):
        Registry.installed()
    list_file().rmdir()
    list_file().write_text("x" * 100_001)
    with pytest.raises(SettingsError, match="larger than"):
        disabled()


UNTIL_IT_IS_TOLD = """
import threading, time
end = time.monotonic() + 120
while any(isinstance(each, threading.Timer) for each in threading.enumerate()) and time.monotonic() < end:
    time.sleep(0.001)
"""


def test_one_whose_import_takes_long_is_named(
    plugin: PlugIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that never starts, and doesn't say for whom it waits, can only be guessed at."""
    monkeypatch.setattr(registry, "LONG", 0.001)
    plugin.install(UNTIL_IT_IS_TOLD + PARCELS)
    Registry.installed().get("parcel")
    assert "of the package wizard-parcels 1.0 takes long. `wizard plugins disable wizard-parcels`" in caplog.text
