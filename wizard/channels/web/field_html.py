"""The HTML of a page's fields. Most of it is the same for everybody who is asked the same, and is kept."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Hashable, Mapping
from dataclasses import replace

from jinja2 import Template
from markupsafe import Markup

from wizard.expressions.prose import Prose
from wizard.forms.field_type import FieldType
from wizard.forms.fields import is_built_in, type_of
from wizard.forms.rendering import Heading, Widget, error_of, typed_texts, widget, with_typed
from wizard.forms.typed import typed_text
from wizard.locale.words import Words
from wizard.model import PromptField
from wizard.model.prompt import THERE
from wizard.telemetry.logs import broke

log = logging.getLogger("wizard.fields")

MAX_DRAWN = 4_000_000  # characters of fields' HTML that are kept

_MARK = f"wz{secrets.token_hex(16)}-"  # stands for a text in kept HTML; nobody can have typed it
_MARKS = re.compile(f"{_MARK}([0-9])")


class FieldHtml:
    """Renders fields with `templates`, of which each kind of control has one, and with those that types bring along,
    which are compiled at their first use. Templates that are a host's `own` may do anything with what a
    person typed, so that such a field isn't kept."""

    def __init__(self, templates: Mapping[str, Template], *, own: bool) -> None:
        self._templates = templates
        self._of_types: dict[FieldType, Template] = {}
        self._own = own
        self._drawn = _Drawn()

    def of(self, field: PromptField, heading: Heading, files: str, words: Words) -> Markup:
        """A field's HTML. Most of it is the same for everybody who is asked the same, and is kept: without an answer,
        with one that was picked, or with marks where the text goes that was typed, and the error."""
        of = type_of(field)
        typed = typed_texts(field, words) if of.is_seen and not of.holds_files else None
        error = error_of(field, words)
        personal = typed or error
        if typed is None or (personal and self._own) or (error and of.parts):
            return self._draw(of, widget(field, heading=heading, files=files, words=words))
        key = (words.language, _key(field, heading, typed))
        drawn = self._drawn.get(key)
        if drawn is None:
            html = self._draw(of, widget(_marked(field, typed), heading=heading, words=words))
            drawn = self._drawn.put(key, html, field)
        if not personal:
            return drawn[0]
        texts = (*typed, error)
        return Markup().join(texts[int(part)] if at % 2 else part for at, part in enumerate(drawn))

    def drawable(self, field: PromptField, words: Words) -> PromptField:
        """The field; where its type is one of others' and can't draw it, as a line of text, or to be picked if it has
        choices: nobody would get past its page, nor see again what was typed there."""
        of = type_of(field)
        if of.holds_files or is_built_in(of):
            return field
        try:
            self.of(field, "", "", words)
        except Exception as error:  # a type of others can fail in any way
            broke(log, error, "the field type %s can't draw the field %s, which is asked as text", of.name, field.name)
            kind = "password" if of.is_secret else "choices" if of.is_list and field.choices else ""
            there = {key: value for key, value in field.options.items() if key == THERE}
            value = field.value if field.choices else typed_text(field.value) or None
            return replace(field, type=kind, field_type=None, options=there, typed=None, value=value)
        return field

    def _draw(self, of: FieldType, shown: Widget) -> Markup:
        try:
            html = _render(self._template(of, shown.kind), {"w": shown})
        except Exception as error:
            error.add_note(f"drawing a field of the type {of.name}")
            raise
        if not shown.shown_by:
            return html
        return _render(self._templates["fields/conditional.html"], {"w": shown, "inner": html})

    def _template(self, of: FieldType, kind: str) -> Template:
        """A host's own stands before the one that a type brings along."""
        if (known := self._templates.get(f"fields/{kind}.html")) is not None:
            return known
        if not of.template:
            raise LookupError(f"there is no template fields/{kind}.html")
        if of not in self._of_types:
            template = self._templates["fields/conditional.html"].environment.from_string(of.template)
            template.globals = dict(template.globals)  # as in wizard.channels.web.templating
            self._of_types[of] = template
        return self._of_types[of]


class _Drawn:
    """The HTML of fields by all that it is made of, in pieces: markup, and between it the numbers of the texts that are
    put in. Too much of it, and it is begun anew."""

    def __init__(self) -> None:
        self._found: dict[Hashable, tuple[tuple[Markup, ...], PromptField]] = {}
        self._size = 0

    def get(self, key: Hashable) -> tuple[Markup, ...] | None:
        found = self._found.get(key)
        return None if found is None else found[0]

    def put(self, key: Hashable, html: Markup, field: PromptField) -> tuple[Markup, ...]:
        """Keeps `field` as well: the key holds the identity of its choices."""
        if self._size + len(html) > MAX_DRAWN:
            self._found.clear()
            self._size = 0
        pieces = tuple(map(Markup, _MARKS.split(html)))
        self._found[key] = (pieces, field)
        self._size += len(html)
        return pieces


def _key(field: PromptField, heading: Heading, typed: tuple[str, ...]) -> Hashable:
    """All that a field's HTML is made of, but for the texts that are put in. Long lists of choices are told apart by
    identity: to hash them takes longer."""
    choices: object = tuple(field.choices) if len(field.choices) < 10 else id(field.choices)
    texts = (field.hint, *(text for choice in field.choices[:9] for text in (choice.label, choice.hint)))
    return (
        *[(text.skeleton, text.values) for text in texts if isinstance(text, Prose)],  # equal words can look different
        *(field.name, field.type, field.field_type, field.label, field.hint, field.required, choices, field.when),
        repr(field.options),
        *(heading, field.error is None, *map(bool, typed)),
        "" if typed else repr(field.value),
    )


def _marked(field: PromptField, typed: tuple[str, ...]) -> PromptField:
    """The field with marks for what was typed, in its order, and for its error after that."""
    if typed:
        field = with_typed(field, tuple(f"{_MARK}{at}" if text else "" for at, text in enumerate(typed)))
    return field if field.error is None else replace(field, error=f"{_MARK}{len(typed)}")


def _render(template: Template, values: dict[str, object]) -> Markup:
    """As Template.render, without what only a whole page needs."""
    return Markup("".join(template.root_render_func(template.new_context(values))))  # noqa: S704 - escaped by the template
