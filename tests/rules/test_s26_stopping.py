"""S26, in processes of their own: a function that leaves or hangs is no end of the server, and no obstacle to it."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.processes import PATIENCE, Server, environment
from tests.forkserver import command
from wizard.process.stopping import ABANDONED

FUNCTIONS = """
import asyncio, sys, threading, time

def leaves():
    sys.exit("no such file")

async def leaves_async():
    sys.exit(3)

def hangs():
    print("hangs", flush=True)
    time.sleep(3600)

def leaves_a_thread():
    threading.Thread(target=time.sleep, args=(3600,), daemon=False).start()

async def blocks():
    print("blocks", flush=True)
    time.sleep(3600)

async def stops_the_loop():
    asyncio.get_running_loop().stop()
    await asyncio.sleep(0)

async def leaves_in_a_task():
    async def leave():
        sys.exit(0)
    asyncio.ensure_future(leave())
    await asyncio.sleep(0.01)

async def cancels_everything():
    for task in asyncio.all_tasks():
        task.cancel()

FUNCTIONS = {name: each for name, each in globals().items() if callable(each)}
"""
FLOW = """
id: {name}
nodes:
  - {{id: f, type: form, fields: [{{name: x}}]}}
  - {{id: p, type: python, function: {name}, timeout: 1s}}
  - {{id: m, type: message, title: over}}
"""
CUT_OFF = r"closed|reset|without response"
NAMES = (
    "leaves",
    "leaves_async",
    "hangs",
    "leaves_a_thread",
    "blocks",
    "stops_the_loop",
    "leaves_in_a_task",
    "cancels_everything",
)


@contextmanager
def started(folder: Path, *arguments: str, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, with these functions, and the address that it says."""
    (folder / "host.py").write_text(FUNCTIONS)
    slow = FLOW.format(name="hangs").replace("id: hangs", "id: slow").replace("timeout: 1s", "slow: true")
    (folder / "flows.yaml").write_text("---".join([*(FLOW.format(name=name) for name in NAMES), slow]))
    given = ["--store", "sqlite:runs.db", "--functions", "host:FUNCTIONS", "--port", "0"]
    process = subprocess.Popen(
        [*command(), *arguments, *given],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**environment(), "WIZARD_GRACE": "0.1", **settings},
    )
    assert process.stdout is not None
    try:
        found = re.search(r"http://[\d.:]+", process.stdout.readline())
        assert found is not None
        yield process, found[0]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def goes_on(address: str, name: str) -> str:
    """How a run stands whose function was called."""
    server = Server(f"{address}/api/v1")
    _, run = server.call("/runs", {"workflow": name})
    _, told = server.call(f"/runs/{run['id']}/next", {"step": "f", "answers": {"x": "1"}}, token=run["token"])
    return str(told["status"])


def test_a_function_that_exits_ends_neither_the_server_nor_its_orderly_end(tmp_path: Path) -> None:
    """A supervisor would start it again and again, each time for the same run, and take exit code 0 for success."""
    with started(tmp_path, "serve", "flows.yaml") as (process, address):
        assert [goes_on(address, name) for name in ("leaves", "leaves_async")] == ["failed", "failed"]
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("name", ["stops_the_loop", "leaves_in_a_task"])
def test_a_function_that_stops_the_event_loop_ends_nothing(tmp_path: Path, name: str) -> None:
    """All people's requests would end with one function, and a supervisor might take it for an orderly end."""
    with started(tmp_path, "serve", "flows.yaml") as (process, address):
        assert goes_on(address, name) == "waiting"
        assert goes_on(address, "leaves") == "failed"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert process.stdout is not None
        assert "is run again" in process.stdout.read()


def test_a_function_that_cancels_every_task_costs_connections_and_not_the_server(tmp_path: Path) -> None:
    """Who is asked for nothing but its own work can reach every task of the process; the server outlives that."""
    with started(tmp_path, "serve", "flows.yaml", WIZARD_JOBS="0") as (process, address):
        with pytest.raises(OSError, match=CUT_OFF):
            goes_on(address, "cancels_everything")
        assert goes_on(address, "leaves") == "failed"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert process.stdout is not None
        assert "cancelled the server" in process.stdout.read()


def test_a_worker_outlives_a_function_that_cancels_every_task(tmp_path: Path) -> None:
    """Its own loop is begun again, and the job comes again, until the step is given up."""
    settings = {"WIZARD_JOBS": "0"}
    serving = started(tmp_path, "serve", "flows.yaml", **settings)
    with serving as (_, address), pytest.raises(OSError, match=CUT_OFF):
        goes_on(address, "cancels_everything")
    with started(tmp_path, "worker") as (process, _):
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any("cancelled the server" in line for line in lines)
        assert any("started again" in line for line in lines)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("name", ["hangs", "leaves_a_thread"])
def test_the_grace_ends_with_an_exit_whatever_hangs(tmp_path: Path, name: str) -> None:
    """A deployment would wait until its supervisor kills; the exit code tells that something was left behind."""
    with started(tmp_path, "serve", "flows.yaml") as (process, address):
        assert goes_on(address, name) == ("failed" if name == "hangs" else "waiting")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == ABANDONED


def test_a_server_whose_event_loop_stands_still_ends_all_the_same(tmp_path: Path) -> None:
    """Nobody answers any more, and the log says where it stands."""
    with started(tmp_path, "serve", "flows.yaml") as (process, address), ThreadPoolExecutor(1) as pool:
        pool.submit(goes_on, address, "blocks")
        assert process.stdout is not None
        assert process.stdout.readline() == "blocks\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == ABANDONED
        assert "host.py" in process.stdout.read()


def test_a_worker_ends_whatever_hangs(tmp_path: Path) -> None:
    """The same for the process that does nothing but jobs."""
    with started(tmp_path, "serve", "flows.yaml", "--jobs", "0") as (_, address):
        assert goes_on(address, "slow") == "working"
    with started(tmp_path, "worker") as (process, _):
        assert process.stdout is not None
        assert process.stdout.readline() == "hangs\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == ABANDONED
