"""A server that is told to stop: turns under way are finished and answered, and it ends by itself."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.acceptance.processes import PATIENCE, Server, environment
from tests.forkserver import command

SLOW = """
id: slow
title: Slow
nodes:
  - id: who
    type: form
    title: Who are you?
    fields: [{{name: name, type: text, label: Name}}]
  - {{id: ask, type: http, url: "http://127.0.0.1:{port}/", timeout: 1h}}
  - {{id: done, type: end, title: Done}}
"""


PATIENT = {"WIZARD_GRACE": "3600", "WIZARD_SLOW_AFTER": "3600"}  # with a turn that takes as long as it does


class Service(BaseHTTPRequestHandler):
    """Answers when it may, and notes that it was asked."""

    asked, may = threading.Event(), threading.Event()

    def do_GET(self) -> None:
        self.asked.set()
        self.may.wait()
        body = b'{"ok": true}'
        with suppress(OSError):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """A service that takes as long as a test wants."""
    Service.asked, Service.may = threading.Event(), threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.server_address[1]
    Service.may.set()
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def started(folder: Path, port: int, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`wizard serve`, and its address."""
    (folder / "slow.yaml").write_text(SLOW.format(port=port))
    process = subprocess.Popen(
        [*command(), "serve", "slow.yaml", "--store", "sqlite:runs.db", "--port", "0"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**environment(), "WIZARD_ALLOW_PRIVATE_ADDRESSES": "1", **settings},
    )
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+", process.stdout.readline().decode())
        assert found is not None
        yield process, found[0]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def status_of(address: str) -> int:
    try:
        with urlopen(address, timeout=PATIENCE) as answer:
            return int(answer.status)
    except HTTPError as refused:
        with refused:
            return refused.code


def refuses(address: str) -> bool:
    """Whether no connection is taken there."""
    try:
        status_of(address)
    except OSError:
        return True
    return False


def under_way(address: str, pool: ThreadPoolExecutor) -> tuple[dict[str, Any], Future[tuple[int, dict[str, Any]]]]:
    """A run whose answer was sent, and what it will be answered: the service is asked meanwhile."""
    server = Server(f"{address}/api/v1")
    _, run = server.call("/runs", {"workflow": "slow"})
    body = {"step": "who", "answers": {"name": "Ann"}}
    sent = pool.submit(server.call, f"/runs/{run['id']}/next", body, token=run["token"])
    assert Service.asked.wait(PATIENCE)
    return run, sent


def test_a_turn_under_way_is_answered_after_sigterm(tmp_path: Path, port: int) -> None:
    """A deployment must not cost a person the answer to what they just sent, nor run its effect twice."""
    with started(tmp_path, port, **PATIENT) as (process, address), ThreadPoolExecutor(1) as pool:
        run, sent = under_way(address, pool)
        assert status_of(f"{address}/readyz") == 200
        process.send_signal(signal.SIGTERM)
        while (status := status_of(f"{address}/readyz")) == 200:
            time.sleep(0.01)
        assert status == 503
        assert not sent.done()
        while not refuses(f"{address}/healthz"):  # for a moment new connections are still taken
            time.sleep(0.01)
        assert not sent.done()
        Service.may.set()
        status, told = sent.result(PATIENCE)
        assert (status, told["status"]) == (200, "completed")
        assert process.wait(PATIENCE) == 0
    with started(tmp_path, port) as (_, address):
        status, told = Server(f"{address}/api/v1").call(f"/runs/{run['id']}", token=run["token"])
        assert (status, told["status"]) == (200, "completed")


def test_a_turn_gets_no_longer_than_the_grace(tmp_path: Path, port: int) -> None:
    """A service that hangs must not keep a deployment waiting; the run goes on where it was."""
    settings = {**PATIENT, "WIZARD_GRACE": "0.5"}
    with started(tmp_path, port, **settings) as (process, address), ThreadPoolExecutor(1) as pool:
        run, sent = under_way(address, pool)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert isinstance(sent.exception(PATIENCE), OSError | json.JSONDecodeError)
    with started(tmp_path, port) as (_, address):
        status, told = Server(f"{address}/api/v1").call(f"/runs/{run['id']}", token=run["token"])
        assert status == 200
        assert told["answers"]["who"]["name"] == "Ann"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_is_told_twice_stops_at_once(tmp_path: Path, port: int, number: signal.Signals) -> None:
    """Ctrl-C again means now."""
    with started(tmp_path, port, **PATIENT) as (process, address), ThreadPoolExecutor(1) as pool:
        _, sent = under_way(address, pool)
        process.send_signal(number)
        assert process.stdout is not None
        assert process.stdout.readline() == b"Stopping\n"
        process.send_signal(number)
        assert process.wait(PATIENCE) == -number
        assert isinstance(sent.exception(PATIENCE), OSError)


def test_a_log_of_json_is_one_from_the_first_line(tmp_path: Path, port: int) -> None:
    """A collector that gets one other line throws the whole away, or stops."""
    log = tmp_path / "log"
    with log.open("wb") as file:
        (tmp_path / "slow.yaml").write_text(SLOW.format(port=port))
        process = subprocess.Popen(
            [*command(), "serve", "slow.yaml", "--store", "sqlite:runs.db", "--port", "0"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=file,
            env={**environment(), "WIZARD_LOG_FORMAT": "json"},
        )
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline().decode())
        assert found is not None
        server = Server(f"{found[0]}/api/v1")
        _, run = server.call("/runs", {"workflow": "slow"})
        with closing(sqlite3.connect(tmp_path / "runs.db")) as stored, stored:
            stored.execute("UPDATE trace SET body = x'00'")  # a damaged row
        assert server.call(f"/runs/{run['id']}/trace", token=run["token"])[0] == 503
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        process.stdout.close()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["run"] for line in lines if line["level"] == "error"] == [run["id"]]
