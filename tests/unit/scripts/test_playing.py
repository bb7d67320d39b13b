"""Scripts are played on the real engine, over the real channels, and fail where something isn't as they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.scripts.played import EVERY_WORD, PASSPORT, fails, passes, plays
from wizard.scripts.script import CHANNELS, WORDS

HEAD = "workflow: passport\nclock: 2026-03-27T10:00:00Z\nresults: {lookup: {body: {town: Bern}}}\nsteps:\n"
ANN = "- goes_on: true\n- answers: {full_name: Ann, birth_date: 27 3 1985, reason: new}\n"


@pytest.mark.parametrize("channel", CHANNELS)
async def test_one_script_goes_over_every_channel(channel: str) -> None:
    """An author writes a conversation once, and it holds wherever people meet the workflow."""
    await passes(EVERY_WORD, over=[channel])


def test_the_script_of_every_channel_has_every_word() -> None:
    """A word that no channel was tried with might work on none."""
    assert {word for word in WORDS if f"- {word}:" not in EVERY_WORD} == {
        "reorders",
        "switches_to",
        "presses_earlier",
        "deploys",
        "operator",
    }


async def test_a_run_moves_from_channel_to_channel() -> None:
    """What was begun in a chat is finished in a terminal, over pages and JSON."""
    steps = (
        "- switches_to: terminal\n- says: Ann\n- switches_to: web\n- answers: {birth_date: 27 3 1985, reason: new}\n"
        "- switches_to: json\n- sees: {step: check}\n- goes_on: true\n- switches_to: chat\n"
        "- sees: {step: paid, status: working}\n- waits: 3d\n- completed: {step: done}\n"
    )
    await passes(f"{HEAD}- goes_on: true\n{steps}", over=CHANNELS)


async def test_what_arrives_in_the_wrong_order_is_taken() -> None:
    """Two answers of a form change places on the way, and the run comes to the same."""
    steps = "- goes_on: true\n- reorders: two\n- says: Ann\n- says: 27 3 1985\n- presses: new\n- sees: {step: check}\n"
    await passes(HEAD + steps, over=CHANNELS)


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ('title: "Who is responsible for {{ applicant.full_name }}?"', "title: Who is responsible?"),
        (">= 18", ">= 8"),
        ("max: today()", "max: 2030-01-01"),
        ("on_error: back", "on_error: continue"),
        ("submit: Send it", "submit: Off with it"),
        ("for: 3d", "for: 3h"),
        ("From {{ lookup.body.town }}.", "From {{ lookup.body.country }}."),
    ],
)
async def test_a_broken_definition_fails(channel: str, broken: str, mended: str) -> None:
    """A change that people would notice is noticed on every channel, at a place in the script."""
    assert broken in PASSPORT
    told = await fails(EVERY_WORD, PASSPORT.replace(broken, mended), over=channel)
    assert told.startswith("a.test.yaml:")
    assert "Traceback" not in told


async def test_a_failure_reads_well() -> None:
    """The author sees the place, what was expected, what there was, and how it came to that."""
    played = await plays(f"{HEAD}{ANN}- sees: {{title: Check everything}}\n")
    assert played.failure is not None
    assert str(played.failure.problem) == (
        "a.test.yaml:7:17: error: the title is “Check your answers”, not “Check everything”"
    )
    assert played.failure.said == (
        "Welcome to Bern",
        "  > (goes_on: true)",
        "About you: Full name, Date of birth, Why?",
        "  > (answers: {full_name: Ann, birth_date: 27 3 1985, reason: new})",
        "Check your answers",
    )


async def test_a_failure_says_what_was_not_asked_and_what_is_to_come() -> None:
    """An author whose service was never called, or whose clock stands too early, sees just that."""
    played = await plays(f"{HEAD}- goes_on: true\n- sees: closed\n")
    assert played.failure is not None
    assert played.failure.said[-1] == "  (not asked for so far, of `results`: lookup)"
    told = await plays(f"{HEAD}{ANN}- goes_on: true\n- waits: 1d\n- completed: true\n")
    assert told.failure is not None
    assert "it is working at paid; it goes on by itself in 2d (`waits`)" in str(told.failure.problem)
    assert told.failure.said[-2:] == ("  > (waits: 1d)", "We wait for your money.")


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (
            ANN.replace("1985", "2030"),
            "6:3: error: this isn't taken: Your answer to “Date of birth” must be today or in",
        ),
        (f"{ANN}- completed: true\n", "7:3: error: the run isn't completed: it is waiting at check"),
        (f"{ANN}- sees: {{error: true}}\n", "7:17: error: nothing is wrong here, and something was to be"),
        (f"{ANN}- sees: Bern\n", "7:3: error: “Bern” isn't there; there is “Check your answers"),
        (f"{ANN}- sees: {{hides: Ann}}\n", "7:17: error: “Ann” is shown, which was to be hidden"),
        (f"{ANN}- says: x\n", "7:3: error: check asks nothing (more) here; write `goes_on: true`"),
        (f"{ANN}- event: {{name: lost}}\n", "7:3: error: "),
        ("- repeats: last\n", "5:3: error: nothing was sent yet that could be sent again"),
        ("- reorders: two\n- says: a\n", "5:3: error: `reorders` stands before two steps with `says`"),
        ("- goes_on: true\n- sees: {fields: [name]}\n", "6:18: error: the fields are full_name, birth_date, reason"),
        ("- goes_on: true\n- answers: {name: x}\n", "6:3: error: this isn't taken: There is no field “name” here"),
        (f"{ANN}- goes_back: guardian\n", "7:3: error: going back doesn't lead to guardian; the step is "),
        ("- goes_back: true\n", "5:3: error: there is nothing to go back to; the step is "),
    ],
)
async def test_what_is_not_as_the_script_says_is_told(steps: str, said: str) -> None:
    """Each kind of difference has its place and its words."""
    assert said in await fails(HEAD + steps)


@pytest.mark.parametrize("channel", ["web", "json", "chat"])
async def test_who_goes_back_to_a_page_is_there(channel: str) -> None:
    """A page that is looked back at is shown, while the run stays where it is: the script would fail there, and pass
    over all other channels; and one that doesn't lead there would pass."""
    await passes(f"{HEAD}{ANN}- goes_back: applicant\n- sees: {{step: applicant, title: About you}}\n", over=[channel])
    told = await fails(f"{HEAD}{ANN}- goes_back: guardian\n", over=channel)
    assert "going back doesn't lead to guardian" in told


