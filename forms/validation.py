"""Taking answers: what a person or program sent becomes typed values, or errors that say what to do.

Nothing here waits, reads a clock or stores: the same form, answers and names give the same result.
Expressions of the form that fail are the author's, and raise ExpressionError (S17).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from difflib import get_close_matches
from itertools import islice

from wizard.errors import NodeContractError
from wizard.expressions.expression import Names
from wizard.forms.characters import encodable
from wizard.forms.form import Form, Question
from wizard.forms.parsing import MAX_TEXT, Context, OwnNames
from wizard.forms.refusals import Refusal
from wizard.locale.sentences import sentence
from wizard.locale.words import language_of
from wizard.model import StoredFile, Value
from wizard.model.prompt import MAX_FIELDS
from wizard.model.values import check_value

__all__ = ["Accepted", "Form", "Part", "Rejected", "carried_over", "still_valid", "validate", "validate_part"]

MAX_NAME_SHOWN = 100
MISSPELT = 3  # unknown names for which a known one is looked for, which takes a millisecond: more aren't misspelt

_LEFT_OUT = object()
_NOTHING: Mapping[str, Value] = {}
_UNSAID = sentence("This answer can't be accepted.")  # where an author's message comes out empty
_TOO_MANY = sentence("Too many answers were sent at once. Send at most {most}.", most=MAX_FIELDS)


@dataclass(frozen=True, slots=True)
class Accepted:
    """`output` holds every field that is shown, typed, None where an optional one has no answer;
    hidden ones are absent. `files` are those that came in now, by field."""

    output: dict[str, Value]
    files: Mapping[str, StoredFile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why the answers weren't taken: `errors` by field, `error` about the form as a whole.

    `draft` is what was typed, in the person's own words, and storable; without passwords, and with
    files only as references to `files`, which are taken even so and needn't be sent again. `failure` is that of a field
    type of others that could neither take its answer nor say what is wrong with it.
    """

    errors: dict[str, str]
    error: str | None
    draft: dict[str, Value]
    files: Mapping[str, StoredFile] = field(default_factory=dict)
    failure: NodeContractError | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The answers to some of the fields were taken. `draft` holds all answers so far, typed;
    `complete` says that no field is left to ask."""

    draft: dict[str, Value]
    complete: bool
    files: Mapping[str, StoredFile] = field(default_factory=dict)


def validate(
    form: Form,
    given: Mapping[str, object],
    names: Names,
    *,
    kept: Mapping[str, Value] = _NOTHING,
    new_id: Callable[[], str] | None = None,
) -> Accepted | Rejected:
    """All answers of a form at once.

    `kept` holds the files and passwords that were taken earlier, by field, which nobody can hand in
    once more: they stay where the field is empty, a file also where it is left out or comes without content;
    null removes one. `new_id` makes the ids of new files;
    without it none are taken.
    """
    if len(given) > MAX_FIELDS:
        return Rejected({}, _TOO_MANY.in_language(language_of(names)), {})
    taking = _Taking(form, names, kept, new_id)
    taking.refuse_unknown(given)
    taking.questions(given)
    if (form.computed or form.rules) and taking.failure is None:
        taking.conclude()
    files = taking.context.files
    if taking.errors or taking.error or taking.failure:
        return Rejected(taking.errors, taking.error, taking.own_words(given), files, taking.failure)
    return Accepted(taking.own.values, files)


def validate_part(
    form: Form,
    given: Mapping[str, object],
    names: Names,
    draft: Mapping[str, Value],
    *,
    kept: Mapping[str, Value] = _NOTHING,
    new_id: Callable[[], str] | None = None,
) -> Part | Rejected:
    """Some answers, a field at a time; `draft` holds those taken before.

    Checks over several fields are made by `validate`, of the whole draft, when no field is left to
    ask. Where a part is rejected, Rejected.draft is the draft with what was typed on top of it.
    """
    if len(given) > MAX_FIELDS:
        return Rejected({}, _TOO_MANY.in_language(language_of(names)), dict(draft))
    taking = _Taking(form, names, kept, new_id)
    taking.refuse_unknown(given)
    taken, complete = taking.part(given, draft)
    files = taking.context.files
    if taking.errors or taking.failure:
        return Rejected(taking.errors, None, {**taken, **taking.own_words(given)}, files, taking.failure)
    return Part(taken, complete, files)


def still_valid(form: Form, output: Mapping[str, Value], names: Names) -> bool:
    """S11: whether an answer accepted earlier would be accepted as it is by the form as it stands now:
    the same fields shown, each within its limits, the checks holding, computed values unchanged. Raises
    NodeContractError where a field type of others fails at it."""
    return carried_over(form, output, names) == output


def carried_over(form: Form, output: Mapping[str, Value], names: Names) -> Mapping[str, Value] | None:
    """What an answer that was accepted earlier, perhaps by another form of the same fields, is to the form as it stands
    now; None where that doesn't accept it. Raises NodeContractError where a field type of others fails at it."""
    computed = {field.name for field in form.computed}
    given = {name: value for name, value in output.items() if name not in computed}
    result = validate(form, given, names, kept=output)
    if isinstance(result, Rejected) and result.failure is not None:
        raise result.failure
    return result.output if isinstance(result, Accepted) else None


