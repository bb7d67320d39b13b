"""Node types that say where a run goes, and when."""
