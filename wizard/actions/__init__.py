"""What becomes of a node type besides running it: its JSON Schema, the form that asks its configuration, the pages that
explain it, its example. All of it is made of the one class, and pure."""
