"""Somebody whose program speaks JSON over HTTP: the calls of /api/v1, each with an idempotency key of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession

from wizard.model import Value
from wizard.model.values import to_json
from wizard.scripts.person import AtQuestions, CantBeDone, Seen, choice_of, is_button, value_of
from wizard.scripts.uploads import is_upload, upload_of
from wizard.scripts.world import World

REJECTED = 422


@dataclass(frozen=True, slots=True)
class _Sent:
    """A request that was sent, as it can be sent again."""

    call: str
    body: Mapping[str, Any]
    key: str


class OverJson:
    """See wizard.scripts.person.Person."""

    def __init__(self, world: World) -> None:
        self.seen = Seen("")
        self._world = world
        self._at = AtQuestions(world)
        self._session: ClientSession | None = None
        self._base = ""
        self.last: _Sent | None = None
        # At a visit: what was sent is sent again with what is right.
        self._refused: tuple[int, dict[str, Any]] = (0, {})

    async def begins(self, workflow: str) -> None:
        if (given := self._world.given_by_anybody) is None:
            await self._world.starts(workflow)
        else:
            address = f"{await self._world.serves()}api/v1/runs"
            body = {"workflow": workflow, "input": dict(given)}
            async with ClientSession() as session, session.post(address, json=body) as response:
                started = await response.json(content_type=None)
            if "token" not in started:
                raise CantBeDone(f"no run can be started: {started.get('detail') or started.get('title')}")
            self._world.began(started["id"], started["token"])
        await self.comes()

    async def comes(self) -> None:
        self._base = await self._world.serves()
        await self.leaves()
        headers = {"Authorization": f"Bearer {self._world.token}"}
        self._session = ClientSession(headers=headers)
        self._at.begins_anew()
        await self.looks()

    async def leaves(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def looks(self) -> None:
        status, body = await self._request("GET", "", None, "")
        await self._shows(status, body)

    async def says(self, text: str) -> None:
        asked = await self._at.needs()
        await self._gives(asked.name, value_of(asked, text, await self._language()))

    async def presses(self, label: str) -> None:
        asked = await self._at.asked()
        if asked is None or (not asked.choices and is_button(await self._at.prompt(), label)):
            if not is_button(await self._at.prompt(), label):
                raise CantBeDone(f"there is no button {label!r} at {self.seen.step}; write `goes_on: true` to go on")
            await self.goes_on()
        else:
            await self._gives(asked.name, choice_of(asked, label, await self._language()))

    async def answers(self, answers: Mapping[str, Any]) -> None:
        await self._sends("next", {"step": await self._step(), "answers": self._with_refused(answers), "keep": True})

    async def goes_on(self) -> None:
        prompt = await self._at.prompt()
        body: dict[str, Any] = {"step": prompt.step}
        if prompt.fields:
            body |= {"answers": dict(self._at.given), "keep": True}
        await self._sends("next", body)

    async def goes_back(self, to: str | None) -> None:
        draft = {"draft": dict(self._at.given)} if self._at.given else {}
        await self._sends("previous", {**({} if to is None else {"to": to}), **draft})

    async def changes(self, step: str, answers: Mapping[str, Any] | None) -> None:
        given = {} if answers is None else {"answers": self._sendable(answers), "keep": True}
        await self._sends("change", {"step": step, **given})

    async def presses_earlier(self, label: str) -> None:
        """A program has no buttons but those of the step that it was told of last."""

    async def repeats(self, sent: _Sent) -> None:
        status, body = await self._post(sent)
        await self._shows(status, body)

    async def in_wrong_order(self, first: str, second: str) -> None:
        """Both are for the form that stands there; the one that was typed first comes last."""
        asked = await self._at.needs()
        prompt = await self._at.prompt()
        if not prompt.in_parts:
            raise CantBeDone(f"{prompt.step} takes its answers at once: there is no order in which they could come")
        language = await self._language()
        self._at.take(asked, None)
        other = await self._at.needs()
        self._at.given.pop(asked.name)
        await self._gives(other.name, value_of(other, second, language))
        await self._gives(asked.name, value_of(asked, first, language))

    # -- how it is done ----------------------------------------------------------------------------

    async def _gives(self, name: str, value: Value) -> None:
        """Answers one question, and hands the step in behind its last one."""
        prompt = await self._at.prompt()
        field = next(field for field in prompt.fields if field.name == name)
        if prompt.in_parts:
            await self._sends("next", {"step": prompt.step, "answers": {name: value}, "partial": True})
            if self.seen.error:
                return
        self._at.take(field, value)
        if await self._at.asked() is None and (await self._at.prompt()).step == prompt.step:
            body: dict[str, Any] = {"step": prompt.step, "answers": {}, "partial": True}
            if not prompt.in_parts:
                body = {"step": prompt.step, "answers": dict(self._at.given)}
            if (await self._world.view()).visit == self._at.visit:
                await self._sends("next", body)

    async def _sends(self, call: str, body: Mapping[str, Any]) -> None:
        self.last = sent = _Sent(call, body, self._world.new_id())
        await self._world.sends(lambda: self.repeats(sent))

    async def _post(self, sent: _Sent) -> tuple[int, Mapping[str, Any]]:
        return await self._request("POST", f"/{sent.call}", sent.body, sent.key)

    async def _request(self, method: str, call: str, body: Any, key: str) -> tuple[int, Mapping[str, Any]]:
        assert self._session is not None
        headers = {"Idempotency-Key": key} if key else {}
        data = None if body is None else json.dumps(body, default=to_json)
        if data is not None:
            headers["Content-Type"] = "application/json"
        address = f"{self._base}api/v1/runs/{self._world.run_id}{call}"
        async with self._session.request(method, address, data=data, headers=headers) as response:
            return response.status, await response.json(content_type=None)

    async def _shows(self, status: int, body: Mapping[str, Any]) -> None:
        run = body if status < 400 else body.get("run")
        if run is None:
            raise CantBeDone(f"the JSON interface answers {status}: {body.get('detail') or body.get('title')}")
        errors = [run["current"].get("error"), *[field["error"] for field in run["current"]["fields"]]]
        if status >= 400:
            errors = [body.get("error"), *(body.get("errors") or {}).values()]
            errors = errors if any(errors) else [body.get("detail") or body.get("title")]
        await self._at.prompt()  # notices where the run stands now
        if status == REJECTED:
            await self._at.refused(body.get("errors") or {})
        self.seen = _seen(run["current"], " / ".join(error for error in errors if error))

    def _with_refused(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        visit, before = self._refused
        sent = {**(before if visit == self._at.visit else {}), **self._sendable(answers)}
        self._refused = (self._at.visit, sent)
        return sent

    def _sendable(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: upload_of(value, self._world.folder).as_json if is_upload(value) else value
            for name, value in answers.items()
        }

    async def _step(self) -> str:
        return (await self._world.view()).step

    async def _language(self) -> str:
        return (await self._world.view()).workflow.language


def _heading(current: Mapping[str, Any]) -> str:
    """What a step is called in a report: by its title, else by the text that is all it shows."""
    shown = current["title"] or ("" if current["fields"] else current["text"]) or current["step"]
    return " ".join(shown.split())


def _seen(current: Mapping[str, Any], error: str) -> Seen:
    fields = current["fields"]
    lines = [current["title"], current.get("again") or "", current["text"], error]
    lines += [f"{item['label']}: {item['value']}" for item in current.get("items", ())]
    for field in fields:
        lines += [field["label"], field["hint"], *[choice["label"] for choice in field["choices"]]]
    asked = ", ".join(field["label"] for field in fields)
    return Seen(
        step=current["step"],
        title=current["title"],
        text="\n".join(line for line in lines if line),
        error=error,
        fields=tuple(field["name"] for field in fields),
        choices=tuple(choice["label"] for field in fields for choice in field["choices"]),
        values={field["name"]: field["value"] for field in fields},
        said=": ".join(part for part in (_heading(current), error or asked) if part),
        shown=(current["step"],),
    )
