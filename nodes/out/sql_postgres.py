"""A statement in a PostgreSQL database, in a transaction of its own that only reads unless the node `writes`.

- Connected to are numeric addresses that were judged (wizard.node.connecting). Nothing is taken from the environment:
  neither PG… variables nor files of passwords or certificates.
- A connection is encrypted and the server's certificate valid for its name, unless the address says otherwise
  (`?sslmode=`) or the server is this very machine.
- A login that may read Wizard's own tables is refused: what holds an author's statements back is what the login may do.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from wizard.errors import Excuse, NodeFailed
from wizard.model import Value
from wizard.model.nesting import load_json
from wizard.model.values import MAX_DEPTH, to_json, write_json
from wizard.node.connecting import addresses_of, context_for, is_here
from wizard.node.outgoing import AddressRefused
from wizard.node.retry import SLACK
from wizard.nodes.out.exchange import TryAgainError, address_refused
from wizard.nodes.out.sql_rows import Gathering, Rows, refused, unfit, wizards_own
from wizard.nodes.out.sql_text import Statement
from wizard.settings import Settings

if TYPE_CHECKING:
    import asyncpg

BATCH = 100  # rows that are fetched at once
MODES = ("verify-full", "require", "disable")
_OWN = """SELECT coalesce(bool_or(has_schema_privilege(n.oid, 'USAGE')), false) FROM pg_catalog.pg_namespace n
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid WHERE n.nspname = 'wizard' AND c.relname = 'run_data'"""
_ARGUMENT = re.compile(r"query argument \$([0-9]{1,3})")
_PASSING = ("08", "40", "53", "55P03", "57P01", "57P02", "57P03")  # SQLSTATEs of what passes by itself


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """Where a database is, and whose it is there. A `host` that begins with / is the folder of a socket."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    mode: str = ""


def postgres_server_of(written: str) -> PostgresServer:
    """What a URL says: postgresql://user:secret@host:5432/name, with ?sslmode= and ?host=. Raises ValueError, which
    never shows it."""
    problem = "write postgresql://USER:PASSWORD@HOST:PORT/DATABASE; percent-encode the password"
    try:
        url = urlsplit(written)
        host, port = unquote(url.hostname or ""), url.port or 5432
        more = dict(parse_qsl(url.query, strict_parsing=True)) if url.query else {}
    except ValueError:
        raise ValueError(problem) from None
    mode, host = more.pop("sslmode", ""), more.pop("host", "") or host
    user, password, database = (unquote(part or "") for part in (url.username, url.password, url.path[1:]))
    one_line = all(part.isprintable() for part in (host, user, password, database))
    if more or not host or not user or not database or not one_line:
        raise ValueError(problem)
    if mode and mode not in MODES:
        raise ValueError(f"`sslmode` is one of {', '.join(MODES)}")
    return PostgresServer(host, port, user, password, database, mode)


async def query(
    server: PostgresServer,
    statement: Statement,
    values: Mapping[str, Value],
    *,
    writes: bool,
    limit: int,
    seconds: float,
    settings: Settings,
) -> Rows:
    """What the statement gives. Where this is cancelled, the server is told to end it. Raises NodeFailed."""
    try:
        import asyncpg
    except ImportError:
        what = "PostgreSQL needs a library. Whoever runs this service has to run: pip install wizard[postgres]"
        raise NodeFailed(what, people=Excuse.BROKEN, lasting=True) from None

    try:
        connection = await _connected(server, seconds, settings)
        try:
            if await connection.fetchval(_OWN):
                raise wizards_own("Take a login that has no rights in the schema `wizard`.")
            async with connection.transaction(readonly=not writes):
                return await _rows(connection, statement, values, limit=limit, writes=writes)
        finally:
            await _closed(connection)
    except asyncpg.PostgresError as error:
        raise _told(error, server, seconds) from None
    except asyncpg.InterfaceError:
        raise refused("it was handed what it can't take") from None
    except AddressRefused:
        raise address_refused(f"The database server {server.host}", lasting=True) from None
    except ssl.SSLError:
        what = (
            f"There is no safe connection to the database server {server.host}: its certificate isn't valid for that "
            "name. Correct it, or say ?sslmode=require in the resource."
        )
        raise NodeFailed(what, people=Excuse.SERVICE, lasting=True) from None
    except TimeoutError:
        what = f"The database server {server.host} didn't answer within {seconds:g} seconds."
        raise NodeFailed(what, people=Excuse.TOO_LONG) from None
    except OSError:
        raise TryAgainError(f"The database server {server.host} can't be reached, or it broke off.") from None


async def _connected(server: PostgresServer, seconds: float, settings: Settings) -> asyncpg.Connection:
    import asyncpg

    if server.host.startswith("/"):
        if not settings.allow_private_addresses:
            raise AddressRefused
        addresses: tuple[str, ...] = (server.host,)
        here = True
    else:
        addresses = await addresses_of(server.host, server.port, settings)
        here = all(map(is_here, addresses))
    mode = server.mode or ("disable" if here else "verify-full")
    return await asyncpg.connect(
        host=list(addresses),
        port=[server.port] * len(addresses),
        user=server.user,
        password=server.password,
        database=server.database,
        ssl=context_for(server.host, verified=mode == "verify-full") if mode != "disable" else False,
        direct_tls=False,
        target_session_attrs="any",
        timeout=seconds,
        command_timeout=seconds + SLACK,  # the server has its own limit, and says so
        statement_cache_size=0,
        server_settings={
            "application_name": "wizard",
            "statement_timeout": str(max(1, int(seconds * 1000))),
            "idle_in_transaction_session_timeout": str(max(1, int(seconds * 1000))),
            "standard_conforming_strings": "on",  # so that a backslash in a text is what it looks like
        },
    )


