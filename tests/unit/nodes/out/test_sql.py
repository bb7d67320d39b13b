"""`sql` nodes against SQLite files and a real PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr

from tests.patience import LONG
from tests.postgres import database, server
from tests.unit.nodes.handing import visit_of
from wizard.errors import Excuse, NodeFailed
from wizard.model import Proceed
from wizard.node import Services, SqlResource
from wizard.nodes.out.sql import SqlNode
from wizard.nodes.out.sql_postgres import postgres_server_of
from wizard.resources.handing import Resources, given
from wizard.settings import Settings
from wizard.stores.sqlite import SqliteStore

TABLE = "CREATE TABLE orders (id TEXT PRIMARY KEY, amount {number}, day {day}, note TEXT)"


@dataclass
class Database:
    """A database with a table of orders."""

    kind: str
    url: str
    settings: Settings = field(default_factory=lambda: Settings(allow_private_addresses=True))

    async def ask(self, statement: str, data: Any = None, *, seconds: float = 30.0, **config: Any) -> dict[str, Any]:
        node = SqlNode()
        resource = SqlResource(url=SecretStr(self.url))
        services = Services(settings=self.settings, resources=Resources((given({"crm": resource}),)))
        written = {"resource": "crm", "statement": statement, **config}
        visit = visit_of(node, written, data, services=services, timeout=timedelta(seconds=seconds))
        assert list(node.check(visit.config)) == []
        outcome = await node.execute(visit)
        assert isinstance(outcome, Proceed)
        return dict(outcome.output)

    async def refusal(self, statement: str, data: Any = None, **config: Any) -> NodeFailed:
        with pytest.raises(NodeFailed) as failed:
            await self.ask(statement, data, **config)
        return failed.value


@pytest.fixture(scope="module")
def crm() -> str:
    """The address of a PostgreSQL database with a table of orders. In it, Wizard's own schema belongs to others."""
    url = server().empty()
    server().psql(
        f"{TABLE.format(number='NUMERIC', day='DATE')}; CREATE SCHEMA wizard; CREATE TABLE wizard.run_data (run TEXT);"
        "DROP ROLE IF EXISTS forms; CREATE ROLE forms LOGIN; GRANT ALL ON orders TO forms",
        database(url),
    )
    return url.replace("//postgres@", "//forms@")


@pytest.fixture
async def postgres(crm: str) -> Database:
    connection = await asyncpg.connect(crm)
    await connection.execute("DELETE FROM orders")
    await connection.close()
    return Database("postgres", crm)


