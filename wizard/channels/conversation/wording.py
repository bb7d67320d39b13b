"""What the engine says in a conversation: a page, a question with its buttons, what went wrong, the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

from wizard.channels.conversation.commands import first_way
from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.order import is_asked_before, question_before
from wizard.channels.conversation.questions import LISTED, answer_text, heading, is_own_name, offered, without_unfit
from wizard.channels.conversation.replies import WHICH_ANSWER
from wizard.channels.conversation.rich import between, enumerated, in_line, joined, strong
from wizard.channels.conversation.which import places_of
from wizard.engine.view import RunView
from wizard.engine.work import pauses, seems_stuck, work_of
from wizard.forms.fields import type_of
from wizard.forms.options import options_of
from wizard.forms.types.choices import NO, YES
from wizard.locale.sentences import Sentence, counted, sentence, sentence_for
from wizard.locale.words import Words, words_in
from wizard.model import ENDED, NOTHING, Item, Prompt, PromptField, RunStatus, Step, Value
from wizard.model.talk import Expected, Offer

CLEARER, LAST = 2, 3  # wrong answers to a question after which it is explained, and after which there is a way out

HELP: Mapping[str, Sentence] = {
    "back": sentence("the question before; no answer is lost"),
    "change": sentence("change an answer, as in “change 2” or “change email to ann@example.org”"),
    "review": sentence("your answers so far"),
    "skip": sentence("leave a question without an answer, where that is possible"),
    "restart": sentence("begin again with the first question, without your answers"),
    "elsewhere": sentence("go on with this on another device or in another app"),
    "cancel": sentence("end this for good"),
    "agent": sentence("chat with a person"),
}
WITHIN = sentence("return to your question")
CONTINUE = sentence_for("button", "Continue")
CONFIRMED: Mapping[str, Sentence] = {  # what is asked back, by the command that asks for it
    "cancel": sentence("This ends it for good. Are you sure?"),
    "restart": sentence("This begins again from the first question, and your answers are removed. Are you sure?"),
}
NOTHING_YET = sentence("You haven't answered anything yet.")
LATER = sentence("Your answers to later questions are kept.")
SEVERAL = sentence("You can choose several. If you type them, put commas between them.")
STOPPED = sentence("This can’t continue at the moment.")
EXPIRED = sentence("The time for this is over. To begin again, start a new conversation.")
CANCELLED = sentence("This was cancelled. To begin again, start a new conversation.")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked now. `offers` are its buttons: what each stands for, and what it says; `picked` are those that the
    answer so far has, of several."""

    text: str
    offers: tuple[tuple[str, str], ...] = ()
    expects: Expected | None = None
    picked: frozenset[str] = frozenset()

    def choices(self, mark: str) -> tuple[Offer, ...]:
        return tuple(Offer(f"{mark}.{key}", label, key in self.picked) for key, label in self.offers)


def words_of(view: RunView, dialogue: Dialogue) -> Words:
    """Those of the conversation: in the language that was asked for, else the workflow's."""
    return words_in(dialogue.language or view.workflow.language)


def field_asked(view: RunView, dialogue: Dialogue) -> PromptField | None:
    """The field that is asked, as far as the step asks it still."""
    if view.status is not RunStatus.WAITING or dialogue.visit != view.visit:
        return None
    return next((field for field in dialogue.filling.fields(view.current) if field.name == dialogue.name), None)


def asked_now(view: RunView, dialogue: Dialogue) -> PromptField | None:
    """The same with the answer that may be kept."""
    asked = field_asked(view, dialogue)
    if asked is not None and asked.name in dialogue.given:
        return replace(asked, value=dialogue.given[asked.name])
    return None if asked is None else without_unfit(asked, view)


