"""Who asks, and what they may (xAPI 1.0.3, part 3, 3.2 and 4; IEEE 9274.1.1, 4.1.8)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.auth.scopes import Scope
from tests.support.requirement import requirement
from tests.support.server import KEY, SECRET, Server
from tests.support.statements import answered

PATH = "/xAPI/statements"


@pytest.fixture
def reader(server: Server) -> Iterator[tuple[str, str]]:
    """A credential that may read statements and nothing else."""
    key, secret = f"reader-{uuid.uuid4().hex}", "a long secret, too"
    with closing(Credentials(embedded_credentials_url(server.data))) as credentials:
        credentials.add(key, secret, "default", scopes={Scope.STATEMENTS_READ})
        yield key, secret
        credentials.revoke(key)


@requirement("00335")
def test_basic_authentication(client: httpx.Client) -> None:
    assert client.get(PATH, params={"limit": "1"}, auth=(KEY, SECRET)).status_code == 200


@requirement("00334")
@pytest.mark.parametrize("wrong", ["none", "secret", "key"])
def test_without_a_good_credential_nothing_is_done(client: httpx.Client, reader: tuple[str, str], wrong: str) -> None:
    # Keys of their own, as guesses of the shared one would soon be slowed down.
    key, secret = reader
    auth = {"none": None, "secret": (key, "wrong"), "key": (f"no-{key}", secret)}[wrong]
    one = answered()
    headers = {"X-Experience-API-Version": client.headers["X-Experience-API-Version"]}
    with httpx.Client(base_url=client.base_url, auth=auth, headers=headers, verify=False) as stranger:
        answer = stranger.post(PATH, json=one)
        assert (answer.status_code, answer.headers["WWW-Authenticate"].partition(" ")[0]) == (401, "Basic")
        assert stranger.get(PATH).status_code == 401
    assert client.get(PATH, params={"statementId": one["id"]}).status_code == 404


@requirement("00327")
def test_a_credential_that_may_not_is_told_so(client: httpx.Client, reader: tuple[str, str]) -> None:
    one = answered()
    assert client.get(PATH, params={"limit": "1"}, auth=reader).status_code == 200
    assert client.post(PATH, json=one, auth=reader).status_code == 403
    assert client.get(PATH, params={"statementId": one["id"]}).status_code == 404
