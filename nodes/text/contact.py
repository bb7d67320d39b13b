"""`normalise_phone` and `normalise_email` nodes: addresses of people written in one way, as the form's fields do.

What a field of that type would refuse goes out at `invalid`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.forms.field_type import BaseField
from wizard.forms.locales import is_everywhere, region_of
from wizard.forms.parsing import MAX_SHORT, Context, OwnNames
from wizard.forms.refusals import Refusal
from wizard.forms.setting_types import Region
from wizard.forms.types.contact import MAX_EMAIL, PHONE, EmailField, PhoneField
from wizard.model import Proceed, Value
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Computes
from wizard.nodes.given import Given


def read_as(field: BaseField, visit: Visit[Any], text: object) -> Value:
    """What the field makes of an answer, None for nothing. Raises Refusal."""
    parser = field.field_type.parser
    assert parser is not None
    return parser(field)(text, Context(OwnNames((), visit.names), {}, None))


def _told(made: Value) -> Proceed:
    return Proceed({"value": made}, port="invalid" if made is None else "valid")


class PhoneConfig(NodeConfig):
    """The number, and where it is from."""

    phone: Dynamic = Field(description="A telephone number as somebody wrote it.")
    region: Region | None = Field(
        None,
        description="The country of numbers without a code, like CH; that of the run's language unless given.",
    )


class NormalisePhoneNode(Computes[PhoneConfig]):
    """Writes a telephone number in one way: +41446681800.

    Ways out: `valid` and `invalid`. Output: `value`, the number with its country's code and no blanks (E.164), so
    that two spellings of it can be compared; null where it is none that can be dialled, or nothing (null). A number
    without a code is taken for one of `region`; an extension makes it invalid. Whether anybody answers isn't known.
    """

    type = "normalise_phone"
    title = "Normalise a phone number"
    group = "text"
    icon = "phone"
    ports = ("valid", "invalid")
    always_ports = True
    subject = "phone"
    nothing = "invalid"
    example: ClassVar[Mapping[str, Any]] = {"phone": "044 668 18 00", "region": "CH"}
    Config = PhoneConfig

    def compute(self, visit: Visit[PhoneConfig], subject: Given) -> Proceed:
        region = visit.config.region
        if region is None and not is_everywhere(visit.language):
            region = region_of(visit.language) or None
        try:
            return _told(read_as(PhoneField(name="phone", type="phone", region=region), visit, subject.text(MAX_SHORT)))
        except Refusal:
            return _told(None)

    def check(self, config: PhoneConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        if config.region is not None:
            field = PhoneField(name="phone", type="phone", region=config.region)
            yield from PHONE.doubts(field, ())


class EmailConfig(NodeConfig):
    """The address."""

    email: Dynamic = Field(description="An email address as somebody wrote it.")
    lower_case: bool = Field(
        True, description="Write what is before the @ in small letters too, as nearly all mail servers take it."
    )


class NormaliseEmailNode(Computes[EmailConfig]):
    """Writes an email address in one way, so that two spellings of it can be compared.

    Ways out: `valid` and `invalid`. Output: `value`, the address without blanks around it, its host in small letters
    and its Unicode composed; null where it isn't well formed, or nothing (null). Whether there is such an address
    isn't known: only a message to it can tell. Dots and what stands behind a + stay, as only some servers skip them.
    """

    type = "normalise_email"
    title = "Normalise an email address"
    group = "text"
    icon = "mail"
    ports = ("valid", "invalid")
    always_ports = True
    subject = "email"
    nothing = "invalid"
    example: ClassVar[Mapping[str, Any]] = {"email": " Ann@Mail.Example.com "}
    Config = EmailConfig

    def compute(self, visit: Visit[EmailConfig], subject: Given) -> Proceed:
        text = subject.text(1_000)
        if len(text.strip()) > MAX_EMAIL:
            return _told(None)
        try:
            made = read_as(EmailField(name="email", type="email"), visit, text)
        except Refusal:
            return _told(None)
        return _told(made.lower() if visit.config.lower_case and isinstance(made, str) else made)
