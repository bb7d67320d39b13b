"""Runs in this process."""

from __future__ import annotations

from wizard.stores.memory.store import MemoryStore

__all__ = ["MemoryStore"]
