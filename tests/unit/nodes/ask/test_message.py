"""The message node."""

from __future__ import annotations

from tests.unit.forms.asking import Around
from tests.unit.nodes.visiting import Visited
from wizard.model import Proceed
from wizard.nodes.ask.message import MessageNode


async def test_shown_until_the_person_goes_on() -> None:
    """A page to read, with a button of the author's."""
    message = Visited(MessageNode(), title="Welcome", text="Hello {{ who }}", submit="Begin")
    message.names = Around(who="Ada")
    prompt = (await message.execute()).prompt
    assert (prompt.title, prompt.text, prompt.submit, prompt.type) == ("Welcome", "Hello Ada", "Begin", "message")
    assert await message.execute({}) == Proceed({})
    assert await message.execute({}, partial=True) == Proceed({})
    assert message.type.outputs(message.node.config) == frozenset()


async def test_it_takes_no_answers() -> None:
    """A program that answers here has mistaken the step; it must not be told that all is well."""
    message = Visited(MessageNode())
    assert await message.rejected({"name": "Ada"}) == {}
    outcome = await message.execute({"name": "Ada"})
    assert outcome.prompt.error == "There is no field “name” here. Leave it out"
    many = await message.execute(dict.fromkeys(map(str, range(201)), 1))
    assert many.prompt.error == "Too many answers were sent at once. Send at most 200."
