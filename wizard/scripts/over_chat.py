"""Somebody in a chat: messages and pressed buttons of the JSON interface's conversations, each with its own id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wizard.channels.conversation.commands import first_way
from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.wording import answers_so_far
from wizard.definitions.reading.complaints import did_you_mean
from wizard.engine.view import RunView
from wizard.forms.characters import alike
from wizard.forms.fields import type_of
from wizard.forms.types.choices import NO, YES
from wizard.locale.words import words_in
from wizard.model import ENDED, Value
from wizard.model.prompt import THERE
from wizard.scripts.lines import Calls, Line, Message
from wizard.scripts.person import CantBeDone, Seen
from wizard.scripts.uploads import is_upload, upload_of
from wizard.scripts.world import World

MOST_MESSAGES = 200  # that one step of a script sends
ASIDE = ("keep", "skip", "back", "agent")  # buttons that are no answers
Question = tuple[str, str, int]  # the step, the field and the visit that is asked at
NOWHERE: Question = ("", "", -1)


class OverChat:
    """See wizard.scripts.person.Person."""

    def __init__(self, world: World, line: Callable[[World], Line] = Calls) -> None:
        self.seen = Seen("")
        self._world = world
        self._line = line(world)
        self.last: Message | None = None  # what was sent last
        self._choices: list[Mapping[str, str]] = []
        self._earlier: list[Mapping[str, str]] = []  # the buttons that were there
        self._page: list[str] = []  # what was said since the page that is asked was come to
        self._at = NOWHERE
        self._tries = 0
        self._fault = ""  # the reference of the last one
        self._late = ""  # what failed behind the last text that was passed, where a page tells it at that button
        self._is_over = False  # the run had ended when anything was heard last

    async def begins(self, workflow: str) -> None:
        if (given := self._world.given_by_anybody) is None:
            await self._world.starts(workflow)
            await self.comes()
        else:
            await self._hears(await self._line.begins(workflow, given))

    async def comes(self) -> None:
        await self._line.closes()
        if self._at == NOWHERE:  # what was passed before anybody came here is over
            self._at = ("", "", (await self._world.view()).visit - 1)
        opened = await self._line.opens()
        self._page.clear()
        await self._hears(opened)

    async def leaves(self) -> None:
        await self._line.closes()

    async def looks(self) -> None:
        await self._hears(await self._line.looks())

    async def says(self, text: str) -> None:
        await self._sends({"text": text})

    async def presses(self, label: str) -> None:
        choice = next((offer for offer in self._choices if alike(offer["label"]) == alike(label)), None)
        if choice is not None:
            await self._sends({"choice": choice["choice"]})
        elif await self._may_be_typed():
            await self._sends({"text": label})
        else:
            there = ", ".join(offer["label"] for offer in self._choices) or "nothing to press here"
            raise CantBeDone(f"there is no button {label!r}; there is {there}")

    async def _may_be_typed(self) -> bool:
        """Whether there are choices, too many for buttons or called otherwise on other channels."""
        return any(field.name == self._at[1] and field.choices for field in (await self._world.view()).current.fields)

    async def answers(self, answers: Mapping[str, Any]) -> None:
        """Goes through the step's questions; what isn't named is kept, or skipped. What nobody sees stays."""
        await self._knows(answers)
        await self._goes_to_first(answers)
        fields = (await self._world.view()).current.fields
        unseen = {field.name for field in fields if not type_of(field).is_seen}
        left = {name: value for name, value in answers.items() if name not in unseen}
        await self._fills_in(left)
        if left and not self.seen.error:
            raise CantBeDone(f"{self.seen.step} doesn't ask {', '.join(left)} here")

    async def _fills_in(self, left: dict[str, Any]) -> None:
        """Takes out of the answers what was asked."""
        visit = self._at[2]
        for _ in range(MOST_MESSAGES):
            step, name, at = self._at
            if at != visit or not name:
                return
            if name in left:
                await self._sends(await self._body(left.pop(name)))
            else:
                await self._takes_what_is_there(step, name)
            if self.seen.error:
                return

    async def goes_on(self) -> None:
        if self.seen.passed:
            self.seen = replace(self.seen, passed=self.seen.passed[1:])
            if not self.seen.passed and self._late:
                self.seen, self._late = replace(self.seen, error=self._late), ""
            return
        if self._at[1]:
            await self.answers({})
            return
        button = next((offer for offer in self._choices if offer["choice"].endswith(".go")), None)
        if button is None:
            raise CantBeDone(f"nothing leads on from {self.seen.step} in the chat")
        await self._sends({"choice": button["choice"]})

    async def goes_back(self, to: str | None) -> None:
        """A chat goes back a question at a time."""
        here, back = self.seen.step, first_way("back", await self._language())
        for _ in range(MOST_MESSAGES):
            before = self._at
            await self._sends({"text": back})
            if self._at == before or self.seen.step == to or (to is None and self.seen.step != here):
                return

    async def changes(self, step: str, answers: Mapping[str, Any] | None) -> None:
        left: dict[str, Any] = dict(answers or {})
        for _ in range(max(len(left), 1)):  # a chat changes one answer, and returns
            await self._opens(step, left)
            if answers is None or self.seen.error or self.seen.step != step:
                return
            before = len(left)
            await self._fills_in(left)
            if self.seen.error or not left:
                return
            if len(left) == before:
                raise CantBeDone(f"{step} doesn't ask {', '.join(left)}")

    async def _opens(self, step: str, answers: Mapping[str, Any]) -> None:
        """Has the first line of a step asked anew that has one of the answers, else its first line."""
        language, view = await self._language(), await self._world.view()
        page = view.current if step == view.step else view.prompt_of_page(step)
        names = {field.label: field.name for field in (() if page is None else page.fields)}
        given = Dialogue.of(view.run.conversation).given
        lines = enumerate(view.current.items or answers_so_far(view, words_in(language), given), 1)
        found = [(number, names.get(item.label, "")) for number, item in lines if item.step == step]
        if not found:
            there = ", ".join(dict.fromkeys(item.step for item in view.summary() if item.step)) or "none yet"
            raise CantBeDone(f"{step} has no answer that the chat lists; those that have: {there}")
        number, _ = next((line for line in found if line[1] in answers), found[0])
        await self._sends({"text": f"{first_way('change', language)} {number}"})

    async def presses_earlier(self, label: str) -> None:
        offers = reversed([offer for offer in self._earlier if offer not in self._choices])
        choice = next((offer for offer in offers if alike(offer["label"]) == alike(label)), None)
        if choice is None:
            raise CantBeDone(f"no earlier question had a button {label!r}")
        await self._sends({"choice": choice["choice"]})

    async def repeats(self, sent: Message) -> None:
        await self._line.repeats(sent)

    async def in_wrong_order(self, first: str, second: str) -> None:
        """What arrives first is taken for the answer to what is asked; who sees that says it again."""
        await self._sends({"text": second})
        await self._sends({"text": first})
        if self._at[1]:
            await self._sends({"text": second})

    # -- how it is done ----------------------------------------------------------------------------

    async def _knows(self, answers: Mapping[str, Any]) -> None:
        current = (await self._world.view()).current
        names = [field.name for field in (*current.fields, *current.possible)]
        for name in answers:
            if name not in names and (hint := did_you_mean(name, names)):
                raise CantBeDone(f"{current.step} has no field {name}{hint}")

    async def _goes_to_first(self, answers: Mapping[str, Any]) -> None:
        """Back to the first question of the page that is to be answered anew."""
        view = await self._world.view()
        names = [field.name for field in view.current.fields]
        back = first_way("back", await self._language())
        for _ in names:
            name = self._at[1]
            if name not in names or not any(earlier in answers for earlier in names[: names.index(name)]):
                return
            before = self._at
            await self._sends({"text": back})
            if self._at == before:
                return

    async def _takes_what_is_there(self, step: str, name: str) -> None:
        for way in ("keep", "skip"):
            button = next((offer for offer in self._choices if offer["choice"].endswith(f".{way}")), None)
            if button is not None:
                await self._sends({"choice": button["choice"]})
                return
        current = (await self._world.view()).current
        there = any(
            field.value is not None or field.options.get(THERE) for field in current.fields if field.name == name
        )
        before = self._at
        if there:  # else the word would be the answer
            await self._sends({"text": first_way("keep", await self._language())})
        if self._at == before:
            raise CantBeDone(f"{step} asks {name} as well, and there is nothing to keep; answer it too")

    async def _body(self, value: Value) -> dict[str, Any]:
        language = await self._language()
        words = words_in(language)
        match value:
            case None | "" | []:
                return {"text": first_way("skip", language)}
            case bool():
                return {"text": words.say(YES if value else NO)}
            case list():
                return {"text": ", ".join(map(str, value))}
            case Mapping() if is_upload(value):
                return {"files": [upload_of(value, self._world.folder).as_json]}
        return {"text": str(value)}

    async def _sends(self, body: Mapping[str, Any]) -> None:
        self.last = sent = {"id": self._world.new_id(), **body}

        async def send() -> None:
            await self._hears(await self._line.sends(sent), said=True)

        await self._world.sends(send)

    async def _hears(self, heard: list[Message], *, said: bool = False) -> None:
        view, before = await self._world.view(), self._at
        messages = [message for message in heard if message["from"] != "person"]
        texts = [message["text"] for message in messages]
        self._at = _question(view)
        if self._at[2] != before[2]:
            self._page.clear()
        self._page += texts
        if messages:
            self._choices = messages[-1]["choices"]
            self._earlier += [offer for message in messages for offer in message["choices"]]
        passed, self._late = _passed(view, before[2]), ""
        tries, fault = _tries(view), "" if view.fault is None else view.fault.reference
        has_ended, self._is_over = view.status in ENDED and not self._is_over, view.status in ENDED
        stays = self._at == before and not has_ended  # a run may end where it stands
        fails = fault not in ("", self._fault)  # also while nobody says anything
        refused = bool(texts) and (fails or (said and (stays or tries > self._tries)))
        self._tries, self._fault = tries, fault
        shown, current = (*passed, view.step), view.run.current
        if refused and fails and current is not None and current.type == "message" and current.visit > before[2]:
            passed, self._late, refused = (*passed, view.step), texts[-1], False
        labels = (offer["label"] for offer in self._choices if offer["choice"].rpartition(".")[2] not in ASIDE)
        self.seen = Seen(
            step=view.step,
            title=None,
            text="\n".join(self._page),
            error=texts[0] if refused else "",
            choices=tuple(labels),
            said=" / ".join(" ".join(text.split()) for text in texts),
            shown=shown,
            passed=passed,
        )

    async def _language(self) -> str:
        return self._world.language or (await self._world.view()).workflow.language


def _question(view: RunView) -> Question:
    dialogue = Dialogue.of(view.run.conversation)
    return view.step, dialogue.name if dialogue.visit == view.visit else "", view.visit


def _tries(view: RunView) -> int:
    """How often something was answered wrongly on the page."""
    return sum(Dialogue.of(view.run.conversation).tries.values())


def _passed(view: RunView, since: int) -> tuple[str, ...]:
    """The messages that the run came past behind a visit."""
    passed = (step for step in view.run.path if step.type == "message" and step.is_done and step.visit > since)
    return tuple(step.path for step in passed)
