"""A plug-in is checked in a process of its own, with a time limit: whatever it does there, it is told here, by its
name.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wizard.plugins.packages import Target, others
from wizard.plugins.report import MOST, Finding, Report

SECONDS = 30.0
STARTING = 120.0  # seconds in which the process has imported Wizard
LOOK = 0.02  # seconds between two looks at whether it has
MOST_BYTES = 1_000_000  # of what is told
PROGRAM = "wizard.plugins.inspection"


def check(target: Target, *, seconds: float = SECONDS, effects: bool = False, contract: bool = True) -> Report:
    """What comes of it. With `effects`, examples are run with theirs; without `contract`, it is only loaded. Nothing is
    raised for what the plug-in does."""
    subject = str(target)
    order = {
        "subject": subject,
        "path": [folder for folder in sys.path if folder],
        "gives": [asdict(gives) for gives in target.only],
        "module": target.module,
        "effects": effects,
        "contract": contract,
        "seconds": seconds,
    }
    with tempfile.TemporaryDirectory(prefix="wizard-plugins-") as folder:
        file = Path(folder) / "told"
        file.touch()
        ended = _run(json.dumps(order), file, seconds)
        with file.open("rb") as opened:
            body = opened.read(MOST_BYTES)
    checked, findings, stage, done = _read(body)
    findings = [*_clashes(target), *findings]
    if not done:
        at = f" at {stage}" if stage else ""
        findings.append(Finding("error", subject, f"{_ending(ended, seconds)}{at}"))
    return Report(subject, tuple(checked), tuple(findings[:MOST]))


def _run(order: str, file: Path, seconds: float) -> int | None:
    """The exit code; None where it was stopped. Nothing that it started in its session is left."""
    process = subprocess.Popen(  # noqa: S603 - this interpreter and a module of our own
        [sys.executable, "-P", "-m", PROGRAM, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    try:
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(order)
        _await_its_start(process, file)
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return process.returncode


def _await_its_start(process: subprocess.Popen[str], file: Path) -> None:
    """The plug-in's time begins when it is looked at first, not while Wizard itself is imported on a busy machine."""
    until = time.monotonic() + STARTING
    while process.poll() is None and not file.stat().st_size and time.monotonic() < until:
        time.sleep(LOOK)


def _ending(code: int | None, seconds: float) -> str:
    if code is None:
        return f"it wasn't done within {seconds:g} seconds, and was stopped"
    if code in (-signal.SIGXCPU, -signal.SIGKILL):  # of the limit of processor time; of that of the whole machine
        return f"it used too much processor time or memory, and was stopped by {signal.Signals(-code).name}"
    if code < 0:
        return f"its process was ended by {signal.Signals(-code).name}"
    return f"it ended its process, with exit code {code},"


def _read(body: bytes) -> tuple[list[str], list[Finding], str, bool]:
    """What was checked, what was found, at which stage it was last, and whether it came to its end."""
    checked: list[str] = []
    findings: list[Finding] = []
    stage, done = "", False
    for said in _lines(body):
        match said:
            case {
                "finding": {"severity": "error" | "warning" as severity, "subject": str(subject), "message": str(why)}
            }:
                findings.append(Finding(severity, subject, why))
            case {"checked": str(name)}:
                checked.append(name)
            case {"stage": str(name)}:
                stage = name
            case {"done": True}:
                done = True
    return checked, findings, stage, done


def _lines(body: bytes) -> Iterator[Any]:
    for line in body.splitlines():
        with suppress(ValueError):  # a line that the end of the process cut off, or that something else wrote
            yield json.loads(line)


def _clashes(target: Target) -> Iterator[Finding]:
    """Of two packages that announce one name neither is used."""
    package = target.package
    if package is None:
        return
    known = others(package.name)
    for gives in target.only:
        if (other := known.get((gives.group, gives.name))) is not None:
            yield Finding("error", str(gives), f"{other} announces it as well: neither of the two is used")