async def test_no_choice_of_several_leaves_a_question_out_over_each_channel() -> None:
    """`[]` was an empty message in a chat, which is no answer, and the script failed there alone."""
    asked = "{name: t, type: choices, choices: [a], required: false}"
    tools = f"id: passport\nnodes: [{{id: ask, type: form, fields: [{asked}]}}]\n"
    script = "workflow: passport\nsteps:\n- answers: {t: []}\n- completed: true\n"
    await passes(script, tools, over=["web", "terminal", "json", "chat"])


async def test_a_result_for_no_step_is_told() -> None:
    """A service that is misspelt would be answered by its example, and the test would test something else."""
    told = await fails(HEAD.replace("lookup", "lockup") + ANN)
    assert told == (
        "a.test.yaml:3:11: error: `results` has 'lockup', and there is no such step in this workflow; did you mean "
        "`lookup`?"
    )


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (
            "changes: {step: aplicant}",
            "5:19: error: there is no step 'aplicant' in passport; did you mean",
        ),
        ("sees: {step: xyz}", "5:16: error: there is no step 'xyz' in passport; there are welcome, applicant, adult,"),
        ("goes_back: wellcome", "5:3: error: there is no step 'wellcome' in passport; did you mean `welcome`?"),
        ("completed: {step: don}", "5:21: error: there is no step 'don' in passport; did you mean `done`?"),
    ],
)
async def test_a_step_that_there_is_not_is_told_before_anything_is_played(step: str, said: str) -> None:
    """A slip in a name isn't told as something that the workflow does wrong: the JSON interface calls it late."""
    assert said in await fails(f"{HEAD}- {step}\n")


