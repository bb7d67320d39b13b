"""Addresses of people on networks: email, telephone, web, bank account.

The libraries that know the rules are heavy and imported at first use.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

from wizard.expressions.expression import Names
from wizard.forms.field_type import PLAIN_TEXT, BaseField, FieldType, Input, Problems
from wizard.forms.locales import is_everywhere, region_of
from wizard.forms.parsing import Context, Parser
from wizard.forms.refusals import Refusal
from wizard.forms.setting_types import Region
from wizard.forms.types.countries import meant_country
from wizard.forms.types.text import line, short
from wizard.locale.sentences import sentence
from wizard.model import Value

MAX_EMAIL = 254  # RFC 5321, 4.5.3.1.3 less the angle brackets
MAX_LOCAL = 64  # RFC 5321, 4.5.3.1.1: what is before the @
MAX_URL = 2_000

_EMAIL = sentence("Your answer to “{label}” must be an email address, like {example}", example="name@example.com")
# What email-validator takes unchanged, which is nearly all there is, at a fiftieth of its time.
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9]++(?:[._+-][a-z0-9]++)*+@(?:[a-z0-9]{1,40}+\.)++(?!(?:arpa|invalid|local|localhost|onion|test)\Z)[a-z]{2,20}"
)
_HOST = re.compile(r"(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))*\.?")
_LETTER_IN_NUMBER = re.compile(r"[^\W\d_]\d|\b[oO]\b")
_ABROAD = "+41 44 668 18 00"  # an example in English of no country
_URL = sentence("Your answer to “{label}” must be a web address, like {example}", example="https://www.example.com")
_IBANS = {  # examples, by country; the first for all others
    "CH": "CH93 0076 2011 6238 5295 7",
    "AT": "AT61 1904 3002 3457 3201",
    "DE": "DE89 3704 0044 0532 0130 00",
    "FR": "FR14 2004 1010 0505 0001 3M02 606",
    "GB": "GB29 NWBK 6016 1331 9268 19",
    "IT": "IT60 X054 2811 1010 0000 0123 456",
    "LI": "LI21 0881 0000 2324 013A A",
}


class EmailField(BaseField):
    """An email address that is well formed; whether it exists only a message to it can tell."""

    type: Literal["email"]


class PhoneField(BaseField):
    """A telephone number. `region` is the country of numbers that are given without a code."""

    type: Literal["phone"]
    region: Region | None = None


class UrlField(BaseField):
    """A web address, http or https."""

    type: Literal["url"]


class IbanField(BaseField):
    """An international bank account number."""

    type: Literal["iban"]


def _email_parser(field: EmailField) -> Parser:
    """An address as email-validator normalises it; no network is asked."""

    def parse(raw: object, context: Context) -> Value:
        text = short(raw, MAX_EMAIL)
        if text is None:
            return None
        if text.rfind("@") > MAX_LOCAL:
            raise Refusal(_EMAIL)
        return text if _PLAIN_EMAIL.fullmatch(text) else _unusual_email(text)

    return parse


def _unusual_email(text: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise Refusal(_EMAIL) from None


def _phone_parser(field: PhoneField) -> Parser:
    """A valid number in E.164 form: +41446681800."""

    def parse(raw: object, context: Context) -> Value:
        text = short(raw)
        if text is None:
            return None
        number = _valid_number(text, field.region)
        if number is None:
            raise _no_phone(field.region, context.names.language)
        return number

    return parse


def _valid_number(text: str, region: str | None) -> str | None:
    """The number in E.164 form. 00 is what most of the world dials for the +, where the region has no other way. A
    letter that touches a digit, or an O alone, may have been meant for one: left aside as a word, it would leave
    another number."""
    import phonenumbers

    if _LETTER_IN_NUMBER.search(text):
        return None
    for typed in (text, f"+{text[2:]}") if text.startswith("00") else (text,):
        try:
            number = phonenumbers.parse(typed, region)
        except phonenumbers.NumberParseException:
            continue
        if not number.extension and phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return None


def _no_phone(region: str | None, language: str) -> Refusal:
    """With a number that the field takes as an example: one of its own region, or else of where the run's language is
    from, with the country's code."""
    import phonenumbers

    national, international = phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL
    number = None if region is None else phonenumbers.example_number(region)
    if number is None:
        other = None if is_everywhere(language) else phonenumbers.example_number(region_of(language))
        like = _ABROAD if other is None else phonenumbers.format_number(other, international)
        return Refusal(sentence("Your answer to “{label}” must be a phone number, like {example}", example=like))
    at_home, abroad = (phonenumbers.format_number(number, form) for form in (national, international))
    return Refusal(
        sentence(
            "Your answer to “{label}” must be a phone number, like {at_home} or {abroad}",
            at_home=at_home,
            abroad=abroad,
        )
    )


