"""Runs in a SQLite file."""

from __future__ import annotations

from wizard.stores.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
