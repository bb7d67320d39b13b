"""A program that knows nothing but the OpenAPI document (schemathesis) calls a real server in every way that the
document admits, and in ways that it doesn't."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.json_caller import CONTACT, ORDER, PASSPORT
from tests.acceptance.processes import environment, process
from tests.drawing import TORTURE

HERE = Path(__file__).parent
PAYMENT = {
    "id": "payment",
    "title": "Payment",
    "nodes": [{"id": "paid", "type": "wait", "event": "paid"}, {"id": "thanks", "type": "end", "title": "Thanks"}],
}


KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.skipif(not TORTURE, reason="it takes minutes: see `make torture`")
@pytest.mark.parametrize(("document", "rules"), [("", "stranger.toml"), ("/admin", "colleague.toml")])
def test_the_server_is_as_its_document_says(
    tmp_path: Path, request: pytest.FixtureRequest, document: str, rules: str
) -> None:
    """Clients are generated out of the document. What it admits and the server refuses, or answers otherwise than it
    says, breaks them; what it doesn't admit and the server takes, nobody meant to be taken."""
    pay = [{**node, "type": "message", "title": "Pay"} if node["id"] == "pay" else node for node in ORDER["nodes"]]
    pay = [{name: value for name, value in node.items() if name not in ("function", "arguments")} for node in pay]
    for workflow in (PASSPORT, CONTACT, PAYMENT, {**ORDER, "nodes": pay}):
        (tmp_path / f"{workflow['id']}.json").write_text(json.dumps(workflow))
    settings = {"WIZARD_REFUSAL_RATE": "0", "WIZARD_API_START_RATE": "0", "WIZARD_ADMIN_KEY": KEY}
    hooks = {} if document else {"SCHEMATHESIS_HOOKS": "tests.acceptance.stranger"}
    who = ["-H", f"Authorization: Bearer {KEY}"] if document else []
    with process(tmp_path, ".", "--store", "sqlite:runs.db", **settings) as server:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / rules, "run", *who),
                *(
                    "--checks",
                    "all",
                    "--continue-on-failure",
                    "--request-timeout",
                    "60",
                    "--max-examples",
                    str(10 * TORTURE),
                    "--no-color",
                ),
                *("--seed", str(request.config.getoption("hypothesis_seed"))),
                f"{server.address}/api/v1{document}/openapi.json",
            ],
            cwd=tmp_path,
            env={**environment(), **hooks, "PYTHONPATH": os.getcwd()},
            capture_output=True,
            text=True,
            check=False,
        )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
