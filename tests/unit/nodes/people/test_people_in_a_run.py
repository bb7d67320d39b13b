"""The node types of people together: a club that people join, in a run with Back and change."""

from __future__ import annotations

from wizard.testing import Person, make_test_engine

JOIN = """
id: join
title: Join the club
save: step
nodes:
  - id: ask
    type: form
    fields:
      - {name: name}
      - {name: interests, type: choices, choices: [swim, chess], required: false}
      - {name: agree, type: boolean, required: false}
  - {id: keep, type: update_profile, fields: {name: "{{ ask.name }}"}}
  - {id: mark, type: add_tag, tags: "{{ ask.interests }}"}
  - {id: count, type: count_up, counter: visits}
  - {id: group, type: segment, name: swimmers, when: '"swim" in profile.tags', next: {in: agreed, out: agreed}}
  - {id: agreed, type: add_consent, purpose: newsletter, source: "Join the club", version: "2", when: ask.agree}
  - {id: check, type: check_consent, purpose: newsletter, version: "2", next: {given: welcome, missing: plain}}
  - {id: plain, type: message, title: "No letters, {{ profile.name }}", next: leave}
  - {id: welcome, type: message, title: "Letters to {{ profile.name }}, number {{ profile.visits }}"}
  - {id: leave, type: withdraw_consent, purpose: newsletter, source: Test}
  - {id: again, type: require_consent, purpose: newsletter, message: Agree first, on_error: back}
"""


async def test_a_club() -> None:
    """Back and a changed answer take back tags, counts, segments and consents, in the run and in what is stored: who
    changes their mind isn't counted twice, nor kept in a group."""
    engine = await make_test_engine(JOIN)
    try:
        run = await engine.start("join", profile_id="ann")
        person = Person(engine, run)
        await person.says(name="Ann", interests=["swim"], agree=True)
        person.sees(title="Letters to Ann, number 1")
        stored = (await engine.profiles.get("ann")).fields
        assert {name: stored[name] for name in ("name", "tags", "visits", "segments")} == {
            "name": "Ann",
            "tags": ["swim"],
            "visits": 1,
            "segments": ["swimmers"],
        }
        assert stored["consent_newsletter"]["given"] is True
        assert stored["consent_newsletter"]["source"] == "Join the club"

        await person.goes_back()
        assert not (await engine.profiles.get("ann")).fields
        await person.says(name="Anna", interests=["chess"], agree=False)
        person.sees(title="No letters, Anna")
        stored = (await engine.profiles.get("ann")).fields
        assert stored == {"name": "Anna", "tags": ["chess"], "visits": 1}

        await person.changes("ask", name="Anna", interests=["swim", "chess"], agree=True)
        person.sees(title="Letters to Anna, number 1")
        stored = (await engine.profiles.get("ann")).fields
        assert (stored["tags"], stored["segments"], stored["visits"]) == (["swim", "chess"], ["swimmers"], 1)

        await person.says()
        person.sees(error="Agree first")
    finally:
        await engine.close()


async def test_two_consents_at_once() -> None:
    """Two runs of one person, each with a consent: neither is lost when the later one saves."""
    agree = """
id: agree
input: {purpose: {}}
nodes:
  - {id: which, type: condition, cases: [{when: input.purpose == "news", goto: news}, {goto: data}]}
  - {id: news, type: add_consent, purpose: news, source: Test, next: sure}
  - {id: data, type: add_consent, purpose: data, source: Test}
  - {id: sure, type: message, title: Sure?}
"""
    engine = await make_test_engine(agree)
    try:
        runs = [await engine.start("agree", {"purpose": name}, profile_id="ann") for name in ("news", "data")]
        for run in runs:
            await engine.next(run)
        fields = (await engine.profiles.get("ann")).fields
        assert sorted(fields) == ["consent_data", "consent_news"]
    finally:
        await engine.close()