async def test_an_unknown_workflow_is_told() -> None:
    """With the name that was meant."""
    assert "did you mean `passport`?" in await fails(HEAD.replace("workflow: passport", "workflow: pasport") + ANN)


async def test_what_is_due_within_a_wait_is_done_when_it_is_due() -> None:
    """Two waits of a day end within one of three, the second a day behind the first, as they do for people."""
    days = """\
id: days
nodes:
  - {id: begin, type: form, fields: [{name: x, label: X}]}
  - {id: one, type: wait, for: 1d}
  - {id: two, type: wait, for: 1d}
  - {id: at, type: now}
  - {id: done, type: end, title: "{{ at.date }}"}
"""
    script = "workflow: days\nclock: 2026-03-27T10:00:00Z\nsteps:\n- says: x\n- waits: 47h\n- sees: {step: two}\n"
    await passes(f"{script}- waits: 10d\n- completed: {{text: 29 March 2026}}\n", days)


async def test_a_wait_that_is_too_much_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that is asked every minute for a year would have been asked a thousand times, and the script would pass
    as if the year were over."""
    monkeypatch.setattr("wizard.scripts.world.MOST_WAKENINGS", 5)
    asks = """\
id: asks
nodes:
  - {id: begin, type: form, fields: [{name: x, label: X}]}
  - {id: pause, type: wait, for: 1m}
  - {id: price, type: http, url: "https://prices.example/", example: {body: {ready: false}}}
  - {id: again, type: condition, cases: [{when: price.body.ready, goto: done}, {goto: pause}]}
  - {id: done, type: end, title: Done}
"""
    script = "workflow: asks\nsteps:\n- says: x\n- waits: 3m\n- sees: {step: pause}\n- waits: %s\n"
    await passes(script % "1m", asks, over=["json"])
    assert "6:3: error: more than 5 things happen in this time; wait for less" in await fails(script % "1h", asks)


async def test_files_are_uploaded_on_every_channel(tmp_path: Path) -> None:
    """A script has a file beside it, and a form takes it."""
    form = "id: up\nnodes:\n  - {id: a, type: form, fields: [{name: photo, type: file, label: Photo}]}\n"
    (tmp_path / "photo.png").write_bytes(b"\x89PNG photo")
    steps = "- answers: {photo: {file: photo.png}}\n- completed: {answers: {a: {photo: {name: photo.png, size: 10}}}}\n"
    script = f"workflow: up\nsteps:\n{steps}"
    for channel in CHANNELS:
        played = await plays(script, form, over=channel, file=tmp_path / "a.test.yaml")
        assert played.failure is None, (channel, played.failure)
    assert "there is no file" in await fails(script, form)


async def test_profile_and_language_are_what_the_script_says() -> None:
    """Texts and answers go by them."""
    form = (
        "id: p\nlanguage: de\nnodes:\n  - {id: a, type: form, title: 'Hallo {{ profile.name }}',"
        " fields: [{name: on, type: date, label: Tag}, {name: ok, type: boolean, label: Gut?}]}\n"
    )
    script = (
        "workflow: p\nlanguage: de\nprofile: {name: Ann}\nsteps:\n- sees: {title: Hallo Ann}\n- says: 27. März 2026\n"
        "- presses: Ja\n- completed: {answers: {a: {on: 2026-03-27, ok: true}}}\n"
    )
    await passes(script, form, over=CHANNELS)


# -- what happens around the person ----------------------------------------------------------------------

ORDER = """\
id: order
agent: true
nodes:
  - {id: what, type: form, title: What?, fields: [{name: size, type: choice, label: Size?, choices: [small, large]}]}
  - {id: price, type: http, url: "https://prices.example/{{ what.size }}", on_error: back}
  - {id: who, type: form, title: "That is {{ price.body.total }}", fields: [{name: full_name, label: Your name}]}
  - {id: done, type: end, title: "Thank you, {{ who.full_name }}"}
