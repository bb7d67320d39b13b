"""The built-in node types."""