def mark_of(view: RunView, dialogue: Dialogue) -> str:
    """What the choices of the question begin with: ten hexadecimal digits that no other question has, not even the same
    one in another run, or where it asks or offers something else by now."""
    asked = field_asked(view, dialogue)
    about = [view.id, str(dialogue.visit), dialogue.name, dialogue.confirms, *dialogue.doubt, *dialogue.which]
    if asked is not None:
        about += [asked.label, *(text for choice in asked.choices[:LISTED] for text in (choice.value, choice.label))]
    elif view.status is RunStatus.WAITING:
        about += [text for item in view.current.items for text in (item.label, item.value)]
    return blake2b("\0".join(map(str, about)).encode(), digest_size=5).hexdigest()


def is_of_question(mark: str, view: RunView, dialogue: Dialogue) -> bool:
    """Whether a choice that begins so belongs to what is asked now. One that an earlier build has shown holds still."""
    return mark == mark_of(view, dialogue) or (not dialogue.bound and mark == dialogue.former_mark)


# -- pages ---------------------------------------------------------------------------------------


def page_text(prompt: Prompt, *, heads: bool = False) -> str:
    """What stands above the questions of a page; "" where that is nothing. Its title stands out where it `heads`
    something."""
    title = "" if is_own_name(prompt.title, prompt.step) else prompt.title
    if len(prompt.fields) == 1 and title == prompt.fields[0].label:
        title = ""
    more = (prompt.again, prompt.text)
    stands_out = heads or any(text.strip() for text in more)
    return joined("\n\n", (strong(title) if stands_out else title, *more))


def heading_text(prompt: Prompt, *, asks: bool) -> str:
    """What is said when a page is come to, before what it `asks`: its list as well, which is else what is asked."""
    if not asks:
        return page_text(prompt, heads=True) if prompt.items else ""
    return joined("\n\n", (page_text(prompt, heads=True), items_text(prompt)))


def answers_so_far(view: RunView, words: Words, given: Mapping[str, Value] = NOTHING) -> tuple[Item, ...]:
    """All answers, in order, those to the present page as well: what was answered there, also before the person came
    back to it, and what was `given` and is handed in with the others only."""
    before, step = view.summary(), view.run.current
    if view.status is not RunStatus.WAITING or step is None:
        return before
    here = [
        Item(field.label, answer_text(replace(field, value=given.get(field.name, field.value)), words), view.step)
        for field in view.current.fields
        if type_of(field).is_seen and (field.answered or field.name in given or _was_accepted(field, step))
    ]
    others = [item for item in before if item.step != view.step]
    at = next((at for at, item in enumerate(before) if item.step == view.step), len(others))
    return (*others[:at], *here, *others[at:])


def _was_accepted(field: PromptField, step: Step) -> bool:
    """Whether it shows what was accepted before, and not what was typed since."""
    return field.name in (step.answer or NOTHING) and field.name not in (step.draft or NOTHING)


def review_text(view: RunView, words: Words, given: Mapping[str, Value] = NOTHING) -> str:
    """The answers so far; who has gone back learns that those ahead aren't lost."""
    items = answers_so_far(view, words, given)
    lines = [items_text(Prompt("", "", items=items))] if items else []
    if view.keeps_answers:
        lines.append(words.say(LATER))
    return joined("\n", lines) or words.say(NOTHING_YET)


def items_text(prompt: Prompt) -> str:
    """A page's list, numbered, as `change 2` and `remove 2` name its lines."""
    return enumerated([(line_name(item), item.value) for item in prompt.items])


def line_name(item: Item) -> str:
    """What a line of a list is called."""
    return f"{item.group}, {item.label}" if item.group else item.label


def answer_line(called: str, value: str) -> str:
    """A question and its answer in one line."""
    return f"{called}{between(called)}{value}" if value else called


def end_text(view: RunView, words: Words) -> str:
    """What is said last."""
    prompt = view.current
    said = page_text(prompt) if prompt.ends else ""
    return said or words.say(sentence("Done: {title}.", title=view.workflow.title))


def over_text(view: RunView, words: Words) -> str:
    """That it has ended without being complete."""
    return words.say(EXPIRED if view.status is RunStatus.EXPIRED else CANCELLED)


