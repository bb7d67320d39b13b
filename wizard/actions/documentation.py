"""The page that explains a node type, in Markdown: what it does, its keys, its ways out, what later nodes can read, and
its example in YAML and JSON. All of it is read of the class, so that it can't say anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from wizard.actions import example
from wizard.actions.action import Action
from wizard.actions.configuration_form import asked
from wizard.definitions.reference import Key, Section, keys_in, sections_in
from wizard.forms.readable import plain
from wizard.node.keys import NodeFormat, keys_of
from wizard.process.isolation import contained

_A = {"foreground": "a foreground", "background": "a background", "internal": "an internal"}
FIELD = " field"  # what the name of a field type's section ends with


def documentation(action: Action) -> str:
    """The page."""
    return "\n".join(_lines(action))


def form_lines(action: Action) -> Iterator[str]:
    """The form as a text: what it asks, how, and where the answer stands."""
    group = ""
    for made, field, show_if in asked(action):
        if made.group != group:
            group = made.group
            yield f"{group or action.title}"
            yield ""
        yield f"{field.label}  ({field.type}{'' if field.required else ', optional'})"
        notes = [field.hint, f"One of: {', '.join(choice.value for choice in field.choices)}" if field.choices else ""]
        notes.append("" if field.value in (None, False) else f"{plain(field.value, 'en')} unless given")
        notes.append(f"Key: {'.'.join(map(str, made.path)) or 'any other'}")
        notes.append(f"Asked if {show_if}" if show_if else "")
        yield from (f"    {note}" for note in notes if note)
    yield ""


def outputs(action: Action) -> list[str] | None:
    """The names below the node's id that later nodes can read, with the example's configuration; None where they can't
    be known."""
    if action.example is None:
        return None
    try:
        config = action.node_type.Config.model_validate(action.example, context=action.fields)
        names = action.node_type.outputs(config)
    except BaseException as raised:
        contained(raised)
        return None
    return None if names is None else sorted(names)


def _lines(action: Action) -> Iterator[str]:
    yield f"# {action.title}"
    yield ""
    yield f"Type `{action.type}`, {_A[action.kind]} node of the group {action.group}."
    yield ""
    yield action.text or "It has no description."
    yield ""
    yield from _configuration(action)
    yield from _ways_out(action)
    yield from _outputs(action)
    yield from _example(action)


def _configuration(action: Action) -> Iterator[str]:
    schema = action.schema
    keys = keys_in(schema)
    yield "## Configuration"
    yield ""
    if keys:
        yield from _table(keys)
    else:
        yield "It has no keys of its own."
    yield ""
    sections = tuple(sections_in(schema.get("properties", {}), schema.get("$defs", {})))
    for section in sections:
        if not _is_of_a_field(section):
            yield from _section(section)
    if any(section.name.endswith(FIELD) for section in sections):
        yield "`fields` are those of every form: the documentation of fields describes them."
        yield ""
    common = [f"`{name}`" for name in NodeFormat.model_fields if name in keys_of(action.node_type)]
    yield f"Beside these, it has the keys that {action.kind} nodes share: {', '.join(common)}."
    yield ""


def _is_of_a_field(section: Section) -> bool:
    """Whether a section is about a field type, or what only field types have."""
    return section.name.endswith(FIELD) or section.name in _ONLY_OF_FIELDS


_ONLY_OF_FIELDS = frozenset(
    {"errors", "messages", "choice option", "choices from", "text errors", "limit errors", "length errors"}
)


def _section(section: Section) -> Iterator[str]:
    yield f"### {section.name.capitalize()}"
    yield ""
    if section.summary:
        yield _cell(section.summary)
        yield ""
    yield from _table(section.keys)
    yield ""


def _table(keys: Sequence[Key]) -> Iterator[str]:
    yield "| key | takes | meaning |"
    yield "| --- | --- | --- |"
    for key in keys:
        default = f"`{key.default}` unless given." if key.default else ""
        meaning = " ".join(filter(None, (key.description, "Required." if key.required else default)))
        yield f"| `{key.name}` | {_cell(key.type)} | {_cell(meaning)} |"


def _cell(text: str) -> str:
    """Text in one line of a table: nothing in it ends the cell, or is HTML."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    shown = [part if at % 2 else re.sub(r"([<>*_\[\]])", r"\\\1", part) for at, part in enumerate(parts)]
    return "".join(shown).replace("|", "\\|")


def _ways_out(action: Action) -> Iterator[str]:
    ports = action.ports
    if not ports:
        return
    yield "## Ways out"
    yield ""
    named = ", ".join(f"`{port}`" for port in ports)
    below = "One that it doesn't name leads to the node below."
    if not action.ports_vary:
        yield f"`next` can lead each of these to another node: {named}. {below}"
    else:
        yield f"Its configuration says which there are; in the example these can lead to other nodes: {named}. {below}"
    yield ""


def _outputs(action: Action) -> Iterator[str]:
    names = outputs(action)
    yield "## Outputs"
    yield ""
    if names is None:
        yield "What later nodes can read below its id depends on its configuration, or on what it finds."
    elif names:
        yield f"In the example, later nodes can read {', '.join(f'`{example.ID}.{name}`' for name in names)}."
    else:
        yield "None: later nodes can read nothing of it."
    yield ""


def _example(action: Action) -> Iterator[str]:
    config: dict[str, Any] | None = action.example
    if config is None:
        return
    written = example.node(action, config)
    yield "## Example"
    yield ""
    yield f"```yaml\n{example.as_yaml(written).rstrip()}\n```"
    yield ""
    yield "The same as JSON:"
    yield ""
    yield f"```json\n{example.as_json(written).rstrip()}\n```"
    yield ""
