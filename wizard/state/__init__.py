"""The internal state of a run: event, profile and session."""
