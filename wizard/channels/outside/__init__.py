"""Channels that people write in elsewhere (messengers, webhooks): what they have in common."""
