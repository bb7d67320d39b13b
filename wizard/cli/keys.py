"""`wizard keys`: making a key, sealing a store, and encrypting it anew under the first of those that are set."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from wizard.cli.shared import StoreOption, command_group, examples, must_exist, place, quantity, settings

AT_ONCE = 1000  # rows between two looks at whether somebody wants it stopped
TOLD = 10_000  # rows between two lines of progress

keys = command_group(
    "Make keys for encryption, seal a store with one, change it.",
    "wizard keys new",
    "WIZARD_KEYS=… wizard keys rotate --store sqlite:///runs.db",
)


@keys.command(epilog=examples("wizard keys new", "wizard keys new 2026-11"))
def new(
    key_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="What the key is called; the date unless given.")
    ] = None,
) -> None:
    """Make a key and print it, as WIZARD_KEYS takes it. It is kept nowhere: keep it safe, and apart from backups."""
    from wizard.stores.blobs.vault import new_key

    print(new_key(f"{datetime.now(UTC):%Y-%m-%d}" if key_id is None else key_id))


@keys.command(epilog=examples("wizard keys rotate", "wizard keys rotate --store postgresql://localhost/forms"))
def rotate(store: StoreOption = None) -> None:
    """Encrypt a store anew, under the first of WIZARD_KEYS. Servers and workers go on meanwhile.

    First put the new key before the others wherever servers and workers run, and start them again. Stopped and
    started again, this goes on where it was.
    """
    first, others = _ring()
    url = _url(store)
    print(f"Encrypting {place(url)} under the key {first}", file=sys.stderr)
    done = _encrypt(url, taking_old=False)
    print(f"{quantity(done, 'row')} encrypted anew; all are under the key {first} now.")
    if others:
        print(f"No row here needs {', '.join(others)} any more. Take it out of WIZARD_KEYS when no backup does either.")


@keys.command(epilog=examples("wizard keys seal", "wizard keys seal --store postgresql://localhost/forms"))
def seal(store: StoreOption = None) -> None:
    """Seal a store, once, so that keys can be used with it. It may hold what isn't encrypted, or what an earlier
    version encrypted.

    Stop servers and workers first: they can't use the store until it is sealed. What is there is taken as it is, so
    nobody else may be able to write to it. From then on, whatever isn't sealed is refused. Stopped and started again,
    this goes on where it was.
    """
    first, _ = _ring()
    url = _url(store)
    print(f"Sealing {place(url)} under the key {first}", file=sys.stderr)
    done = _encrypt(url, taking_old=True)
    print(f"{quantity(done, 'row')} sealed anew. Whatever isn't sealed here is refused from now on.")


def _ring() -> tuple[str, list[str]]:
    """The id of the key that seals, and those of the others. Raises SettingsError."""
    from wizard.errors import SettingsError
    from wizard.stores.blobs.vault import KeyRing

    here = settings()
    if here.keys is None:
        raise SettingsError(
            "WIZARD_KEYS isn't set, so there is nothing to encrypt with. `wizard keys new` makes a key."
        )
    first, *others = KeyRing.parse(here.keys.get_secret_value()).ids
    return first, others


def _url(store: str | None) -> str:
    """Raises BadParameter for a store in memory, and StoreError where there is no such store."""
    url = store or settings().store
    if url.startswith("memory:"):
        raise typer.BadParameter("a store in memory ends with its process; name another one.", param_hint="--store")
    must_exist(url)
    return url


def _encrypt(url: str, *, taking_old: bool) -> int:
    """How many rows were encrypted anew."""
    import asyncio

    from wizard.app import open_store

    async def work() -> int:
        store = open_store(url, settings(), taking_old=taking_old)
        await store.open()
        done = told = 0
        try:
            while count := await store.reseal(AT_ONCE):
                done += count
                if done - told >= TOLD:
                    told = done
                    print(f"  {quantity(done, 'row')} so far", file=sys.stderr)
        finally:
            await store.close()
        return done

    return asyncio.run(work())
