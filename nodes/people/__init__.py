"""Node types that keep what is known of a person: in the run's profile."""
