"""Stored profiles and sessions, for whoever looks after them: looking, changing, undoing, exporting, deleting, and the
schema of profiles. Runs need none of it to save what they change.
"""
