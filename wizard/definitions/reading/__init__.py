"""Text becomes plain data with places: YAML and JSON, bounded, every problem with its line and column."""
