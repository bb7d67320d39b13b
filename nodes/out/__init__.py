"""Node types that call something outside."""
