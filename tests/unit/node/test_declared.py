"""What is said of a node type that is wrongly written: when it is registered, and not in the first run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from pydantic import Field

from wizard.errors import DefinitionError
from wizard.node import Background, Foreground, NodeConfig, NodeType, Proceed, Prompt, Registry, Visit
from wizard.node.declared import mistakes
from wizard.node.keys import COMMON, keys_of
from wizard.testing import make_test_engine


class ParcelConfig(NodeConfig):
    weight: int = 1


async def execute(self: object, visit: Visit[Any]) -> Proceed:
    return Proceed({})


def background(**changed: Any) -> type[NodeType[Any]]:
    """A class without mistakes, but for what is changed in it; None takes it out."""
    body = {"type": "parcel", "Config": ParcelConfig, "execute": execute, "__module__": "railway.parcels", **changed}
    return type("Parcel", (Background,), {name: each for name, each in body.items() if each is not None})


def foreground(**changed: Any) -> type[NodeType[Any]]:
    body = {"type": "parcel", "Config": ParcelConfig, "submit": execute, "prompt": lambda self, visit: Prompt("", "")}
    return type("Parcel", (Foreground,), {**body, "__module__": "railway.parcels", **changed})


async def later(self: object, visit: object) -> Any: ...
async def stream(self: object, visit: object) -> Any:
    yield None


def pieces(self: object, visit: object) -> Any:
    yield None


class Named(Background[ParcelConfig]):
    type = "named"
    execute = execute


@pytest.mark.parametrize(
    ("node_class", "says"),
    [
        (background(type=None), "has no `type`: give it the name that definitions call it by"),
        (background(type=""), "has no `type`"),
        (background(type=5), "has no `type`"),
        (background(type="my parcel"), "has the `type` 'my parcel': give it a name of"),
        (background(type="x" * 65), "give it a name of at most 64"),
        (background(title="x" * 61), "has a `title` that is no line of at most 60 characters"),
        (background(title=5), "has a `title`"),
        (background(title="two\nlines"), "has a `title`"),
        (background(group="My Group"), "has a `group` that is no name: use small letters"),
        (background(group=""), "has a `group`"),
        (background(icon="a/b"), "has an `icon` that is no name"),
        (background(example=["x"]), "has an `example` that is no mapping"),
        (background(Config=None), "has no `Config`: give it one that derives from NodeConfig"),
        (background(Config=ParcelConfig()), "has no `Config`"),
        (background(execute=None), "is incomplete: define execute"),
        (background(slow="yes"), "has a `slow` that is neither True nor False"),
        (background(execute=stream), "has a `yield` in `execute`: it is awaited"),
        (background(remove=pieces), "has a `yield` in `remove`"),
        (background(outputs=later), "has an `async def outputs`: it only computes"),
        (background(outputs=pieces), "has a `yield` in `outputs`: it returns all at once"),
        (background(later=later), "has an `async def later`"),
        (background(check=stream), "has an `async def check`"),
        (foreground(prompt=later), "has an `async def prompt`"),
        (foreground(summary=pieces), "has a `yield` in `summary`"),
        (foreground(submit=stream), "has a `yield` in `submit`"),
        (
            type("Parcel", (Background, Foreground), {"type": "parcel", "Config": ParcelConfig, "submit": execute}),
            "derives from both Background and Foreground",
        ),
    ],
)
def test_a_mistake_is_told_when_the_type_is_registered(node_class: type[NodeType[Any]], says: str) -> None:
    """A beginner reads which class is meant and what to write, and not an AttributeError of a run."""
    with pytest.raises(DefinitionError) as raised:
        Registry([node_class])
    assert says in str(raised.value)
    assert "the class Parcel " in str(raised.value)
    assert f"({node_class.__module__}.Parcel)" in str(raised.value)


def test_what_may_be_so_is_no_mistake() -> None:
    """`check` may yield, `execute` may return what another gives to await, a type may be called by its package."""

    def delegates(self: Any, visit: Any) -> Any:
        return execute(self, visit)

    assert not mistakes(background(check=pieces, execute=delegates, type="railway.parcel-2"))
    assert not [each for each in Registry.installed() if mistakes(type(each))]


def test_all_mistakes_of_a_class_are_told_at_once() -> None:
    """Nobody mends one after the other."""
    found = mistakes(background(type=None, Config=None, slow=1, outputs=later))
    assert len(found) == 4


def test_the_configuration_that_was_meant_is_named() -> None:
    """`Background[ParcelConfig]` is for type checkers, and everybody thinks at first that it is enough."""
    assert mistakes(Named) == [
        f"the class Named has no `Config`: write `Config = ParcelConfig` in it ({__name__}.Named)"
    ]


@pytest.mark.parametrize("key", sorted(COMMON))
@pytest.mark.parametrize("base", [background, foreground])
def test_a_key_that_every_node_has_is_no_types_own(base: Callable[..., type[NodeType[Any]]], key: str) -> None:
    """`{timeout: 5}` would be the number of the one and the duration of the other: neither author would know why it is
    refused. Keys that only other kinds of nodes have are free: `wait` has an `event` of its own."""
    annotations = {"__annotations__": {"own": Annotated[str, Field(alias=key)]}, "own": "x"}
    config = type("Clashing", (NodeConfig,), annotations)
    node_class = base(Config=config)
    said = f"has keys in its Config that every node has: `{key}`. Call them something else"
    assert bool([each for each in mistakes(node_class) if said in each]) == (key in keys_of(node_class))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"outputs": lambda self, config: ["a"]}, "outputs gave list: return a frozenset of names"),
        ({"outputs": lambda self, config: "ab"}, "outputs gave str"),
        ({"own_names": lambda self, config: None}, "own_names gave NoneType"),
        ({"secrets": lambda self, config: {1}}, "secrets gave set"),
        ({"functions": lambda self, config: ["fare"]}, "functions gave list"),
        ({"events": lambda self, config: ["paid"]}, "events gave list"),
        ({"function_calls": lambda self, config: {"fare"}}, "function_calls gave set: return a tuple of FunctionCall"),
        (
            {"function_calls": lambda self, config: ("fare",)},
            "function_calls gave tuple: return a tuple of FunctionCall",
        ),
        ({"waits": lambda self, config: 1}, "waits gave int: return True or False"),
        ({"hosts": lambda self, config: {"input"}}, "hosts gave set: return the `chains` of an expression or template"),
    ],
)
async def test_what_a_type_answers_wrongly_is_told_in_the_definition(changed: dict[str, Any], says: str) -> None:
    """The definition that shows it is refused, with the type's name; names that nobody can read would go unnoticed."""
    with pytest.raises(DefinitionError, match="the node type `parcel` can't say whether this is right: ") as raised:
        await make_test_engine(
            {"id": "d", "nodes": [{"id": "p", "type": "parcel"}]}, node_types=[background(**changed)]
        )
    assert says in str(raised.value)


async def test_what_types_share_is_made_once_and_closed_with_the_engine() -> None:
    """One client for all runs, with its type: `services.shared` is a dict of anything."""

    class Client:
        closed = False

        async def close(self) -> None:
            self.closed = True

    async def asks(self: object, visit: Visit[Any]) -> Proceed:
        clients.append(visit.services.share("railway.client", Client))
        return Proceed({})

    clients: list[Client] = []
    engine = await make_test_engine(
        {"id": "d", "nodes": [{"id": "p", "type": "parcel"}, {"id": "m", "type": "message", "title": "Done"}]},
        node_types=[background(execute=asks)],
    )
    await engine.start("d")
    await engine.start("d")
    assert clients[0] is clients[1]
    await engine.close()
    assert clients[0].closed
