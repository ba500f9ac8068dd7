"""Authentication, and the answers when it fails: secrets, tokens, rates, guesses, and an unavailable database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from lrs.app import build
from lrs.auth.credentials import Credentials
from lrs.auth.issuer import Issuer
from lrs.auth.limits import ADDRESS, PAIR, Buckets, Rate
from lrs.auth.scopes import Scope
from lrs.auth.secret_checks import SecretChecks
from lrs.auth.tokens import Tokens
from lrs.cli.schemas import NOWHERE
from lrs.database.connection import DatabaseUnavailable
from lrs.processes.assemble import assemble
from lrs.processes.runtime import Runtime
from tests.support.api import ask
from tests.support.clock import Clock
from tests.support.issuer import AUDIENCE, TestIssuer, issuing, pair

RSA = pair("rsa")
BASIC = 'Basic realm="Pacer", charset="UTF-8"'
VERSION = {"X-Experience-API-Version": "1.0.3"}
STATE = "/xAPI/activities/state?activityId=https://x.example/a&stateId=s&agent=" + '{"mbox":"mailto:a@x.example"}'


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(tmp_path: Path, clock: Clock) -> Iterator[FastAPI]:
    found = build(assemble(Runtime(tmp_path, clickhouse=NOWHERE)))
    parts = found.state.parts
    parts.login.rates, parts.login.checks = Buckets(clock), SecretChecks(clock)
    parts.login.credentials.add("tool", "right")
    yield found
    parts.close()


@pytest.fixture
def issuer(app: FastAPI, clock: Clock) -> Iterator[TestIssuer]:
    with issuing() as found:
        found.rotate(RSA)
        app.state.parts.login.tokens = Tokens(Issuer(found.url, AUDIENCE), clock)
        yield found


def get(app: FastAPI, path: str = "/catalog", auth: tuple[str, str] | None = None, **headers: str) -> httpx.Response:
    return ask(app, "GET", path, auth=auth, headers=VERSION | headers)


@pytest.mark.parametrize(
    "header", ["Basic \u00ff\u00ff", "Basic /w==", "Basic", "\u00ff", "Bearer \u00ff", "Bearer a.\u00ff.b"]
)
@pytest.mark.parametrize("path", ["/catalog", "/xAPI/statements", "/board", STATE])
def test_a_header_that_is_no_login(app: FastAPI, path: str, header: str) -> None:
    answer = ask(
        app,
        "GET",
        path,
        headers=[(b"X-Experience-API-Version", b"1.0.3"), (b"Authorization", header.encode("latin-1"))],
    )
    assert answer.status_code in (303, 401), answer.text


def bearer(app: FastAPI, token: str, path: str = "/catalog") -> httpx.Response:
    return get(app, path, Authorization=f"Bearer {token}")


@pytest.mark.parametrize("header", ["", "Basic", "Basic !", "Basic Og", "Digest x", "Bearer x", "bearer", "\xff"])
def test_headers_that_say_nobody(app: FastAPI, header: str) -> None:
    answer = ask(app, "GET", "/catalog", headers=[("Authorization", header.encode("latin-1"))])
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == BASIC


@pytest.mark.parametrize("path", ["/catalog", "/board", "/pacing/classes", "/cmi5/courses", STATE, "/xAPI/statements"])
def test_a_revoked_one_is_out_by_the_next_request(app: FastAPI, tmp_path: Path, path: str) -> None:
    auth = ("tool", "right")
    assert get(app, path, auth).status_code not in (401, 403)
    elsewhere = Credentials(f"sqlite:///{tmp_path / 'credentials.db'}")
    elsewhere.change("tool", scopes=[])
    assert get(app, path, auth).status_code == 403
    elsewhere.revoke("tool")
    answer = get(app, path, auth)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, BASIC)
    elsewhere.close()


@pytest.mark.parametrize("path", ["/catalog", "/board", STATE])
def test_a_database_that_is_away_is_503(app: FastAPI, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    def away(*_: Any) -> None:
        raise DatabaseUnavailable("the credentials' database did not answer")

    monkeypatch.setattr(app.state.parts.login.credentials, "verified_before", away)
    answer = get(app, path, ("tool", "right"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


class TestRates:
    @pytest.mark.parametrize("path", ["/catalog", "/board", STATE])
    def test_too_many_requests_are_429(self, app: FastAPI, clock: Clock, path: str) -> None:
        app.state.parts.login.credentials.change("tool", rate=Rate(0.25, 2))
        statuses = [get(app, path, ("tool", "right")).status_code for _ in range(3)]
        assert statuses == [statuses[0], statuses[0], 429]
        answer = get(app, path, ("tool", "right"))
        assert answer.headers["retry-after"] == "4"
        clock.now += 3.9
        assert get(app, path, ("tool", "right")).status_code == 429
        clock.now += 0.1
        assert get(app, path, ("tool", "right")).status_code == statuses[0]

    def test_of_one_credential_are_not_anothers(self, app: FastAPI) -> None:
        app.state.parts.login.credentials.add("slow", "s", rate=Rate(1, 1))
        assert [get(app, auth=("slow", "s")).status_code for _ in range(2)] == [200, 429]
        assert get(app, auth=("tool", "right")).status_code == 200


class TestGuesses:
    def guess(self, app: FastAPI, times: int, key: str = "tool") -> list[int]:
        return [get(app, auth=(key, f"wrong {n}")).status_code for n in range(times)]

    def test_are_limited(self, app: FastAPI, clock: Clock) -> None:
        assert self.guess(app, PAIR.burst + 2) == [401] * PAIR.burst + [429] * 2
        answer = get(app, auth=("tool", "wrong"))
        assert answer.headers["retry-after"] == "10"
        clock.now += 10
        assert self.guess(app, 2) == [401, 429]

    def test_do_not_lock_out_who_was_let_in(self, app: FastAPI) -> None:
        assert get(app, auth=("tool", "right")).status_code == 200
        self.guess(app, PAIR.burst + 1)
        assert get(app, auth=("tool", "right")).status_code == 200

    def test_from_elsewhere_lock_nobody_out(self, app: FastAPI) -> None:
        self.guess(app, PAIR.burst + 1)

        async def from_another_address() -> httpx.Response:
            transport = httpx.ASGITransport(app, client=("192.0.2.1", 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://pacer.example") as client:
                return await client.get("/catalog", auth=("tool", "right"))

        assert asyncio.run(from_another_address()).status_code == 200

    def test_who_says_nothing_guesses_nothing(self, app: FastAPI) -> None:
        for _ in range(ADDRESS.burst + 1):
            assert get(app).status_code == 401


class TestTokens:
    def test_a_token_lets_in(self, app: FastAPI, issuer: TestIssuer) -> None:
        assert bearer(app, issuer.token(RSA, scope="xapi:all")).status_code == 200
        assert get(app, auth=("tool", "right")).status_code == 200
        assert get(app).headers["www-authenticate"] == f'{BASIC}, Bearer realm="Pacer"'

    def test_its_scopes_count(self, app: FastAPI, issuer: TestIssuer) -> None:
        answer = bearer(app, issuer.token(RSA, scope="xapi:state"))
        assert (answer.status_code, answer.json()["field"]) == (403, "scope")
        assert answer.headers["www-authenticate"] == 'Bearer realm="Pacer", error="insufficient_scope"'
        assert bearer(app, issuer.token(RSA, scope="xapi:state"), STATE).status_code == 404

    def test_its_tenant_counts(self, app: FastAPI, issuer: TestIssuer) -> None:
        token = issuer.token(RSA, scope="xapi:all", tenant="west")
        answer = ask(
            app, "POST", "/catalog", json=[{"kind": "skill", "id": "s"}], headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 200
        assert [one["id"] for one in bearer(app, token).json()["skills"]] == ["s"]
        assert bearer(app, issuer.token(RSA, scope="xapi:all", tenant="east")).json()["skills"] == []
        assert get(app, auth=("tool", "right")).json()["skills"] == []

    def test_a_wrong_one_is_told(self, app: FastAPI, issuer: TestIssuer) -> None:
        answer = bearer(app, issuer.token(RSA, exp=1))
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="Pacer", error="invalid_token"'
        assert "expired" in answer.json()["error"]

    def test_an_issuer_that_is_down_is_503(self, app: FastAPI, issuer: TestIssuer) -> None:
        issuer.status = 500
        answer = bearer(app, issuer.token(RSA))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")

    def test_its_key_is_no_key_of_basic(self, app: FastAPI, issuer: TestIssuer) -> None:
        """Nobody can be `oidc:ada` with a secret, nor a cmi5 session with a token."""
        assert get(app, auth=("oidc", "ada:right")).status_code == 401
        answer = bearer(app, issuer.token(RSA, sub="cmi5-1", scope="xapi:all"))
        assert answer.status_code == 200

    def test_without_an_issuer_it_is_refused(self, app: FastAPI) -> None:
        answer = bearer(app, "e30.e30.e30")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, BASIC)


def test_scopes_of_statements_are_those_of_the_credential(app: FastAPI) -> None:
    app.state.parts.login.credentials.add("writer", "s", scopes=[Scope.STATEMENTS_WRITE])
    answer = get(app, "/xAPI/statements", ("writer", "s"))
    assert (answer.status_code, answer.json()["field"]) == (403, "scope")
