"""What can be told of a node type by its class alone, before the first definition uses it: each mistake names the
class and its module, and says what to write.

What a class does when it is called is judged where it is called (wizard.process.isolation, wizard.engine.driver): S15,
S26.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, get_args, get_origin

from wizard.model import Kind
from wizard.node.contract import Background, Foreground, NodeConfig, NodeType
from wizard.node.keys import keys_of

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
LABEL = re.compile(r"[a-z][a-z0-9-]{0,39}")
MOST_TITLE = 60
PORT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
FLAGS = ("pure", "always_ports", "ends", "slow", "pauses", "reads_events", "own_retries")
COMPUTING = (
    "outputs",
    "ports_of",
    "own_names",
    "secrets",
    "files",
    "example_output",
    "functions",
    "function_calls",
    "events",
    "check",
    "prompt",
    "accepts",
    "summary",
    "later",
    "part",
    "waits",
    "starts",
    "hosts",
)
AWAITED = ("execute", "submit", "receive", "remove", "close")


def mistakes(node_class: object) -> list[str]:
    """Everything that is wrong with it, one sentence each."""
    if not isinstance(node_class, type) or not issubclass(node_class, NodeType):
        name = getattr(node_class, "__name__", type(node_class).__name__)
        return [f"{name} isn't a node type: derive it from wizard.node.contract.Background or Foreground"]
    name, where = node_class.__qualname__, f" ({node_class.__module__}.{node_class.__qualname__})"
    return [f"the class {name} {problem}{where}" for problem in _mistakes_of(node_class)]


@lru_cache(maxsize=256)  # a process that makes many registries looks at each class once
def _mistakes_of(node_class: type[NodeType[Any]]) -> list[str]:
    return list(_mistakes(node_class))


def _mistakes(node_class: type[NodeType[Any]]) -> Iterator[str]:
    if inspect.isabstract(node_class):
        yield f"is incomplete: define {', '.join(sorted(node_class.__abstractmethods__))}"
    yield from _of_its_name(getattr(node_class, "type", None))
    if issubclass(node_class, Background) and issubclass(node_class, Foreground):
        yield "derives from both Background and Foreground: it either works by itself or asks somebody"
    elif not isinstance(getattr(node_class, "kind", None), Kind):
        yield "has no `kind`: derive it from Background or Foreground"
    for flag in FLAGS:
        if not isinstance(getattr(node_class, flag), bool):
            yield f"has a `{flag}` that is neither True nor False"
    any_way = node_class.ports_of is not NodeType.ports_of  # it may name none, and those of its configuration later
    yield from _of_its_ports(node_class.ports, always=node_class.always_ports and not any_way)
    yield from _of_its_looks(node_class)
    yield from _of_its_methods(node_class)
    yield from _of_its_config(node_class)


def _of_its_name(name: object) -> Iterator[str]:
    if not isinstance(name, str) or not name:
        yield "has no `type`: give it the name that definitions call it by"
    elif not NAME.fullmatch(name):
        yield (
            f"has the `type` {name[:80]!r}: give it a name of at most 64 letters, digits, `_`, `.` and `-` that begins "
            "with a letter"
        )


def _of_its_ports(ports: object, *, always: object) -> Iterator[str]:
    if not isinstance(ports, tuple) or not all(isinstance(port, str) and PORT.fullmatch(port) for port in ports):
        yield (
            'has `ports` that are no tuple of names, as ("found", "not_found") is: each has at most 64 letters, digits '
            "and `_`, and begins with a letter"
        )
    elif len(set(ports)) < len(ports):
        yield "has a port twice in its `ports`"
    elif always and not ports:
        yield "has `always_ports` and no `ports`: name them, or leave it out"


def _of_its_looks(node_class: type[NodeType[Any]]) -> Iterator[str]:
    """What people find it by, and the example that they begin with."""
    title, example = node_class.title, node_class.example
    if not isinstance(title, str) or len(title) > MOST_TITLE or not title.isprintable() or title != title.strip():
        yield f"has a `title` that is no line of at most {MOST_TITLE} characters: write what people call it"
    for name in ("group", "icon"):
        value = getattr(node_class, name)
        if not isinstance(value, str) or not (LABEL.fullmatch(value) or (name == "icon" and not value)):
            yield f"has {'an' if name == 'icon' else 'a'} `{name}` that is no name: use small letters, digits and `-`"
    if example is not None and not isinstance(example, Mapping):
        yield "has an `example` that is no mapping: write a configuration, as a definition has it"


def _of_its_methods(node_class: type[NodeType[Any]]) -> Iterator[str]:
    for name in COMPUTING:
        method = getattr(node_class, name)
        if inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
            yield f"has an `async def {name}`: it only computes, so define it without `async`"
        elif name != "check" and inspect.isgeneratorfunction(method):
            yield f"has a `yield` in `{name}`: it returns all at once"
    for name in AWAITED:
        method = getattr(node_class, name, None)
        if inspect.isasyncgenfunction(method) or inspect.isgeneratorfunction(method):
            yield f"has a `yield` in `{name}`: it is awaited, and returns what comes of it"


def _of_its_config(node_class: type[NodeType[Any]]) -> Iterator[str]:
    config = getattr(node_class, "Config", None)
    if not isinstance(config, type) or not issubclass(config, NodeConfig):
        meant = _meant(node_class)
        write = f"write `Config = {meant.__name__}` in it" if meant else "give it one that derives from NodeConfig"
        yield f"has no `Config`: {write}"
    elif isinstance(getattr(node_class, "kind", None), Kind) and isinstance(getattr(node_class, "type", None), str):
        common = keys_of(node_class)
        clashing = [key for key in _keys(config) if key in common]
        if clashing:
            keys = ", ".join(f"`{key}`" for key in sorted(clashing))
            yield f"has keys in its Config that every node has: {keys}. Call them something else"


def _meant(node_class: type[NodeType[Any]]) -> type[NodeConfig] | None:
    """The configuration that a class names where it derives from Background[…] or the like."""
    for base in getattr(node_class, "__orig_bases__", ()):
        for argument in get_args(base) if get_origin(base) is not None else ():
            if isinstance(argument, type) and issubclass(argument, NodeConfig):
                return argument
    return None


def _keys(config: type[NodeConfig]) -> Iterator[str]:
    """The keys as definitions write them."""
    for name, field in config.model_fields.items():
        alias = field.validation_alias or field.alias
        yield alias if isinstance(alias, str) else name
