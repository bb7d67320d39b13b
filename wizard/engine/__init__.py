"""The shell around the machine: loads, calls nodes, commits."""

from __future__ import annotations

from wizard.engine.engine import Definitions, Engine, utc_now

__all__ = ["Definitions", "Engine", "utc_now"]
