"""Exploring finds what is wrong with a workflow, comes to every edge it can, and writes scripts that show it."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from tests.drawing import TORTURE
from tests.unit.scripts.played import catalog_of
from tests.unit.scripts.sprawling import sprawling
from wizard.scripts.coverage import Covered, coverage_of
from wizard.scripts.exploring import LIMIT, Exploration, explore
from wizard.scripts.playing import play
from wizard.scripts.reading import read
from wizard.scripts.writing import scripts_of

AT = datetime(2026, 3, 27, 10, tzinfo=UTC)
FAULTY = """\
id: faulty
title: A workflow with faults
nodes:
  - id: start
    type: form
    title: Where to?
    fields:
      - {name: way, type: choice, label: Which way?, choices: [fine, stuck, turning, broken, silent, sums]}
      - {name: number, type: integer, label: A number, required: false}
  - id: which
    type: condition
    cases:
      - {when: start.way == "stuck", goto: stuck}
      - {when: start.way == "turning", goto: turning}
      - {when: start.way == "broken", goto: broken}
      - {when: start.way == "silent", goto: silent}
      - {when: start.way == "sums" and 10 / start.number > 1, goto: done}
      - {goto: done}
  - id: stuck
    type: form
    title: Nobody gets on here
    fields: [{name: code, label: Code}]
    validate: [{check: 'code == "x" and code == "y"', message: This is never right, field: code}]
    next: done
  - {id: turning, type: message, title: Round, next: and_round}
  - {id: and_round, type: message, title: And round, next: turning}
  - {id: broken, type: fail, message: It always fails, next: done}
  - {id: silent, type: message, title: 'Call {{ stuck.code }} now', next: done}
  - {id: done, type: end, title: Done}
"""
# Each edge needs an answer that only its expression tells.
HIDDEN = """\
id: hidden
nodes:
  - id: who
    type: form
    fields:
      - {name: birth, type: date, label: Born, max: today()}
      - {name: code, label: Code, max_length: 20}
      - {name: amount, type: decimal, label: Amount, min: 0, max: 5000}
      - {name: tags, type: choices, label: Tags, choices: [a, b, c], required: false}
  - id: ways
    type: condition
    cases:
      - {when: who.code == "sesame", goto: open}
      - {when: who.amount > 999.5, goto: rich}
      - {when: years_between(who.birth, today()) >= 65, goto: old}
      - {when: len(who.tags) == 3, goto: all_tags}
      - {goto: service}
  - {id: open, type: message, title: Open, next: done}
  - {id: rich, type: message, title: Rich, next: done}
  - {id: old, type: message, title: Old, next: done}
  - {id: all_tags, type: message, title: All, next: done}
  - {id: service, type: http, url: "https://a.example", example: {body: {free: ["x"]}}, on_error: {goto: sorry}}
  - id: free
    type: condition
    cases: [{when: len(service.body.free) > 0, goto: wait}, {goto: full}]
  - {id: full, type: message, title: Full, next: done}
  - {id: sorry, type: message, title: Sorry, next: done}
  - {id: wait, type: wait, event: paid, for: 2d}
  - {id: done, type: end, title: Done}
