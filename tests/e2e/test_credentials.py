"""Credentials of a running `lrs serve`, changed by other processes; and its issuer of tokens."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from tests.support.issuer import AUDIENCE, TestIssuer, issuing, pair
from tests.support.server import Server, serving
from tests.support.statements import answered

RSA = pair("rsa")


def lrs(server: Server, *arguments: str) -> dict[str, str]:
    words = [sys.executable, "-m", "lrs.cli.main", "credentials", *arguments, "--data", str(server.data), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = orjson.loads(done.stdout)
    return found


def test_another_process_changes_what_the_next_request_may(server: Server) -> None:
    made = lrs(server, "add", "--tenant", "elsewhere", "--scope", "statements/write", "--scope", "statements/read")
    key = made["key"]
    with server.client(key, made["secret"]) as client:
        sent = answered("hop")
        assert client.post("/xAPI/statements", json=sent).status_code == 200
        assert client.get("/xAPI/statements", params={"statementId": sent["id"]}).status_code == 200
        lrs(server, "change", key, "--scope", "statements/read")
        assert client.post("/xAPI/statements", json=sent).status_code == 403
        turned = lrs(server, "rotate", key)
        assert client.get("/xAPI/statements").status_code == 401
        with server.client(key, turned["secret"]) as again:
            assert again.get("/xAPI/statements").status_code == 200
            lrs(server, "revoke", key)
            assert again.get("/xAPI/statements").status_code == 401


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestIssuer]:
    with issuing() as found:
        found.rotate(RSA)
        monkeypatch.setenv("PACER_SERVE_OIDC_ISSUER", found.url)
        monkeypatch.setenv("PACER_SERVE_OIDC_AUDIENCE", AUDIENCE)
        yield found


def test_tokens_of_an_issuer(issuer: TestIssuer, tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        headers = {"X-Experience-API-Version": "1.0.3", "Authorization": f"Bearer {issuer.token(RSA)}"}
        with httpx.Client(base_url=server.base, headers=headers, timeout=30) as client:
            sent = answered("hop")
            assert client.post("/xAPI/statements", json=sent).status_code == 200
            found = client.get("/xAPI/statements", params={"statementId": sent["id"]}).json()
            assert found["authority"]["account"]["name"] == "oidc:ada"
            assert client.get("/catalog").status_code == 403
        with server.client() as other:  # of another tenant
            assert other.get("/xAPI/statements", params={"statementId": sent["id"]}).status_code == 404
