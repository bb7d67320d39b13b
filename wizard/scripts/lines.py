"""How a chat's messages get to the server and back: by calls over HTTP, or over a WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Protocol

from aiohttp import ClientConnectionError, ClientSession, ClientWebSocketResponse

from wizard.scripts.person import CantBeDone
from wizard.scripts.world import World

CONVERSATIONS = "api/v1/conversations"
Message = Mapping[str, Any]  # as docs/chat.md has it


class Line(Protocol):
    """One conversation's. `sends` and `looks` give what is said, in order; what the person said may be among it."""

    async def begins(self, workflow: str, given: Mapping[str, Any]) -> list[Message]:
        """Starts a run that is a conversation; the world is told which."""

    async def opens(self) -> list[Message]:
        """Makes a conversation of the world's run, or comes back to one."""

    async def sends(self, message: Message) -> list[Message]:
        """What is said to a message."""

    async def repeats(self, message: Message) -> None:
        """Sends a message once more. What is said to it was heard before, and what isn't is seen at the next look."""

    async def looks(self) -> list[Message]:
        """What was said since."""

    async def closes(self) -> None:
        """Hangs up."""


class Calls:
    """Each message is a call, and so is each look."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._session: ClientSession | None = None
        self._base = ""
        self._heard = ""  # the id of the last message

    async def begins(self, workflow: str, given: Mapping[str, Any]) -> list[Message]:
        await self._connects()
        opened = await self._request("POST", "", {"workflow": workflow, "input": dict(given), **self._language})
        self._world.began(opened["id"], opened["token"])
        return self._noted(opened["messages"])

    async def opens(self) -> list[Message]:
        await self._connects()
        opened = await self._request("POST", "", {"run": self._world.run_id, **self._language})
        return self._noted(opened["messages"])

    async def sends(self, message: Message) -> list[Message]:
        answer = await self._request("POST", f"/{self._world.run_id}/messages", message)
        return self._noted(answer["messages"])

    async def repeats(self, message: Message) -> None:
        await self._request("POST", f"/{self._world.run_id}/messages", message)

    async def looks(self) -> list[Message]:
        said = await self._request("GET", f"/{self._world.run_id}/messages?after={self._heard}", None)
        return self._noted(said["messages"])

    async def closes(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _connects(self) -> None:
        self._base = await self._world.serves()
        await self.closes()
        self._session = ClientSession()

    @property
    def _language(self) -> dict[str, str]:
        return {} if self._world.language is None else {"language": self._world.language}

    def _noted(self, messages: list[Message]) -> list[Message]:
        if messages:
            self._heard = messages[-1]["id"]
        return messages

    async def _request(self, method: str, call: str, body: Message | None) -> Mapping[str, Any]:
        assert self._session is not None
        data = None if body is None else json.dumps(body)
        headers = {} if data is None else {"Content-Type": "application/json"}
        if self._world.token:
            headers["Authorization"] = f"Bearer {self._world.token}"
        address = f"{self._base}{CONVERSATIONS}{call}"
        async with self._session.request(method, address, data=data, headers=headers) as response:
            answer: Mapping[str, Any] = await response.json(content_type=None)
            if response.status >= 400:
                raise CantBeDone(f"the chat answers {response.status}: {answer.get('detail') or answer.get('title')}")
            return answer


class Socket(Calls):
    """A WebSocket, on which all is said that is said in the conversation; it is begun by a call."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._socket: ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None
        self._came: asyncio.Queue[str | None] = asyncio.Queue()  # None where the connection has broken
        self._unseen: list[Message] = []  # what came and wasn't looked at

    async def sends(self, message: Message) -> list[Message]:
        """Who is to lose the connection doesn't hear what is answered. Raises ClientConnectionError."""
        socket = await self._open()
        await socket.send_str(json.dumps(message))
        before = self._heard
        said = await self._hears(taken=message["id"])
        if self._world.is_to_crash:
            self._heard = before
            await self._hang_up()
            raise ClientConnectionError
        return said

    async def repeats(self, message: Message) -> None:
        self._unseen = await self.sends(message)

    async def looks(self) -> list[Message]:
        await self._open()
        return await self._hears()

    async def closes(self) -> None:
        await self._hang_up()
        await super().closes()

    async def _open(self) -> ClientWebSocketResponse:
        """The socket; another one where that has broken, on which comes what was said meanwhile."""
        assert self._session is not None
        if self._socket is None or self._socket.closed:
            address = f"{await self._world.serves()}{CONVERSATIONS}/{self._world.run_id}/ws?after={self._heard}"
            headers = {"Authorization": f"Bearer {self._world.token}"}
            self._socket = await self._session.ws_connect(address, headers=headers)
            self._came = asyncio.Queue()
            self._reading = asyncio.create_task(_read(self._socket, self._came))
        return self._socket

    async def _hang_up(self) -> None:
        if self._socket is not None:
            await self._socket.close()
            self._socket = None
        if self._reading is not None:
            await self._reading
            self._reading = None

    async def _hears(self, taken: str = "") -> list[Message]:
        """What comes until that message was `taken`, and all is there that was said."""
        said, self._unseen = self._unseen, []
        while taken or self._heard != await self._world.last_said():
            frame = await self._came.get()
            if frame is None:
                raise ClientConnectionError
            message = json.loads(frame)
            if "from" in message:
                said += self._noted([message])
            elif message.get("taken") == taken:
                taken = ""
            elif "title" in message:
                raise CantBeDone(f"the chat answers {message['status']}: {message.get('detail') or message['title']}")
        return said


async def _read(socket: ClientWebSocketResponse, came: asyncio.Queue[str | None]) -> None:
    """All frames as they come, so that a server which closes the connection is answered at once."""
    async for frame in socket:
        came.put_nowait(frame.data)
    came.put_nowait(None)
