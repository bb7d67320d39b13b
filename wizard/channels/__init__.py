"""How runs meet people and programs."""