@pytest.fixture(name="database", params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "postgres":
        made: Database = request.getfixturevalue("postgres")
        return made
    path = tmp_path / "crm %41 orders.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(TABLE.format(number="NUMERIC", day="TEXT"))
    return Database("sqlite", f"sqlite:///{path}")


WORDS = ("Ann", "x'); DROP TABLE orders; --", "{{ 7 * 7 }}", ":id", "\\'; --", "$1", "ü\n\t😀", "")


async def test_what_somebody_answers_stays_a_value(database: Database) -> None:
    """An answer that is SQL, a template or a name of a value is stored as the text that it is."""
    for number, word in enumerate(WORDS):
        await database.ask(
            "INSERT INTO orders (id, note) VALUES (:id, :note)",
            {"x": word},
            writes=True,
            values={"id": f"n{number}", "note": "{{ x }}"},
        )
    told = await database.ask("SELECT note FROM orders ORDER BY id")
    assert [row["note"] for row in told["rows"]] == list(WORDS)
    found = await database.ask("SELECT id FROM orders WHERE note = :n", {"x": WORDS[1]}, values={"n": "{{ x }}"})
    assert found["row"] == {"id": "n1"}


async def test_the_key_of_the_step_makes_it_count_once(database: Database) -> None:
    """A try after a connection that broke off just as the row was written must not book twice."""
    insert = "INSERT INTO orders (id, amount) VALUES (:step_key, :amount) ON CONFLICT DO NOTHING"
    first = await database.ask(insert, writes=True, values={"amount": 2})
    again = await database.ask(insert, writes=True, values={"amount": 2})
    assert (first["count"], again["count"]) == (1, 0)
    assert (await database.ask("SELECT id FROM orders"))["rows"] == [{"id": "0123456789abcdef"}]


async def test_numbers_and_days_are_exact(database: Database) -> None:
    """An amount must not lose a cent on its way."""
    await database.ask(
        "INSERT INTO orders (id, amount, day) VALUES (:id, :amount, :day)",
        {"day": date(2026, 3, 27)},
        writes=True,
        values={"id": "a", "amount": "{{ 0.1 + 0.2 }}", "day": "{{ day }}"},
    )
    row = (await database.ask("SELECT amount, day FROM orders WHERE amount = :a", values={"a": "{{ 0.3 }}"}))["row"]
    if database.kind == "postgres":
        assert row == {"amount": Decimal("0.3"), "day": date(2026, 3, 27)}
    else:
        assert row == {"amount": 0.3, "day": "2026-03-27"}


async def test_more_rows_than_wanted_are_left(database: Database) -> None:
    """A table that grew must not fill the run; and who changes rows is told of all of them."""
    insert = "INSERT INTO orders (id) VALUES ('a'), ('b'), ('c') RETURNING id"
    told = await database.ask(insert, writes=True, limit=2)
    assert (told["rows"], told["count"], told["more"]) == ([{"id": "a"}, {"id": "b"}], 3, True)
    told = await database.ask("SELECT id FROM orders ORDER BY id", limit=2)
    assert (told["count"], told["more"], told["row"]) == (2, True, {"id": "a"})
    assert (await database.ask("SELECT id FROM orders", limit=3))["more"] is False
    assert (await database.ask("SELECT id FROM orders WHERE id = 'z'"))["row"] is None
    assert (await database.ask("UPDATE orders SET note = 'x'", writes=True))["count"] == 3


@pytest.mark.parametrize(
    "statement",
    [
        "WITH gone AS (SELECT 1) DELETE FROM orders",
        "WITH gone AS (SELECT 1) UPDATE orders SET note = 'x'",
        "WITH gone AS (SELECT 1) INSERT INTO orders (id) SELECT 'x'",
    ],
)
async def test_a_statement_only_reads_unless_it_says_so(database: Database, statement: str) -> None:
    """Who looks at a definition sees by `writes` whether a step changes anything; the database sees to it."""
    await database.ask("INSERT INTO orders (id) VALUES ('a')", writes=True)
    refused = await database.refusal(statement)
    assert refused.lasting
    assert (await database.ask("SELECT id, note FROM orders"))["rows"] == [{"id": "a", "note": None}]


async def test_a_statement_that_takes_too_long_ends(database: Database) -> None:
    """A query without an end would keep a thread, or a server, busy for ever."""
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) AS n FROM c"
    async with asyncio.timeout(LONG):
        assert (await database.refusal(endless, seconds=0.3)).people is Excuse.TOO_LONG
    asked = asyncio.ensure_future(database.ask(endless))
    await asyncio.sleep(0.2)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert (await database.ask("UPDATE orders SET note = 'x'", writes=True))["count"] == 0  # it holds no lock


async def test_what_is_refused_is_told_without_values(database: Database) -> None:
    """What goes wrong stands in logs: an author needs the column, and nobody needs the answer."""
    await database.ask("INSERT INTO orders (id, note) VALUES ('s3cret', 'a')", writes=True)
    for statement, told in (
        ("SELECT nope FROM orders", "nope"),
        ("SELECT 1 FROM nowhere", "nowhere"),
        ("SELECT FROM WHERE", "syntax"),
        ("SELECT a.id, b.id FROM orders a, orders b", "two columns called 'id'"),
    ):
        assert told in (await database.refusal(statement)).message
    twice = await database.refusal(
        "INSERT INTO orders (id) VALUES (:id)", {"x": "s3cret"}, writes=True, values={"id": "{{ x }}"}
    )
    assert twice.lasting
    assert "orders" in twice.message
    assert "s3cret" not in f"{twice.message} {twice!r} {twice.__cause__!r}"


async def test_too_much_is_refused(database: Database) -> None:
    """A row with a picture in it would not fit into the run; the author is told before it is stored."""
    insert, values = "INSERT INTO orders (id, note) VALUES (:id, :n)", {"n": "{{ word }}"}
    for name in "0123456789":
        await database.ask(insert, {"word": "x" * 99_000}, writes=True, values={"id": name, **values})
    assert "900,000 bytes" in (await database.refusal("SELECT note FROM orders")).message
    assert (await database.ask("SELECT note FROM orders", limit=9))["more"] is True