def _phone_read(field: PhoneField, value: Value, names: Names) -> str:
    """+41 44 668 18 00."""
    import phonenumbers

    number = phonenumbers.parse(value)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def _region_doubts(field: PhoneField, fields: Sequence[BaseField]) -> Problems:
    if field.region is not None:
        from phonenumbers import SUPPORTED_REGIONS

        if field.region not in SUPPORTED_REGIONS:
            told = f"there is no country {field.region} that has telephone numbers{meant_country(field.region)}"
            yield ("region",), told


def _url_parser(field: UrlField) -> Parser:
    """An http or https address; https is put in front of a bare host."""

    def parse(raw: object, context: Context) -> Value:
        text = line(raw, MAX_URL)
        if text is None:
            return None
        if "://" not in text:
            text = f"https://{text}"
        if len(text) > MAX_URL or re.search(r"[\s<>\"\\^`{|}]", text) or not _is_web(text):
            raise Refusal(_URL)
        return text

    return parse


def _is_web(text: str) -> bool:
    try:
        parts: SplitResult = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or len(host) > 253:
        return False
    return ":" in host or ("." in host and _HOST.fullmatch(host) is not None)


def _iban_parser(field: IbanField) -> Parser:
    """An IBAN without spaces, its check digits right."""

    def parse(raw: object, context: Context) -> Value:
        text = short(raw)
        if text is None:
            return None
        compact = re.sub(r"[\s.-]", "", text).upper()
        if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}", compact) or not _iban().is_valid(compact):
            raise _no_iban(context.names.language)
        return compact

    return parse


def _no_iban(language: str) -> Refusal:
    """With an example of the country that the run's language is from."""
    like = _IBANS.get("CH" if is_everywhere(language) else region_of(language), _IBANS["CH"])
    return Refusal(sentence("Your answer to “{label}” must be a valid IBAN, like {example}", example=like))


@cache
def _iban() -> Any:
    from stdnum import iban

    return iban


def _iban_read(field: IbanField, value: Value, names: Names) -> str:
    """CH93 0076 2011 6238 5295 7."""
    return " ".join(re.findall(".{1,4}", value))


EMAIL = FieldType(
    model=EmailField, parser=_email_parser, called_elsewhere=("mail",), input=Input("email", autocomplete="email")
)
PHONE = FieldType(
    model=PhoneField,
    parser=_phone_parser,
    called_elsewhere=("tel", "telephone", "phonenumber", "mobile"),
    options=("region",),
    doubts=_region_doubts,
    readable=_phone_read,
    input=Input("tel", "govuk-input--width-20", (), "tel"),
)
URL = FieldType(model=UrlField, parser=_url_parser, called_elsewhere=("link", "website", "uri"), input=Input("url"))
IBAN = FieldType(
    model=IbanField,
    parser=_iban_parser,
    readable=_iban_read,
    input=Input(width="govuk-input--width-30", attributes=(("autocapitalize", "characters"), *PLAIN_TEXT)),
)
