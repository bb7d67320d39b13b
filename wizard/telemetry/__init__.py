"""What operators see: logs, figures, spans."""
