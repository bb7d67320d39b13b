"""The command as its users have it: processes of their own, in a folder of their own, over pipes and HTTP."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.forkserver import ANEW, command, script
from wizard.cli import main as cli

PATIENCE = 300.0  # seconds; a process that takes longer hangs, however busy the machine is


@dataclass(frozen=True)
class Said:
    """What a process printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def run_id(self) -> str:
        """The run that it says how to go on with."""
        return self.out.rpartition("--resume=")[2].strip()

    @property
    def token(self) -> str:
        found = re.search(r"Bearer (\S+)", self.out)
        assert found is not None, self.out
        return found[1]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("WIZARD_")}


def wizard(folder: Path, *arguments: str, typed: str = "") -> Said:
    """Runs the command in a folder, with `typed` in its pipe."""
    done = subprocess.run(
        [*command(), *arguments],
        cwd=folder,
        input=typed.encode(),
        capture_output=True,
        timeout=PATIENCE,
        env=environment(),
        check=False,
    )
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


def here(folder: Path, *arguments: str, typed: str = "") -> Said:
    """The same in this process, which is many times quicker."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(typed.encode()), encoding="utf-8")
    try:
        with chdir(folder), redirect_stdout(out), redirect_stderr(err):
            code = cli.execute(list(arguments))
    finally:
        sys.stdin = before
    return Said(code, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Server:
    """A server's address, and calls to it."""

    address: str

    def call(
        self, path: str, body: Mapping[str, Any] | None = None, *, token: str = "", key: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """GET, or POST where there is a body: the status and the JSON answer."""
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.address + path, data, headers)
        try:
            with urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)


@dataclass(frozen=True)
class Process:
    """A server's process, as the system sees it (Linux: proc(5))."""

    id: int
    address: str  # http://127.0.0.1:PORT
    log: Path

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def peak(self) -> float:
        """The most memory that it ever had, in MB."""
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.id}/status").read_text())
        assert found is not None
        return int(found[1]) / 1024

    @property
    def processor(self) -> float:
        """Seconds of processor time that it has used."""
        ticks = Path(f"/proc/{self.id}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def process(
    folder: Path, *arguments: str, files: int | None = None, by: Sequence[str] = ANEW, **settings: str
) -> Iterator[Process]:
    """`wizard serve` on a free port until the block ends; then Ctrl-C, and it stops by itself, without the moment
    that it gives a supervisor's balancer. It may open `files` files; `settings` are environment variables. The process
    is the server itself unless it is started `by` another."""
    log = folder / "log"
    with log.open("wb") as written:
        started = subprocess.Popen(
            [*by, "serve", *arguments, "--port", "0"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=written,
            env={**environment(), **settings},
        )
    if files is not None:
        resource.prlimit(started.pid, resource.RLIMIT_NOFILE, (files, files))
    assert started.stdout is not None
    try:
        ready, _, _ = select.select([started.stdout], [], [], PATIENCE)
        line = started.stdout.readline().decode() if ready else ""
        found = re.search(r"http://\S+", line)
        assert found is not None, line + log.read_text()
        yield Process(started.pid, found[0], log)
        started.send_signal(signal.SIGINT)
        assert started.wait(PATIENCE) == 0
    finally:
        started.kill()
        started.wait()
        started.stdout.close()


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Server]:
    """`wizard serve` on a free port until the block ends, for calls of its JSON interface."""
    with process(folder, *arguments, by=command()) as started:
        yield Server(f"{started.address}/api/v1")


# Ctrl-C reaches a process only through the terminal that it is controlled by.
AT_A_TERMINAL = """
import fcntl, os, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from wizard.cli.main import main
main()
"""


class Keyboard:
    """A person at a terminal (a pseudo-terminal): types, and sees what is printed."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        program = folder / "at_a_terminal.py"
        program.write_text(AT_A_TERMINAL)
        self.seen = ""
        self._looked = 0  # how much of it was waited for
        self._main, other = pty.openpty()
        self._process = subprocess.Popen(
            [*script(), str(program), *arguments],
            cwd=folder,
            stdin=other,
            stdout=other,
            stderr=other,
            env={**environment(), "TERM": "xterm"},
        )
        os.close(other)

    def __enter__(self) -> Keyboard:
        return self

    def __exit__(self, *raised: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._main)

    def waits_for(self, text: str) -> None:
        """Until the text is printed, behind what was waited for before."""
        while (found := self.seen.find(text, self._looked)) < 0:
            assert self._read(), f"{text!r} never came: {self.seen}"
        self._looked = found + len(text)

    def types(self, text: str) -> None:
        os.write(self._main, text.encode())

    def interrupts(self) -> None:
        """Ctrl-C, and again every five seconds until the process ends, as a person would: between writing a prompt and
        waiting for a key, Python's readline doesn't see a signal before the next key. That the terminal itself may
        echo the key says nothing."""
        for _ in range(int(PATIENCE / 5)):
            self.types("\x03")
            if not self._reads_on(seconds=5):
                return

    def leaves(self) -> int:
        """The exit code of the process, once it has ended."""
        while self._read():
            pass
        return self._process.wait(PATIENCE)

    def _reads_on(self, seconds: float) -> bool:
        """Takes in what is printed in that time; whether the other side is still open then."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self._main], [], [], left)[0] and not self._read():
                return False
        return True

    def _read(self) -> bool:
        """Whether more was printed."""
        ready, _, _ = select.select([self._main], [], [], PATIENCE)
        try:
            piece = os.read(self._main, 65536) if ready else b""
        except OSError:  # the other side is closed
            return False
        self.seen += piece.decode("utf-8", "replace")
        return bool(piece)