"""


KNOWN: dict[str, Exploration] = {}


async def explored(text: str, *, anew: bool = False) -> Exploration:
    """Done once for all tests, unless another one is wanted."""
    if anew or text not in KNOWN:
        catalog = catalog_of(text)
        (workflow,) = catalog.workflows.values()
        KNOWN[text] = await explore(workflow, catalog, AT, seed=1)
    return KNOWN[text]


async def test_seeded_faults_are_found() -> None:
    """A dead end, a loop, a node that fails, an expression that raises, a text that names nothing: each once."""
    exploration = await explored(FAULTY)
    assert sorted((finding.kind, finding.message.partition(" (")[0]) for finding in exploration.findings) == [
        ("dead end", "nothing leads on from stuck; no answer that was tried is taken"),
        ("failure", "broken fails: The run was stopped by its definition."),
        ("failure", "which fails: This divides by zero."),
        ("loop", "nobody gets out of and_round → turning → and_round"),
        ("text", "a text of silent names stuck.code, which isn't there on this way: 'Call {{ stuck.code }} now'"),
    ]


async def test_its_scripts_pass_or_show_the_fault() -> None:
    """What is written can be played: a way passes, and a finding fails until it is mended."""
    texts = scripts_of(await explored(FAULTY), 1)
    catalog = catalog_of(FAULTY)
    failed = set()
    for name, text in texts.items():
        (script,) = read(text, name)
        if (await play(script, catalog, "json")).failure is not None:
            failed.add(name)
    assert failed == {name for name in texts if "-path-" not in name}
    assert len(failed) == 5
    mended = catalog_of(FAULTY.replace('code == "x" and code == "y"', 'code != "z"'))
    (script,) = read(next(text for name, text in texts.items() if "dead-end" in name), "a")
    assert (await play(script, mended, "json")).failure is None


async def test_every_edge_is_come_to() -> None:
    """Constants of expressions, boundaries, outputs and errors of services, events and time lead to all of them."""
    exploration = await explored(HIDDEN)
    (coverage,) = coverage_of([exploration.workflow], exploration.covered)
    assert coverage.figures["edge"].missing == ()
    assert coverage.figures["field"].missing == ()
    assert coverage.figures["message"].missing == ()
    assert exploration.findings == []


async def test_the_same_seed_makes_the_same_scripts() -> None:
    """Who explores again, or elsewhere, gets no other files."""
    assert scripts_of(await explored(HIDDEN), 1) == scripts_of(await explored(HIDDEN, anew=True), 1)


PATIENT = """\
id: patient
nodes:
  - id: when
    type: form
    title: When?
    fields: [{name: day, type: date, label: Which day?, min: today()}]
    after_tries: {tries: 2, goto: call}
    remind_after: {after: 1d, text: Are you there?}
  - {id: done, type: end, title: Done}
  - {id: call, type: end, title: Call us}
"""


async def test_what_is_refused_before_a_wait_is_not_refused_by_it_and_a_way_out_is_a_conversations() -> None:
    """A script that is written of a walk passes: the reminder after a wrong answer shows no error, and a form that is
    left in a chat after two wrong answers is asked again on pages alone."""
    exploration = await explore(catalog_of(PATIENT).get("patient"), catalog_of(PATIENT), AT, seed=1, limit=40)
    waits = [done for made in exploration.paths for done in made.done if done.move.word == "waits"]
    assert waits
    assert not any(done.errors for done in waits)
    scripts = [script for text in scripts_of(exploration, 1).values() for script in read(text, "a.test.yaml")]
    assert {script.channels for script in scripts} >= {("web", "json"), ("chat", "websocket", "terminal")}
    for script in scripts:
        for channel in {"json", "chat", "terminal"} & set(script.channels):
            played = await play(script, catalog_of(PATIENT), channel)
            assert played.failure is None, (channel, played.failure)
    (coverage,) = coverage_of([exploration.workflow], exploration.covered)
    assert coverage.figures["edge"].missing == ()  # the way of `after_tries` among them


TURNING = """\
id: turning
nodes:
  - {id: kind, type: form, fields: [{name: big, type: boolean, label: Big?}, {name: word, label: Word, default: yes}]}
  - {id: first, type: form, fields: [{name: again, type: boolean, label: Again?}]}
  - {id: second, type: form, fields: [{name: code, label: Code, max_length: 9}]}
  - {id: turn, type: condition, cases: [{when: first.again, goto: first}, {goto: which}]}
  - {id: which, type: condition, cases: [{when: not kind.big and second.code == "x", goto: rare}, {goto: service}]}
  - {id: rare, type: message, title: Rare}
  - {id: service, type: http, url: "https://a.example", example: {body: {}}, on_error: back}
  - {id: done, type: end, title: Done}
