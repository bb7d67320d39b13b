"""Runs in a PostgreSQL database."""

from __future__ import annotations

from wizard.stores.postgres.store import PostgresStore

__all__ = ["PostgresStore"]