def working_text(view: RunView, words: Words) -> str:
    """What is being done, or waited for."""
    work = work_of(view)
    percent = "" if work is None or work.percent is None else f" ({int(work.percent)} %)"
    said = page_text(view.current) if pauses(view) else ""
    title = "" if is_own_name(view.current.title, view.step) else view.current.title
    doing = (work.text if work is not None else "") or title or words.say(sentence("Working on it"))
    return said or f"{doing.rstrip(' .…')}{percent} …"


# -- questions -------------------------------------------------------------------------------------


def question_of(view: RunView, dialogue: Dialogue) -> Question:
    """What is asked now, with the buttons of it."""
    words = words_of(view, dialogue)
    if (confirmed := CONFIRMED.get(dialogue.confirms)) is not None:
        return _yes_or_no(confirmed, words)
    if dialogue.which:
        labels = [place.label for place in places_of(dialogue)]
        return Question(words.say(WHICH_ANSWER), tuple((str(at), label) for at, label in enumerate(labels, start=1)))
    asked = asked_now(view, dialogue)
    if asked is not None:
        return _doubtful(asked, dialogue, words, view) if dialogue.doubt else _asking(view, asked, dialogue, words)
    if view.status is RunStatus.WORKING and not seems_stuck(view):
        return Question(working_text(view, words))
    if view.status in (RunStatus.FAILED, RunStatus.WORKING):
        return _failed(view, words)
    if view.status is RunStatus.WAITING:
        return _page(view, words)
    return Question("")


def _yes_or_no(text: Sentence, words: Words) -> Question:
    return Question(words.say(text), (("yes", words.say(YES)), ("no", words.say(NO))))


def _doubtful(asked: PromptField, dialogue: Dialogue, words: Words, view: RunView) -> Question:
    labels = {choice.value: choice.label for choice in asked.choices}
    offers = tuple((str(at), labels.get(value, value)) for at, value in enumerate(dialogue.doubt, start=1))
    if len(offers) > 1:
        return Question(words.say(sentence("Which one do you mean?")), offers, _expects(asked, view))
    lines = [sentence("Do you mean “{choice}”?", choice=offers[0][1])]
    if not asked.choices:
        lines = [sentence("Is “{answer}” your answer?", answer=offers[0][1]), _way_out(asked, view, words)]
    told = "\n".join(words.say(line) for line in lines)
    return Question(told, (("1", words.say(YES)), ("no", words.say(NO))), _expects(asked, view))


def _expects(asked: PromptField, view: RunView) -> Expected:
    return Expected(asked.type, asked.name, view.step)


def _asking(view: RunView, asked: PromptField, dialogue: Dialogue, words: Words) -> Question:
    of = type_of(asked)
    lines = [heading(asked, words)]
    if asked.hint:
        lines.append(in_line(asked.hint))
    if isinstance(typed := asked.options.get("typed_hint"), str):
        lines.append(typed)
    if of.is_list and asked.choices:
        lines.append(words.say(SEVERAL))
    offers: list[tuple[str, str]] = []
    if of.is_yes_or_no:
        offers += [(option.value, str(option.label)) for option in options_of(asked, "radios", words) if option.value]
    elif 0 < len(asked.choices) <= LISTED:
        offers += [(str(at), str(choice.label)) for at, choice in enumerate(asked.choices, start=1)]
        explained = [(at, choice) for at, choice in enumerate(asked.choices, start=1) if choice.hint]
        lines += [in_line(f"{at}. ", choice.label, ": ", choice.hint) for at, choice in explained]
    elif asked.choices:
        many = counted("{count} choice: type its name", "{count} choices: type the name of one", len(asked.choices))
        lines.append(words.say(many))
    may_keep = view.current.in_parts or asked.name not in dialogue.doubted  # a form keeps nothing that was refused
    if may_keep and (so_far := offered(asked, words)):
        lines.append(words.say(sentence("So far: {answer}", answer=so_far)))
        offers.append(("keep", words.say(sentence_for("button", "Keep it"))))
    if not asked.required and not of.is_yes_or_no:
        offers.append(("skip", words.say(sentence_for("button", "Skip"))))
    if dialogue.tries.get(asked.name, 0) >= LAST:
        offers += _ways_out(view, dialogue, words)
    return Question(joined("\n", lines), tuple(offers), _expects(asked, view), _picked(asked))