"""


async def test_a_loop_that_leads_out_is_none_and_answers_of_long_ago_are_combined() -> None:
    """The way on depends on what was said pages before: it is found all the same, nothing is said to be without a way
    out, even where the limit is short; and each script passes on pages too, where a field with a default is emptied."""
    catalog = catalog_of(TURNING)
    short = await explore(catalog.get("turning"), catalog, AT, seed=1, limit=3)
    assert (short.findings, short.is_cut, bool(short.left)) == ([], True, True)
    exploration = await explore(catalog.get("turning"), catalog, AT, seed=1)
    (coverage,) = coverage_of([exploration.workflow], exploration.covered)
    assert (exploration.findings, exploration.is_cut) == ([], False)
    assert (coverage.figures["node"].missing, coverage.figures["edge"].missing) == ((), ())
    reached: set[str] = set()
    for text in scripts_of(exploration, 1).values():
        (script,) = read(text, "a.test.yaml")
        covered = Covered()
        played = await play(script, catalog, "web", covered=covered)
        assert played.failure is None, played.failure
        reached |= {part.name for part in covered.parts}
    assert {part.name for part in exploration.covered.parts} == reached


LASTING = """\
id: lasting
nodes:
  - id: who
    type: form
    fields: [{name: name, label: Your name}, {name: mark, type: hidden, default: a, max_length: 9}]
  - {id: people, type: workflow, workflow: person, repeat: {min: 1, max: 4, add_another: Somebody else?}}
  - {id: book, type: python, function: book, slow: true, example: {}}
  - {id: paid, type: wait, event: {name: paid, when: data.by == who.name and data.total >= 10}}
  - id: much
    type: condition
    cases: [{when: paid.data.total > 500, goto: rich}, {goto: done}]
  - {id: rich, type: message, title: Rich, next: done}
  - {id: done, type: end, title: Done}
---
id: person
nodes:
  - id: person
    type: form
    fields: [{name: name, label: Their name}, {name: age, type: integer, min: 1, required: false}]
"""


async def test_full_lists_slow_work_and_conditions_of_events_are_no_dead_ends() -> None:
    """An author of a list that is full at four, of work that takes its time or of an event whose data has to be right
    isn't told of loops and dead ends that aren't there; and the scripts pass over a chat, which sees no hidden field
    and takes 0 for a number."""
    catalog = catalog_of(LASTING)
    exploration = await explore(catalog.get("lasting"), catalog, AT, seed=1)
    assert exploration.findings == []
    assert [each.figures["edge"].missing for each in coverage_of([exploration.workflow], exploration.covered)] == [
        (),
        (),
    ]
    scripts = [script for text in scripts_of(exploration, 1).values() for script in read(text, "a.test.yaml")]
    assert {script.channels for script in scripts} >= {("web", "json")}
    for script in scripts:
        for channel in {"json", "chat"} & set(script.channels):
            played = await play(script, catalog, channel)
            assert played.failure is None, (channel, played.failure)


async def test_what_is_found_in_sprawling_definitions_is_true(fuzz_seed: int) -> None:
    """From each step of these something leads on, so that nothing may be found; and each script passes over all
    channels that it is for: a small one over two that are drawn, two of a hundred nodes over all where there is
    time."""
    pick = random.Random(fuzz_seed)
    for seed in [pick.randrange(10_000) for _ in range(2 * TORTURE or 1)]:
        catalog = catalog_of(sprawling(seed, 100 if TORTURE else 8))
        exploration = await explore(catalog.get("sprawling"), catalog, AT, seed=seed, limit=LIMIT if TORTURE else 12)
        assert exploration.findings == [], seed
        for name, text in scripts_of(exploration, 1).items():
            (script,) = read(text, name)
            for channel in script.channels if TORTURE else pick.sample(script.channels, k=2):
                played = await play(script, catalog, channel)
                assert played.failure is None, (seed, name, channel, played.failure)


FOLLOWING = """\
id: following
nodes:
  - id: place
    type: form
    fields:
      - {name: state, type: choice, label: State, choices: [MA, NY]}
      - name: county
        type: choice
        choices: {from: '["Suffolk", "Essex"] if state == "MA" else ["Kings"]'}
"""


async def test_only_what_is_offered_is_picked() -> None:
    """A list that is made of another answer of its page offers what was picked before: nobody picks what another walk
    saw there, and each script passes on pages, which have no button for it."""
    catalog = catalog_of(FOLLOWING)
    exploration = await explore(catalog.get("following"), catalog, AT, seed=1, limit=12)
    texts = scripts_of(exploration, 1)
    assert any("county: Essex" in text for text in texts.values())
    for name, text in texts.items():
        (script,) = read(text, name)
        played = await play(script, catalog, "web")
        assert played.failure is None, (name, played.failure)
