"""Definitions by chance that sprawl: forms, conditions on answers of long ago, loops, services, lists and waits."""

from __future__ import annotations

from random import Random
from typing import Any

import yaml

KINDS = {"form": 9, "condition": 5, "message": 2, "http": 1, "workflow": 1, "wait": 1, "loop": 2}
ITEM = """\
id: item
nodes:
  - {id: one, type: form, fields: [{name: what, label: What?}, {name: count, type: integer, min: 1, max: 9}]}
  - {id: many, type: condition, cases: [{when: one.count > 5, goto: why}, {goto: noted}]}
  - {id: why, type: form, fields: [{name: reason, label: Why?, required: false}]}
  - {id: noted, type: message, title: Noted}
"""
Node = dict[str, Any]


def sprawling(seed: int, size: int) -> str:
    """The text of a definition with so many nodes."""
    pick, nodes, conditions = Random(seed), list[Node](), list[str]()
    names = [f"n{number}" for number in range(size)]
    for number, name in enumerate(names):
        onward = [*names[number + 1 : number + 6], "done"]
        kind = pick.choices(list(KINDS), list(KINDS.values()))[0] if conditions else "form"
        forms = [node for node in nodes[-6:] if node["type"] == "form"]
        if kind == "loop" and forms:
            conditions.append(f"{_again(pick.choice(forms))}.again")
            cases = [{"when": conditions[-1], "goto": conditions[-1].partition(".")[0]}, {"goto": onward[0]}]
            nodes.append({"id": name, "type": "condition", "cases": cases})
        elif kind == "condition":
            cases = [{"when": pick.choice(conditions), "goto": pick.choice(onward)}, {"goto": onward[0]}]
            nodes.append({"id": name, "type": "condition", "cases": cases})
        elif kind in ("form", "loop"):
            nodes.append(_form(name, pick, conditions))
        else:
            nodes.append({"id": name, "type": kind, **_other(kind, pick, onward)})
    nodes.append({"id": "done", "type": "end", "title": "Done"})
    return yaml.safe_dump({"id": "sprawling", "nodes": nodes}, sort_keys=False) + "---\n" + ITEM


def _again(form: Node) -> str:
    """The id of a form that asks whether it is to be come to again."""
    if form["fields"][-1]["name"] != "again":
        form["fields"].append({"name": "again", "type": "boolean", "label": "Again?"})
    return str(form["id"])


def _form(name: str, pick: Random, conditions: list[str]) -> Node:
    fields = [
        ({"name": "text", "label": "Text", "max_length": 20}, f'{name}.text == "secret"'),
        ({"name": "filled", "label": "Filled", "default": "x", "min_length": 1}, f'{name}.filled == "y"'),
        ({"name": "colour", "type": "choice", "choices": ["red", "green"]}, f'{name}.colour == "green"'),
        ({"name": "amount", "type": "integer", "min": 0, "max": 50}, f"{name}.amount > 10"),
        ({"name": "sure", "type": "boolean", "label": "Sure?"}, f"not {name}.sure"),
        ({"name": "born", "type": "date", "max": "today()"}, f"years_between({name}.born, today()) >= 18"),
    ]
    chosen = pick.sample(fields, pick.randint(1, 3))
    conditions += [condition for _, condition in chosen]
    after = {"after_tries": {"tries": 2, "goto": "done"}} if pick.random() < 0.2 else {}
    return {"id": name, "type": "form", "title": name, "fields": [field for field, _ in chosen], **after}


def _other(kind: str, pick: Random, onward: list[str]) -> Node:
    match kind:
        case "http":
            how = pick.choice(["continue", "back", {"goto": pick.choice(onward)}])
            return {"url": "https://a.example", "example": {"body": {}}, "on_error": how}
        case "workflow":
            return {"workflow": "item", **pick.choice([{}, {"repeat": {"min": 1, "max": 3}}])}
        case "wait":
            return {"for": "1d", "event": "paid"}
    return {"title": "A message"}
