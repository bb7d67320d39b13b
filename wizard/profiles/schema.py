"""The schema of profiles: what each field of one may be, in the field types that forms have.

    fields:
      email: {type: email}
      points: {type: integer, min: 0, required: false}
    others: false
    find_by: [email]

It is a host's, and enforced where a step of a run sets a field, and where somebody creates or changes a profile. What
is taken is stored as the field's type has it: the text 1985-03-27 becomes a date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wizard.definitions.draft import draft_fields
from wizard.definitions.reading import source
from wizard.definitions.reading.document import Document
from wizard.errors import DefinitionError, ExpressionError, FieldsRefused, Problem, SettingsError
from wizard.forms.form import Form, Question
from wizard.forms.parsing import TIMELESS, Context, OwnNames
from wizard.forms.refusals import Refusal, about
from wizard.locale.sentences import sentence
from wizard.model import Chain, Value
from wizard.model.values import check_value
from wizard.node import Registry
from wizard.profiles.merging import KEPT

KEYS = frozenset({"fields", "others", "find_by"})
MOST_FOUND_BY = 20  # fields
UNKNOWN = sentence("Profiles have no such field. Leave it out, or add it to the schema.")
NEEDED = sentence("This can't be empty.")


@dataclass(frozen=True, slots=True)
class _OnlyClock:
    """What limits may be computed of: the time, and nothing of any run."""

    now: datetime
    language: str

    def read(self, chain: Chain) -> Value:
        if chain == ("run", "language"):
            return self.language
        raise ExpressionError(TIMELESS)


class ProfileSchema:
    """`others` says whether profiles may have fields that aren't listed, `find_by` which fields they are found by."""

    def __init__(self, form: Form, *, others: bool, find_by: frozenset[str] = frozenset()) -> None:
        self.find_by = find_by
        self._questions = form.by_name
        self._others = others

    @classmethod
    def load(cls, path: Path, registry: Registry) -> ProfileSchema:
        """Raises SettingsError where the file can't be read, and DefinitionError with every mistake in it."""
        try:
            text = path.read_bytes()
        except OSError as error:
            what = f"WIZARD_PROFILE_SCHEMA can't be used: {path} can't be read ({error.strerror})."
            raise SettingsError(what) from error
        return cls.read(text, str(path), registry)

    @classmethod
    def read(cls, text: str | bytes, file: str, registry: Registry) -> ProfileSchema:
        """A schema's text, YAML or JSON. Raises DefinitionError with every mistake in it."""
        documents = source.read(text, file)
        if len(documents) > 1:
            raise DefinitionError([documents[1].problem((), "a file holds one schema of profiles")])
        (document,) = documents
        if not isinstance(document.data, dict) or not isinstance(document.data.get("fields"), dict):
            what = "a schema of profiles is a mapping that has `fields`, each by its name"
            raise DefinitionError([document.problem((), what)])
        fields, problems = draft_fields(document, registry, "fields")
        problems += _others_wrong(document)
        form = Form(fields)
        for field in fields:
            if (why := _no_field_of_profiles(form, field.name, conditional=field.show_if is not None)) is not None:
                problems.append(document.problem(("fields", field.name), why, key=True))
        if problems:
            raise DefinitionError(problems)
        find_by = frozenset(document.data.get("find_by", ()))
        return cls(form, others=document.data.get("others", False), find_by=find_by)

    def checked(
        self,
        fields: Mapping[str, Value],
        now: datetime,
        *,
        removed: tuple[str, ...] = (),
        whole: bool = False,
        language: str = "en",
    ) -> Mapping[str, Value]:
        """The fields as they are stored. With `whole` they are all that there is, so that none that is needed may be
        missing. Raises FieldsRefused, naming each field."""
        names = OwnNames((), _OnlyClock(now, language))
        taken: dict[str, Value] = {}
        errors: dict[str, str] = {}
        for name, value in fields.items():
            question = self._questions.get(name)
            if question is not None:
                try:
                    taken[name] = _taken(question, value, names)
                except Refusal as refusal:
                    errors[name] = about(refusal.sentence, name).in_language(language)
            elif self._others or name in KEPT:
                taken[name] = value
            else:
                errors[name] = UNKNOWN.in_language(language)
        missing = set(removed) | ({*self._questions} - {*fields} if whole else set())
        for name, question in self._questions.items():
            if question.required and (name in missing or (name in taken and taken[name] is None)):
                errors.setdefault(name, NEEDED.in_language(language))
        if errors:
            raise FieldsRefused(errors)
        return taken


def _taken(question: Question, value: Value, names: OwnNames) -> Value:
    """The value as the field's type has it. Raises Refusal."""
    parsed = question.parse(value, Context(names, {}, None))
    if question.of_others:
        check_value(parsed, "The value")
    return parsed


def _others_wrong(document: Document) -> list[Problem]:
    problems = [
        document.problem(
            (key,), f"a schema of profiles has no key `{key}`; there are `fields`, `others` and `find_by`", key=True
        )
        for key in document.data
        if key not in KEYS
    ]
    if not isinstance(document.data.get("others", False), bool):
        problems.append(document.problem(("others",), "`others` is true or false"))
    found_by = document.data.get("find_by", [])
    if not isinstance(found_by, list) or len(found_by) > MOST_FOUND_BY:
        problems.append(document.problem(("find_by",), f"`find_by` is a list of up to {MOST_FOUND_BY} names of fields"))
        return problems
    for place, name in enumerate(found_by):
        if not isinstance(name, str) or (name not in document.data["fields"] and not document.data.get("others")):
            problems.append(document.problem(("find_by", place), "this is none of the `fields`"))
    return problems


def _no_field_of_profiles(form: Form, name: str, *, conditional: bool) -> str | None:
    """Why such a field can't be in a schema, None where it can."""
    question = form.by_name.get(name)
    if question is None:
        return "this is computed; a profile's field holds a value"
    if question.type.is_secret or question.type.holds_files:
        return f"a profile can't hold what the type `{question.type.name}` takes"
    return "a profile's field is there whatever the others are; remove `show_if`" if conditional else None
