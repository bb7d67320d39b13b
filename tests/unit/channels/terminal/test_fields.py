"""Each kind of question at a terminal: how it is put, and what is taken for an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.channels.typed import ask_one, form, talk
from wizard.channels.terminal.local_files import read_file
from wizard.channels.terminal.terminal import Ending
from wizard.errors import InvalidInput
from wizard.testing import make_test_engine


async def test_a_long_list_of_choices_is_listed_on_request() -> None:
    """249 countries would push the question off the screen."""
    held = await ask_one("{name: country, type: country, label: Country}", ":list", "Switzerland")
    assert held.view.answers["ask"] == {"country": "CH"}
    assert sum("Switzerland" in line for line in held.script.written) == 2
    assert any("249 choices" in line for line in held.script.written)


async def test_several_choices_are_taken_by_numbers_with_commas() -> None:
    """`1, 3` is how people pick two of three."""
    field = "{name: meals, type: choices, label: Meals, choices: [breakfast, lunch, dinner]}"
    assert (await ask_one(field, "1, 3")).view.answers["ask"] == {"meals": ["breakfast", "dinner"]}
    assert (await ask_one(field, "lunch")).view.answers["ask"] == {"meals": ["lunch"]}
    assert (await ask_one(field, "1, 9", "2")).view.answers["ask"] == {"meals": ["lunch"]}


async def test_choices_that_are_numbers_have_no_numbers_of_their_own() -> None:
    """`2` for the second of 1, 2 and 5 must not become another value."""
    field = "{name: stars, type: choice, label: Stars, choices: [5, 2, {value: 1, label: bad}]}"
    held = await ask_one(field, "2")
    assert held.view.answers["ask"] == {"stars": "2"}
    assert "  -  bad (1)" in held.script.written


@pytest.mark.parametrize(("typed", "value"), [("yes", True), ("n", False), ("", True)])
async def test_yes_or_no_with_a_default(typed: str, value: bool) -> None:
    """The default is shown in brackets and taken by Enter."""
    held = await ask_one("{name: ok, type: boolean, label: All right, default: true}", typed)
    assert held.script.prompts == ["[yes] > "]
    assert held.view.answers["ask"] == {"ok": value}


async def test_what_cant_be_taken_is_not_offered_in_brackets() -> None:
    """Enter took what stood in the brackets, which was no choice there, or none any more, and was refused."""
    held = await ask_one("{name: town, type: choice, label: Town, choices: [Bern, Chur], prefill: \"'Rome'\"}", "2")
    assert held.script.prompts == ["> "]
    assert held.view.answers["ask"] == {"town": "Chur"}


async def test_a_text_of_several_lines_ends_with_a_dot() -> None:
    """Paragraphs stay paragraphs; a line that is a dot is typed as two."""
    field = "{name: story, type: textarea, label: Story}"
    held = await ask_one(field, "One", "", ":10 o'clock", "::back", "..", ".")
    assert held.view.answers["ask"] == {"story": "One\n\n:10 o'clock\n:back\n."}


async def test_the_end_of_a_pipe_ends_a_text() -> None:
    """`cat story.txt | wizard run` has no dot at its end, and its text isn't lost."""
    held = await ask_one("{name: story, type: textarea, label: Story}", "One", "Two")
    assert held.view.answers["ask"] == {"story": "One\nTwo"}
    assert (await ask_one("{name: story, type: textarea, label: Story}")).ending is Ending.LEFT


async def test_a_kept_text_is_shown_and_enter_keeps_it() -> None:
    """Nobody types a page of text again because they went back."""
    document = form("{name: story, type: textarea, label: Story}")
    document["nodes"].append({"id": "more", "type": "message", "title": "Thanks"})
    held = await talk(await make_test_engine(document), "one", "One", "Two", ".", ":back", "", "")
    assert "| Two" in held.script.written
    assert held.view.answers["ask"] == {"story": "One\nTwo"}


async def test_a_command_is_obeyed_in_a_text_of_several_lines() -> None:
    """Somebody starts to write and wants to look something up first."""
    document = form("{name: story, type: textarea, label: Story}")
    held = await talk(await make_test_engine(document), "one", "One", ":help", "Two", ".")
    assert held.view.answers["ask"] == {"story": "One\nTwo"}


