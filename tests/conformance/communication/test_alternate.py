"""The alternate request syntax of 1.0.3, part 3, 1.3: a form that carries a request. 2.0 does without."""

from __future__ import annotations

import base64
import uuid

import httpx
import orjson
import pytest

from tests.support.documents import ACTIVITY, AGENT, STATE, place
from tests.support.requirement import only, requirement
from tests.support.server import KEY, SECRET, Server
from tests.support.statements import answered

PATH = "/xAPI/statements"
VERSION = "X-Experience-API-Version"


def form(client: httpx.Client, method: str, path: str = PATH, **fields: str) -> httpx.Response:
    return client.post(path, params={"method": method}, data={VERSION: client.headers[VERSION], **fields})


@only("1.0.3")
class TestForm:
    @requirement("00148", "00336")
    def test_it_gets_statements(self, client: httpx.Client) -> None:
        one = answered(uuid.uuid4().hex)
        assert client.post(PATH, json=one).status_code == 200
        answer = form(client, "GET", agent=orjson.dumps(one["actor"]).decode())
        assert (answer.status_code, [s["id"] for s in answer.json()["statements"]]) == (200, [one["id"]])

    @requirement("00336")
    def test_it_puts_a_statement(self, client: httpx.Client) -> None:
        one = answered()
        one["verb"]["display"] = {"en": "a&b=c +100% ü"}
        sent = {"statementId": one["id"], "content": orjson.dumps(one).decode(), "Content-Type": "application/json"}
        assert form(client, "PUT", **sent).status_code == 204
        found = client.get(PATH, params={"statementId": one["id"]}).json()
        assert found["verb"] == one["verb"]

    @requirement("00336")
    @pytest.mark.parametrize("path", [STATE, AGENT, ACTIVITY])
    def test_it_works_on_documents(self, client: httpx.Client, path: str) -> None:
        at, json = place(path), {"Content-Type": "application/json"}
        new = {"If-None-Match": "*"}
        assert form(client, "PUT", path, content='{"a":1}', **at, **json, **new).status_code == 204
        assert form(client, "PUT", path, content='{"a":2}', **at, **json, **new).status_code == 412
        assert form(client, "POST", path, content='{"b":2}', **at, **json).status_code == 204
        assert form(client, "GET", path, **at).json() == {"a": 1, "b": 2}
        head = form(client, "HEAD", path, **at)
        assert (head.status_code, head.content, head.headers["Content-Type"]) == (200, b"", "application/json")
        assert form(client, "DELETE", path, **at).status_code == 204
        assert form(client, "GET", path, **at).status_code == 404

    @requirement("00336")
    def test_headers_stand_in_the_form(self, server: Server, client: httpx.Client) -> None:
        token = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        sent = {VERSION: "1.0.3", "limit": "1"}
        url = f"{server.base}{PATH}?method=GET"
        assert httpx.post(url, data=sent | {"Authorization": f"Basic {token}"}).status_code == 200
        assert httpx.post(url, data=sent).status_code == 401

    @requirement("00336")
    def test_the_url_holds_the_method_alone(self, client: httpx.Client) -> None:
        one = answered()
        answer = client.post(PATH, params={"method": "PUT", "statementId": one["id"]}, data={"content": "{}"})
        assert (answer.status_code, answer.json()["field"]) == (400, "method")

    @requirement("00336")
    def test_it_is_posted(self, client: httpx.Client) -> None:
        one = answered()
        answer = client.put(PATH, params={"method": "PUT", "statementId": one["id"]}, json=one)
        assert (answer.status_code, answer.json()["field"]) == (400, "method")
        assert client.get(PATH, params={"statementId": one["id"]}).status_code == 404

    @requirement("00336")
    def test_the_content_is_a_field_of_the_form(self, client: httpx.Client) -> None:
        one = answered()
        assert form(client, "PUT", statementId=one["id"]).status_code == 400
        answer = client.post(PATH, params={"method": "PUT"}, json=one)
        assert (answer.status_code, answer.json()["field"]) == (400, "Content-Type")
        assert client.get(PATH, params={"statementId": one["id"]}).status_code == 404

    @requirement("00336")
    @pytest.mark.parametrize("repeated", ["statementId=x", "content=y", "x-experience-api-version=1.0.3"])
    def test_a_field_comes_once(self, client: httpx.Client, repeated: str) -> None:
        sent = f"X-Experience-API-Version=1.0.3&statementId=x&content=x&{repeated}"
        as_form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = client.post(PATH, params={"method": "PUT"}, content=sent, headers=as_form)
        assert (answer.status_code, answer.json()["field"]) == (400, repeated.partition("=")[0])
        assert "duplicate" in answer.json()["error"]

    @requirement("00336")
    def test_other_methods_are_refused(self, client: httpx.Client) -> None:
        answer = form(client, "PATCH")
        assert (answer.status_code, answer.json()["field"]) == (400, "method")


@only("2.0.0")
@requirement("2.0:no-alternate-syntax")
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_2_0_refuses_it(client: httpx.Client, method: str) -> None:
    one = answered()
    answer = form(client, method, statementId=one["id"], content=orjson.dumps(one).decode())
    assert (answer.status_code, answer.json()["field"]) == (400, "method")
    assert client.get(PATH, params={"statementId": one["id"]}).status_code == 404
