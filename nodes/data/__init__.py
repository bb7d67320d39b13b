"""Node types that compute."""
