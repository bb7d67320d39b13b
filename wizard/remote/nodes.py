"""The node types that services offer, as the engine calls them: one that works by itself, and one that asks a person.

A service is sent the values that the node's configuration names, and nothing else of the run. What it was sent is kept
with the step where it is told of later (`remove`, `close`), so that it hears then of what it did, whatever the run
holds by then. Which address and secret count is looked up at each call: a service that moves takes its runs along.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any, ClassVar

from wizard.errors import Excuse, NodeFailed
from wizard.forms.prompts import prompt_fields, summary_items
from wizard.forms.refusals import Refusal
from wizard.forms.types.text import lines
from wizard.forms.validation import Accepted, validate
from wizard.model import Item, Outcome, Proceed, Prompt, Value, Wait
from wizard.model.remote import RemoteNode
from wizard.model.values import digest, pack
from wizard.node import Background, Foreground, NodeType, Visit
from wizard.node.retry import SLACK, persevere
from wizard.nodes.out.exchange import Sleep, TryAgainError, seconds_for
from wizard.remote.calls import Answer, Failures, call
from wizard.remote.configuration import RemoteConfig, config_class
from wizard.remote.description import Description
from wizard.remote.prompts import Asked, asked_of, stored_prompt
from wizard.remote.shape import Place, exact, problems_in

MAX_STATE = 100_000  # bytes, packed, of what a service keeps with a step
MAX_SAID = 500  # characters of what a service says of a failure
SENT, PROMPT, OWN, ANSWERS, CONFIG, ROUND = "sent", "prompt", "own", "answers", "config", "round"  # in visit.state

Registered = Callable[[str], RemoteNode | None]


class _Remote(NodeType[RemoteConfig]):
    """What both have in common. `registered` gives the registration that counts now."""

    described: ClassVar[Description]
    registered: ClassVar[Registered]
    Config = RemoteConfig

    def outputs(self, config: RemoteConfig) -> frozenset[str] | None:
        return None if self.described.outputs is None else frozenset(self.described.outputs)

    def example_output(self, config: RemoteConfig) -> Mapping[str, Value] | None:
        return self.described.example_output

    def check(self, config: RemoteConfig) -> Iterable[tuple[Place, str]]:
        return config.problems()

    @property
    def undoes(self) -> bool:
        return self.described.undoes

    @property
    def closes(self) -> bool:
        return self.described.closes

    async def remove(self, visit: Visit[RemoteConfig]) -> None:
        output = None if visit.output is None else exact(visit.output)
        await self._told(visit, "remove", {**self._kept(visit), "output": output})

    async def close(self, visit: Visit[RemoteConfig]) -> None:
        if self.closes:
            await self._told(visit, "close", self._kept(visit))

    async def _told(self, visit: Visit[RemoteConfig], name: str, content: Mapping[str, Value]) -> Answer:
        """What the service answers. Raises NodeFailed where it fails, or says that it did."""
        node = self._node()
        sent = {"key": visit.key, "run": visit.run, "step": visit.step, "language": visit.language, **content}
        answer = await call(visit.services, node, name, sent, seconds=seconds_for(visit))
        if (error := answer.get("error")) is not None:
            raise _failure(node, error)
        return answer

    def _node(self) -> RemoteNode:
        """Raises NodeFailed where the service isn't registered any more."""
        node = type(self).registered(self.type)
        if node is None:
            raise NodeFailed(
                f"The remote node type {self.type} isn't registered any more. Register it again, `wizard remote-nodes"
                f" add {self.type} URL`, and the run goes on.",
                people=Excuse.BROKEN,
                lasting=True,
            )
        return node

    def _values(self, visit: Visit[RemoteConfig]) -> dict[str, Value]:
        """What the configuration names, computed. Raises NodeFailed where that doesn't fit the service's schema."""
        values = {"config": visit.config.evaluated(visit.names), "reads": visit.config.read(visit.names)}
        if problems := problems_in(visit.config.shape, values["config"]):
            told = "; ".join(f"`{'.'.join(map(str, place))}` {message}" for place, message in problems)
            what = f"What is to be sent to the remote node type {self.type} doesn't fit its schema: {told}."
            raise NodeFailed(what, people=Excuse.CHECK, lasting=True)
        return values

    def _kept(self, visit: Visit[RemoteConfig]) -> dict[str, Value]:
        """What the service was sent, or would be sent now where nothing is known of a call that was cut off, and what
        it keeps with the step."""
        sent = visit.state.get(SENT) or self._values(visit)
        return {"config": sent["config"], "reads": sent["reads"], "state": visit.state.get(OWN)}

    def _proceed(self, visit: Visit[RemoteConfig], answer: Answer) -> Proceed:
        output, port = answer.get("output"), answer.get("port")
        failures = Failures(self._node())
        if not isinstance(output, dict) or answer.keys() - {"output", "port", "state"}:
            raise failures.lasting('answered without an `output`, as {"output": {…}}, or with more than that')
        known = self.outputs(visit.config)
        if known is not None and (others := sorted(output.keys() - known)):
            raise failures.lasting(f"gave the output `{others[0][:80]}`, which its description doesn't name")
        if port is not None and port not in self.ports:
            raise failures.lasting("took a port that its description doesn't name")
        made = {**dict.fromkeys(known or ()), **output}
        return Proceed(made, port)


