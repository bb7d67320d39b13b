"""What one type of field is: its settings, how an answer is read and shown, and how it is asked on each channel.

Whatever has to know a type asks its FieldType, never its name. A definition's field knows its own
(`BaseField.field_type`), and so does the field of a prompt that a form asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, get_args

from pydantic import Field as Setting

from wizard.errors import NodeContractError
from wizard.expressions.expression import Expression, Names
from wizard.expressions.template import Dynamic, Template
from wizard.forms.messages import Closed, Errors, Messages
from wizard.forms.parsing import Context, Parser
from wizard.forms.refusals import ANSWER_WANTED
from wizard.forms.setting_types import FieldName
from wizard.locale.sentences import Sentence
from wizard.locale.words import Words
from wizard.model import Choice, PromptField, Value

Place = tuple[str | int, ...]
Problems = Iterator[tuple[Place, str]]
Attributes = tuple[tuple[str, str], ...]

PLAIN_TEXT: Attributes = (("spellcheck", "false"),)  # numbers, names and codes aren't prose


class BaseField(Closed):
    """What all fields have.

    `default` is the answer where the field is left out of the input (a field sent empty stays empty);
    `prefill` is only shown, as a suggestion. `show_if` sees the fields above it.
    """

    field_type: ClassVar[FieldType]

    name: FieldName
    label: Template | None = None
    hint: Template | None = None
    required: bool = True
    default: Any = None
    prefill: Dynamic | None = None
    show_if: Expression | None = None
    autocomplete: Annotated[str, Setting(max_length=60)] | None = None
    errors: Errors = Errors()
    messages: Messages = Messages()


@dataclass(frozen=True, slots=True)
class Input:
    """How a browser is told of an input of one line: its `type`, a CSS class of its `width`, other `attributes`, what
    it can fill in by itself. `keypad` is the `inputmode`, unless an answer may be below zero: keypads have no minus."""

    type: str = "text"
    width: str = ""
    attributes: Attributes = PLAIN_TEXT
    autocomplete: str = ""
    keypad: str = ""


@dataclass(frozen=True, slots=True)
class PartInput:
    """One of the inputs of a field that is typed in several; `wrong` says that the error is about it."""

    name: str
    id: str
    label: str
    value: str
    classes: str = ""
    autocomplete: str = ""
    wrong: bool = False


def _no_answer(field: Any) -> Value:
    return None


def _no_example(field: Any, language: str) -> str:
    return ""


def _answer_wanted(field: Any) -> Sentence:
    return ANSWER_WANTED


def _no_name(text: str) -> bool:
    return False


def _always(field: Any) -> bool:
    return True


def _required(field: Any, context: Context) -> bool:
    return bool(field.required)


def _nothing_wrong(field: Any, fields: Sequence[BaseField]) -> Problems:
    yield from ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FieldType:
    """A type of field. Only `model` and `parser` are needed; what else is left out is as of a line of text.

    - `model`: what a definition can write: a BaseField with `type: Literal["name"]`. `name` is read of it.
    - `parser` makes the parser of a field's answers (wizard.forms.parsing); None for one that isn't asked.
    - `value_type`: of what type an answer is, None where nothing can be known of it. `values` are all that a field's
      answer can be, None where there may be others.
    - `called_elsewhere`: what other form engines call it, in small letters, for authors who come from one.

    What a form makes of it:

    - `options`: names of settings that prompts hand on to channels, as far as a field has them.
    - `limits` gives the least and the greatest answer, `choices` what there is to pick from now. Both may raise
      ExpressionError. `is_fixed` says whether a field asks the same in every run, its texts and limits apart.
    - `needed` says whether there has to be an answer, `empty` what a field without one holds, `absence` what is said
      where one is missing.
    - `problems` are mistakes of a field in its form that its model can't see, `doubts` what is likely one: (place below
      the field, sentence). The latter is handed the form's fields as well.

    How answers are shown:

    - `readable` gives an answer as people read it, `typed` as they type it; None is as values of its type are.

    How it is asked on a page:

    - `input` is what a browser is told of its input. `control` names the template below `fields/` that draws it, or
      gives the name for what is asked; "" is an input, or radios and a select where there are choices.
    - `template` is a template of its own, in Jinja, which gets `w`, a Widget, and is called `fields/NAME.html`.
    - `parts` are the inputs of a field that is typed in several, NAME-PART each; an answer is a dict of their texts.
      `part_texts` gives these of any value, in a language, where it isn't the first that has it all; `part_inputs` the
      inputs, where they are more than texts.

    What it is:

    - `is_secret`: never shown again. `is_seen`: people see it. `is_list`: an answer is a list of the choices.
    - `picks_one`: an answer is one of the choices, or Yes or No, which is `is_yes_or_no`. `holds_files`: it is a file.
    - `has_name`: whether a text names a choice otherwise than by its label, so that it isn't another one misspelt.
    - `has_lines`: people type several lines. `note` says in a conversation how it is answered, `example` what somebody
      might type there, in a language; "" is nothing.
    """

    model: type[BaseField]
    parser: Callable[[Any], Parser] | None
    name: str = field(init=False)
    value_type: type | None = str
    values: Callable[[Any], frozenset[str] | None] = _no_answer
    called_elsewhere: tuple[str, ...] = ()

    options: tuple[str, ...] = ()
    limits: Callable[[Any, Context], tuple[Value, Value]] | None = None
    choices: Callable[[Any, Names], tuple[Choice, ...]] | None = None
    is_fixed: Callable[[Any], bool] = _always
    needed: Callable[[Any, Context], bool] = _required
    empty: Callable[[Any], Value] = _no_answer
    absence: Callable[[Any], Sentence] = _answer_wanted
    problems: Callable[[Any, Sequence[BaseField]], Problems] = _nothing_wrong
    doubts: Callable[[Any, Sequence[BaseField]], Problems] = _nothing_wrong

    readable: Callable[[Any, Value, Names], str] | None = None
    typed: Callable[[Any, Value, str], str | None] | None = None

    input: Input | None = None
    control: str | Callable[[PromptField], str] = ""
    template: str = ""
    parts: tuple[str, ...] = ()
    part_texts: Callable[[Value, str], Mapping[str, str]] | None = None
    part_inputs: Callable[[PromptField, Words], tuple[PartInput, ...]] | None = None

    note: Callable[[PromptField], Sentence] | None = None
    has_name: Callable[[str], bool] = _no_name
    example: Callable[[PromptField, str], str] = _no_example
    is_secret: bool = False
    is_seen: bool = True
    is_list: bool = False
    is_yes_or_no: bool = False
    picks_one: bool = False
    holds_files: bool = False
    has_lines: bool = False

    def __post_init__(self) -> None:
        """Raises NodeContractError where the model isn't one of a type of its own."""
        object.__setattr__(self, "name", _name_of(self.model))
        self.model.field_type = self


def _name_of(model: type[BaseField]) -> str:
    if not (isinstance(model, type) and issubclass(model, BaseField)):
        raise NodeContractError(
            f"the model of a field type is a subclass of BaseField, and {model!r} is none: derive it"
        )
    declared = model.model_fields.get("type")
    names = get_args(declared.annotation) if declared is not None else ()
    if len(names) != 1 or not isinstance(names[0], str):
        raise NodeContractError(f'{model.__name__} names no field type: give it `type: Literal["name"]`')
    if "field_type" in vars(model):
        raise NodeContractError(
            f"{model.__name__} is the model of a field type already: give each a subclass of BaseField of its own"
        )
    return names[0]
