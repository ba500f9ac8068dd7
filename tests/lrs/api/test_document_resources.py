"""State, Agent Profile and Activity Profile of a running server (xAPI 1.0.3, part 3, 2.2-2.3, 2.6-2.7 and 3.1)."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson
import pytest

from lrs.api.document_resources import MOST_BYTES
from tests.support.server import SECRET, Server
from tests.support.statements import HOME, learner

STATE, AGENT, ACTIVITY = "/xAPI/activities/state", "/xAPI/agents/profile", "/xAPI/activities/profile"
IDS = {STATE: "stateId", AGENT: "profileId", ACTIVITY: "profileId"}
PATHS = list(IDS)
VERSIONS = ["1.0.3", "2.0.0"]
WRITERS = 16
NEW = {"If-None-Match": "*"}
TEXT = {"Content-Type": "text/plain"}


@pytest.fixture(scope="module", params=VERSIONS)
def client(request: pytest.FixtureRequest, server: Server) -> Iterator[httpx.Client]:
    with server.client() as found:
        found.headers["X-Experience-API-Version"] = request.param
        yield found


def version(client: httpx.Client) -> str:
    return client.headers["X-Experience-API-Version"]


def shelf(path: str) -> dict[str, str]:
    """Parameters of a shelf that no other test uses."""
    activity = {"activityId": f"{HOME}/activities/{uuid.uuid4()}"}
    agent = {"agent": orjson.dumps(learner(f"l-{uuid.uuid4()}")).decode()}
    return {STATE: activity | agent, AGENT: agent, ACTIVITY: activity}[path]


def place(path: str) -> dict[str, str]:
    """Parameters of a document that no other test uses."""
    return shelf(path) | {IDS[path]: f"id {uuid.uuid4()}"}


def etag(data: bytes) -> str:
    return f'"{hashlib.sha1(data).hexdigest()}"'


def put(client: httpx.Client, path: str, at: dict[str, str], data: bytes, headers: dict[str, str] = NEW) -> None:
    answer = client.put(path, params=at, content=data, headers=TEXT | headers)
    assert answer.status_code == 204, answer.text


def stands(client: httpx.Client, path: str, at: dict[str, str]) -> bytes:
    answer = client.get(path, params=at)
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.mark.parametrize("path", PATHS)
class TestOneDocument:
    def test_comes_back_as_it_came(self, client: httpx.Client, path: str) -> None:
        at, data = place(path), bytes(range(256)) * 64
        media = 'application/x-odd; name="a b"; charset=UTF-16'
        answer = client.put(path, params=at, content=data, headers=NEW | {"Content-Type": media})
        assert (answer.status_code, answer.content) == (204, b"")
        found = client.get(path, params=at)
        assert (found.status_code, found.content, found.headers["Content-Type"]) == (200, data, media)
        assert found.headers["ETag"] == etag(data)
        assert found.headers["X-Experience-API-Version"] == version(client)
        assert abs(parsedate_to_datetime(found.headers["Last-Modified"]).timestamp() - time.time()) < 60
        assert found.headers["X-Content-Type-Options"] == "nosniff"

    def test_head_is_get_without_the_body(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        put(client, path, at, b"seven b")
        got, head = client.get(path, params=at), client.head(path, params=at)
        assert (head.status_code, head.content) == (200, b"")
        same = ("ETag", "Last-Modified", "Content-Type", "Content-Length")
        assert [head.headers[name] for name in same] == [got.headers[name] for name in same]

    def test_one_that_is_not_there(self, client: httpx.Client, path: str) -> None:
        answer = client.get(path, params=place(path))
        assert (answer.status_code, answer.json()["field"]) == (404, IDS[path])
        assert client.delete(path, params=place(path)).status_code == 204

    def test_deleting(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        put(client, path, at, b"x")
        answer = client.delete(path, params=at)
        assert (answer.status_code, answer.content) == (204, b"")
        assert client.get(path, params=at).status_code == 404

    def test_one_larger_than_the_limit(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        answer = client.put(path, params=at, content=b"x" * (MOST_BYTES + 1), headers=NEW)
        assert (answer.status_code, answer.json()["field"]) == (413, "body")
        assert client.get(path, params=at).status_code == 404

    def test_tenants_are_apart(self, server: Server, client: httpx.Client, path: str) -> None:
        at = place(path)
        put(client, path, at, b"mine")
        listed = {k: v for k, v in at.items() if k != IDS[path]}
        with server.client("other", SECRET) as other:
            assert other.get(path, params=at).status_code == 404
            assert other.get(path, params=listed).json() == []
            put(other, path, at, b"theirs")
            assert other.delete(path, params=at).status_code == 204
            if path == STATE:
                assert other.delete(path, params=listed).status_code == 204
        assert stands(client, path, at) == b"mine"


@pytest.mark.parametrize("path", PATHS)
class TestConditions:
    def test_if_match(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        put(client, path, at, b"one")
        wrong, right = {"If-Match": etag(b"other")}, {"If-Match": f'"x", {etag(b"one")}'}
        for method in ("PUT", "POST", "DELETE"):
            answer = client.request(method, path, params=at, content=b"{}", headers=TEXT | wrong)
            assert (answer.status_code, answer.json()["field"]) == (412, "If-Match")
            assert stands(client, path, at) == b"one"
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
        assert stands(client, path, at) == b"one"
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
        assert stands(client, path, at) == (b"two" if careless else b"one")
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
        assert stands(client, path, at) == won
        again = race({"If-Match": etag(won)})
        assert stands(client, path, at) == again


@pytest.mark.parametrize("path", PATHS)
class TestMerge:
    def test_the_top_level_only_and_byte_for_byte(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        json = {"Content-Type": "application/json; charset=utf-8"}
        first = b'{"a": {"x": 1}, "b": 12345678901234567890123.10, "c": "\xc3\xa9"}'
        assert client.post(path, params=at, content=first, headers=json).status_code == 204
        assert stands(client, path, at) == first
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
        assert orjson.loads(stands(client, path, at)) == {"a": 1}

    def test_deep_nesting(self, client: httpx.Client, path: str) -> None:
        body = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
        answer = client.post(path, params=place(path), content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["field"]) == (400, "body")

    def test_other_types_do_not_merge(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        client.post(path, params=at, json={"a": 1})
        answer = client.post(path, params=at, content=b'{"b":2}', headers=TEXT)
        assert (answer.status_code, answer.json()["field"]) == (400, "Content-Type")
        assert orjson.loads(stands(client, path, at)) == {"a": 1}
        other = place(path)
        assert client.post(path, params=other, content=b"{}", headers=TEXT).status_code == 204
        answer = client.post(path, params=other, json={"a": 1})
        assert (answer.status_code, answer.json()["field"]) == (400, "Content-Type")
        assert stands(client, path, other) == b"{}"

    def test_one_that_stands_and_is_no_object(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        client.put(path, params=at, content=b"[1]", headers=NEW | {"Content-Type": "application/json"})
        assert client.post(path, params=at, json={"a": 1}).status_code == 400
        assert stands(client, path, at) == b"[1]"

    def test_one_that_grows_beyond_the_limit(self, client: httpx.Client, path: str) -> None:
        at = place(path)
        assert client.post(path, params=at, json={"a": "x" * (MOST_BYTES // 2)}).status_code == 204
        answer = client.post(path, params=at, json={"b": "x" * (MOST_BYTES // 2)})
        assert (answer.status_code, answer.json()["field"]) == (413, "body")

    def test_no_racing_merge_is_lost(self, server: Server, client: httpx.Client, path: str) -> None:
        at = place(path)

        def merge(number: int) -> int:
            with server.client() as mine:
                return mine.post(path, params=at, json={str(number): number}).status_code

        with ThreadPoolExecutor(WRITERS) as pool:
            assert set(pool.map(merge, range(WRITERS))) == {204}
        assert orjson.loads(stands(client, path, at)) == {str(n): n for n in range(WRITERS)}


@pytest.mark.parametrize("path", PATHS)
class TestLists:
    def test_ids_since(self, client: httpx.Client, path: str) -> None:
        at = shelf(path)
        assert client.get(path, params=at).json() == []
        put(client, path, at | {IDS[path]: "old"}, b"x")
        time.sleep(0.01)
        between = time.time_ns() // 1_000_000
        time.sleep(0.01)
        put(client, path, at | {IDS[path]: "new"}, b"x")
        assert sorted(client.get(path, params=at).json()) == ["new", "old"]
        since = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(between // 1000)) + f".{between % 1000:03}"
        for offset in ("Z", "+00:00", ""):
            found = client.get(path, params=at | {"since": since + offset})
            assert found.json() == ["new"]
        assert parsedate_to_datetime(found.headers["Last-Modified"])
        plus = client.get(f"{path}?{httpx.QueryParams(at)}&since={since}+00:00")  # a plus that means a space
        assert plus.json() == ["new"]
        assert client.head(path, params=at).status_code == 200

    @pytest.mark.parametrize("method", ["PUT", "POST"])
    def test_writing_needs_an_id(self, client: httpx.Client, path: str, method: str) -> None:
        answer = client.request(method, path, params=shelf(path), content=b"x", headers=NEW)
        assert (answer.status_code, answer.json()["field"]) == (400, IDS[path])


@pytest.mark.parametrize("path", [STATE, AGENT])
def test_an_agent_is_the_same_however_it_is_written(client: httpx.Client, path: str) -> None:
    at = place(path)
    put(client, path, at, b"x")
    agent = orjson.loads(at["agent"])
    other = {"name": "Ada", "account": dict(reversed(agent["account"].items()))}
    assert stands(client, path, at | {"agent": orjson.dumps(other).decode()}) == b"x"


class TestManyStates:
    def test_deleting_all_of_a_shelf(self, client: httpx.Client) -> None:
        at, other = shelf(STATE), place(STATE)
        registration = {"registration": str(uuid.uuid4())}
        put(client, STATE, other, b"x")
        for more in ({"stateId": "a"}, {"stateId": "b"} | registration, {"stateId": "c"} | registration):
            put(client, STATE, at | more, b"x")
        assert client.get(STATE, params=at | registration).json() == ["b", "c"]
        answer = client.delete(STATE, params=at | registration, headers=NEW)
        assert (answer.status_code, answer.json()["field"]) == (400, "stateId")
        assert client.delete(STATE, params=at | registration).status_code == 204
        assert client.get(STATE, params=at).json() == ["a"]
        assert client.delete(STATE, params=at).status_code == 204
        assert client.get(STATE, params=at).json() == []
        assert stands(client, STATE, other) == b"x"

    def test_a_registration_is_a_place_of_its_own(self, client: httpx.Client) -> None:
        at, registration = place(STATE), str(uuid.uuid4())
        put(client, STATE, at | {"registration": registration}, b"with")
        assert client.get(STATE, params=at).status_code == 404
        put(client, STATE, at, b"without")
        assert stands(client, STATE, at | {"registration": registration.upper()}) == b"with"

    @pytest.mark.parametrize("path", [AGENT, ACTIVITY])
    def test_profiles_are_deleted_one_by_one(self, client: httpx.Client, path: str) -> None:
        answer = client.delete(path, params=shelf(path))
        assert (answer.status_code, answer.json()["field"]) == (400, "profileId")

    def test_a_group_has_states_too(self, client: httpx.Client) -> None:
        group = {"objectType": "Group", "account": {"homePage": HOME, "name": f"team-{uuid.uuid4()}"}}
        put(client, STATE, place(STATE) | {"agent": orjson.dumps(group).decode()}, b"x")


_ANONYMOUS = {"objectType": "Group", "member": [learner("a")]}
BAD: dict[str, Any] = {
    "agent": ["", "{", "[]", "7", '"ada"', "{}", orjson.dumps(_ANONYMOUS).decode(), '{"mbox":"ada"}', "{\0}"]
    + [orjson.dumps({**learner("a"), **more}).decode() for more in ({"mbox": "mailto:a@b.c"}, {"age": 7}, {"name": 7})],
    "activityId": ["", "relative", "http://x.example/a b", "http://x.example/\0"],
    "registration": ["", "true", "1234", "g" * 36],
    "stateId": ["", "a\0b"],
    "profileId": ["", "a\0b"],
}


class TestBadInput:
    @pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
    @pytest.mark.parametrize("path", PATHS)
    def test_names_the_field(self, server: Server, path: str, method: str) -> None:
        good = place(path) | ({"registration": str(uuid.uuid4())} if path == STATE else {})
        with server.client() as client:
            for name in good:
                for value in BAD[name]:
                    answer = client.request(method, path, params=good | {name: value}, headers=NEW)
                    assert (answer.status_code, answer.json()["field"]) == (400, name), (name, value)
                if name not in ("registration", IDS[path]):
                    missing = {k: v for k, v in good.items() if k != name}
                    answer = client.request(method, path, params=missing, headers=NEW)
                    assert (answer.status_code, answer.json()["field"]) == (400, name)
                twice = httpx.QueryParams(good).add(name, good[name])
                answer = client.request(method, path, params=twice, headers=NEW)
                assert (answer.status_code, answer.json()["field"]) == (400, name)
                other = {(k.upper() if k == name else k): v for k, v in good.items()}
                answer = client.request(method, path, params=other, headers=NEW)
                assert (answer.status_code, answer.json()["field"]) == (400, name.upper())
            answer = client.request(method, path, params=good | {"colour": "red"}, headers=NEW)
            assert (answer.status_code, answer.json()["field"]) == (400, "colour")
            answer = client.request(method, path, params=good | {"since": "2026-01-01T00:00:00Z"}, headers=NEW)
            assert (answer.status_code, answer.json()["field"]) == (400, "since")

    @pytest.mark.parametrize("since", ["", "yesterday", "2026-02-30T00:00:00Z", "1700000000", "2026-01-01"])
    @pytest.mark.parametrize("path", PATHS)
    def test_since(self, client: httpx.Client, path: str, since: str) -> None:
        answer = client.get(path, params=shelf(path) | {"since": since})
        assert (answer.status_code, answer.json()["field"]) == (400, "since")

    @pytest.mark.parametrize("path", PATHS)
    def test_a_long_content_type(self, client: httpx.Client, path: str) -> None:
        answer = client.put(path, params=place(path), content=b"", headers=NEW | {"Content-Type": f"a/{'b' * 300}"})
        assert (answer.status_code, answer.json()["field"]) == (400, "Content-Type")

    @pytest.mark.parametrize("path", PATHS)
    def test_a_method_that_is_not_offered(self, client: httpx.Client, path: str) -> None:
        assert client.patch(path, params=place(path)).status_code == 405


@pytest.mark.parametrize("path", PATHS)
def test_the_alternate_syntax(server: Server, path: str) -> None:
    at = place(path)
    with server.client() as client:

        def ask(method: str, **more: str) -> httpx.Response:
            form = at | {"X-Experience-API-Version": "1.0.3", "Content-Type": "application/json"} | more
            return client.post(f"{path}?method={method}", data=form)

        assert ask("PUT", content='{"a":1}', **NEW).status_code == 204
        assert ask("POST", content='{"b":2}').status_code == 204
        assert ask("GET").json() == {"a": 1, "b": 2}
        assert ask("DELETE").status_code == 204
        assert ask("GET").status_code == 404
