"""What the host decides and no definition can: settings.

Each field is the environment variable of its name in capitals: `http_timeout` is WIZARD_HTTP_TIMEOUT
(wizard.environment). A further setting is a further field of Settings.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from wizard.model.signing_secret import secret_of

Bytes = Annotated[int, Field(ge=1, le=1_000_000_000)]
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # a folder of zones, a path, an unknown name
        raise ValueError("this isn't the name of a time zone, like Europe/Zurich") from error
    return name


def _url(text: str) -> str:
    if not re.match(r"[a-z][a-z0-9+]*:", text):
        raise ValueError("write a URL, as sqlite:///runs.db, postgresql://USER@HOST/DATABASE and memory: are")
    return text


_ORIGIN = re.compile(r"'self'|https?://(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:(\d{1,5}|\*))?", re.ASCII)


def _origins(written: str) -> str:
    origins = written.split()
    if not all(map(_ORIGIN.fullmatch, origins)):
        raise ValueError("write origins with spaces between them, as https://www.example.org is; no paths")
    return " ".join(origins)


_LIMIT = re.compile(r"\s*([A-Za-z][A-Za-z0-9_.-]*(?::[^,=]*[^,=\s])?)\s*=\s*([1-9][0-9]{0,3})\s*")


def concurrency_of(written: str) -> dict[str, int]:
    """How many visits of a node type work at once, by type, and by part of a type. Raises ValueError."""
    limits: dict[str, int] = {}
    for pair in written.split(",") if written.strip() else ():
        match = _LIMIT.fullmatch(pair)
        if match is None:
            raise ValueError("write node types and numbers from 1 to 9999, as http=20, python:report=2 is")
        limits[match[1]] = int(match[2])
    return limits


def _limits(written: str) -> str:
    concurrency_of(written)
    return written


_KEY = re.compile(r"[\w.~+/-]{32,200}=*", re.ASCII)


def _bearer_key(key: SecretStr) -> SecretStr:
    if _KEY.fullmatch(key.get_secret_value()) is None:
        raise ValueError("take 32 to 200 random letters, digits and any of . _ ~ + / -")
    return key


_NAMED_SECRET = re.compile(r"\s*([A-Za-z][A-Za-z0-9_-]{0,63})\s*:\s*(whsec_\S+)\s*")


def webhook_secrets_of(written: str) -> dict[str, tuple[bytes, ...]]:
    """The secrets that webhooks are signed with, by receiver; several of one name while it is being changed. Raises
    ValueError, which never shows them."""
    secrets: dict[str, tuple[bytes, ...]] = {}
    for pair in written.split(","):
        match = _NAMED_SECRET.fullmatch(pair)
        try:
            name, secret = ("", b"") if match is None else (match[1], secret_of(match[2]))
        except ValueError:
            name, secret = "", b""
        if not secret:
            raise ValueError("write NAME:whsec_BASE64, and several with commas between them; each has 24 to 64 bytes")
        secrets[name] = (*secrets.get(name, ()), secret)
    return secrets


def _webhook_secrets(secrets: SecretStr) -> SecretStr:
    webhook_secrets_of(secrets.get_secret_value())
    return secrets


class SmtpServer(NamedTuple):
    """Where mail is handed in. With `tls` the connection is encrypted from the first byte on."""

    host: str
    port: int
    tls: bool
    user: str
    password: str

    def __repr__(self) -> str:
        return f"SmtpServer({self.host}:{self.port})"


def smtp_server_of(written: str) -> SmtpServer:
    """What a URL says, such as smtp://user:secret@mail.example:587. Raises ValueError, which never shows it."""
    problem = "write smtp://USER:PASSWORD@HOST:PORT, or smtps:// where all is encrypted; percent-encode the password"
    try:
        url = urlsplit(written)
        host, port = url.hostname, url.port
    except ValueError:
        raise ValueError(problem) from None
    user, password = unquote(url.username or ""), unquote(url.password or "")
    one_line = all(part.isprintable() for part in (written, user, password))
    if url.scheme not in ("smtp", "smtps") or not host or port == 0 or not one_line or bool(user) != bool(password):
        raise ValueError(problem)
    if url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError(problem)
    tls = url.scheme == "smtps"
    return SmtpServer(host, port or (465 if tls else 587), tls, user, password)


def _smtp_url(url: SecretStr) -> SecretStr:
    smtp_server_of(url.get_secret_value())
    return url


Origins = Annotated[str, Field(max_length=2000), AfterValidator(_origins)]
Days = Annotated[int, Field(ge=0, le=36_500)]
Rate = Annotated[int, Field(ge=0, le=1_000_000)]