def test_mistakes_are_told_by_their_keys() -> None:
    """A value that is nowhere bound is seen when the definition is loaded, and not by a person."""

    def problems(**config: Any) -> list[tuple[Any, str]]:
        node = SqlNode()
        return list(node.check(SqlNode.Config.model_validate({"resource": "crm", **config})))

    assert problems(statement="SELECT :a", values={"b": 1}) == [
        (("statement",), "there is no value for :a: add it below `values`"),
        (("values", "b"), "the statement has no :b"),
    ]
    assert problems(statement="DELETE FROM t") == [(("writes",), "DELETE changes something: say `writes: true`")]
    ((place, _),) = problems(statement="SELECT :step_key", values={"step_key": 1})
    assert place == ("values", "step_key")


# -- SQLite ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT load_extension('x')",
        "SELECT * FROM pragma_table_info('orders')",
        "WITH x AS (SELECT 1) SELECT fts3_tokenizer('x')",
    ],
)
async def test_sqlite_leads_nowhere_else(tmp_path: Path, statement: str) -> None:
    """A file beside this one, or a library of the system, is none of the statement's business."""
    path = tmp_path / "a.db"
    sqlite3.connect(path).close()
    refused = await Database("sqlite", f"sqlite:///{path}").refusal(statement, writes=True)
    assert "not authorized" in refused.message


async def test_a_sqlite_file_has_to_be_there(tmp_path: Path) -> None:
    """A slip in the path must not make an empty file that every question finds nothing in."""
    for writes in (False, True):
        refused = await Database("sqlite", f"sqlite:///{tmp_path}/none.db").refusal("SELECT 1", writes=writes)
        assert "no database file" in refused.message
    refused = await Database("sqlite", "sqlite:///:memory:").refusal("SELECT 1")
    assert "no database file" in refused.message, "one in memory would be another for each step"
    assert list(tmp_path.iterdir()) == []


async def test_a_lock_of_others_is_waited_for_by_another_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup that runs just then is no reason to fail for good."""
    monkeypatch.setattr("wizard.nodes.out.sql_sqlite.BUSY", 0.05)
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE t (a)")
        other.execute("BEGIN EXCLUSIVE")
        refused = await Database("sqlite", f"sqlite:///{path}").refusal("INSERT INTO t VALUES (1)", writes=True)
    assert "locked" in refused.message
    assert not refused.lasting


async def test_a_lock_is_told_as_one_also_where_a_step_may_take_less_time(tmp_path: Path) -> None:
    """Told as a statement that took too long, it would have an operator look for a slow one."""
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE t (a)")
        other.execute("BEGIN EXCLUSIVE")
        asked = Database("sqlite", f"sqlite:///{path}").refusal("SELECT a FROM t", seconds=3)
        assert "locked" in (await asyncio.wait_for(asked, 3)).message


# -- Wizard's own data ---------------------------------------------------------------------------------


async def test_the_file_of_the_runs_is_refused(tmp_path: Path) -> None:
    """An author would read all people's answers by a resource that names the wrong file; a link to it is that file."""
    runs, link = tmp_path / "runs.db", tmp_path / "crm.db"
    store = SqliteStore(runs)
    await store.open()
    await store.close()
    link.symlink_to(runs)
    for path in (runs, link):
        refused = await Database("sqlite", f"sqlite:///{path}").refusal("SELECT count(*) AS n FROM runs")
        assert "Wizard's own data" in refused.message


async def test_a_login_that_may_read_the_runs_is_refused(postgres: Database) -> None:
    """Wizard's tables may lie in the same database as the application's; a login of its own keeps them apart."""
    assert "refused the statement" in (await postgres.refusal("SELECT 1 FROM wizard.run_data")).message
    postgres.url = postgres.url.replace("//forms@", "//postgres@")
    assert "schema `wizard`" in (await postgres.refusal("SELECT 1 AS n")).message


# -- PostgreSQL --------------------------------------------------------------------------------------