async def _closed(connection: asyncpg.Connection) -> None:
    """A connection that doesn't say goodbye within a second is cut."""
    try:
        await connection.close(timeout=1.0)
    except (OSError, TimeoutError):
        connection.terminate()


async def _rows(
    connection: asyncpg.Connection, statement: Statement, values: Mapping[str, Value], *, limit: int, writes: bool
) -> Rows:
    import asyncpg

    prepared = await connection.prepare(statement.numbered())
    kinds = [kind.name for kind in prepared.get_parameters()]
    bound = [_fit(name, values[name], kind) for name, kind in zip(statement.wanted, kinds, strict=True)]
    try:
        return await _fetched(prepared, bound, limit=limit, writes=writes)
    except asyncpg.DataError as error:  # where asyncpg itself says so, it repeats the value
        if (match := _ARGUMENT.search(str(error))) is None:
            raise
        at = int(match[1]) - 1
        raise unfit(statement.wanted[at], f"a value of the type {kinds[at]}") from None


async def _fetched(prepared: Any, bound: list[Any], *, limit: int, writes: bool) -> Rows:
    columns = prepared.get_attributes()
    if not columns:
        await prepared.fetch(*bound)
        return Rows([], _changed(prepared.get_statusmsg()))
    gathered = Gathering([column.name for column in columns], limit)
    documents = [column.type.name in ("json", "jsonb") for column in columns]
    cursor = await prepared.cursor(*bound)
    while rows := await cursor.fetch(BATCH if writes else min(BATCH, limit + 1)):
        for row in rows:
            values = zip(row, documents, strict=True)
            gathered.take(_read(value) if is_document else value for value, is_document in values)
        if gathered.more and not writes:
            break
    return gathered.all(writes)


def _changed(status: str) -> int:
    """The number in `UPDATE 3` or `INSERT 0 3`."""
    last = (status or "").rpartition(" ")[2]
    return int(last) if last.isdecimal() else 0


def _read(text: Any) -> Any:
    try:
        return text if text is None else load_json(text.encode(), MAX_DEPTH)
    except ValueError:
        return text


def _fit(name: str, value: Value, kind: str) -> Any:
    """The value as asyncpg wants it for a type of the database. Raises NodeFailed where it doesn't fit."""
    if value is None:
        return None
    if kind.startswith("_") or kind.endswith("[]"):
        if not isinstance(value, list | tuple):
            raise unfit(name, "a list")
        return [_fit(name, each, kind.strip("_").removesuffix("[]")) for each in value]
    try:
        return _as(value, kind)
    except (ValueError, TypeError, ArithmeticError):
        raise unfit(name, f"a value of the type {kind}") from None


def _as(value: Value, kind: str) -> Any:
    match kind, value:
        case (("json" | "jsonb"), _):
            return write_json(value)
        case (("int2" | "int4" | "int8" | "oid"), (Decimal() | float())) if value == int(value):
            return int(value)
        case "numeric", (int() | float()) if not isinstance(value, bool):
            return Decimal(str(value))
        case (("float4" | "float8"), Decimal()):
            return float(value)
        case (
            ("text" | "varchar" | "bpchar" | "name" | "unknown"),
            (bool() | int() | float() | Decimal() | date() | time()),
        ):
            return str(value).lower() if isinstance(value, bool) else str(to_json(value))
        case "date", datetime():
            raise ValueError("a time is no date")
        case "date", str():
            return date.fromisoformat(value)
        case (("time" | "timetz"), str()):
            return time.fromisoformat(value)
        case (("timestamp" | "timestamptz"), (str() | date())):
            at = datetime.fromisoformat(value) if isinstance(value, str) else value
            if not isinstance(at, datetime):
                at = datetime(at.year, at.month, at.day)
            at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
            return at if kind == "timestamptz" else at.astimezone(UTC).replace(tzinfo=None)
    return value


def _told(error: Any, server: PostgresServer, seconds: float) -> NodeFailed:
    """What went wrong, without a value: the server's own words often repeat one. Those about the statement itself
    (class 42) have only what the author wrote."""
    state: str = getattr(error, "sqlstate", None) or ""
    if state == "57014":
        what = f"The statement took longer than {seconds:g} seconds and was stopped."
        return NodeFailed(what, people=Excuse.TOO_LONG)
    if state.startswith("28") or state == "3D000":
        what = f"The database server {server.host} refused the login (SQLSTATE {state}). Correct the resource."
        return NodeFailed(what, people=Excuse.BROKEN, lasting=True)
    if state.startswith(_PASSING):
        return TryAgainError(f"The database server {server.host} can't do that for now (SQLSTATE {state}).")
    if state.startswith("42"):
        return refused(f"{error.args[0] if error.args else ''} (SQLSTATE {state})")
    names = [
        f"{what} {name}" for what in ("table", "column", "constraint") if (name := getattr(error, f"{what}_name", None))
    ]
    return refused(", ".join((f"SQLSTATE {state}, {type(error).__name__}", *names)))