"""
SMALL = "workflow: order\nclock: 2026-03-27T10:00:00Z\nresults: {price: %s}\nsteps:\n- presses: small\n"
PRICE = SMALL % "{body: {total: 3}}"


@pytest.mark.parametrize("channel", CHANNELS)
async def test_results_take_their_time(channel: str) -> None:
    """A person sees that it is worked, and what comes of it when the time has passed: an output, or a failure."""
    takes = SMALL % "[{takes: 10m, error: Closed}, {takes: 1h, output: {body: {total: 3}}}, {body: {total: 4}}]"
    steps = (
        "- sees: {step: price, status: working}\n- waits: 9m\n- sees: {status: working}\n- waits: 1m\n"
        "- sees: {step: what, text: Closed}\n- presses: small\n- waits: 59m\n- sees: {status: working}\n"
        "- restarts: true\n- waits: 1s\n- sees: {step: who, title: That is 4}\n"
    )
    await passes(takes + steps, ORDER, over=[channel])


@pytest.mark.parametrize("channel", CHANNELS)
async def test_what_fails_behind_a_message_is_seen_where_it_is_gone_on(channel: str) -> None:
    """A chat doesn't stop at a text, so that the service behind it is called with the answer before: the script that
    passes on pages failed there."""
    told = ORDER.replace("  - {id: price,", "  - {id: noted, type: message, title: Noted}\n  - {id: price,")
    steps = (
        "- sees: {step: noted, error: false}\n- goes_on: true\n- sees: {step: noted, error: Closed}\n"
        "- goes_on: true\n- sees: {step: who, title: That is 3}\n"
    )
    await passes(SMALL % "[{error: Closed}, {body: {total: 3}}]" + steps, told, over=[channel])


@pytest.mark.parametrize("channel", CHANNELS)
async def test_work_is_named_and_its_failure_is_seen_on_every_channel(channel: str) -> None:
    """Nothing was wrong on the page of work that had failed, and a chat didn't say what was being done: what exploring
    had written, and whoever wrote one script for all channels, failed there."""
    asking = ORDER.replace("price, type: http,", "price, type: http, slow: true, title: We ask the shop,")
    steps = (
        "- sees: {step: price, title: We ask the shop, error: false, status: working}\n- waits: 1m\n"
        "- sees: {step: price, error: Closed, status: failed}\n- goes_on: true\n"
        "- sees: {step: who, title: That is 3}\n"
    )
    results = "[{takes: 1m, error: Closed}, {body: {total: 3}}]"
    await passes(SMALL % results + steps, asking.replace(", on_error: back", ""), over=[channel])


@pytest.mark.parametrize("channel", CHANNELS)
async def test_what_was_stored_before_a_crash_is_answered_after_it(channel: str) -> None:
    """The person gets no answer, sends the same again, and it counts once."""
    steps = "- restarts: before_answering\n- says: Ann\n- completed: {answers: {who: {full_name: Ann}}}\n"
    await passes(PRICE + steps, ORDER, over=[channel])


async def test_a_deployment_leaves_runs_alone(tmp_path: Path) -> None:
    """They go on with the version that they began with; what can't be deployed is told."""
    (tmp_path / "next.yaml").write_text("id: order\nnodes:\n  - {id: done, type: end}\n")
    (tmp_path / "broken.yaml").write_text("id: order\nnodes: []\n")
    file = tmp_path / "a.test.yaml"
    said = await plays(f"{PRICE}- deploys: next.yaml\n- says: Ann\n- completed: {{step: done}}\n", ORDER, file=file)
    assert said.failure is None
    for path, why in (("broken.yaml", "this workflow is empty"), ("nowhere.yaml", "nowhere.yaml")):
        told = (await plays(f"{PRICE}- deploys: {path}\n", ORDER, file=file)).failure
        assert told is not None
        assert told.problem.line == 6
        assert why in told.problem.message


