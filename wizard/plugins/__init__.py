"""Plug-ins: packages that bring node types, field types or channels. What is installed, whether it keeps its contract,
and how one gets into an environment and out of it.
"""
