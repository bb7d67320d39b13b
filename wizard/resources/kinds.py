"""The kinds of resources, each with what there is to say of one: one class each, of which forms are made.

What is secret is a SecretStr, or is in one: it is in no repr and in no error.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from wizard.settings import SmtpServer, smtp_server_of

MAX_URL = 2_000
MAX_SECRET = 4_000  # characters: tokens are long
MAX_CREDENTIALS = 20_000
MAX_HEADERS = 20
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_SIGNING = re.compile(r"whsec_([A-Za-z0-9+/]{32,88}={0,2})")
_SQL_URL = re.compile(r"sqlite:///[^\0?#]+|postgres(ql)?://[^\0\s]+")


def _one_line(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text.isprintable() or text != text.strip():
        raise ValueError("must be one line without blanks around it")
    return secret


def _web_address(text: str) -> str:
    problem = "must be an address that begins with https:// or http://, without a user name, password, ? or #"
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        raise ValueError(problem) from None
    if url.scheme not in ("http", "https") or not host or "@" in url.netloc or url.query or url.fragment:
        raise ValueError(problem)
    if not text.isascii() or not text.isprintable() or set(" \\?#") & set(text):
        raise ValueError(problem)
    return text


def _smtp_url(url: SecretStr) -> SecretStr:
    smtp_server_of(url.get_secret_value())
    return url


def _sql_url(url: SecretStr) -> SecretStr:
    if not _SQL_URL.fullmatch(url.get_secret_value()):
        raise ValueError("must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE")
    return url


def _signing(secret: SecretStr) -> SecretStr:
    signing_bytes(secret.get_secret_value())
    return secret


def signing_bytes(written: str) -> bytes:
    """What a secret for signatures says (standardwebhooks.com). Raises ValueError, which never shows it."""
    match = _SIGNING.fullmatch(written)
    try:
        secret = b"" if match is None else b64decode(match[1], validate=True)
    except ValueError:
        secret = b""
    if not 24 <= len(secret) <= 64:
        raise ValueError("must be whsec_ and then 24 to 64 random bytes in base64")
    return secret


def _broker_url(text: str) -> str:
    problem = "must be nats://HOST:PORT or tls://HOST:PORT, without a user name or password"
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        raise ValueError(problem) from None
    plain = url.path in ("", "/") and not url.query and not url.fragment and text.isprintable()
    if url.scheme not in ("nats", "tls") or not host or "@" in url.netloc or not plain:
        raise ValueError(problem)
    return text


def _headers(headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name in headers:
        if not _HEADER.fullmatch(name):
            raise ValueError("has a name that no header can have")
    return headers


Secret = Annotated[SecretStr, Field(min_length=1, max_length=MAX_SECRET), AfterValidator(_one_line)]
WebAddress = Annotated[str, Field(max_length=MAX_URL), AfterValidator(_web_address)]


def _asked(label: str) -> dict[str, Any]:
    """How a form calls it, where that isn't what its key says."""
    return {"x-form": {"label": label}}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Resource(_Part):
    """The base of every kind of resource: closed, frozen, its secrets in no text that is made of it."""

    kind: ClassVar[str]
    title: ClassVar[str]
    example: ClassVar[Mapping[str, Any]]


R = TypeVar("R", bound=Resource)


class SmtpResource(Resource):
    """A mail server."""

    kind = "smtp"
    title = "Mail server"
    example: ClassVar[Mapping[str, Any]] = {
        "url": "smtp://forms:correct-horse@mail.example:587",
        "sender": "Forms <forms@example.org>",
    }

    url: Annotated[
        SecretStr,
        Field(
            max_length=MAX_URL,
            description="Where mail is handed in: smtp://USER:PASSWORD@HOST:PORT, or smtps:// where all is encrypted.",
            json_schema_extra=_asked("Address"),
        ),
        AfterValidator(_smtp_url),
    ]
    sender: str = Field("", max_length=320, description="Whom mail comes from, where a definition doesn't say.")

    @property
    def server(self) -> SmtpServer:
        return smtp_server_of(self.url.get_secret_value())


class OAuth2Client(_Part):
    """A client that gets its access tokens by itself (OAuth 2.0, RFC 6749, 4.4)."""

    token_url: WebAddress = Field(description="Where tokens are given out.", json_schema_extra=_asked("Token address"))
    client_id: str = Field(
        min_length=1, max_length=500, description="The name of the client.", json_schema_extra=_asked("Client ID")
    )
    client_secret: Secret = Field(description="The client's password.")
    scope: str = Field("", max_length=2_000, description="What is asked for, where the service wants that said.")
    audience: str = Field("", max_length=MAX_URL, description="For whom, where the service wants that said.")