async def test_an_unfinished_text_is_kept_when_its_page_is_left() -> None:
    """Half a letter is a lot of work, and its writer only looks something up on the page before."""
    document = form("{name: colour, type: text}")
    document["nodes"].append({"id": "more", "type": "form", "fields": [{"name": "story", "type": "textarea"}]})
    engine = await make_test_engine(document)
    left = await talk(engine, "one", "blue", "Half", ":quit")
    assert left.view.current.fields[0].value == "Half"
    held = await talk(engine, left.view, "More", ":back", "", ":quit")
    assert "| More" in held.script.written


async def test_a_text_that_is_cleared_or_begun_again_leaves_nothing_behind() -> None:
    """The old lines mustn't turn up in the new text."""
    field = "{name: story, type: textarea, label: Story, required: false}"
    assert (await ask_one(field, "One", ":clear")).view.answers["ask"] == {"story": None}
    assert (await ask_one(field, "One", ":again", "Two", ".")).view.answers["ask"] == {"story": "Two"}


async def test_an_optional_text_is_left_out_by_enter_and_an_unknown_command_isnt_text() -> None:
    """The first line decides: empty means no text, and a colon at the very start is a command."""
    field = "{name: story, type: textarea, label: Story, required: false}"
    held = await ask_one(field, ":nonsense", "")
    assert held.view.answers["ask"] == {"story": None}
    assert "no command :nonsense" in held.script.wrong[0]


async def test_a_password_is_read_in_secret_and_never_offered() -> None:
    """It must not be on the screen, now or when the page is opened again: dots say that Enter keeps it."""
    document = form("{name: secret, type: password, label: Password}")
    document["nodes"].append({"id": "more", "type": "message", "title": "Thanks"})
    held = await talk(await make_test_engine(document), "one", "hunter22", ":back", ":quit")
    assert held.script.secrets == [True, False, True]
    assert held.script.prompts[2] == "[••••••••] > "


async def test_a_hidden_field_goes_along_and_is_asked_only_if_it_is_wrong() -> None:
    """Nobody types a campaign's code; but a run mustn't be stuck at one that can't be taken."""
    silent = await ask_one("{name: campaign, type: hidden, prefill: spring}")
    assert silent.view.answers["ask"] == {"campaign": "spring"}
    needed = await ask_one("{name: campaign, type: hidden, required: true, label: Campaign}", "spring")
    assert needed.view.answers["ask"] == {"campaign": "spring"}
    wrong = await ask_one("{name: campaign, type: hidden, prefill: much too long, max_length: 4}", "ok")
    assert wrong.view.answers["ask"] == {"campaign": "ok"}
    assert len(wrong.script.wrong) == 1
    twice = await ask_one(
        "{name: campaign, type: hidden, prefill: much too long, max_length: 4}", "still too long", "ok"
    )
    assert twice.view.answers["ask"] == {"campaign": "ok"}


async def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    """A person at a terminal has files, and no upload button."""
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"not really")
    field = "{name: photo, type: file, label: Photo, accept: [image/*], max_size: 20}"
    big = tmp_path / "big.png"
    big.write_bytes(b"x" * 21)
    held = await ask_one(field, "", str(tmp_path / "no.png"), str(big), str(tmp_path), str(photo))
    answer = held.view.answers["ask"]["photo"]
    assert (answer["name"], answer["type"], answer["size"]) == ("photo.png", "image/png", 10)
    assert len(held.script.wrong) == 4


async def test_a_kept_file_is_named_and_taken_again(tmp_path: Path) -> None:
    """Going back doesn't ask for an upload again."""
    (tmp_path / "a.txt").write_text("a")
    document = form("{name: paper, type: file, label: Paper}")
    document["nodes"].append({"id": "more", "type": "message", "title": "Thanks"})
    held = await talk(await make_test_engine(document), "one", str(tmp_path / "a.txt"), ":back", "", "")
    assert "[a.txt] > " in held.script.prompts
    assert held.view.answers["ask"]["paper"]["name"] == "a.txt"


@pytest.mark.parametrize("path", ["no\0name", "~nobody-of-this-name/x", "x" * 5000])
def test_a_path_that_is_none_is_an_answer_refused(path: str) -> None:
    """Whatever is typed, the conversation goes on."""
    with pytest.raises(InvalidInput):
        read_file(path, 10)
