"""Conversations that test a workflow: read, played on the real engine over any channel, compared, and told of."""
