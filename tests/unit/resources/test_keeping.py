"""Setting, showing and removing stored resources."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from wizard.errors import ResourceNotFound, ResourceRefused, StaleResource
from wizard.resources.handing import Use
from wizard.resources.keeping import Keeping, shown
from wizard.resources.kinds import HttpResource, OAuth2Client
from wizard.stores.memory import MemoryStore

NOW = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)
CRM: dict[str, Any] = {
    "base_url": "https://crm.example/v1",
    "bearer_token": "s3cr3t",
    "headers": {"X-Key": "s3cr3t-key", "X-Old": "s3cr3t-old"},
}


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def keeping(store: MemoryStore) -> Keeping:
    return Keeping(store.resources, store.stages, lambda: NOW)


async def set_(
    keeping: Keeping, value: dict[str, Any] | None, revision: int, use: Use = Use.PRODUCTION
) -> HttpResource:
    kept = await keeping.set("crm", "http", {use: value}, revision=revision, by="ann")
    resource = kept.values.of(use)
    assert isinstance(resource, HttpResource)
    return resource


async def test_what_is_shown_says_that_a_secret_is_set_and_not_which(keeping: Keeping) -> None:
    """Whoever looks over an operator's shoulder, or at their terminal later, learns no password."""
    resource = await set_(keeping, CRM, 0)
    told = shown(resource)
    assert told["base_url"] == "https://crm.example/v1"
    assert told["bearer_token"] == {"is_set": True}
    assert set(told["headers"]) == {"X-Key", "X-Old"}
    assert "s3cr3t" not in str(told)


async def test_a_secret_that_is_left_out_stays_and_null_takes_it_out(keeping: Keeping) -> None:
    """Nobody can read a secret to send it back: what an editor shows is saved without it, and nothing is lost."""
    first = await set_(keeping, CRM, 0)
    again = await set_(keeping, {**shown(first), "base_url": "https://crm.example/v2"}, 1)
    assert again == first.model_copy(update={"base_url": "https://crm.example/v2"})
    fewer = await set_(keeping, {"base_url": "https://crm.example/v2", "headers": {"X-Key": {"is_set": True}}}, 2)
    assert fewer.bearer_token == first.bearer_token
    assert fewer.headers == {"X-Key": first.headers["X-Key"]}
    other = {"base_url": "https://crm.example", "bearer_token": None, "headers": None, "user": "a", "password": "s"}
    changed = await set_(keeping, other, 3)
    assert (changed.bearer_token, changed.headers) == (None, {})


@pytest.mark.parametrize("base_url", ["https://thief.example/v1", "http://crm.example/v1", "https://crm.example:444"])
async def test_a_secret_does_not_move_with_the_address(base_url: str, keeping: Keeping) -> None:
    """Somebody who may set resources and must not read them points one at a server of their own, and reads it there."""
    await set_(keeping, CRM, 0)
    with pytest.raises(ResourceRefused, match=r"production\.bearer_token: has to be given again") as refused:
        await set_(keeping, {"base_url": base_url}, 1)
    assert list(refused.value.errors) == ["production.bearer_token"]
    with pytest.raises(ResourceRefused, match="headers"):
        await set_(keeping, {"base_url": base_url, "bearer_token": "new", "headers": {"X-Key": {"is_set": True}}}, 1)
    moved = await set_(keeping, {"base_url": base_url, "bearer_token": "new", "headers": None}, 1)
    assert moved.bearer_token is not None
    assert moved.bearer_token.get_secret_value() == "new"


async def test_a_token_does_not_move_from_the_usual_service(keeping: Keeping) -> None:
    """That of a bot goes to the service that it is for, where no other is named; naming one isn't a way to read it."""
    await keeping.set("bot", "token", {Use.TEST: {"token": "s3cr3t"}}, revision=0, by="ann")
    with pytest.raises(ResourceRefused, match=r"test\.token: has to be given again"):
        await keeping.set("bot", "token", {Use.TEST: {"base_url": "https://thief.example"}}, revision=1, by="ann")
    mail = {"url": "smtp://ann:s3cr3t@mail.example"}
    await keeping.set("mail", "smtp", {Use.TEST: mail}, revision=0, by="ann")
    kept = await keeping.set("mail", "smtp", {Use.TEST: {"sender": "town@example.org"}}, revision=1, by="ann")
    assert kept.values.test is not None, "an address that is secret itself stays as any secret"


