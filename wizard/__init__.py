"""Wizard: an engine for guided processes. See docs/architecture.md for the house."""

__version__ = "0.1.0"
