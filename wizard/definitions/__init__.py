"""A text becomes a checked Workflow: read, drafted, checked, built."""