def _failure(node: RemoteNode, error: Value) -> NodeFailed:
    """What a service says of its failure: `message` for whoever runs Wizard, `people` for people, and with `retry` that
    it may pass."""
    failures = Failures(node)
    match error:
        case {"message": str(message)} if error.keys() <= {"message", "people", "retry"}:
            people = error.get("people")
            said = Excuse.SERVICE if people is None else _words(people)
            if said is None or not isinstance(error.get("retry", False), bool):
                return failures.lasting("said wrongly that it failed")
            text = f"The remote node type {node.type} says: {_words(message) or '(nothing that can be shown)'}"
            kind = TryAgainError if error.get("retry") else NodeFailed
            failure = kind(text, people=said)
            failure.private = True  # it may quote what it was sent
            return failure
    return failures.lasting('said wrongly that it failed; `error` is {"message": "…"}')


def _words(text: object) -> str | None:
    try:
        return (lines(text) or "")[:MAX_SAID] or None if isinstance(text, str) else None
    except Refusal:
        return None


def _pause_asked(error: Exception) -> float | None:
    return error.wait if isinstance(error, TryAgainError) else None


class RemoteBackground(_Remote, Background[RemoteConfig]):
    """A service that works by itself."""

    own_retries = True  # a service says itself how long it is to be left alone

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep

    async def execute(self, visit: Visit[RemoteConfig]) -> Outcome:
        values = self._values(visit)
        _keep_sent(visit, values, self.described)
        seconds = seconds_for(visit) + SLACK
        answer = await persevere(
            lambda own: self._told(own, "next", values), visit, sleep=self._sleep, asked=_pause_asked, seconds=seconds
        )
        return self._proceed(visit, answer)


def _keep_sent(visit: Visit[RemoteConfig], values: Mapping[str, Value], described: Description) -> None:
    if described.undoes or described.closes or described.kind == "foreground":
        if len(pack(values)) > MAX_STATE:
            what = f"A remote node that is told of later is sent at most {MAX_STATE:,} bytes. Hand it less."
            raise NodeFailed(what, people=Excuse.CHECK, lasting=True)
        visit.state[SENT] = dict(values)


