"""`add_consent`, `check_consent`, `require_consent` and `withdraw_consent` nodes: what a person has agreed to.

Each consent is a field of its own in the profile, `consent_` and its purpose. Saves are merged field by field, so that
two runs of one person, each with another consent, lose none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from wizard.errors import NodeFailed
from wizard.expressions.expression import Expression
from wizard.expressions.template import Template
from wizard.locale.sentences import sentence
from wizard.model import Outcome, Proceed, Value
from wizard.model.instants import after
from wizard.node import FormHint, NodeConfig, Visit
from wizard.node.types import LongerThanNothing
from wizard.nodes.given import given
from wizard.nodes.people.profile import OnProfile

MISSING = sentence("Your consent is needed to go on.")
KNOWN = ("at", "source", "version")
PURPOSE = "What is agreed to: `newsletter` is kept in the profile's field `consent_newsletter`."
Purpose = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,49}$")]


class AddConsentConfig(NodeConfig):
    """To what somebody agrees, and where."""

    purpose: Purpose = Field(description=PURPOSE)
    source: Template = Field(description="Where it was given, such as the name of the form.")
    version: Template | None = Field(None, description="Which version of the text was agreed to.")
    when: Annotated[Expression | None, FormHint(label="Only if")] = Field(
        None, description="An expression: the consent is kept only where it holds, such as a box that was ticked."
    )


class AddConsentNode(OnProfile[AddConsentConfig]):
    """Keeps that the person has agreed to something.

    The profile's field `consent_PURPOSE` then holds `given` (true), `at` (when), `source` (where) and `version` (of
    the text). Each purpose has a field of its own. A consent that was given before is replaced by the new one; the
    history of the profile has both.

    With `when`, nothing is kept unless that holds. A box that wasn't ticked isn't taken for a withdrawal: use
    `withdraw_consent` for that.

    `source` and `version` are one line of up to 200 characters. Going back takes the change back.

    Outputs: `given`, whether the consent was kept; `at`, when, or null.
    """

    type = "add_consent"
    title = "Add a consent"
    icon = "file-check"
    example: ClassVar[Mapping[str, Any]] = {"purpose": "newsletter", "source": "Sign-up form", "version": "2026-01"}
    Config = AddConsentConfig

    def outputs(self, config: AddConsentConfig) -> frozenset[str]:
        return frozenset({"given", "at"})

    async def execute(self, visit: Visit[AddConsentConfig]) -> Outcome:
        config = visit.config
        if config.when is not None and not config.when.holds(visit.names):
            return Proceed({"given": False, "at": None})
        consent: dict[str, Value] = {
            "given": True,
            "at": visit.now,
            "source": given(visit, "source").line(),
            "version": None if config.version is None else given(visit, "version").line(),
        }
        visit.set("profile", _field(config.purpose), consent)
        return Proceed({"given": True, "at": visit.now})


class WithdrawConsentConfig(NodeConfig):
    """Which consent is withdrawn, and where."""

    purpose: Purpose = Field(description=PURPOSE)
    source: Template = Field(description="Where it was withdrawn, such as the name of the form.")


class WithdrawConsentNode(OnProfile[WithdrawConsentConfig]):
    """Keeps that the person doesn't agree any more.

    The profile's field `consent_PURPOSE` then says `given: false`, `withdrawn_at` and `withdrawn_source`, and still
    when and where the consent was given. Where there was none, the withdrawal is kept all the same; one that was kept
    before keeps its date.

    `source` is one line of up to 200 characters. Going back takes the change back.

    Outputs: `had`, whether there was a consent.
    """

    type = "withdraw_consent"
    title = "Withdraw a consent"
    icon = "file-x"
    example: ClassVar[Mapping[str, Any]] = {"purpose": "newsletter", "source": "Link in a mail"}
    Config = WithdrawConsentConfig

    def outputs(self, config: WithdrawConsentConfig) -> frozenset[str]:
        return frozenset({"had"})

    async def execute(self, visit: Visit[WithdrawConsentConfig]) -> Outcome:
        purpose = visit.config.purpose
        source = given(visit, "source").line()
        consent = _consent(purpose, visit)
        had = consent.get("given") is True
        if had or "withdrawn_at" not in consent:
            withdrawn = {"given": False, "withdrawn_at": visit.now, "withdrawn_source": source}
            visit.set("profile", _field(purpose), {**consent, **withdrawn})
        return Proceed({"had": had})


class CheckConsentConfig(NodeConfig):
    """Which consent is looked for."""

    purpose: Purpose = Field(description=PURPOSE)
    version: Template | None = Field(
        None, description="The version of the text that must have been agreed to. Any version unless given."
    )
    max_age: LongerThanNothing | None = Field(
        None, description="How old the consent may be, like `730d`. Any age unless given."
    )


class CheckConsentNode(OnProfile[CheckConsentConfig]):
    """Goes one way where the person has agreed to something, another where not.

    A consent counts that `add_consent` has kept and that wasn't withdrawn since. With `version` it must be to that
    version of the text, with `max_age` not older than that.

    The ways out are `given` and `missing`; one that isn't named leads to the node below.

    Outputs: `given`, whether there is such a consent; `at`, `source` and `version`, when, where and to what it was
    given, also where it doesn't count any more; null where there never was one.
    """

    type = "check_consent"
    title = "Check a consent"
    icon = "file-search"
    example: ClassVar[Mapping[str, Any]] = {"purpose": "newsletter", "version": "2026-01", "max_age": "730d"}
    ports = ("given", "missing")
    always_ports = True
    Config = CheckConsentConfig

    def outputs(self, config: CheckConsentConfig) -> frozenset[str]:
        return frozenset({"given", *KNOWN})

    async def execute(self, visit: Visit[CheckConsentConfig]) -> Outcome:
        given = _holds(visit)
        return Proceed({"given": given, **_known(visit)}, port="given" if given else "missing")


class RequireConsentConfig(CheckConsentConfig):
    """Which consent is needed, and what happens without it."""

    missing: Annotated[Literal["fail", "port"], FormHint(label="Where it is missing")] = Field(
        "fail", description="`fail` stops the run here, as `on_error` says; `port` takes the way out `missing`."
    )
    message: Annotated[Template | None, FormHint(rows=3, show_if='missing == "fail"')] = Field(
        None, description="What the person reads where it is missing."
    )


class RequireConsentNode(OnProfile[RequireConsentConfig]):
    """Lets nobody go on who hasn't agreed.

    A consent counts as `check_consent` counts it. Where it is missing the step fails, and the person reads `message`;
    `on_error: back` leads back to the last page, so that they can agree there. With `missing: port` it doesn't fail
    but takes its way out `missing`.

    Outputs: `given`, whether there is such a consent; `at`, `source` and `version`, as of `check_consent`.
    """

    type = "require_consent"
    title = "Require a consent"
    icon = "file-lock"
    example: ClassVar[Mapping[str, Any]] = {"purpose": "newsletter", "missing": "port"}
    Config = RequireConsentConfig

    def ports_of(self, config: RequireConsentConfig) -> tuple[str, ...]:
        return ("missing",) if config.missing == "port" else ()

    def outputs(self, config: RequireConsentConfig) -> frozenset[str]:
        return frozenset({"given", *KNOWN})

    async def execute(self, visit: Visit[RequireConsentConfig]) -> Outcome:
        config = visit.config
        if _holds(visit):
            return Proceed({"given": True, **_known(visit)})
        if config.missing == "port":
            return Proceed({"given": False, **_known(visit)}, port="missing")
        message = "" if config.message is None else config.message.words(visit.names).strip()
        what = f"The consent to {config.purpose} is missing. Ask for it in a form before, and keep it by `add_consent`."
        raise NodeFailed(what, people=message or MISSING, lasting=True)


def _field(purpose: str) -> str:
    return f"consent_{purpose}"


def _consent(purpose: str, visit: Visit[Any]) -> Mapping[str, Value]:
    """What is kept of a consent; nothing where the field holds something else, which is no consent to anything."""
    held = visit.read(f"profile.{_field(purpose)}")
    return held if isinstance(held, Mapping) else {}


def _known(visit: Visit[Any]) -> Mapping[str, Value]:
    """When and where a consent was given, and to what."""
    consent = _consent(visit.config.purpose, visit)
    return {name: consent.get(name) for name in KNOWN}


def _holds(visit: Visit[Any]) -> bool:
    """Whether there is a consent as the configuration wants it."""
    config: CheckConsentConfig = visit.config
    consent = _consent(config.purpose, visit)
    if consent.get("given") is not True:
        return False
    if config.version is not None and consent.get("version") != given(visit, "version").line():
        return False
    if config.max_age is None:
        return True
    at = consent.get("at")
    return isinstance(at, datetime) and at.tzinfo is not None and after(at, config.max_age) >= visit.now
