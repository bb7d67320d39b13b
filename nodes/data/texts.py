"""`template`, `mask` and `hash`: a text out of what is known, and one that hides it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from wizard.expressions.template import Dynamic, Template
from wizard.model import Proceed
from wizard.model.values import write_json
from wizard.node import FormHint, Visit
from wizard.nodes.computing import Computes, Into, IntoConfig, value
from wizard.nodes.given import Given, given

MOST_MASKED: Final = 10_000  # characters
MOST_KEY: Final = 1_000


class TemplateConfig(IntoConfig):
    """The text."""

    text: Annotated[Template, FormHint(rows=8)] = Field(description="The text.")
    trim: bool = Field(True, description="Whether blanks and empty lines at both ends are left out.")
    into: Into = None


class TemplateNode(Computes[TemplateConfig]):
    """Writes a text, with values in it.

    `{{ order.name }}` puts a value in, `{% if order.express %}…{% endif %}` a part only if something holds, and `{% for
    item in order.items %}…{% endfor %}` a part for each item of a list. Days and numbers are written in the run's
    language; what is missing is left empty. A text has up to 100,000 characters.
    """

    type = "template"
    title = "Write a text"
    group = "data"
    subject = "text"
    example: ClassVar[Mapping[str, Any]] = {
        "text": "Dear {{ profile.name }},\nthank you for your order of {{ today() }}."
    }
    Config = TemplateConfig

    def compute(self, visit: Visit[TemplateConfig], subject: Given) -> Proceed:
        return value(subject.value.strip() if visit.config.trim else subject.value)


class MaskConfig(IntoConfig):
    """What stays of a text."""

    value: Annotated[Dynamic, FormHint(rows=2)] = Field(description="What is masked, like `{{ profile.iban }}`.")
    first: int = Field(0, ge=0, le=100, strict=True, description="How many characters stay at the beginning.")
    last: int = Field(4, ge=0, le=100, strict=True, description="How many characters stay at the end.")
    email: bool = Field(False, description="Whether what follows the `@` stays, instead of the end.")
    mark: str = Field("•", min_length=1, max_length=1, description="What the others become.")
    into: Into = None


class MaskNode(Computes[MaskConfig]):
    """Hides most of a text, so that people recognise it and others can't use it.

    Of `CH93 0076 2011 6238 5295 7` with `first: 4` stays `CH93•••••••••••••••••295 7`, of `ann@example.org` with
    `email: true` and `first: 1` stays `a••@example.org`. At most half of the characters are ever shown: of a shorter
    text, all are hidden. Nothing (null) stays null; a list or a group is an error.
    """

    type = "mask"
    title = "Mask"
    group = "data"
    subject = "value"
    example: ClassVar[Mapping[str, Any]] = {"value": "{{ profile.iban }}", "first": 4, "last": 4}
    Config = MaskConfig

    def compute(self, visit: Visit[MaskConfig], subject: Given) -> Proceed:
        config, text = visit.config, subject.single(MOST_MASKED)
        local, at, domain = text.rpartition("@")
        if config.email and at:
            return value(f"{masked(local, config.first, 0, config.mark)}@{domain}")
        return value(masked(text, config.first, 0 if config.email else config.last, config.mark))


def masked(text: str, first: int, last: int, mark: str) -> str:
    """The text with nothing but its first and last characters; with none where these are more than half of it."""
    if (first + last) * 2 > len(text):
        return mark * len(text)
    return text[:first] + mark * (len(text) - first - last) + text[len(text) - last :]


class HashConfig(IntoConfig):
    """What is hashed, and how."""

    value: Annotated[Dynamic, FormHint(rows=2)] = Field(description="What is hashed, like `{{ profile.email }}`.")
    algorithm: Literal["sha256", "sha512", "blake2b"] = Field(
        "sha256", description="How; `sha256` is known everywhere."
    )
    key: Template | None = Field(
        None, description="A secret without which nobody can compute the same, like `{{ session.hash_key }}`."
    )
    length: int | None = Field(
        None, ge=16, le=128, strict=True, description="How many characters of the hash are kept; all, without it."
    )
    into: Into = None


class HashNode(Computes[HashConfig]):
    """Computes a hash: the same text always gives the same, and nobody can read the text out of it.

    The hash is written in hexadecimal digits, 64 of `sha256` and 128 of the others. A text is hashed as UTF-8, exactly
    as it is: use `lower(…)` where `Ann@Example.org` is to be the same as `ann@example.org`. Other values are hashed as
    JSON, with names in alphabetical order. Nothing (null) stays null.

    **Without a `key`, whoever has the hash can try out texts until one fits**, which takes no time for telephone
    numbers, dates or known addresses. With a key, it is an HMAC (of blake2b, its own keyed mode). A hash that is part
    of a definition's text isn't secret; don't use this for passwords.
    """

    type = "hash"
    title = "Hash"
    group = "data"
    subject = "value"
    example: ClassVar[Mapping[str, Any]] = {"value": "{{ lower(profile.email) }}", "algorithm": "sha256"}
    Config = HashConfig

    def check(self, config: HashConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        if config.key is not None and config.key.constant and not config.key.source:
            yield ("key",), "a key that is empty protects nothing; remove it, or say where it comes from"

    def compute(self, visit: Visit[HashConfig], subject: Given) -> Proceed:
        config, content = visit.config, subject.value
        if not isinstance(content, str | bytes):
            content = write_json(content, sort_keys=True, between=(",", ":"))
        if isinstance(content, str):
            content = content.encode()
        digest = hashed(content, config.algorithm, None if config.key is None else self._key(given(visit, "key")))
        return value(digest[: config.length])

    def _key(self, key: Given) -> bytes:
        if not key.value or len(key.value) > MOST_KEY:
            raise key.wrong(f"must be a text of 1 to {MOST_KEY:,} characters. Look where it comes from")
        return key.text().encode()


def hashed(content: bytes, algorithm: str, key: bytes | None) -> str:
    """The hash in hexadecimal digits."""
    if key is None:
        return hashlib.new(algorithm, content, usedforsecurity=True).hexdigest()
    if algorithm == "blake2b":
        fitting = key if len(key) <= hashlib.blake2b.MAX_KEY_SIZE else hashlib.blake2b(key).digest()
        return hashlib.blake2b(content, key=fitting).hexdigest()
    return hmac.new(key, content, algorithm).hexdigest()
