"""Stores by their addresses, as settings and commands name them. A database's own modules are imported where one is
opened."""

from __future__ import annotations

from pathlib import Path

from wizard.errors import SettingsError
from wizard.settings import Settings
from wizard.stores.blobs.vault import PLAIN, KeyRing, Vault
from wizard.stores.contract import Store


def open_store(url: str, settings: Settings | None = None, *, taking_old: bool = False) -> Store:
    """The store that a URL names; `await store.open()` comes before its first use.

    `memory:` keeps everything in this process. `sqlite:///runs.db` is a file in the current folder,
    `sqlite:////var/lib/runs.db` one anywhere; `sqlite:runs.db` says the same in fewer slashes.
    `postgresql://user@host/database` is a database that any number of processes share. What is stored is
    encrypted where the settings have `keys`. `taking_old` says that a database which holds what isn't sealed in the
    present way is opened, and sealed by `store.reseal()`. Raises SettingsError.
    """
    vault = vault_of(settings)
    if taking_old and isinstance(vault, KeyRing):
        vault = vault.taking_old()
    room = (settings or Settings()).cache_bytes // 3  # so that no inventory is forgotten before its run
    path = sqlite_path(url)
    if path is not None:
        from wizard.stores.sqlite import SqliteStore

        return SqliteStore(path, vault, inventory_room=room)
    if url.partition(":")[0] in ("postgresql", "postgres"):
        from wizard.stores.postgres import PostgresStore

        return PostgresStore(url, vault, inventory_room=room)
    if url in ("memory:", "memory://"):
        from wizard.stores.memory import MemoryStore

        return MemoryStore()
    # The URL isn't repeated whole: there may be a password in it.
    raise SettingsError(
        f"There is no store of the kind {url.partition(':')[0][:20]!r}. "
        "Take memory:, sqlite:///FILE, with four slashes for a path from the root, or postgresql://HOST/DATABASE."
    )


def sqlite_path(url: str) -> Path | None:
    """The file of a `sqlite:` URL, None for any other. Raises SettingsError for one without a file."""
    scheme, colon, rest = url.partition(":")
    if scheme != "sqlite" or not colon:
        return None
    if rest.startswith("//"):
        host, slash, rest = rest[2:].partition("/")
        if host or not slash:
            raise SettingsError("A SQLite store is a file: sqlite:///runs.db, or sqlite:////var/lib/runs.db.")
    if not rest or "\0" in rest or rest.startswith(":memory:"):
        raise SettingsError("A SQLite store needs a file: sqlite:///runs.db. Without a file, take memory: instead.")
    return Path(rest)


def vault_of(settings: Settings | None) -> Vault:
    """What stored data is encrypted with. Raises SettingsError for keys that can't be used."""
    if settings is None or settings.keys is None:
        return PLAIN
    return KeyRing.parse(settings.keys.get_secret_value())
