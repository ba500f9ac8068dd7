"""Compressed bodies are decompressed as they are read; the limits apply to the decompressed body."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.auth.scopes import EVERY
from lrs.cli.schemas import NOWHERE
from lrs.http import body
from tests.support.api import Client
from tests.support.statements import HOME, answered, learner

STATE = "/xAPI/activities/state"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("codings"), NOWHERE)
    yield found
    found.close()


def post(client: Client, content: bytes, coding: str) -> httpx.Response:
    return client.ask(EVERY, "POST", "/xAPI/statements", content=content, headers=JSON | {"Content-Encoding": coding})


def two_members(data: bytes) -> bytes:
    return gzip.compress(data[:10]) + gzip.compress(data[10:])


@pytest.mark.parametrize(
    ("coding", "pack"),
    [("gzip", gzip.compress), ("X-GZIP", gzip.compress), ("deflate", zlib.compress), ("gzip", two_members)],
)
def test_packed_statements(client: Client, coding: str, pack: object) -> None:
    sent = [answered() for _ in range(50)]
    assert callable(pack)
    answer = post(client, pack(orjson.dumps(sent)), coding)
    assert (answer.status_code, answer.json()) == (200, [one["id"] for one in sent])


def test_identity_is_no_coding(client: Client) -> None:
    assert post(client, orjson.dumps(answered()), "identity").status_code == 200


def test_another_coding(client: Client) -> None:
    answer = post(client, b"?", "br")
    assert (answer.status_code, answer.json()["field"]) == (415, "Content-Encoding")
    assert answer.headers["Accept-Encoding"] == "gzip, deflate"
    assert answer.headers["X-Experience-API-Version"]


@pytest.mark.parametrize(
    "content",
    [orjson.dumps(answered()), gzip.compress(orjson.dumps(answered()))[:-9], gzip.compress(b"{}")[:5], b"\x1f\x8b"],
    ids=["plain", "cut off", "a header cut off", "a mark alone"],
)
def test_what_is_no_gzip(client: Client, content: bytes) -> None:
    answer = post(client, content, "gzip")
    assert (answer.status_code, answer.json()["field"]) == (400, "Content-Encoding")


def test_nothing_packed_is_an_empty_body(client: Client) -> None:
    answer = post(client, b"", "gzip")
    assert (answer.status_code, answer.json()["error"]) == (400, "body: is empty")


def test_a_bomb(client: Client) -> None:
    """Half a megabyte that unpacks to 320 MiB costs no more memory than the largest body."""
    packed = gzip.compress(b" " * (32 << 20)) * 10
    assert len(packed) < 1 << 19
    tracemalloc.start()
    try:
        answer = post(client, packed, "gzip")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (answer.status_code, answer.json()["field"]) == (413, "body")
    assert peak < 4 * body.MOST_BODY_BYTES


def test_a_bomb_in_a_document(client: Client) -> None:
    place = {"agent": orjson.dumps(learner("ada")).decode(), "activityId": f"{HOME}/a", "stateId": "bomb"}
    packed = gzip.compress(bytes(32 << 20))
    answer = client.ask(EVERY, "PUT", STATE, params=place, content=packed, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 413


@given(st.binary(max_size=300), st.integers(1, 200))
def test_documents_come_out_as_they_were_packed(client: Client, data: bytes, times: int) -> None:
    place = {"agent": orjson.dumps(learner("ada")).decode(), "activityId": f"{HOME}/a", "stateId": "s"}
    content = data * times * 7
    headers = {"Content-Encoding": "gzip", "Content-Type": "a/b", "If-None-Match": '"x"'}
    answer = client.ask(EVERY, "PUT", STATE, params=place, content=gzip.compress(content), headers=headers)
    assert answer.status_code == 204
    headers = {"If-None-Match": '"x"'}
    assert client.ask(EVERY, "GET", STATE, params=place, headers=headers).content == content
