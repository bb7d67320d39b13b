"""Who may open a run: the rule by itself, whichever channel goes by it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wizard.engine.access import NOBODY, Caller, Identity, check_access, check_own, is_personal
from wizard.engine.run_token import token_hash
from wizard.errors import CallerError, NotYourProfile, NotYours
from wizard.model import Run, RunStatus

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ANN, BOB, VISIT = Identity("ann", "ann's session"), Identity("bob"), Identity(session_id="a visit")
TOKEN, OTHERS = "the run's own token", "another run's token"


def run_of(profile_id: str | None) -> Run:
    return Run("r", "w", "1", 1, RunStatus.WAITING, NOW, NOW, profile_id=profile_id, token_hash=token_hash(TOKEN))


def caller(token: str, who: Identity | None, *, needs_token: bool) -> Caller:
    async def person() -> Identity:
        assert who is not None
        return who

    return Caller(token, None if who is None else person, needs_token)


NOBODY_KNOWN = None  # the host signs nobody in


@pytest.mark.parametrize(
    ("profile", "token", "who", "to_pages", "to_programs"),
    [
        (None, TOKEN, NOBODY_KNOWN, None, None),
        (None, TOKEN, BOB, None, None),
        (None, OTHERS, NOBODY_KNOWN, NotYours, NotYours),
        (None, "", ANN, NotYours, NotYours),
        ("ann", TOKEN, NOBODY_KNOWN, None, None),
        ("ann", "", NOBODY_KNOWN, NotYours, NotYours),
        ("ann", TOKEN, ANN, None, None),
        ("ann", "", ANN, None, NotYours),
        ("ann", OTHERS, ANN, None, NotYours),
        ("ann", TOKEN, BOB, NotYourProfile, NotYourProfile),
        ("ann", "", BOB, NotYourProfile, NotYours),
        ("ann", TOKEN, NOBODY, NotYourProfile, NotYourProfile),
        ("ann", TOKEN, VISIT, NotYourProfile, NotYourProfile),
    ],
)
async def test_who_opens_which_run(
    profile: str | None,
    token: str,
    who: Identity | None,
    to_pages: type[CallerError] | None,
    to_programs: type[CallerError] | None,
) -> None:
    """Two channels with a rule each came to two answers sooner or later; somebody else reads what Ann told."""
    for needs_token, refusal in ((False, to_pages), (True, to_programs)):
        tried = caller(token, who, needs_token=needs_token)
        if refusal is None:
            await check_access(run_of(profile), tried)
            continue
        with pytest.raises(refusal) as caught:
            await check_access(run_of(profile), tried)
        assert type(caught.value) is refusal
        assert caught.value.run == "r"


async def test_who_somebody_is_is_asked_only_where_it_matters() -> None:
    """A host asks its database at each call; and who has no token is told nothing, not even whose the run is."""

    async def person() -> Identity:
        raise AssertionError("asked")

    await check_access(run_of(None), Caller(TOKEN, person))
    with pytest.raises(NotYours):
        await check_access(run_of("ann"), Caller(OTHERS, person))


def test_a_run_is_personal_where_the_host_knows_its_people() -> None:
    """The keys of a page's forms are bound to the person then, and to the token else."""
    assert is_personal(run_of("ann"), caller("", BOB, needs_token=False))
    assert not is_personal(run_of(None), caller("", BOB, needs_token=False))
    assert not is_personal(run_of("ann"), caller("", NOBODY_KNOWN, needs_token=False))


def test_nobody_starts_a_run_on_anothers_profile() -> None:
    """It would show what the profile holds."""
    check_own(ANN, profile_id=None, session_id=None)
    check_own(ANN, profile_id="ann", session_id="ann's session")
    for profile_id, session_id, said in (("bob", None, "`profile_id`"), (None, "x", "`session_id`")):
        with pytest.raises(NotYourProfile, match=said):
            check_own(ANN, profile_id=profile_id, session_id=session_id)
    with pytest.raises(NotYourProfile):
        check_own(NOBODY, profile_id="ann", session_id=None)
