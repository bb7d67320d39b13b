"""How a database knows a person's runs without having the person's id, which is encrypted elsewhere: by a hash of it.
The runs of a session are known in the same way. An id that can be guessed can be tried out."""

from __future__ import annotations

from hashlib import blake2b

from wizard.model import Run


def owner_mark(profile_id: str) -> str:
    """32 hexadecimal digits, the same for the same profile."""
    return _mark(profile_id, b"wizard owner")


def session_mark(session_id: str) -> str:
    """The same of a session: other digits than those of a profile with its id."""
    return _mark(session_id, b"wizard session")


def owners_of(run: Run) -> tuple[str, ...]:
    """Whose a new run is."""
    return owners_named(run.profile_id, run.session_id)


def owners_named(profile_id: str | None, session_id: str | None) -> tuple[str, ...]:
    """The marks of a profile and a session, as far as they are named."""
    profile = () if profile_id is None else (owner_mark(profile_id),)
    return profile if session_id is None else (*profile, session_mark(session_id))


def _mark(text: str, person: bytes) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, person=person).hexdigest()
