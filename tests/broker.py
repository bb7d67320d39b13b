"""A real NATS server for tests, on a loopback port: one for each process that runs tests, started when it is first
asked for. The kernel stops it when its parent ends.
"""

from __future__ import annotations

import atexit
import ctypes
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
START_SECONDS = 300.0


class BrokerServer:
    """A server, with JetStream unless that is left out; `options` are further lines of its configuration."""

    def __init__(self, options: str = "", *, jetstream: bool = True) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="wiznats-"))
        ports = self.folder / "ports"
        ports.mkdir()
        configuration = self.folder / "nats.conf"
        streams = f'jetstream {{store_dir: "{self.folder}/data"}}' if jetstream else ""
        configuration.write_text(f'listen: "127.0.0.1:-1"\nports_file_dir: "{ports}"\n{streams}\n{options}\n')
        program = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or "nats-server"
        self._process = subprocess.Popen(
            [program, "-c", str(configuration), "-l", str(self.folder / "log")],
            stdin=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one call of the system, before anything is run
        )
        self.port = self._port(ports)

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def _port(self, ports: Path) -> int:
        """Where it listens, once it does."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            for file in ports.glob("*.ports"):
                _, colon, port = file.read_text().partition("127.0.0.1:")
                number = int("".join(c for c in port[:5] if c.isdecimal())) if colon else 0
                if number and _listens(number):
                    return number
            time.sleep(0.02)
        raise RuntimeError(f"The NATS server didn't start:\n{(self.folder / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _die_with_parent() -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@cache
def broker() -> BrokerServer:
    """This process's server."""
    made = BrokerServer()
    atexit.register(made.stop)
    return made