async def test_nobody_comes_who_was_asked_for() -> None:
    """An author writes down what a person is told who asks for somebody at night."""
    table = "id: table\nagent: true\nnodes: [{id: who, type: form, fields: [{name: name, label: Your name}]}]\n"
    asks = "- says: agent\n- sees: I’ve asked somebody\n"
    steps = f"{asks}- waits: 11m\n- sees: {{step: who, text: [Nobody is available, Your name]}}\n"
    await passes(f"workflow: table\nsteps:\n{steps}- says: Ann\n- completed: true\n", table, over=["chat"])


async def test_an_operator_speaks_and_releases() -> None:
    """Meanwhile nothing of what the person writes is an answer; everybody sees it in the report."""
    steps = (
        "- operator: takes_over\n- says: Is anybody there?\n- operator: {says: Yes}\n- sees: {step: who, text: 'Yes'}\n"
        "- operator: releases\n- sees: {text: Your name}\n- says: Ann\n- completed: {step: done}\n"
    )
    played = await plays(PRICE + steps, ORDER, over="chat")
    assert played.failure is None
    assert "  > (operator: {says: 'Yes'})" in played.said


async def test_nobody_is_released_who_has_not_taken_over() -> None:
    """Else a script of two operators passes although the first one never came."""
    assert "6:3: error: nobody has taken over" in await fails(f"{PRICE}- operator: releases\n", ORDER, over="chat")
    await passes(f"{PRICE}- says: agent\n- sees: asked\n- operator: releases\n", ORDER, over=["chat"])


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("- presses_earlier: huge\n", "6:3: error: no earlier question had a button 'huge'"),
        ("- repeats: large\n", "6:3: error: no step over chat sent 'large' that could be sent again"),
        (
            "- restarts: before_answering\n- waits: 1h\n",
            "6:3: error: `restarts: before_answering` stands",
        ),
        (
            "- repeats: small\n- presses_earlier: large\n- sees: {step: what}\n",
            "8:16: error: the step is who",
        ),
    ],
)
async def test_what_can_not_happen_is_told(steps: str, said: str) -> None:
    """With what there is instead, and at its place."""
    assert said in await fails(PRICE + steps, ORDER, over="chat")


async def test_a_chat_changes_what_the_script_names_of_a_page() -> None:
    """The last question of a page as well as its first; what isn't there is never typed as an answer."""
    changes = "- changes: {step: applicant, answers: {reason: lost, where: At home, full_name: Anna}}\n"
    done = "- sees: {step: check, text: [Anna, I lost it, At home]}\n"
    await passes(HEAD + ANN + changes + done, over=["chat"])
    for step, said in (
        ("answers: {full_name: Ann}", "applicant asks birth_date as well, and there is nothing to keep; answer it too"),
        ("presses: Anything", "there is no button 'Anything'; there is nothing to press here"),
        ("answers: {full_nam: Ann}", "applicant has no field full_nam; did you mean `full_name`?"),
        ("goes_back: done", "going back doesn't lead to done"),
    ):
        assert said in await fails(f"{HEAD}- goes_on: true\n- {step}\n- sees: {{step: applicant}}\n", over="chat")


async def test_what_is_said_beside_the_question_is_expected_by_its_text() -> None:
    """Who asks for help is told something, and no author has to call that an error."""
    told = "I’ve asked somebody"
    await passes(f"{PRICE}- says: agent\n- sees: {told}\n", ORDER, over=["chat"])
    await passes(f"{PRICE}- says: agent\n- sees: {{text: {told}}}\n", ORDER, over=["chat"])
    assert "6:3: error: this isn't taken: I’ve" in await fails(
        f"{PRICE}- says: agent\n- sees: 'no'\n", ORDER, over="chat"
    )


async def test_what_nobody_sees_is_not_said_and_a_run_may_end_where_it_stands() -> None:
    """A script that gives a hidden field as JSON has it plays in a chat too, and the end of a run that has no last page
    is no refusal."""
    definition = """\
id: short
nodes:
  - id: only
    type: form
    fields: [{name: source, type: hidden, default: poster}, {name: name, label: Name}]
"""
    steps = "- answers: {source: poster, name: Ann}\n- completed: {answers: {only: {name: Ann}}}\n"
    script = f"workflow: short\nsteps:\n{steps}"
    await passes(script, definition, over=CHANNELS)
