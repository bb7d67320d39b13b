"""`sql` nodes: one statement in a database, with values that are bound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.template import Dynamic
from wizard.model import Outcome, Proceed, Value
from wizard.node import Background, FormHint, NodeConfig, ResourceOf, SqlResource, Visit
from wizard.node.retry import seconds_for
from wizard.nodes.out.sql_postgres import postgres_server_of, query
from wizard.nodes.out.sql_rows import MAX_ROWS, Rows
from wizard.nodes.out.sql_sqlite import SqliteQuery
from wizard.nodes.out.sql_text import MAX_STATEMENT, NAME, READING, check_statement, statement_of
from wizard.settings import Settings

STEP_KEY = "step_key"  # the value that is always there
_SQLITE = "sqlite:///"

ValueName = Annotated[str, Field(pattern=f"^{NAME}$")]


class SqlConfig(NodeConfig):
    """Which statement, where, with what."""

    resource: Annotated[str, ResourceOf(SqlResource), FormHint(label="Database", group="Statement")] = Field(
        description="The database, a resource of the kind `sql`."
    )
    statement: Annotated[str, AfterValidator(check_statement), FormHint(group="Statement", rows=8)] = Field(
        min_length=1,
        max_length=MAX_STATEMENT,
        description="One statement. Values stand in it as `:name`; there are no {{ expressions }} in it.",
    )
    values: Annotated[dict[ValueName, Dynamic], FormHint(group="Statement")] = Field(
        default_factory=dict, max_length=100, description="What is bound to each `:name`, by name."
    )
    writes: Annotated[bool, FormHint(group="Statement")] = Field(
        False, description="Whether it changes something. The database refuses to, unless this is said."
    )
    limit: Annotated[int, FormHint(label="Most rows", group="Answer")] = Field(
        100, ge=1, le=MAX_ROWS, description="How many rows are read at most."
    )


class SqlNode(Background[SqlConfig]):
    """Asks a database, or changes something in it, by one statement in SQL.

    `resource` names the database: SQLite (`sqlite:///PATH`, with four slashes for a path from the root) or PostgreSQL
    (`postgresql://USER:PASSWORD@HOST/DATABASE`).

    Values are bound: `:name` in the statement stands for a value, and never becomes a part of it, whatever somebody
    answered. So there are no `{{ expressions }}` in a statement; they stand in `values`. Lists fit into arrays
    (`id = ANY(:ids)` in PostgreSQL), lists and mappings into JSON columns. SQLite has neither decimals nor dates: they
    are bound as texts, of which the type of a column makes numbers.

    A statement only reads unless `writes` says otherwise, and it is always `SELECT`, `INSERT`, `UPDATE`, `DELETE`,
    `MERGE`, `REPLACE` or what begins with `WITH`: nothing that makes tables, attaches files or changes settings. What
    it may do beyond that is for the database's login to say; give it few rights. A database in which Wizard keeps its
    runs is refused: a SQLite file of its own, and in PostgreSQL a login that may use the schema `wizard`.

    The common keys `timeout` (30 seconds unless the settings say otherwise) and `retry` apply; the database ends a
    statement that takes longer. A statement is tried again where the database can't be reached or is locked, and so it
    may be done twice: where the connection broke off just as it was done. `:step_key` is always there, the same for
    each try: put it into a column that is unique, and write `ON CONFLICT DO NOTHING`, and nothing counts twice.

    A connection to PostgreSQL is encrypted, and the certificate has to be valid. `?sslmode=require` in the address
    takes any certificate, `?sslmode=disable` none.

    **There is no undo**: what a statement changed stays when somebody goes back.

    Outputs: `rows`, a list with the columns of each by name; `row`, the first one, or null; `count`, how many rows were
    changed, or read; `more`, whether there are more than `limit`; `error` where it failed and `on_error` goes on.
    Numbers are exact, dates and times stay dates and times; UUIDs and other types of the database are texts.
    """

    type = "sql"
    title = "Ask a database"
    group = "out"
    icon = "database"
    example: ClassVar[Mapping[str, Any]] = {
        "resource": "crm",
        "statement": "INSERT INTO visits (id, day, people) VALUES (:step_key, :day, :people) ON CONFLICT DO NOTHING",
        "values": {"day": "{{ today() }}", "people": 2},
        "writes": True,
    }
    Config = SqlConfig

    def outputs(self, config: SqlConfig) -> frozenset[str]:
        return frozenset({"rows", "row", "count", "more", "error"})

    def example_output(self, config: SqlConfig) -> Mapping[str, Value]:
        return {"rows": [], "row": None, "count": 0, "more": False}

    def check(self, config: SqlConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        statement = statement_of(config.statement)
        for name in statement.wanted:
            if name not in config.values and name != STEP_KEY:
                yield ("statement",), f"there is no value for :{name}: add it below `values`"
        for name in config.values:
            if name == STEP_KEY:
                yield ("values", name), f":{STEP_KEY} is always there: take another name"
            elif name not in statement.names:
                yield ("values", name), f"the statement has no :{name}"
        if statement.verb not in READING and not config.writes:
            yield ("writes",), f"{statement.verb.upper()} changes something: say `writes: true`"

    async def execute(self, visit: Visit[SqlConfig]) -> Outcome:
        resource = await visit.resource(visit.config.resource, SqlResource)
        url = resource.url.get_secret_value()
        values = {name: value.evaluate(visit.names) for name, value in visit.config.values.items()}
        rows = await _asked(visit, url, {**values, STEP_KEY: visit.key})
        first = rows.rows[0] if rows.rows else None
        return Proceed({"rows": rows.rows, "row": first, "count": rows.count, "more": rows.more})


async def _asked(visit: Visit[SqlConfig], url: str, values: Mapping[str, Value]) -> Rows:
    """Raises NodeFailed."""
    config, seconds = visit.config, seconds_for(visit)
    statement = statement_of(config.statement)
    if url.startswith(_SQLITE):
        path = Path(url.removeprefix(_SQLITE))
        asked = SqliteQuery(path, statement, values, config.writes, config.limit, seconds)
        return await asked.rows(visit.services.calls)
    try:
        server = postgres_server_of(url)
    except ValueError as error:
        what = f"The address in the resource {config.resource!r} can't be used: {error}."
        raise NodeFailed(what, people=Excuse.BROKEN, lasting=True) from None
    settings: Settings = visit.services.settings or Settings()
    return await query(
        server, statement, values, writes=config.writes, limit=config.limit, seconds=seconds, settings=settings
    )