async def test_types_of_postgresql_become_values(postgres: Database) -> None:
    """What a run keeps can be stored, shown, and said as JSON, whatever the database has."""
    told = await postgres.ask(
        """SELECT :u::uuid AS u, :j::jsonb AS j, :ids::int[] AS ids, :at::timestamptz AS at, :f::float8 AS f,
        :t::text AS t, 'NaN'::numeric AS nan, 'infinity'::float8 AS inf,
        interval '1 day 2 seconds' AS i, '10.0.0.1'::inet AS ip,
        int4range(1, 3) AS r, '\\x00ff'::bytea AS b, ARRAY['a', NULL] AS l, NULL AS n, time '12:30' AS c""",
        {"ids": [1, 2], "at": datetime(2026, 3, 27, 12, tzinfo=UTC)},
        values={
            "u": str(UUID(int=5)),
            "j": {"a": [1, "{{ 0.5 }}", None]},
            "ids": "{{ ids }}",
            "at": "{{ at }}",
            "f": "{{ 1.5 }}",
            "t": 12,
        },
    )
    row = told["row"]
    assert row["u"] == str(UUID(int=5))
    assert row["j"] == {"a": [1, 0.5, None]}
    assert (row["ids"], row["f"], row["t"], row["n"]) == ([1, 2], 1.5, "12", None)
    assert row["at"] == datetime(2026, 3, 27, 12, tzinfo=UTC)
    assert (row["nan"], row["inf"], row["i"], row["ip"]) == ("NaN", "inf", "PT86402S", "10.0.0.1")
    assert (row["b"], row["l"], str(row["c"])) == (b"\x00\xff", ["a", None], "12:30:00")
    assert "1, 3" in row["r"]


@pytest.mark.parametrize(("kind", "value"), [("int", "x"), ("date", "soon"), ("int", "1"), ("int[]", 5), ("bool", 1)])
async def test_a_value_that_does_not_fit_is_told_by_its_name(postgres: Database, kind: str, value: Any) -> None:
    """The author finds out which value it is, and nobody reads it in a log."""
    refused = await postgres.refusal(f"SELECT :age::{kind} AS age", values={"age": value})
    assert refused.message.startswith("The value of :age can't be bound")
    assert refused.people is Excuse.CHECK


async def test_postgresql_takes_nothing_from_the_environment(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that is set for another program must not lead to another database, or send its password there."""
    for name, value in (
        ("PGHOST", "db.example"),
        ("PGPASSWORD", "s3cret"),
        ("PGDATABASE", "other"),
        ("PGSERVICE", "x"),
    ):
        monkeypatch.setenv(name, value)
    told = await postgres.ask("SELECT current_database() AS name")
    assert told["row"]["name"] == database(postgres.url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u@h/d?sslmode=prefer",
        "postgresql://u@h/d?options=-c",
        "postgresql://u@h/",
        "postgresql://h/d",
        "postgresql://u@h:x/d",
        "postgresql://u@/d",
        "postgresql://u:a%0Ab@h/d",
    ],
)
def test_addresses_of_servers_are_refused_unseen(url: str) -> None:
    """What isn't known isn't ignored: `prefer` would send a password to whoever answers."""
    with pytest.raises(ValueError, match=r"write postgresql://|sslmode") as refused:
        postgres_server_of(url)
    assert url not in str(refused.value)
    assert postgres_server_of("postgresql://u:s3%2Fcret@h:1/d?sslmode=require").password == "s3/cret"
    assert "s3" not in repr(postgres_server_of("postgresql://u:s3cret@h/d"))


@pytest.mark.parametrize("answer", [b"N", b"S"], ids=["none", "another"])
async def test_no_password_is_sent_in_the_clear(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody in between may say that the server doesn't encrypt; unless the address says so, nothing is told then."""
    heard, done = list[bytes](), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(8))
        writer.write(answer)
        heard.append(await reader.read(1000))
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        done.set()

    monkeypatch.setattr("wizard.nodes.out.sql_postgres.is_here", lambda address: False)
    impostor = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = impostor.sockets[0].getsockname()[1]
    refused = await Database("postgres", f"postgresql://forms:s3cret@127.0.0.1:{port}/crm").refusal("SELECT 1")
    await asyncio.wait_for(done.wait(), LONG)
    impostor.close()
    assert heard[0] == b"\0\0\0\x08\x04\xd2\x16/"  # it asks for an encrypted connection first
    assert b"s3cret" not in b"".join(heard)
    assert b"forms" not in b"".join(heard)
    assert "s3cret" not in f"{refused!r} {refused.__context__!r}"