@dataclass(slots=True)
class _Taking:
    """One input on its way through a form."""

    form: Form
    names: Names
    kept: Mapping[str, Value]
    new_id: Callable[[], str] | None
    errors: dict[str, str] = field(default_factory=dict)
    error: str | None = None
    failure: NodeContractError | None = None
    own: OwnNames = field(init=False)
    context: Context = field(init=False)

    def __post_init__(self) -> None:
        self.own = OwnNames(self.form.own, self.names)
        self.context = Context(self.own, self.kept, self.new_id)

    def refuse_unknown(self, given: Mapping[str, object]) -> None:
        if given.keys() <= self.form.by_name.keys():
            return
        unknown = [name for name in given if name not in self.form.by_name]
        for name in unknown:
            shown = encodable(str(name)[:MAX_NAME_SHOWN])
            if name in self.form.own:
                told = sentence("“{name}” is computed and can't be answered. Leave it out", name=shown)
            elif len(unknown) <= MISSPELT and (near := get_close_matches(shown, self.form.by_name, n=1)):
                told = sentence("There is no field “{name}” here. Did you mean “{near}”?", name=shown, near=near[0])
            else:
                told = sentence("There is no field “{name}” here. Leave it out", name=shown)
            self.errors[shown] = told.in_language(self.own.language)

    def questions(self, given: Mapping[str, object]) -> None:
        """Takes the answers of all questions that are shown, in order."""
        for question in self.form.questions:
            if question.show_if is None or question.show_if.holds(self.own):
                self.take(question, given.get(question.name, _LEFT_OUT))

    def take(self, question: Question, raw: object) -> bool:
        """Takes one answer into the values, or its refusal into the errors; what a type of others fails with is the
        first one's failure."""
        if raw is _LEFT_OUT:
            raw = self.kept.get(question.name) if question.type.holds_files else question.default
        elif raw == "" and (question.type.holds_files or question.type.is_secret):
            raw = self.kept.get(question.name)
        try:
            value = question.parse(raw, self.context)
            if value is None:
                if question.needed(self.context):
                    self.errors[question.name] = question.absence(self.own)
                    return False
                value = question.empty()
            if question.of_others:
                check_value(value, "The answer")
        except BaseException as error:
            return self._not_taken(question, error)
        self.own.values[question.name] = value
        return True

    def _not_taken(self, question: Question, error: BaseException) -> bool:
        """False; raises the error where it is neither a refusal nor a type's of others."""
        if isinstance(error, Refusal):
            try:
                self.errors[question.name] = question.refusal(error, self.own)
            except BaseException as unsaid:
                return self._not_taken(question, unsaid)
            return False
        failure = question.failure(error)
        if failure is None:
            raise error
        self.failure = self.failure or failure
        return False

    def part(self, given: Mapping[str, object], draft: Mapping[str, Value]) -> tuple[dict[str, Value], bool]:
        """All typed answers so far, and whether none is left to ask."""
        taken: dict[str, Value] = {}
        complete = True
        for question in self.form.questions:
            name = question.name
            if question.show_if is not None and not question.show_if.holds(self.own):
                if name in draft:
                    taken[name] = draft[name]  # it may be shown again
                continue
            if name in given:
                answered = self.take(question, given[name])
            elif name in draft:
                before = self.failure
                answered = self.take(question, draft[name])
                if not answered:  # it is still to be asked, and nobody answered it now
                    self.errors.pop(name, None)
                    self.failure = before
            else:
                answered = False
            complete = complete and answered
            if answered:
                taken[name] = self.own.values[name]
        return taken, complete

    def conclude(self) -> None:
        """Computes what is computed and makes the checks, as far as what they read was accepted."""
        doubtful = set(self.errors)
        for computed in self.form.computed:
            expression, show_if = computed.field.value, computed.field.show_if
            if doubtful.isdisjoint(computed.uses):
                if show_if is None or show_if.holds(self.own):
                    self.own.values[computed.name] = expression.evaluate(self.own)
            else:
                doubtful.add(computed.name)
        general: list[str] = []
        for rule in self.form.rules:
            place = rule.check.field
            if place is not None and (place in self.errors or place not in self.own.values):
                continue
            if doubtful.isdisjoint(rule.uses) and not rule.check.check.holds(self.own):
                message = rule.check.message.words(self.own).strip() or _UNSAID.in_language(self.own.language)
                if place is None:
                    general.append(message)
                else:
                    self.errors[place] = message
        self.error = "\n".join(general) or None

    def own_words(self, given: Mapping[str, object]) -> dict[str, Value]:
        """What was typed, to be shown again."""
        words: dict[str, Value] = {}
        for name, raw in given.items():
            question = self.form.by_name.get(name)
            if question is None or question.type.is_secret:
                continue
            if question.type.holds_files:
                if name in self.own.values:
                    words[name] = self.own.values[name]
            elif (word := storable(raw)) is not None or raw is None:
                words[name] = word  # None: the answer that stood there, or was suggested, is taken back
        return words


def storable(raw: object) -> Value:
    """What was typed, as far as it can be stored and shown again; None for what nobody typed."""
    if isinstance(raw, Mapping):
        parts = ((encodable(str(name)[:MAX_NAME_SHOWN]), _scalar(part)) for name, part in islice(raw.items(), 10))
        return {name: text for name, text in parts if text is not None}
    if isinstance(raw, list | tuple):
        return [text for part in islice(raw, MAX_FIELDS) if (text := _scalar(part)) is not None]
    return _scalar(raw)


def _scalar(raw: object) -> Value:
    match raw:
        case str():
            return encodable(raw[:MAX_TEXT])
        case bool() | date() | time():
            return raw
        case int() if abs(raw) < 2**63:
            return raw
        case float() if raw - raw == 0:
            return raw
        case Decimal() if raw.is_finite() and abs(raw.adjusted()) < 100:
            return raw
    return None