async def test_the_secret_of_an_oauth_client_stays_with_it(keeping: Keeping) -> None:
    """An operator who changes the scope doesn't have to look for the secret again; its tokens stay where they were."""
    client = {"token_url": "https://login.example/token", "client_id": "forms", "client_secret": "s3cr3t"}
    await set_(keeping, {"base_url": "https://crm.example", "oauth2": client}, 0)
    scoped = {"token_url": "https://login.example/token", "client_id": "forms", "scope": "contacts"}
    changed = await set_(keeping, {"base_url": "https://crm.example", "oauth2": scoped}, 1)
    assert changed.oauth2 == OAuth2Client.model_validate({**client, "scope": "contacts"})
    for base_url, token_url in [
        ("https://thief.example", "https://login.example/token"),
        ("https://crm.example", "https://thief.example"),
    ]:
        with pytest.raises(ResourceRefused, match=r"oauth2\.client_secret"):
            await set_(keeping, {"base_url": base_url, "oauth2": {**scoped, "token_url": token_url}}, 2)
    dropped = await set_(keeping, {"base_url": "https://crm.example"}, 2)
    assert dropped.oauth2 is None


async def test_test_and_production_are_set_apart(keeping: Keeping) -> None:
    """Whoever sets the test value leaves the real one as it is, and both can be taken out."""
    real = await set_(keeping, CRM, 0)
    tried = await set_(keeping, {"base_url": "https://test.example"}, 1, Use.TEST)
    values = (await keeping.get("crm")).values
    assert values == (real, tried)
    await keeping.set("crm", "http", {Use.PRODUCTION: None}, revision=2, by="ann")
    assert (await keeping.get("crm")).values == (None, tried)
    with pytest.raises(ResourceRefused, match="production or a test value"):
        await keeping.set("crm", "http", {Use.TEST: None}, revision=3, by="ann")


async def test_one_of_another_kind_keeps_nothing_of_before(keeping: Keeping) -> None:
    """A test value of the old kind would fail in the next debug run; a secret of the old service isn't its."""
    await set_(keeping, CRM, 0)
    kept = await keeping.set("crm", "token", {Use.TEST: {"token": "t"}}, revision=1, by="ann")
    assert kept.values.production is None


async def test_it_is_told_who_did_what_and_no_value(keeping: Keeping, store: MemoryStore) -> None:
    """Of a password that is changed, the record says who and when."""
    await set_(keeping, CRM, 0)
    await keeping.remove("crm", by="bob")
    deeds = await store.stages.deeds("")
    assert [(deed.by, deed.action, deed.details["resource"]) for deed in deeds] == [
        ("bob", "remove_resource", "crm"),
        ("ann", "set_resource", "crm"),
    ]
    assert "s3cr3t" not in str(deeds)
    with pytest.raises(ResourceNotFound):
        await keeping.get("crm")


async def test_nobody_saves_over_what_they_have_not_seen(keeping: Keeping) -> None:
    """Also not over one that was removed and set anew meanwhile: its number goes on."""
    await set_(keeping, CRM, 0)
    for late in (0, 2):
        with pytest.raises(StaleResource):
            await set_(keeping, CRM, late)
    with pytest.raises(StaleResource):
        await keeping.remove("crm", revision=7, by="ann")
    await keeping.remove("crm", revision=1, by="ann")
    await set_(keeping, CRM, 0)
    assert (await keeping.get("crm")).revision == 2


@pytest.mark.parametrize(
    ("name", "kind", "value", "why"),
    [
        ("../crm", "http", {"base_url": "https://crm.example"}, "name: must be a name"),
        ("crm", "ftp", {}, "kind: must be one of smtp, http"),
        ("crm", "http", {}, "production.base_url: is missing"),
        ("crm", "http", {"base_url": "https://x.example", "token": "s3cr3t"}, "production.token: isn't a part"),
        ("crm", "http", {"base_url": 3}, "production.base_url: must be a text"),
        ("crm", "http", {"base_url": "https://u:s3cr3t@x.example"}, "without a user name"),
        ("crm", "token", {"token": ["s3cr3t"]}, "production.token"),
        ("crm", "token", {"token": "s3cr3t" * 1000}, "production.token"),
    ],
)
async def test_what_is_wrong_is_said_by_its_place(
    name: str, kind: str, value: dict[str, Any], why: str, keeping: Keeping
) -> None:
    """An operator corrects what is named; what they typed isn't in the log because it was wrong."""
    with pytest.raises(ResourceRefused, match=why) as refused:
        await keeping.set(name, kind, {Use.PRODUCTION: value}, revision=0, by="ann")
    assert "s3cr3t" not in f"{refused.value} {refused.value.errors}"
    assert not isinstance(refused.value.__context__, ValidationError), "what was given would be in a traceback"


async def test_there_is_an_end_to_how_many(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that sets them in a loop doesn't fill the database."""
    monkeypatch.setattr("wizard.resources.keeping.MOST_RESOURCES", 1)
    await set_(keeping, CRM, 0)
    with pytest.raises(ResourceRefused, match="Remove one first"):
        await keeping.set("other", "token", {Use.TEST: {"token": "t"}}, revision=0, by="ann")
