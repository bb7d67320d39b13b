"""The rules of a run, without I/O: where it goes next, back and again (S1-S17, S19, S24)."""