def _picked(asked: PromptField) -> frozenset[str]:
    """The buttons of the choices that are chosen, where there may be several."""
    if not type_of(asked).is_list or not isinstance(asked.value, list | tuple):
        return frozenset()
    return frozenset(str(at) for at, choice in enumerate(asked.choices, start=1) if choice.value in asked.value)


def _ways_out(view: RunView, dialogue: Dialogue, words: Words) -> list[tuple[str, str]]:
    ways = []
    if question_before(view, dialogue) is not None or is_asked_before(view):
        ways.append(("back", words.say(sentence_for("button", "Back"))))
    if view.workflow.agent:
        ways.append(("agent", words.say(sentence_for("button", "Chat with a person"))))
    return ways


def _failed(view: RunView, words: Words) -> Question:
    again = ("go", words.say(sentence_for("button", "Try again")))
    back = (("back", words.say(sentence_for("button", "Back"))),) if view.has_previous else ()
    error = view.current.error or words.say(STOPPED)
    return Question(error, (again, *back), Expected(view.current.type, "", view.step))


def _page(view: RunView, words: Words) -> Question:
    """A page without questions: a review, a list that is full, a message that was come to on a page."""
    prompt = view.current
    lines = [items_text(prompt)] if prompt.items else []
    if prompt.items:
        change, remove = (first_way(name, words.language) for name in ("change", "remove"))
        more = sentence("Type “{change} 2” to change the second line.", change=change)
        lines.append(words.say(more))
        if any(item.remove for item in prompt.items):
            lines.append(words.say(sentence("Type “{remove} 2” to remove it.", remove=remove)))
    if prompt.error:
        lines.insert(0, prompt.error)
    button = prompt.submit or words.say(CONTINUE)
    return Question(
        joined("\n", lines) or page_text(prompt) or button, (("go", button),), Expected(prompt.type, "", view.step)
    )


# -- what goes wrong -------------------------------------------------------------------------------


def refusal_text(asked: PromptField | None, error: str, tries: int, view: RunView, words: Words) -> str:
    """Why an answer wasn't taken: the error the first time, with an example the second, with a way out then."""
    lines = [error]
    if asked is None or tries < CLEARER:
        return error
    of = type_of(asked)
    if example := of.example(asked, words.language):
        lines.append(words.say(sentence("For example: {example}", example=example)))
    elif asked.choices:
        labels = [str(choice.label) for choice in asked.choices[:LISTED]]
        lines.append(words.say(sentence("It can be one of these: {choices}", choices=", ".join(labels))))
    if tries >= LAST:
        lines.append(words.say(_way_out(asked, view, words)))
    return "\n".join(lines)


def _way_out(asked: PromptField, view: RunView, words: Words) -> Sentence:
    language = words.language
    if not asked.required:
        return sentence("You can leave it out: type “{skip}”.", skip=first_way("skip", language))
    if view.workflow.agent:
        return sentence("Type “{agent}” to chat with a person.", agent=first_way("agent", language))
    helped, back = first_way("help", language), first_way("back", language)
    return sentence("Type “{help}” to see what you can do, or “{back}”.", help=helped, back=back)


def help_text(view: RunView, words: Words, *, within: bool = False) -> str:
    """What can be said now; `within` another conversation it is that which is gone back to."""
    over = view.status in ENDED
    left_out = {"restart", "elsewhere", "cancel", "agent"} if within else set() if view.workflow.agent else {"agent"}
    left_out |= {"skip", "cancel", "agent"} if over else set()
    said = {**HELP, "back": WITHIN} if within else HELP
    lines = [
        f"{first_way(name, words.language)} – {words.say(text)}" for name, text in said.items() if name not in left_out
    ]
    leads_aside = not (within or over)
    topics = [topic.asked[0] for topic in view.workflow.help if topic.asked and (leads_aside or not topic.workflow)]
    if topics:
        lines.append(words.say(sentence("You can also ask:")))
        lines += [f"• {topic}" for topic in topics]
    return "\n".join(lines)
