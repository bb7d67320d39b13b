"""Trying a workflow out: the real engine, on a store of its own, with each call of a node looked at."""
