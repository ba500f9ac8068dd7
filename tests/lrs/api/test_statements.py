"""The statements resource of a running server (xAPI 1.0.3, part 3, 2.1)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import orjson
import pytest

from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.auth.scopes import Scope
from tests.support.server import HEADERS, SECRET, Server
from tests.support.statements import answered, learner, voiding

PATH = "/xAPI/statements"


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as found:
        yield found


def name() -> str:
    return f"learner-{uuid.uuid4()}"


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [s["id"] for s in answer.json()["statements"]]


class TestPost:
    def test_one(self, client: httpx.Client) -> None:
        sent = answered(name())
        answer = client.post(PATH, json=sent)
        assert (answer.status_code, answer.json()) == (200, [sent["id"]])

    def test_an_array_in_order(self, client: httpx.Client) -> None:
        sent = [answered(name()) for _ in range(5)]
        assert client.post(PATH, json=sent).json() == [s["id"] for s in sent]

    def test_what_the_store_adds(self, client: httpx.Client) -> None:
        sent = answered(name())
        del sent["id"], sent["timestamp"]
        (id_,) = client.post(PATH, json=sent).json()
        found = client.get(PATH, params={"statementId": id_}).json()
        assert {k: found[k] for k in sent} == sent
        assert found["timestamp"] == found["stored"]
        assert found["authority"]["account"]["name"] == "tool"
        assert found["version"] == "1.0.0"

    def test_the_same_again_is_harmless(self, client: httpx.Client) -> None:
        sent = answered(name())
        for _ in range(3):
            assert client.post(PATH, json=[sent]).status_code == 200
        agent = orjson.dumps(sent["actor"]).decode()
        assert ids(client.get(PATH, params={"agent": agent})) == [sent["id"]]

    def test_another_with_the_same_id_is_a_conflict(self, client: httpx.Client) -> None:
        sent = answered(name())
        client.post(PATH, json=sent)
        answer = client.post(PATH, json=[answered(name()), {**sent, "result": {"success": False}}])
        assert answer.status_code == 409
        assert answer.json()["field"] == "id"

    def test_sixteen_racing_writers_of_one_id(self, server: Server) -> None:
        one = str(uuid.uuid4())
        sent = [answered(name(), id_=one) for _ in range(16)]

        def post(statement: dict[str, Any]) -> int:
            with server.client() as client:
                return client.post(PATH, json=statement).status_code

        with ThreadPoolExecutor(16) as pool:
            outcomes = sorted(pool.map(post, sent))
        assert outcomes == [200] + [409] * 15


class TestPut:
    def test_with_and_without_an_id_inside(self, client: httpx.Client) -> None:
        sent = answered(name())
        assert client.put(PATH, params={"statementId": sent["id"]}, json=sent).status_code == 204
        without = {k: v for k, v in answered(name()).items() if k != "id"}
        other = str(uuid.uuid4())
        assert client.put(PATH, params={"statementId": other}, json=without).status_code == 204
        assert client.get(PATH, params={"statementId": other}).json()["id"] == other

    def test_a_differing_id_is_refused(self, client: httpx.Client) -> None:
        answer = client.put(PATH, params={"statementId": str(uuid.uuid4())}, json=answered(name()))
        assert (answer.status_code, answer.json()["field"]) == (400, "id")

    def test_the_parameter_is_needed(self, client: httpx.Client) -> None:
        answer = client.put(PATH, json=answered(name()))
        assert (answer.status_code, answer.json()["field"]) == (400, "statementId")


class TestGet:
    def test_by_id_at_once(self, client: httpx.Client) -> None:
        for _ in range(20):
            sent = answered(name())
            client.post(PATH, json=sent)
            found = client.get(PATH, params={"statementId": sent["id"].upper()})
            assert found.json()["id"] == sent["id"]
        assert "X-Experience-API-Consistent-Through" in found.headers

    def test_filters(self, client: httpx.Client) -> None:
        who = name()
        registration = str(uuid.uuid4())
        one = answered(who, item="one")
        two = answered(who, item=f"two-{who}")
        two["context"]["registration"] = registration
        two["verb"] = {"id": "http://adlnet.gov/expapi/verbs/experienced"}
        client.post(PATH, json=[one, two])
        agent = {"agent": orjson.dumps(learner(who)).decode()}
        assert ids(client.get(PATH, params=agent)) == [two["id"], one["id"]]
        assert ids(client.get(PATH, params=agent | {"ascending": "true"})) == [one["id"], two["id"]]
        assert ids(client.get(PATH, params=agent | {"verb": one["verb"]["id"]})) == [one["id"]]
        assert ids(client.get(PATH, params={"activity": two["object"]["id"]})) == [two["id"]]
        assert ids(client.get(PATH, params={"registration": registration})) == [two["id"]]
        stored = client.get(PATH, params={"statementId": one["id"]}).json()["stored"]
        assert ids(client.get(PATH, params=agent | {"since": stored})) == [two["id"]]  # of one request, and yet later
        assert ids(client.get(PATH, params=agent | {"until": stored})) == [one["id"]]

    def test_more(self, client: httpx.Client) -> None:
        who = name()
        sent = [answered(who) for _ in range(23)]
        client.post(PATH, json=sent)
        params = {"agent": orjson.dumps(learner(who)).decode(), "limit": "10", "ascending": "true"}
        answer = client.get(PATH, params=params)
        found = ids(answer)
        while more := answer.json()["more"]:
            answer = client.get(more)
            found += ids(answer)
        assert found == [s["id"] for s in sent]

    def test_own_writes_are_found_by_filter(self, client: httpx.Client) -> None:
        for _ in range(5):
            sent = answered(name())
            client.post(PATH, json=sent)
            assert ids(client.get(PATH, params={"agent": orjson.dumps(sent["actor"]).decode()})) == [sent["id"]]


class TestVoid:
    @pytest.mark.parametrize("before", [False, True])
    def test_in_any_order(self, client: httpx.Client, before: bool) -> None:
        sent = answered(name())
        void = voiding(sent["id"])
        client.post(PATH, json=void if before else sent)
        client.post(PATH, json=sent if before else void)
        assert client.get(PATH, params={"statementId": sent["id"]}).status_code == 404
        assert client.get(PATH, params={"voidedStatementId": sent["id"]}).json()["id"] == sent["id"]
        # What refers to a voided statement is found by what that one said (part 3, 2.1.4), and it is not.
        assert ids(client.get(PATH, params={"agent": orjson.dumps(sent["actor"]).decode()})) == [void["id"]]

    def test_a_voiding_statement_stands(self, client: httpx.Client) -> None:
        first = voiding(str(uuid.uuid4()))
        client.post(PATH, json=[first, voiding(first["id"])])
        assert client.get(PATH, params={"statementId": first["id"]}).status_code == 200

    def test_by_another_credential_of_the_tenant_that_may_write(self, server: Server, client: httpx.Client) -> None:
        """A store decides who may (part 2, 2.3.2); the threat model says that this one lets every writer."""
        key, sent = name(), answered(name())
        credentials = Credentials(embedded_credentials_url(server.data))
        credentials.add(key, SECRET, scopes=[Scope.STATEMENTS_WRITE])
        credentials.close()
        client.post(PATH, json=sent)
        void = voiding(sent["id"])
        with server.client(key, SECRET) as writer:
            assert writer.post(PATH, json=void).status_code == 200
        assert client.get(PATH, params={"statementId": sent["id"]}).status_code == 404
        assert client.get(PATH, params={"voidedStatementId": sent["id"]}).json()["id"] == sent["id"]
        who = client.get(PATH, params={"statementId": void["id"]}).json()["authority"]
        assert who["account"]["name"] == key


class TestTenants:
    def test_see_nothing_of_each_other(self, server: Server, client: httpx.Client) -> None:
        sent = answered(name())
        client.post(PATH, json=sent)
        agent = {"agent": orjson.dumps(sent["actor"]).decode()}
        with server.client("other", SECRET) as other:
            assert other.get(PATH, params={"statementId": sent["id"]}).status_code == 404
            assert ids(other.get(PATH, params=agent)) == []
            assert other.post(PATH, json=answered("x", id_=sent["id"])).status_code == 200

    @pytest.mark.parametrize("auth", [None, ("tool", "wrong"), ("nobody", SECRET)])
    def test_a_credential_is_needed(self, server: Server, auth: tuple[str, str] | None) -> None:
        answer = httpx.get(f"{server.base}{PATH}", headers=HEADERS, auth=auth)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")


def _with(path: str, value: Any) -> bytes:
    statement = answered("bad-input")
    *parents, last = path.split(".")
    place: Any = statement
    for parent in parents:
        place = place[parent]
    place[last] = value
    return orjson.dumps(statement)


_DEEP = b":" + b"[" * 5000 + b"]" * 5000 + b"}"
BAD = {
    "malformed": (b'{"actor": ', ""),
    "no json": (b"hello", ""),
    "empty": (b"", ""),
    "a number": (b"7", ""),
    "invalid utf-8": (_with("object.id", "https://x.example/a").replace(b"example/a", b"example/\xff"), ""),
    "raw NUL": (_with("object.id", "https://x.example/a").replace(b"example/a", b"example/\x00"), ""),
    "deep nesting": (b"[" * 100_000 + b"]" * 100_000, ""),
    "deep extension": (_with("result", {"extensions": {"https://x.example": 0}}).replace(b":0}", _DEEP), ""),
    "actor is text": (_with("actor", "ada"), "actor"),
    "verb without id": (_with("verb", {"display": {"en": "x"}}), "verb.id"),
    "relative verb": (_with("verb.id", "answered"), "verb.id"),
    "success is text": (_with("result.success", "true"), "result.success"),
    "scaled too large": (_with("result.score", {"scaled": 1.2}), "result.score.scaled"),
    "bad timestamp": (_with("timestamp", "yesterday"), "timestamp"),
    "unknown field": (_with("colour", "red"), "colour"),
    "null": (_with("context.platform", None), "context.platform"),
    "no uuid": (_with("id", "7"), "id"),
}  # fmt: skip


class TestBadInput:
    @pytest.mark.parametrize("case", BAD)
    def test_names_the_field_and_stores_nothing(self, client: httpx.Client, case: str) -> None:
        body, field = BAD[case]
        answer = client.post(PATH, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]
        assert field in answer.json().get("field", "")

    def test_a_bad_one_among_good_ones(self, client: httpx.Client) -> None:
        good = [answered(name()) for _ in range(3)]
        bad = {**answered(name()), "verb": {"id": "no iri"}}
        answer = client.post(PATH, json=[good[0], bad, *good[1:]])
        assert (answer.status_code, answer.json()["field"]) == (400, "1.verb.id")
        for one in good:
            assert client.get(PATH, params={"statementId": one["id"]}).status_code == 404

    def test_ten_megabytes(self, client: httpx.Client) -> None:
        body = orjson.dumps([answered("x" * 1000) for _ in range(10_000)])
        assert len(body) > 10_000_000
        answer = client.post(PATH, content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["field"]) == (413, "body")

    @pytest.mark.parametrize(
        ("parameter", "value"),
        [("since", "x"), ("limit", "-1"), ("agent", "{}"), ("colour", "red"), ("statementId", "7"), ("cursor", "??")],
    )
    def test_parameters(self, client: httpx.Client, parameter: str, value: str) -> None:
        answer = client.get(PATH, params={parameter: value})
        assert (answer.status_code, answer.json()["field"]) == (400, parameter)

    @pytest.mark.parametrize("version", ["", "0.95", "1.1", "3.0.0"])
    def test_versions(self, client: httpx.Client, version: str) -> None:
        answer = client.get(PATH, headers={"X-Experience-API-Version": version})
        assert (answer.status_code, answer.json()["field"]) == (400, "X-Experience-API-Version")
