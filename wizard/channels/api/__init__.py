"""The JSON interface (DESIGN, section 7)."""
