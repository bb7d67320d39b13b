"""Messages to a broker (NATS): one connection for each message, to an address that was judged.

- The client is handed a numeric address (wizard.node.connecting) and never connects again: the servers that a broker
  names are followed by nobody.
- Over tls:// a broker that offers no encryption gets nothing. Over nats:// a password or token is only sent where the
  broker encrypts the connection, or is this very machine.
- A message has arrived when a stream says that it keeps it, or, where there is no stream, when the broker has answered
  to what came behind it.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from base64 import b32decode, b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from wizard.errors import Excuse, NodeFailed
from wizard.node import BrokerResource
from wizard.node.connecting import addresses_of, context_for, is_here
from wizard.node.outgoing import AddressRefused
from wizard.nodes.out.exchange import TryAgainError, address_refused
from wizard.settings import Settings

if TYPE_CHECKING:
    from nats.aio.client import Client

MESSAGE_ID = "Nats-Msg-Id"
PORT = 4222
LOOK = 2.0  # seconds to look for a stream
GOODBYE = 0.5  # seconds to end a connection

_BLOCK = re.compile(r"-----BEGIN ([A-Z ]+)-----\s*([A-Za-z0-9._-]+)\s*-")


class Published(NamedTuple):
    """Which stream keeps the message, as which; empty where there is none."""

    stream: str | None = None
    sequence: int | None = None
    duplicate: bool = False


class _Unsafe(Exception):
    """A password would be sent over a connection that others may read."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker, for one message."""

    resource: BrokerResource
    settings: Settings
    seconds: float

    async def publish(
        self, subject: str, content: bytes, headers: Mapping[str, str], key: str, stream: str | None
    ) -> Published:
        """Hands the message in. `stream` has to keep it; unless given, the one that takes the subject does, where there
        is one. Raises NodeFailed, TryAgainError where it may pass."""
        async with self._connection() as connection:
            if len(content) > connection.client.max_payload:
                most = connection.client.max_payload
                what = f"The message has more than the {most:,} bytes that the broker {self._host} takes. Send less."
                raise NodeFailed(what, people=Excuse.CHECK, lasting=True)
            message = _Message(subject, content, {**headers, MESSAGE_ID: key})
            return await connection.publish(message, stream, self.seconds)

    async def sign_in(self) -> None:
        """Connects and signs in, and hands nothing in. Raises what `publish` does."""
        async with self._connection():
            pass

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Connection]:
        """A connection, and what goes wrong with it as NodeFailed, or as TryAgainError where it may pass."""
        from nats import errors
        from nats.js.errors import APIError, NoStreamResponseError

        host = self._host
        try:
            connection = await self._connected()
            try:
                yield connection
            finally:
                await _closed(connection.client)
        except AddressRefused:
            raise address_refused(f"The broker {host}", lasting=True) from None
        except _Unsafe:
            what = f"The broker {host} offers no encrypted connection. Correct the broker, or the resource."
            raise NodeFailed(what, people=Excuse.BROKEN, lasting=True) from None
        except NoStreamResponseError:
            what = f"The broker {host} has no stream that keeps this subject. Make one, or leave out `stream`."
            raise NodeFailed(what, people=Excuse.BROKEN, lasting=True) from None
        except APIError as error:
            what = f"The broker {host} refused the message (error {error.err_code})."
            raise NodeFailed(what, people=Excuse.SERVICE) from None
        except ssl.SSLError:
            what = f"There is no safe connection to the broker {host}: its certificate isn't valid for that name."
            raise NodeFailed(what, people=Excuse.SERVICE, lasting=True) from None
        except (TimeoutError, errors.TimeoutError):
            raise TryAgainError(f"The broker {host} didn't answer within {self.seconds:g} seconds.") from None
        except (OSError, errors.Error) as error:
            if "authorization" in str(error).lower() or "authentication" in str(error).lower():
                what = f"The broker {host} refused the login. Correct the resource."
                raise NodeFailed(what, people=Excuse.BROKEN, lasting=True) from None
            if "permissions" in str(error).lower():
                what = f"The broker {host} doesn't let this login publish there."
                raise NodeFailed(what, people=Excuse.BROKEN, lasting=True) from None
            raise TryAgainError(f"The broker {host} can't be reached, or it broke off.") from None

    @property
    def _host(self) -> str:
        return urlsplit(self.resource.url).hostname or ""

    async def _connected(self) -> _Connection:
        """Raises OSError, the errors of nats-py."""
        port = urlsplit(self.resource.url).port or PORT
        problem: Exception = AddressRefused()
        for address in await addresses_of(self._host, port, self.settings):
            try:
                return await self._connected_to(address, port)
            except OSError as error:
                problem = error
        raise problem

    async def _connected_to(self, address: str, port: int) -> _Connection:
        from nats.aio.client import Client
        from nats.errors import NoServersError

        client, failed = Client(), list[Exception]()

        async def note(error: Exception) -> None:
            failed.append(error)

        bare = f"[{address}]" if ":" in address else address
        secure = self.resource.url.startswith("tls:")
        login = self._login(client, here=is_here(address) and not secure)
        try:
            await client.connect(
                f"{'tls' if secure else 'nats'}://{bare}:{port}",
                error_cb=note,
                name="wizard",
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                connect_timeout=self.seconds,  # type: ignore[arg-type]  # it is handed to asyncio.wait_for
                tls=await context_for(self._host),
                tls_hostname=self._host,
                **login,
            )
        except BaseException as error:
            await _closed(client)
            if isinstance(error, NoServersError) and failed:
                raise failed[-1] from None
            raise
        return _Connection(client, failed)

    def _login(self, client: Client, *, here: bool) -> dict[str, Any]:
        """How it signs in. The client asks for what is secret when it is about to send it; over tls:// it is asked for
        something in any case, and so can't say anything to a broker that doesn't encrypt."""

        def told(secret: str) -> Callable[[], str]:
            def tell() -> str:
                # It encrypts the connection before it says anything where the broker says this, and only then.
                if not here and not client._server_info.get("tls_required"):
                    raise _Unsafe
                return secret

            return tell

        resource = self.resource
        if resource.credentials is not None:
            jwt, seed = credentials_of(resource.credentials.get_secret_value())
            return {"user_jwt_cb": lambda: told(jwt)().encode(), "signature_cb": lambda nonce: signed(seed, nonce)}
        if resource.token is not None:
            return {"token": told(resource.token.get_secret_value())}
        if resource.user is not None and resource.password is not None:
            return {"user": told(resource.user), "password": told(resource.password.get_secret_value())}
        return {"token": told("")} if resource.url.startswith("tls:") else {}


