"""`wizard keys`: making a key, and encrypting a store anew under the first of those that are set."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from wizard.cli_shared import StoreOption, counted, examples, look, place, settings

if TYPE_CHECKING:
    from wizard.engine import Engine

AT_ONCE = 1000  # rows between two looks at whether somebody wants it stopped
TOLD = 10_000  # rows between two lines of progress

keys = typer.Typer(
    help="Make keys for encryption at rest, and change them.",
    epilog=examples("wizard keys new", "WIZARD_KEYS=… wizard keys rotate --store sqlite:///runs.db"),
    invoke_without_command=True,
    rich_markup_mode=None,
)


@keys.callback()
def _keys(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


@keys.command(epilog=examples("wizard keys new", "wizard keys new 2026-11"))
def new(
    key_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="What the key is called; the date unless given.")
    ] = None,
) -> None:
    """Make a key and print it, as WIZARD_KEYS takes it. It is kept nowhere: keep it safe, and apart from backups."""
    from wizard.stores.vault import new_key

    print(new_key(f"{datetime.now(UTC):%Y-%m-%d}" if key_id is None else key_id))


@keys.command(epilog=examples("wizard keys rotate", "wizard keys rotate --store postgresql://localhost/forms"))
def rotate(store: StoreOption = None) -> None:
    """Encrypt everything in a store under the first of WIZARD_KEYS, while servers and workers go on.

    First put the new key before the others wherever servers and workers run, and start them again. Stopped and
    started again, this goes on where it was.
    """
    from wizard.errors import SettingsError
    from wizard.stores.vault import KeyRing

    here = settings()
    if here.keys is None:
        raise SettingsError(
            "WIZARD_KEYS isn't set, so there is nothing to encrypt with. `wizard keys new` makes a key."
        )
    first, *others = KeyRing.parse(here.keys.get_secret_value()).ids
    url = store or here.store
    if url.startswith("memory:"):
        raise typer.BadParameter("a store in memory ends with its process; name another one.", param_hint="--store")
    print(f"Encrypting {place(url)} under the key {first}", file=sys.stderr)

    async def work(engine: Engine) -> int:
        done = told = 0
        while count := await engine.store.reseal(AT_ONCE):
            done += count
            if done - told >= TOLD:
                told = done
                print(f"  {counted(done, 'row')} so far", file=sys.stderr)
        return done

    done = look(store, work)
    print(f"{counted(done, 'row')} encrypted anew; all are under the key {first} now.")
    if others:
        print(f"No row here needs {', '.join(others)} any more. Take it out of WIZARD_KEYS when no backup does either.")
