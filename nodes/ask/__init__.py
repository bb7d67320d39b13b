"""Node types that ask people, or tell them something."""