async def _closed(client: Client) -> None:
    """A client whose connection failed may wait for the end of it for ever."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE):
            await client.close()


class _Message(NamedTuple):
    subject: str
    content: bytes
    headers: dict[str, str]


class _Connection(NamedTuple):
    """A client that is connected, and what the broker told it besides."""

    client: Client
    failed: list[Exception]

    async def publish(self, message: _Message, stream: str | None, seconds: float) -> Published:
        """Raises the errors of nats-py."""
        context = self.client.jetstream(timeout=seconds)
        stream = stream or await self._stream_of(message.subject, seconds)
        if stream is None:
            await self.client.publish(message.subject, message.content, headers=message.headers)
            for _ in range(2):  # the client's first ping may go out before the message: nothing overtakes the second
                await self.client.flush(timeout=seconds)  # type: ignore[arg-type]  # asyncio.wait_for gets it
            if self.failed:
                raise self.failed[-1]
            return Published()
        kept = await context.publish(
            message.subject, message.content, timeout=seconds, stream=stream, headers=message.headers
        )
        return Published(kept.stream, kept.seq, bool(kept.duplicate))

    async def _stream_of(self, subject: str, seconds: float) -> str | None:
        """Which stream takes the subject. A login that may not ask that publishes without an answer."""
        from nats.errors import TimeoutError as TooLong
        from nats.js.errors import NotFoundError, ServiceUnavailableError

        try:
            name: str = await self.client.jsm(timeout=min(seconds, LOOK)).find_stream_name_by_subject(subject)
        except (NotFoundError, ServiceUnavailableError):
            return None
        except TooLong:
            self.failed.clear()
            return None
        return name


def credentials_of(written: str) -> tuple[str, str]:
    """The token and the seed in a file of credentials. Raises NodeFailed."""
    blocks = dict(_BLOCK.findall(written))
    jwt, seed = blocks.get("NATS USER JWT"), blocks.get("USER NKEY SEED")
    if jwt is None or seed is None:
        what = "The credentials of the broker aren't those of a .creds file. Correct the resource."
        raise NodeFailed(what, people=Excuse.BROKEN, lasting=True)
    return jwt, seed


def signed(seed: str, nonce: str) -> bytes:
    """The nonce, signed with the key of a seed (an nkey: Ed25519 in base32), in base64. Raises NodeFailed."""
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError:
        what = "Credentials of a broker need a library. Whoever runs this has to run: pip install wizard[encryption]"
        raise NodeFailed(what, people=Excuse.BROKEN, lasting=True) from None

    try:
        raw = b32decode(seed + "=" * (-len(seed) % 8))
        key = Ed25519PrivateKey.from_private_bytes(raw[2:34])  # two bytes say what it is, the last two are a checksum
    except ValueError:
        what = "The credentials of the broker hold no seed. Correct the resource."
        raise NodeFailed(what, people=Excuse.BROKEN, lasting=True) from None
    return b64encode(key.sign(nonce.encode()))
