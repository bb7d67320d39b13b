"""How a database knows a person's runs without having the person's id, which is encrypted elsewhere: by a hash of it.
An id that can be guessed can be tried out."""

from __future__ import annotations

from hashlib import blake2b


def owner_mark(profile_id: str) -> str:
    """32 hexadecimal digits, the same for the same profile."""
    return blake2b(profile_id.encode("utf-8", "surrogatepass"), digest_size=16, person=b"wizard owner").hexdigest()
