"""What the kinds of resources take, and that nothing made of one shows what is secret in it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from wizard.resources.kinds import KINDS, BrokerResource, HttpResource, Resource, SmtpResource

SECRETS = ("correct-horse",)


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_the_example_of_a_kind_is_one_and_no_text_of_it_shows_a_secret(kind: type[Resource]) -> None:
    """Operators begin with the example; whoever logs a resource by mistake gives nothing away."""
    resource = kind.model_validate(kind.example)
    told = f"{resource} {resource!r} {resource.model_dump_json()} {resource.model_dump(mode='json')}"
    assert "correct-horse" in str(kind.example)
    assert "correct-horse" not in told
    schema = kind.model_json_schema()["properties"]
    assert all(shape.get("description") for shape in schema.values()), "a form has a hint for each key"


WRONG: list[tuple[type[Resource], dict[str, Any], str]] = [
    (SmtpResource, {"url": "smtp://ann:s3cr3t@"}, "smtp://USER"),
    (HttpResource, {"base_url": "https://ann:s3cr3t@crm.example"}, "without a user name"),
    (HttpResource, {"base_url": "file:///etc/s3cr3t"}, "https://"),
    (HttpResource, {"base_url": "https://crm.example", "user": "ann"}, "go together"),
    (
        HttpResource,
        {"base_url": "https://crm.example", "user": "a", "password": "s3cr3t", "bearer_token": "s3cr3t"},
        "more than one way",
    ),
    (HttpResource, {"base_url": "https://crm.example", "headers": {"X Key": "s3cr3t"}}, "no header can have"),
    (HttpResource, {"base_url": "https://crm.example", "bearer_token": "s3cr3t\r\nX: y"}, "one line"),
    (HttpResource, {"base_url": "https://crm.example", "signing_secret": "s3cr3t"}, "whsec_"),
    (KINDS["sql"], {"url": "mysql://ann:s3cr3t@db.example/crm"}, "postgresql://"),
    (
        KINDS["s3"],
        {"endpoint": "https://s3.example", "bucket": "../s3cr3t", "access_key": "a", "secret_key": "b"},
        "match",
    ),
    (BrokerResource, {"url": "nats://ann:s3cr3t@broker.example"}, "without a user name"),
    (BrokerResource, {"url": "nats://broker.example", "token": "s3cr3t", "credentials": "s3cr3t"}, "more than one way"),
    (KINDS["token"], {"token": "s3cr3t", "more": "s3cr3t"}, "Extra inputs"),
]


@pytest.mark.parametrize(("kind", "value", "why"), WRONG)
def test_what_is_wrong_is_said_without_showing_it(kind: type[Resource], value: dict[str, Any], why: str) -> None:
    """An operator who puts a password into the wrong key finds out why, and not in a log that others read."""
    with pytest.raises(ValidationError) as refused:
        kind.model_validate(value)
    assert why in str(refused.value)
    assert "s3cr3t" not in str(refused.value)
