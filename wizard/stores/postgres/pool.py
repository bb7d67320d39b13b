"""Connections to PostgreSQL: a pool of them, what each is told when it is made, and what its errors mean.

Nothing hangs for ever: connecting, waiting for a free connection, a statement and an idle transaction all have a limit.
A connection that is lost is replaced by the next call. What reads is tried once more then; what writes isn't, since
nobody knows whether it was committed: the caller does it again, and revision and dedupe record make that safe.

Connections belong to the event loop that opened them. Calls from another one are done there; where that loop has ended,
as that of `asyncio.run` does, on one of the pool's own, in a thread, from then on.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from wizard.errors import InvalidInput, KeyReused, SettingsError, StoreError
from wizard.process.loops import LoopThread, done_on

try:
    import asyncpg
except ImportError as error:  # pragma: no cover - the extra is there wherever tests run
    raise SettingsError(f"PostgreSQL needs more libraries ({error}). Run: pip install wizard[postgres]") from error

T = TypeVar("T")
Connection = Any  # asyncpg's connection, or the pool's stand-in for one

CONNECT_SECONDS = 10.0
FREE_SECONDS = 30.0  # how long a call waits for a connection that others use
STATEMENT_SECONDS = 30.0  # the server ends a statement then
ANSWER_SECONDS = 40.0  # and if the server itself doesn't answer, we do
TRIES = 6  # of what PostgreSQL asks to do again

SETTINGS = {
    "application_name": "wizard",
    "timezone": "UTC",  # a day of an interval has 24 hours then
    # A server may be set up to tell of commits that a crash then loses. What is told here is kept.
    "synchronous_commit": "on",
    "statement_timeout": f"{STATEMENT_SECONDS:.0f}s",
    "idle_in_transaction_session_timeout": "60s",
    "jit": "off",  # no statement here runs long enough to be worth compiling
}
PATIENT = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}

ADDRESS = (
    "The address of the database (--store, or WIZARD_STORE) can't be understood. It looks like"
    " postgresql://user:password@host:5432/name."
)
NOT_OPEN = "The store isn't open. Open it before the first call, and close it after the last."
LOST = (
    "The connection to the database was lost. Check that it runs; what was under way may or may not be stored, and can"
    " be sent again safely"
)
ADVICE = {
    "08": LOST,
    "22": "The database can't take this value",
    "25006": "The database can only be read. Name the primary server, not a replica",
    "28": "The database refuses the user name or password. Check WIZARD_STORE",
    "3D": "There is no such database. Create it, or check WIZARD_STORE",
    "40": "Too many turns wanted the same rows at once. Try again",
    "42501": "The user of the database has too few rights. Grant it CREATE on the database, and its schema wizard",
    "53100": "The database's disk is full. Make room on it",
    "53200": "The database is out of memory. Give it more, or run fewer processes",
    "53300": "The database has too many connections. Raise its max_connections, or run fewer processes",
    "53": "The database is short of something it needs. Look at its log",
    "54": "A value is too large for the database. Store less in it",
    "55": "The database isn't ready for this. Look at its log",
    "57014": "The database took too long, and the statement was stopped. Look at what else it does",
    "57": LOST,
    "58": "The database's disk failed to read or write. Check it",
    "XX001": "The database is damaged. Restore it from a backup",
    "XX002": "An index of the database is damaged. Rebuild it with REINDEX",
}
AGAIN = ("40001", "40P01")  # serialization failure, deadlock
KEY_REUSED = "WZ001"  # commit_turn's own (postgres_0001.sql)


def place(url: str) -> str:
    """What names the database in messages: host and name, never the password."""
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        host = parts.hostname or query.get("host", ["localhost"])[0]
        port = f":{parts.port}" if parts.port else ""
        return f"{host}{port}/{parts.path.strip('/') or query.get('database', [''])[0]}"
    except ValueError:
        return "the database of WIZARD_STORE"


def is_lost(error: BaseException) -> bool:
    """Whether the connection is to blame, so that another one may do."""
    state = getattr(error, "sqlstate", None) or ""
    if isinstance(error, asyncpg.PostgresError):
        return state.startswith("08") or state in ("57P01", "57P02", "57P03", "57P05")
    lost = (ConnectionError, asyncpg.InternalClientError)
    return isinstance(error, lost) or (
        isinstance(error, asyncpg.InterfaceError) and not isinstance(error, asyncpg.DataError)
    )


def explained(error: BaseException, where: str, run: str = "") -> BaseException:
    """The error that a person can act on; what isn't the database's doing comes back as it is. The database's own
    message is left out: it can quote what was to be stored."""
    match error:
        case asyncpg.DataError() | UnicodeEncodeError() | OverflowError():
            return InvalidInput("A text that isn't valid Unicode or a number beyond 64 bits can't be stored.", run=run)
        case asyncpg.PostgresError(sqlstate=state) if state == KEY_REUSED:
            return KeyReused(run=run)
        case asyncpg.PostgresError():
            state = error.sqlstate or ""
            found = (text for code, text in ADVICE.items() if state.startswith(code))
            advice = next(found, "The database failed. Look at its log")
            return StoreError(f"{advice} ({where}: {type(error).__name__}, {state}).", run=run)
        case asyncpg.InterfaceError() | asyncpg.InternalClientError():
            return StoreError(f"{LOST} ({where}).", run=run)
        case TimeoutError():
            return StoreError(f"The database didn't answer in time. Check that it runs ({where}).", run=run)
        case OSError():
            return StoreError(
                f"The database can't be reached. Check that it runs ({where}: {error.strerror}).", run=run
            )
    return error


class Pool:
    """Connections to the database at `url`, at most `size` at once."""

    def __init__(self, url: str, size: int) -> None:
        self.where = place(url)
        self._url = url
        self._size = size
        self._pool: Any = None
        self._home: asyncio.AbstractEventLoop | None = None  # the event loop of the connections
        self._thread: LoopThread | None = None  # that one's, where it is our own
        self._moving = threading.Lock()

    async def open(self) -> None:
        """Raises StoreError where the database can't be reached, and SettingsError where its address is wrong."""
        self._home = asyncio.get_running_loop()
        try:
            self._pool = await self._made()
            await self._pool.fetchval("SELECT 1")
        except Exception as error:
            await self.close()
            if isinstance(error, asyncpg.ClientConfigurationError | ValueError):
                raise SettingsError(ADDRESS) from None  # its message may quote the password
            raise explained(error, self.where) from error

    async def _made(self) -> Any:
        return await asyncpg.create_pool(
            self._url,
            min_size=0,  # none is kept up in the background, which would fill the log while the database is away
            max_size=self._size,
            timeout=CONNECT_SECONDS,
            command_timeout=ANSWER_SECONDS,
            server_settings=SETTINGS,
            reset=_keep,
        )

    async def close(self, first: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
        """Does what is to be done `first`, and gives all connections back."""
        if self._home is None or not self._home.is_running():
            self._pool = None  # connections end with their event loop
        elif self._is_away:
            await done_on(self._home, lambda: self.close(first))
            thread, self._thread = self._thread, None
            if thread is not None:
                thread.stop()
        else:
            if first is not None:
                await first()
            await self._give_back()

    async def _give_back(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            try:
                async with asyncio.timeout(FREE_SECONDS):
                    await pool.close()
            except (TimeoutError, OSError, asyncpg.InterfaceError):
                pool.terminate()

    # -- event loops ---------------------------------------------------------------------------------

    @property
    def _is_away(self) -> bool:
        """Whether whoever calls has another event loop than the connections."""
        return self._pool is not None and self._home is not asyncio.get_running_loop()

    async def at_home(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `work` gives, done on the event loop of the connections."""
        return await done_on(self._living_home(), work) if self._is_away else await work()

    def _living_home(self) -> asyncio.AbstractEventLoop:
        """The event loop of the connections: a new one of our own, with new connections, where it doesn't run."""
        with self._moving:
            home = self._home
            if home is None or not home.is_running():
                self._thread = LoopThread("wizard-postgres")
                self._pool = self._thread.submit(self._made()).result()  # connects to nothing yet
                self._home = home = self._thread.loop
            return home

    async def connect(self) -> Connection:
        """A connection that isn't the pool's, to be closed by the caller. Raises asyncpg's errors."""
        return await asyncpg.connect(
            self._url, timeout=CONNECT_SECONDS, command_timeout=ANSWER_SECONDS, server_settings=SETTINGS
        )

    async def prepare(self, work: Callable[[Connection], Awaitable[None]]) -> None:
        """Does `work` on a connection of its own, on which statements may take as long as they need: an index of a
        large table takes long."""
        async with self._explaining(""):
            connection = await asyncpg.connect(
                self._url, timeout=CONNECT_SECONDS, server_settings={**SETTINGS, **PATIENT}
            )
            try:
                await work(connection)
            finally:
                await connection.close(timeout=CONNECT_SECONDS)

    @asynccontextmanager
    async def _explaining(self, run: str) -> AsyncIterator[None]:
        try:
            yield
        except Exception as error:
            explanation = explained(error, self.where, run)
            if explanation is error:
                raise
            raise explanation from error

    async def read(self, text: str, *values: Any, run: str = "") -> list[Any]:
        """The rows of a statement that changes nothing, or may be done twice."""
        if self._is_away:
            return await self.at_home(lambda: self.read(text, *values, run=run))
        async with self._explaining(run):
            try:
                return await self._fetch(text, values)
            except Exception as error:
                if not is_lost(error):
                    raise
                return await self._fetch(text, values)

    async def write(self, text: str, *values: Any, run: str = "") -> list[Any]:
        """The rows of a statement that is a transaction of its own."""
        if self._is_away:
            return await self.at_home(lambda: self.write(text, *values, run=run))

        async def once() -> list[Any]:
            return await self._fetch(text, values)

        async with self._explaining(run):
            return await _repeated(once)

    async def transact(self, work: Callable[[Connection], Awaitable[T]], run: str = "") -> T:
        """What `work` returns after its transaction is committed; it may be called several times."""
        if self._is_away:
            return await self.at_home(lambda: self.transact(work, run))

        async def once() -> T:
            async with self._taken() as connection, connection.transaction():
                return await work(connection)

        async with self._explaining(run):
            return await _repeated(once)

    def _taken(self) -> Any:
        if self._pool is None:
            raise StoreError(NOT_OPEN)
        return self._pool.acquire(timeout=FREE_SECONDS)

    async def _fetch(self, text: str, values: tuple[Any, ...]) -> list[Any]:
        async with self._taken() as connection:
            rows: list[Any] = await connection.fetch(text, *values)
            return rows


async def _repeated(work: Callable[[], Awaitable[T]]) -> T:
    for tried in range(1, TRIES):
        try:
            return await work()
        except asyncpg.PostgresError as error:
            if error.sqlstate not in AGAIN:
                raise
        await asyncio.sleep(random.uniform(0, 0.01 * 2**tried))  # noqa: S311 - no secret
    return await work()


async def _keep(connection: Connection) -> None:
    """Nothing that lasts longer than a transaction is set on a connection, so there is nothing to take back; the
    usual reset would cost each call another round trip."""
