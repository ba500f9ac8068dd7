"""State, Agent Profile and Activity Profile of a running server (xAPI 1.0.3, part 3, 2.2-2.3, 2.6-2.7 and 3.1)."""

from __future__ import annotations

import time
import uuid
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson
import pytest

from lrs.api.document_resources import MOST_DOCUMENT_BYTES
from tests.support.documents import (
    ACTIVITY,
    AGENT,
    IDS,
    NEW,
    PATHS,
    STATE,
    VERSIONS,
    etag,
    of_version,
    place,
    put,
    shelf,
    stored,
    version,
)
from tests.support.server import SECRET, Server
from tests.support.statements import HOME, learner

client = pytest.fixture(scope="module", params=VERSIONS)(of_version)


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
        answer = client.put(path, params=at, content=b"x" * (MOST_DOCUMENT_BYTES + 1), headers=NEW)
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
        assert stored(client, path, at) == b"mine"


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
    assert stored(client, path, at | {"agent": orjson.dumps(other).decode()}) == b"x"


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
        assert stored(client, STATE, other) == b"x"

    def test_a_registration_is_a_place_of_its_own(self, client: httpx.Client) -> None:
        at, registration = place(STATE), str(uuid.uuid4())
        put(client, STATE, at | {"registration": registration}, b"with")
        assert client.get(STATE, params=at).status_code == 404
        put(client, STATE, at, b"without")
        assert stored(client, STATE, at | {"registration": registration.upper()}) == b"with"

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
