"""Documents under If-Match and If-None-Match, and merged by POST."""

from __future__ import annotations

import hashlib
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import orjson
import pytest

from lrs.api.document_resources import MOST_DOCUMENT_BYTES, MOST_MERGED
from tests.support.documents import (
    NEW,
    PATHS,
    STATE,
    TEXT,
    VERSIONS,
    WRITERS,
    etag,
    of_version,
    place,
    put,
    stored,
    version,
)
from tests.support.server import Server

client = pytest.fixture(scope="module", params=VERSIONS)(of_version)


@pytest.mark.parametrize("path", PATHS)
class TestConditions:
    def test_if_match(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        put(client, path, at, b"one")
        wrong, right = {"If-Match": etag(b"other")}, {"If-Match": f'"x", {etag(b"one")}'}
        for method in ("PUT", "POST", "DELETE"):
            answer = client.request(method, path, params=at, content=b"{}", headers=TEXT | wrong)
            assert (answer.status_code, answer.json()["field"]) == (412, "If-Match")
            assert stored(client, path, at) == b"one"
        put(client, path, at, b"two", right)
        assert client.put(path, params=at, content=b"three", headers=right).status_code == 412
        put(client, path, at, b"three", {"If-Match": "*"})
        assert client.delete(path, params=at, headers={"If-Match": etag(b"three")}).status_code == 204
        for headers in ({"If-Match": "*"}, {"If-Match": etag(b"three")}):
            assert client.put(path, params=at, content=b"four", headers=headers).status_code == 412
            assert client.delete(path, params=at, headers=headers).status_code == 412

    def test_if_none_match(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        put(client, path, at, b"one")
        for headers in (NEW, {"If-None-Match": etag(b"one")}, {"If-None-Match": f'"x", W/{etag(b"one")}'}):
            for method in ("PUT", "POST", "DELETE"):
                answer = client.request(method, path, params=at, content=b"{}", headers=headers)
                assert (answer.status_code, answer.json()["field"]) == (412, "If-None-Match")
        assert stored(client, path, at) == b"one"
        put(client, path, at, b"two", {"If-None-Match": etag(b"other")})

    @pytest.mark.parametrize("changed", ["W/{}", "{}-gzip", "{}--gzip", "{};br", "W/{}-df"])
    def test_a_tag_that_a_proxy_changed(self, client: httpx.Client, path: str, changed: str) -> None:
        """A proxy that compresses makes tags weak (nginx), or names its coding in them (Apache)."""

        def proxied(data: bytes) -> str:
            weak, _, suffix = changed.partition("{}")
            return f'{weak}{etag(data)[:-1]}{suffix}"'

        at = place(path)
        put(client, path, at, b"one")
        other = {"If-Match": proxied(b"other")}
        assert client.put(path, params=at, content=b"two", headers=TEXT | other).status_code == 412
        put(client, path, at, b"two", {"If-Match": proxied(b"one")})
        assert client.get(path, params=at, headers={"If-None-Match": proxied(b"two")}).status_code == 304
        assert client.delete(path, params=at, headers={"If-Match": proxied(b"two")}).status_code == 204

    def test_a_get_of_what_is_known(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        put(client, path, at, b"one")
        known = client.get(path, params=at, headers={"If-None-Match": etag(b"one")})
        assert (known.status_code, known.content, known.headers["ETag"]) == (304, b"", etag(b"one"))
        assert client.get(path, params=at, headers={"If-None-Match": etag(b"two")}).content == b"one"
        assert client.get(path, params=at, headers={"If-Match": etag(b"two")}).status_code == 412

    def test_a_bare_hash_counts_as_a_tag(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        put(client, path, at, b"one")
        put(client, path, at, b"two", {"If-Match": hashlib.sha1(b"one").hexdigest().upper()})

    @pytest.mark.parametrize("value", ["", "x", '"a" "b"', '"a", *', '"open'])
    def test_what_is_no_condition(self, client: httpx.Client, path: str, value: str) -> None:
        answer = client.put(path, params=place(path), content=b"x", headers={"If-Match": value})
        assert (answer.status_code, answer.json()["field"]) == (400, "If-Match")

    def test_a_put_without_any(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        careless = path == STATE and version(client) == "1.0.3"
        first = client.put(path, params=at, content=b"one", headers=TEXT)
        assert first.status_code == (204 if path == STATE or version(client) == "2.0.0" else 400)
        if first.status_code == 400:
            assert first.json()["field"] == "If-None-Match"
            put(client, path, at, b"one")
        second = client.put(path, params=at, content=b"two", headers=TEXT)
        assert second.status_code == (204 if careless else 409)
        assert stored(client, path, at) == (b"two" if careless else b"one")
        if not careless:
            assert "If-Match" in second.json()["error"]

    def test_of_racing_writers_exactly_one_wins(self, server: Server, path: str, client: httpx.Client) -> None:
        at = place(path)

        def race(headers: dict[str, str]) -> bytes:
            def write(number: int) -> tuple[int, bytes]:
                with server.client() as mine:
                    data = f"{number} {uuid.uuid4()}".encode()
                    return mine.put(path, params=at, content=data, headers=headers).status_code, data

            with ThreadPoolExecutor(WRITERS) as pool:
                outcomes = list(pool.map(write, range(WRITERS)))
            assert sorted(status for status, _ in outcomes) == [204] + [412] * (WRITERS - 1)
            return next(data for status, data in outcomes if status == 204)

        won = race(NEW)
        assert stored(client, path, at) == won
        again = race({"If-Match": etag(won)})
        assert stored(client, path, at) == again


@pytest.mark.parametrize("path", PATHS)
class TestMerge:
    def test_the_top_level_only_and_byte_for_byte(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        json = {"Content-Type": "application/json; charset=utf-8"}
        first = b'{"a": {"x": 1}, "b": 12345678901234567890123.10, "c": "\xc3\xa9"}'
        assert client.post(path, params=at, content=first, headers=json).status_code == 204
        assert stored(client, path, at) == first
        assert client.post(path, params=at, content=b'{"a":{"y":2},"d":null}', headers=json).status_code == 204
        found = client.get(path, params=at)
        assert found.json() == {"a": {"y": 2}, "b": 12345678901234567890123.10, "c": "é", "d": None}
        assert b"12345678901234567890123.10" in found.content
        assert found.headers["ETag"] == etag(found.content)
        assert found.headers["Content-Type"] == json["Content-Type"]

    @pytest.mark.parametrize("body", [b"[1]", b"7", b"", b'{"a":1', b'{"a":01}', b'{"a":"\xff"}', b'{"a":1}{', b"\xff"])
    def test_what_is_no_object(self, client: httpx.Client, path: str, body: bytes) -> None:
        at, json = place(path), {"Content-Type": "application/json"}
        assert client.post(path, params=at, content=body, headers=json).status_code == 400
        assert client.get(path, params=at).status_code == 404
        client.post(path, params=at, json={"a": 1})
        answer = client.post(path, params=at, content=body, headers=json)
        assert (answer.status_code, answer.json()["field"]) == (400, "body")
        assert orjson.loads(stored(client, path, at)) == {"a": 1}

    def test_deep_nesting(self, client: httpx.Client, path: str) -> None:
        body = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
        answer = client.post(path, params=place(path), content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["field"]) == (400, "body")

    def test_other_types_do_not_merge(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        client.post(path, params=at, json={"a": 1})
        answer = client.post(path, params=at, content=b'{"b":2}', headers=TEXT)
        assert (answer.status_code, answer.json()["field"]) == (400, "Content-Type")
        assert orjson.loads(stored(client, path, at)) == {"a": 1}
        other = place(path)
        assert client.post(path, params=other, content=b"{}", headers=TEXT).status_code == 204
        answer = client.post(path, params=other, json={"a": 1})
        assert (answer.status_code, answer.json()["field"]) == (400, "Content-Type")
        assert stored(client, path, other) == b"{}"

    def test_one_that_stands_and_is_no_object(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        client.put(path, params=at, content=b"[1]", headers=NEW | {"Content-Type": "application/json"})
        assert client.post(path, params=at, json={"a": 1}).status_code == 400
        assert stored(client, path, at) == b"[1]"

    def test_one_that_grows_beyond_the_limit(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        assert client.post(path, params=at, json={"a": "x" * (MOST_MERGED // 2)}).status_code == 204
        answer = client.post(path, params=at, json={"b": "x" * (MOST_MERGED // 2)})
        assert (answer.status_code, answer.json()["field"]) == (413, "body")
        assert stored(client, path, at).startswith(b'{"a":')

    def test_large_ones_are_replaced_and_not_merged(self, client: httpx.Client, path: str) -> None:
        """Of 8 MiB of short names a merge made 500 MB of objects, and held up everybody's requests for a second."""
        at, json = place(path), {"Content-Type": "application/json"}
        large = orjson.dumps({f"k{n}": n for n in range(MOST_MERGED // 12)})
        assert MOST_MERGED < len(large) < MOST_DOCUMENT_BYTES
        first = client.post(path, params=at, content=large, headers=json)
        assert (first.status_code, first.json()["field"]) == (413, "body")
        assert (f"{MOST_MERGED:,}" in first.json()["error"], "PUT" in first.json()["error"]) == (True, True)
        assert client.put(path, params=at, content=large, headers=NEW | json).status_code == 204
        more = client.post(path, params=at, json={"a": 1})
        assert (more.status_code, more.json()["field"]) == (413, "body")
        assert "the stored document" in more.json()["error"]
        assert stored(client, path, at) == large
        other = place(path)  # what is not JSON becomes no objects
        assert client.post(path, params=other, content=large, headers=TEXT).status_code == 204

    def test_no_racing_merge_is_lost(self, server: Server, client: httpx.Client, path: str) -> None:
        at = place(path)

        def merge(number: int) -> int:
            with server.client() as mine:
                return mine.post(path, params=at, json={str(number): number}).status_code

        with ThreadPoolExecutor(WRITERS) as pool:
            assert set(pool.map(merge, range(WRITERS))) == {204}
        assert orjson.loads(stored(client, path, at)) == {str(n): n for n in range(WRITERS)}