class HttpResource(Resource):
    """A service that is called over HTTP, and how to sign in there: by a bearer token, or a user name and password, or
    OAuth 2.0 client credentials."""

    kind = "http"
    title = "Web service"
    example: ClassVar[Mapping[str, Any]] = {
        "base_url": "https://crm.example/api",
        "oauth2": {
            "token_url": "https://login.example/token",
            "client_id": "forms",
            "client_secret": "correct-horse-battery-staple",
            "scope": "contacts.write",
        },
    }

    base_url: WebAddress = Field(
        description="What the addresses of requests begin with; credentials are sent nowhere else.",
        json_schema_extra=_asked("Address"),
    )
    bearer_token: Secret | None = Field(None, description="A token that is sent with each request.")
    user: str | None = Field(
        None,
        min_length=1,
        max_length=500,
        pattern=r"^[^:\x00-\x1f\x7f]+$",
        description="The user name, where the service takes one with a password.",
    )
    password: Secret | None = Field(None, description="The password that goes with it.")
    oauth2: OAuth2Client | None = Field(
        None,
        description="Where access tokens come from (OAuth 2.0 client credentials).",
        json_schema_extra=_asked("OAuth 2.0"),
    )
    headers: Annotated[dict[str, Secret], AfterValidator(_headers)] = Field(
        default_factory=dict, max_length=MAX_HEADERS, description="Further headers by name, such as an API key."
    )
    signing_secret: Annotated[SecretStr, AfterValidator(_signing)] | None = Field(
        None, max_length=200, description="What webhooks are signed with: whsec_ and 24 to 64 bytes in base64."
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> HttpResource:
        if (self.user is None) != (self.password is None):
            raise ValueError("`user` and `password` go together: say both, or neither")
        ways = [name for name in ("bearer_token", "user", "oauth2") if getattr(self, name) is not None]
        if len(ways) > 1:
            raise ValueError(f"there is more than one way to sign in ({', '.join(ways)}): keep one of them")
        return self


class SqlResource(Resource):
    """A database that understands SQL."""

    kind = "sql"
    title = "SQL database"
    example: ClassVar[Mapping[str, Any]] = {"url": "postgresql://forms:correct-horse@db.example/crm"}

    url: Annotated[
        SecretStr,
        Field(
            max_length=MAX_URL,
            description="sqlite:///PATH, or postgresql://USER:PASSWORD@HOST:PORT/DATABASE.",
            json_schema_extra=_asked("Address"),
        ),
        AfterValidator(_sql_url),
    ]


class S3Resource(Resource):
    """A bucket of a file store that speaks S3."""

    kind = "s3"
    title = "File store (S3)"
    example: ClassVar[Mapping[str, Any]] = {
        "endpoint": "https://s3.example",
        "region": "eu-central-1",
        "bucket": "letters",
        "access_key": "FORMS",
        "secret_key": "correct-horse-battery-staple",
    }

    endpoint: WebAddress = Field(description="Where the file store is.", json_schema_extra=_asked("Address"))
    region: str = Field("us-east-1", pattern=r"^[A-Za-z0-9-]{1,64}$", description="The region that requests are for.")
    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", description="The bucket that files are in.")
    access_key: str = Field(
        min_length=1,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="The name of the key that requests are signed with.",
    )
    secret_key: Secret = Field(description="That key.")


class BrokerResource(Resource):
    """A message broker (NATS), and how to sign in there: by a user name and password, a token, or credentials."""

    kind = "broker"
    title = "Message broker"
    example: ClassVar[Mapping[str, Any]] = {
        "url": "nats://broker.example:4222",
        "user": "forms",
        "password": "correct-horse",
    }

    url: Annotated[str, Field(max_length=MAX_URL), AfterValidator(_broker_url)] = Field(
        description="Where the broker is: nats://HOST:PORT, or tls://HOST:PORT where all is encrypted.",
        json_schema_extra=_asked("Address"),
    )
    user: str | None = Field(None, min_length=1, max_length=500, description="The user name.")
    password: Secret | None = Field(None, description="The password that goes with it.")
    token: Secret | None = Field(None, description="A token instead.")
    credentials: SecretStr | None = Field(
        None,
        min_length=1,
        max_length=MAX_CREDENTIALS,
        description="The content of a file of credentials instead (.creds).",
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> BrokerResource:
        if (self.user is None) != (self.password is None):
            raise ValueError("`user` and `password` go together: say both, or neither")
        ways = [name for name in ("user", "token", "credentials") if getattr(self, name) is not None]
        if len(ways) > 1:
            raise ValueError(f"there is more than one way to sign in ({', '.join(ways)}): keep one of them")
        return self


class TokenResource(Resource):
    """A token by itself, such as that of a bot."""

    kind = "token"
    title = "Token"
    example: ClassVar[Mapping[str, Any]] = {"token": "correct-horse-battery-staple"}

    token: Secret = Field(description="The token.")
    base_url: WebAddress | None = Field(
        None,
        description="Where the service is, where that isn't the usual place: a server of your own.",
        json_schema_extra=_asked("Address"),
    )


KINDS: Mapping[str, type[Resource]] = MappingProxyType(
    {kind.kind: kind for kind in (SmtpResource, HttpResource, SqlResource, S3Resource, BrokerResource, TokenResource)}
)
