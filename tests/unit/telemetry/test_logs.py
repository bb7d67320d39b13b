"""Lines of the log: which run they are about, and what never stands in them."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from wizard.errors import NodeFailed, SettingsError, StoreError
from wizard.telemetry.logs import LogContext, broke, current, kind_and_place, loop_failed, set_up

log = logging.getLogger("wizard.nodes")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Other tests find logging as it was."""
    root, ours = logging.getLogger(), logging.getLogger("wizard")
    before = (root.handlers[:], root.level, ours.level)
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


def logging_to(level: str = "info", written: str = "text") -> io.StringIO:
    stream = io.StringIO()
    set_up(level, written, stream)
    return stream


def objects(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def failure(error: Exception) -> Exception:
    """The error, raised."""
    try:
        raise error
    except Exception as raised:
        return raised


def test_a_line_names_the_run_and_the_turn_that_it_is_about() -> None:
    """Whoever looks into a complaint looks for the run's id."""
    stream = logging_to()
    with LogContext().turn("next", "run-1"):
        log.info("in it")
        turn = current().turn
        log.info("again")
    log.info("outside")
    assert re.fullmatch("[0-9a-f]{8}", turn)
    assert stream.getvalue().splitlines() == [
        f"INFO wizard.nodes: in it (run run-1, turn {turn})",
        f"INFO wizard.nodes: again (run run-1, turn {turn})",
        "INFO wizard.nodes: outside",
    ]


async def test_turns_at_the_same_time_keep_apart() -> None:
    """One process serves many people at once."""
    stream = logging_to(written="json")

    async def turn(run: str) -> None:
        with LogContext().turn("next", run):
            await asyncio.sleep(0)
            log.info("%s", run)

    await asyncio.gather(*(turn(f"run-{number}") for number in range(5)))
    assert all(line["run"] == line["message"] for line in objects(stream))
    assert len({line["turn"] for line in objects(stream)}) == 5


def test_json_has_an_object_a_line() -> None:
    """Collectors of logs take fields, and need the time."""
    stream = logging_to(written="json")
    log.warning("two\nlines, %s", "ä")
    broke(log, failure(ValueError("canary")), "node %s failed", "fee", run="run-7")
    first, second = objects(stream)
    assert first.pop("time").endswith("+00:00")
    assert first == {"level": "warning", "logger": "wizard.nodes", "message": "two\nlines, ä"}
    assert (second["run"], second["level"]) == ("run-7", "error")
    assert second["error"].startswith("ValueError at ")
    assert second["message"] == f"node fee failed: {second['error']}"


def test_nobody_forges_a_line() -> None:
    """Addresses come from outside; one with a line break in it must not look like an entry of its own."""
    stream = logging_to()
    log.warning("%s failed", "/r/x\nERROR wizard: the key is\r\x1b[31m 1\u2028")
    assert len(stream.getvalue().splitlines()) == 1
    assert "\\nERROR" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_an_error_is_told_by_kind_and_place_only() -> None:
    """Its message may quote an answer; where it came from is what helps."""
    try:
        try:
            raise ValueError("canary")
        except ValueError as error:
            raise NodeFailed("canary again") from error
    except NodeFailed as error:
        told = kind_and_place(error)
    assert re.fullmatch(
        r"NodeFailed at telemetry/test_logs.py:\d+ in test_\w+, "
        r"because of ValueError at telemetry/test_logs.py:\d+ in test_\w+",
        told,
    )
    assert kind_and_place(ValueError("canary")) == "ValueError"
    assert "disk is full" in kind_and_place(StoreError("The disk is full."))


def test_the_places_are_in_our_own_code() -> None:
    """Where a library fails, the line that called it says more than the library's own ten."""
    with pytest.raises(ValueError, match="Expecting") as raised:
        json.loads("canary")
    told = kind_and_place(raised.value)
    here = r"telemetry/test_logs.py:\d+ in test_the_places_are_in_our_own_code"
    assert re.fullmatch(rf"JSONDecodeError at json/decoder.py:\d+ in \w+ < {here}", told)


def test_what_is_hidden_from_people_stays_out_too() -> None:
    """`raise … from None` says that the first error doesn't matter."""

    def hides() -> None:
        try:
            raise KeyError("canary")
        except KeyError:
            raise ValueError("hidden") from None

    with pytest.raises(ValueError, match="hidden") as raised:
        hides()
    assert "KeyError" not in kind_and_place(raised.value)


@pytest.mark.parametrize("written", ["text", "json"])
def test_other_libraries_do_not_tell_either(written: str) -> None:
    """Their lines hold exceptions, as arguments or with a traceback; ours are not the only code in the process."""
    stream = logging_to(written=written)
    other, error = logging.getLogger("library"), failure(ValueError("canary"))
    other.error("it failed", exc_info=error)
    other.error("it failed: %s, %r", error, error)
    other.error(error)
    other.error("plain %s", "words")
    other.info("unheard")
    said = stream.getvalue()
    assert "canary" not in said
    assert said.count("ValueError") >= 4
    assert "plain words" in said
    assert len(said.splitlines()) == 4


@pytest.mark.parametrize("written", ["text", "json"])
def test_for_development_all_is_told(written: str) -> None:
    """Whoever writes a node needs to read what it raised."""
    stream = logging_to("debug", written)
    broke(log, failure(ValueError("the reason")), "node failed")
    assert "Traceback" in stream.getvalue()
    assert "the reason" in stream.getvalue()
    logging.getLogger("library").debug("and theirs")
    assert "and theirs" in stream.getvalue()


def test_what_is_never_told_is_not_told_for_development() -> None:
    """Requests of real people reach a server that is being looked into."""
    stream = logging_to("debug")
    broke(log, failure(ValueError("canary")), "GET failed", outspoken=False)
    assert "in failure" in stream.getvalue()
    assert "canary" not in stream.getvalue()


def test_levels(capsys: pytest.CaptureFixture[str]) -> None:
    """An operator who wants quiet gets it, and setting up anew doesn't write each line twice."""
    set_up("info")
    set_up("error")
    log.warning("no")
    log.error("yes")
    set_up("warning")
    log.info("no")
    log.warning("well")
    assert capsys.readouterr().err == "ERROR wizard.nodes: yes\nWARNING wizard.nodes: well\n"


@pytest.mark.parametrize(("level", "written"), [("loud", "text"), ("info", "xml")])
def test_what_there_is_not_is_refused(level: str, written: str) -> None:
    """A misspelt level must not mean silence."""
    with pytest.raises(SettingsError, match="debug"):
        set_up(level, written)


async def test_a_task_that_fails_unheard_is_told_without_its_message() -> None:
    """asyncio would print what the task raised, and what it was called with."""
    stream = logging_to()
    loop = asyncio.get_running_loop()
    loop_failed(loop, {"message": "Task exception was never retrieved", "exception": failure(ValueError("canary"))})
    loop_failed(loop, {"message": "an event loop was closed"})
    assert "canary" not in stream.getvalue()
    assert "ValueError at" in stream.getvalue()
    assert "an event loop was closed" in stream.getvalue()


def test_an_undo_that_was_given_up_is_an_operators() -> None:
    """Money that wasn't given back has to be given back by somebody."""
    stream = logging_to()
    LogContext().undo_failed("run-3")
    assert "run-3" in stream.getvalue()
