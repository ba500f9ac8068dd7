"""Entity tags and conditions on them (xAPI 1.0.3, part 3, 3.1; IEEE 9274.1.1, 4.1.4)."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.conformance.documents import JSON, put, stands
from tests.support.documents import ACTIVITY, AGENT, NEW, STATE, TEXT, place
from tests.support.requirement import only, requirement

WRITERS = 8
pytestmark = [pytest.mark.parametrize("path", [STATE, AGENT, ACTIVITY])]
etags = requirement("00322")


def etag(data: bytes) -> str:
    return f'"{hashlib.sha1(data).hexdigest()}"'


@etags
def test_a_get_gives_the_sha_1_in_quotes(client: httpx.Client, path: str) -> None:
    at = place(path)
    put(client, path, at, b"one")
    assert client.get(path, params=at).headers["ETag"] == etag(b"one")


@etags
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_if_match(client: httpx.Client, path: str, method: str) -> None:
    at = place(path)
    put(client, path, at, b'{"a":1}', "application/json")
    content = b'{"b":2}' if method != "DELETE" else None
    wrong = client.request(method, path, params=at, content=content, headers=JSON | {"If-Match": etag(b"other")})
    assert (wrong.status_code, wrong.json()["field"]) == (412, "If-Match")
    assert stands(client, path, at) == b'{"a":1}'
    right = client.request(method, path, params=at, content=content, headers=JSON | {"If-Match": etag(b'{"a":1}')})
    assert right.status_code == 204
    assert stands(client, path, at) == {"PUT": b'{"b":2}', "POST": b'{"a":1,"b":2}', "DELETE": None}[method]


@etags
def test_if_none_match(client: httpx.Client, path: str) -> None:
    at = place(path)
    assert client.put(path, params=at, content=b"one", headers=TEXT | NEW).status_code == 204
    for headers in (NEW, {"If-None-Match": etag(b"one")}):
        answer = client.put(path, params=at, content=b"two", headers=TEXT | headers)
        assert (answer.status_code, answer.json()["field"]) == (412, "If-None-Match")
        assert stands(client, path, at) == b"one"


@etags
def test_a_put_without_a_condition_replaces_nothing(client: httpx.Client, path: str) -> None:
    if path == STATE and client.headers["X-Experience-API-Version"] == "1.0.3":
        path = AGENT  # State of 1.0.3 asks for no condition: see tests/conformance/activity_state
    at = place(path)
    put(client, path, at, b"one")
    answer = client.put(path, params=at, content=b"two", headers=TEXT)
    assert answer.status_code == 409
    assert "If-Match" in answer.json()["error"]
    assert stands(client, path, at) == b"one"


@etags
def test_of_racing_writers_one_wins(client: httpx.Client, path: str) -> None:
    at = place(path)

    def write(number: int) -> int:
        return client.put(path, params=at, content=f"{number}".encode(), headers=TEXT | NEW).status_code

    with ThreadPoolExecutor(WRITERS) as pool:
        assert sorted(pool.map(write, range(WRITERS))) == [204] + [412] * (WRITERS - 1)


@only("2.0.0")
@requirement("2.0:put-where-nothing-stands")
def test_2_0_takes_a_put_where_nothing_stands(client: httpx.Client, path: str) -> None:
    at = place(path)
    assert client.put(path, params=at, content=b"one", headers=TEXT).status_code == 204
    assert stands(client, path, at) == b"one"
