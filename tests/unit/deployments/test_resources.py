"""Resources that definitions name and that aren't there: said at each way in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.channels.admin.office import Office, working
from tests.unit.shell import Shell
from wizard.deployments.bundles import from_data
from wizard.deployments.resources import lacking, named_in_texts
from wizard.node import Registry
from wizard.resources.handing import Resources, Values, given
from wizard.resources.kinds import TokenResource
from wizard.stores.blobs.vault import new_key

CALLING = """\
id: calling
nodes:
  - {id: call, type: http, resource: crm, url: /contacts}
  - {id: tell, type: send_mail, resource: mail, to: a@example.org, subject: s, text: t}
"""
GONE = "There is no resource crm (of the kind http). Set it: wizard resources set crm --kind http"
NAMES = {"crm": "http", "mail": "smtp"}


async def test_what_is_missing_is_said_a_sentence_each() -> None:
    """Whoever deploys knows what to set, before a person's turn fails."""
    names = named_in_texts([CALLING, "id: ["], Registry.installed())
    assert names == NAMES
    token = TokenResource.model_validate({"token": "t"})
    resources = Resources((given({"crm": token, "mail": Values(test=token)}),))
    assert await lacking(names, Resources()) == (GONE, GONE.replace("crm", "mail").replace("http", "smtp"))
    assert await lacking(names, resources) == (
        "The resource crm is of the kind token, and has to be of the kind http.",
        "The resource mail has no production value. Set it: wizard resources set mail",
    )


async def test_over_http_deploying_and_importing_say_it() -> None:
    """An editor shows it; a bundle says what it needs, and never what is in it."""
    async with working() as office:
        await _deploy_and_import(office)


async def _deploy_and_import(office: Office) -> None:
    key = office.key
    crm = {"kind": "http", "production": {"base_url": "https://crm.example", "bearer_token": "s3cr3t"}}
    await key.asks("PUT", "/resources/crm", 200, crm, If_None_Match="*")
    await key.saves(CALLING, "calling")
    told = await key.asks("POST", "/workflows/calling/deploy", 201, {})
    assert told["lacking"] == [GONE.replace("crm", "mail").replace("http", "smtp")]
    bundle = await key.asks("GET", "/workflows/calling/export")
    assert bundle["needs"]["resources"] == NAMES
    assert "s3cr3t" not in json.dumps(bundle)
    assert from_data(bundle).needs.resources == NAMES
    async with working() as other:
        imported = await other.key.asks("POST", "/workflows/import", 200, {"bundle": bundle})
        assert imported["resources"][0] == GONE


def test_in_the_terminal_check_deploy_and_import_say_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warning, and no error: somebody else may set the resource later."""
    shell = Shell(tmp_path, capsys, monkeypatch)
    monkeypatch.setenv("WIZARD_KEYS", new_key("first"))
    shell.file("calling.yaml", CALLING)
    assert shell.types("deploy calling --from calling.yaml") == 0
    assert GONE in shell.err
    assert shell.types("check calling.yaml --store sqlite:///wizard.db") == 0
    assert f"calling:1:1: warning: {GONE}" in shell.out
    assert shell.types("check calling.yaml") == 0
    assert GONE not in shell.out
    assert shell.types("drafts export calling --output calling.json") == 0
    assert shell.types("drafts import calling.json --dry-run") == 0
    assert GONE in shell.out
