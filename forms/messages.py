"""What a definition can write below a field's `errors`: an author's own words, by what is wrong with an answer.

The keys are `required`, `invalid` and those of the settings that limit the field's type, so that one that can't
happen is told when a definition is loaded.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from wizard.expressions.template import Template


class Closed(BaseModel):
    """What has no other keys than these."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Errors(Closed):
    """An author's own words instead of the built-in ones: for a missing answer, and one that can't be taken."""

    required: Template | None = None
    invalid: Template | None = None


class LengthErrors(Errors):
    """As well for a text that is too short or too long."""

    min_length: Template | None = None
    max_length: Template | None = None


class TextErrors(LengthErrors):
    """As well for a text that doesn't match the pattern."""

    pattern: Template | None = None


class LimitErrors(Errors):
    """As well for an answer below or above its limits."""

    min: Template | None = None
    max: Template | None = None


class DecimalErrors(LimitErrors):
    """As well for too many digits after the point."""

    places: Template | None = None


class FileErrors(Errors):
    """As well for a file of another kind, and one that is too large."""

    accept: Template | None = None
    max_size: Template | None = None


class Messages(Closed):
    """What `errors` was called before it told limits apart; definitions that are stored have it."""

    required: Template | None = None
    invalid: Template | None = None
    limit: Template | None = None
    pattern: Template | None = None