class RemoteForeground(_Remote, Foreground[RemoteConfig]):
    """A service that has a person asked. It is asked what to ask, and then with what was answered what comes next: the
    step is done, or there is more to ask. What it asked last stays with the step, with the state that it had then, so
    that going back shows that again, and an answer to it comes from there."""

    async def execute(self, visit: Visit[RemoteConfig]) -> Outcome:
        if visit.input is not None and PROMPT in visit.state:
            return await self.submit(visit)
        values = self._values(visit)
        if PROMPT not in visit.state or visit.state[CONFIG] != digest(values):
            _keep_sent(visit, values, self.described)
            visit.state[CONFIG] = digest(values)
            return await self._go_on(visit, None)
        return Wait(self.prompt(visit))

    async def submit(self, visit: Visit[RemoteConfig]) -> Outcome:
        asked = asked_of(visit.state[PROMPT])
        result = validate(asked.form, visit.input or {}, visit.names)
        if not isinstance(result, Accepted):
            visit.draft = result.draft
            return Wait(self._prompt(visit, asked, result.errors, result.error), rejected=True)
        return await self._go_on(visit, result.output)

    async def _go_on(self, visit: Visit[RemoteConfig], answers: Mapping[str, Value] | None) -> Outcome:
        """Asks the service what comes next, and keeps it."""
        content = {**self._kept(visit), "input": None if answers is None else exact(answers)}
        number = visit.state.get(ROUND, 0) + 1
        content["key"] = blake2b(pack([visit.key, number, content["input"]]), digest_size=16).hexdigest()
        answer = await self._told(visit, "next", content)
        visit.state[ROUND] = number  # an answer that is given again later is another one, and no repetition
        if "prompt" not in answer:
            outcome = self._proceed(visit, answer)
            visit.state[ANSWERS], visit.draft = dict(answers or {}), None
            return outcome
        asked = self._keep_prompt(visit, answer)
        visit.draft = dict(answers) if asked.rejects and answers is not None else None
        return Wait(self.prompt(visit), rejected=asked.rejects and answers is not None)

    def _keep_prompt(self, visit: Visit[RemoteConfig], answer: Answer) -> Asked:
        failures = Failures(self._node())
        if answer.keys() - {"prompt", "state"}:
            raise failures.lasting("answered with a `prompt` and with what doesn't go with it")
        state = answer.get("state")
        if len(pack(state)) > MAX_STATE:
            raise failures.lasting(f"gave a `state` of more than {MAX_STATE:,} bytes")
        try:
            stored = stored_prompt(answer["prompt"])
        except ValueError as wrong:
            raise failures.lasting(f"gave a prompt that can't be shown: {wrong}") from wrong
        visit.state[PROMPT], visit.state[OWN] = stored, state
        return asked_of(stored)

    def prompt(self, visit: Visit[RemoteConfig]) -> Prompt:
        if PROMPT not in visit.state:  # a debug run without effects asks no service
            return Prompt(visit.step, self.type, visit.title)
        asked = asked_of(visit.state[PROMPT])
        return self._prompt(visit, asked, asked.errors, asked.error)

    def _prompt(self, visit: Visit[RemoteConfig], asked: Asked, errors: Mapping[str, str], error: str | None) -> Prompt:
        answers = visit.state.get(ANSWERS)
        fields = prompt_fields(asked.form, visit.names, output=answers, draft=visit.draft, errors=errors)
        elsewhere = [message for name, message in errors.items() if name not in asked.form.own]
        overall = "\n".join([*elsewhere, *([error] if error else [])]) or None
        title = asked.title or visit.title
        return Prompt(visit.step, self.type, title, asked.text, fields, (), overall, asked.submit)

    def accepts(self, visit: Visit[RemoteConfig]) -> bool:
        return visit.state.get(CONFIG) == digest(self._values(visit))

    def summary(self, visit: Visit[RemoteConfig]) -> tuple[Item, ...]:
        if PROMPT not in visit.state:
            return ()
        form = asked_of(visit.state[PROMPT]).form
        return summary_items(form, visit.names, visit.state.get(ANSWERS) or {}, visit.step)


def node_type_of(node_type: str, described: Description, registered: Registered) -> NodeType[Any]:
    """The node type that a service with this description offers. Raises NodeContractError where there can be no such
    type."""
    from wizard.node.registry import made

    base = RemoteForeground if described.kind == "foreground" else RemoteBackground
    members = {
        "type": node_type,
        "title": described.title,
        "group": described.group,
        "icon": described.icon,
        "ports": described.ports,
        "slow": described.slow,
        "example": described.example,
        "described": described,
        "registered": staticmethod(registered),
        "Config": config_class(node_type, described.config),
        "__doc__": "\n\n".join(filter(None, (described.summary, described.documentation))),
        "__module__": __name__,
    }
    return made(type(f"Remote {node_type}", (base,), members))