class Settings(BaseModel):
    """All settings, with what holds where nothing is said.

    `store` is a URL: `sqlite:PATH` or `memory:`. Sizes are bytes, times seconds. `timezone` decides what
    day `today()` is. `allow_private_addresses` lets `http` nodes call loopback and private networks. Rates are
    how many runs one address may start a minute; 0 is no limit. `proxies` is the number of reverse proxies in
    front of the server, whose X-Forwarded-… headers count. `frame_ancestors` are the origins whose pages may
    show ours in a frame, separated by spaces.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: Annotated[str, Field(max_length=2000), AfterValidator(_url)] = "sqlite:///wizard.db"
    host: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    timezone: Annotated[str, AfterValidator(_known_timezone)] = "UTC"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    body_limit: Bytes = 8_000_000  # what a request to the server may hold: a file of 5 MB in base64
    text_limit: Bytes = 2_000_000  # of that, what isn't a file: typed answers, and JSON that no file can be in
    body_timeout: Seconds = 20.0  # for which a sender may say nothing in the middle of a request
    head_timeout: Seconds = 20.0  # for the line and headers of a request, from connecting on
    idle_timeout: Seconds = 75.0  # for which a connection is kept between two requests; a proxy's has to be shorter
    max_connections: Annotated[int, Field(ge=16, le=100_000)] = 1000  # at once
    max_connections_of_one: Annotated[int, Field(ge=4, le=100_000)] = 200  # address; not where there are proxies
    refusal_rate: Rate = 300  # requests of one address that come to nothing, a fifth at once; further ones wait
    cache_bytes: Annotated[int, Field(ge=1_000_000, le=1_000_000_000_000)] = 64_000_000  # of memory for runs
    bodies_limit: Annotated[int, Field(ge=1_000_000, le=100_000_000_000)] = 200_000_000  # of all requests under way
    start_rate: Rate = 300  # by pages
    api_start_rate: Rate = 6000  # by POST /runs
    event_rate: Rate = 60_000  # by POST /events
    message_rate: Rate = 120  # messages a minute in one conversation
    agent_timeout: Annotated[int, Field(ge=0, le=86_400)] = 600  # seconds until who waits for a person hears that none
    # comes; 0 lets them wait
    operator_timeout: Annotated[int, Field(ge=0, le=604_800)] = 1800  # that an operator who has taken over may say
    # nothing; 0 is no limit
    chat_origins: Origins = ""  # of pages elsewhere that may open conversations by a browser
    proxies: Annotated[int, Field(ge=0, le=10)] = 0
    step_timeout: Seconds = 30.0  # for background nodes that say nothing themselves, http excepted; and all other calls
    function_threads: Annotated[int, Field(ge=1, le=1000)] = 50  # for functions that aren't async; others wait
    hung_threads: Annotated[int, Field(ge=1, le=1000)] = 50  # not back in time: with so many, none is called any more

    slow_after: Seconds = 5.0  # a person isn't kept waiting longer for background work; it goes on as a job
    lease: Annotated[float, Field(ge=1, le=3600)] = 30.0  # after which the work of a process that died is another's
    jobs: Annotated[int, Field(ge=0, le=1000)] = 10  # at once, in the server; 0 leaves them to `wizard worker`
    grace: Seconds = 10.0  # for what is under way when a server or worker is told to stop
    keep_replies: Annotated[int, Field(ge=1, le=3650)] = 7  # days that a request is known again by its idempotency key
    keep_profiles: Days = 0  # days after a profile was saved last, and then it goes with its history; 0 is for ever
    keep_sessions: Days = 0  # the same of sessions
    keep_history: Days = 0  # days for which the history of profiles and sessions tells of a save
    profile_schema: Path | None = None  # a file that says what profiles may hold
    keys: SecretStr | None = None  # "ID:KEY, ID:KEY": data is encrypted with the first; `wizard keys new` makes one
    concurrency: Annotated[str, Field(max_length=2000), AfterValidator(_limits)] = ""  # "http=20, python:report=2"
    functions: Annotated[str, Field(max_length=2000)] = ""  # "MODULE:NAME, MODULE:NAME": what commands import for nodes
    log_format: Literal["text", "json"] = "text"
    metrics: bool = False  # /metrics is served, on the port of everything else: keep it from outside

    site_name: Annotated[str, Field(max_length=100)] = ""  # in the header of pages of no workflow; "" for “Forms”
    templates: Path | None = None  # a folder whose files stand in for the pages' own templates
    theme: Path | None = None  # a CSS file that comes after the pages' own style
    frame_ancestors: Origins = ""

    event_key: SecretStr | None = None  # where set, who tells runs of events has to send it; a run's token doesn't do
    admin_key: Annotated[SecretStr, AfterValidator(_bearer_key)] | None = None  # edits and deploys workflows over HTTP
    allow_deletion: bool = False  # whether whoever holds a run's token may delete all that is stored of it
    allow_private_addresses: bool = False
    http_timeout: Seconds = 10.0  # for one try of an http node that says nothing itself
    http_max_response: Bytes = 1_000_000  # the most that an http node may ask for

    resources: Path | None = None  # a JSON file with resources by name, such as a secret of a container
    smtp_url: Annotated[SecretStr, AfterValidator(_smtp_url)] | None = None  # where mail is handed in
    mail_from: Annotated[str, Field(max_length=320)] = ""  # whom mail comes from, where a definition doesn't say
    webhook_secrets: Annotated[SecretStr, AfterValidator(_webhook_secrets)] | None = None  # "NAME:whsec_BASE64, …"
