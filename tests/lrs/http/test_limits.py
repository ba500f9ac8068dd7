"""Limits of a request: its bytes, its statements, how deep its JSON is nested. Beyond them it gets a clear 4xx."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from lrs.api import explain, statements
from lrs.api.statements import MOST_STATEMENTS
from lrs.auth.scopes import EVERY
from lrs.cli.schemas import NOWHERE
from lrs.http import body
from lrs.http.request_memory import MOST_PARSED
from schemas.record import STATEMENTS
from schemas.xapi.body import DEEPEST
from tests.support.api import Client
from tests.support.caliper import envelope, event, item
from tests.support.cmi5 import SITE, au_id
from tests.support.statements import HOME, answered, learner, skill

STATE = "/xAPI/activities/state"
PLACE = {"agent": orjson.dumps(learner("ada")).decode(), "activityId": f"{HOME}/a", "stateId": "s"}
JSON = {"Content-Type": "application/json"}
MARK = b'"deep"'


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("limits"), NOWHERE)
    yield found
    found.close()


def send(client: Client, method: str, path: str, content: bytes, **more: Any) -> httpx.Response:
    headers = JSON | more.pop("headers", {})
    return client.ask(EVERY, method, path, content=content, headers=headers, **more)


def nested(levels: int, template: Any) -> bytes:
    """JSON in which "deep" is replaced by an array of so many levels."""
    return orjson.dumps(template).replace(MARK, b"[" * levels + b"]" * levels)


EXTENDED = {"extensions": {f"{HOME}/deep": "deep"}}
BODIES: dict[str, tuple[str, str, Any, str]] = {
    "a statement": ("POST", "/xAPI/statements", answered(result=EXTENDED), ""),
    "one of several": ("POST", "/xAPI/statements", [answered(), answered(result=EXTENDED)], "1"),
    "statements in statements": ("POST", "/xAPI/statements", "deep", "0"),
    "a key that is not known": ("POST", "/xAPI/statements", answered(colour="deep"), ""),
    "an actor": ("POST", "/xAPI/statements", answered(actor="deep"), ""),
    "a document": ("POST", STATE, {"a": "deep"}, "body"),
    "a document that is no object": ("POST", STATE, "deep", "body"),
    "a change": ("POST", "/catalog", [{"kind": "skill", "id": skill("a"), "name": "deep"}], "body"),
    "changes": ("POST", "/catalog", "deep", "body"),
    "an envelope": ("POST", "/caliper/envelopes", envelope(event(object=item(extensions={"a": "deep"}))), ""),
    "envelopes": ("POST", "/caliper/envelopes", "deep", "0"),
    "a launch": (
        *("POST", "/cmi5/launches"),
        {"course": f"{SITE}/c", "au": au_id("a"), "learner": learner("ada") | {"name": "deep"}},
        "body",
    ),
    "a waiver": ("POST", f"/cmi5/registrations/{uuid.uuid4()}/waive", {"au": au_id("a"), "reason": "deep"}, "body"),
}


@pytest.mark.parametrize("levels", [DEEPEST + 1, 2_000, 200_000])
@pytest.mark.parametrize("name", BODIES)
def test_json_that_is_nested_too_deep(client: Client, name: str, levels: int) -> None:
    method, path, template, field = BODIES[name]
    answer = send(client, method, path, nested(levels, template), params=PLACE if path == STATE else {})
    assert answer.status_code == 400, answer.text
    assert answer.json().get("field", "") in (field, "")  # nested this deep, the field cannot be named
    told = answer.json()["error"]
    assert f"nested deeper than {DEEPEST} levels" in told or told == "0: is not an object"


def test_as_deep_as_it_may_be(client: Client) -> None:
    statement = nested(DEEPEST - 4, answered(result=EXTENDED))
    assert send(client, "POST", "/xAPI/statements", statement).status_code == 200
    assert send(client, "POST", STATE, nested(DEEPEST - 1, {"a": "deep"}), params=PLACE).status_code == 204


def test_brackets_in_strings_are_no_levels(client: Client) -> None:
    name = "[{" * 200 + '"'
    assert (
        send(client, "POST", "/catalog", orjson.dumps([{"kind": "skill", "id": "s", "name": name}])).status_code == 200
    )


def test_a_document_that_stands_may_be_any_bytes_and_is_not_merged(client: Client) -> None:
    place = PLACE | {"stateId": "deep"}
    assert send(client, "PUT", STATE, nested(50_000, {"a": "deep"}), params=place).status_code == 204
    answer = send(client, "POST", STATE, b'{"b": 1}', params=place, headers={"If-None-Match": '"another"'})
    assert (answer.status_code, answer.json()["field"]) == (400, "body")
    assert "the stored document" in answer.json()["error"]


@pytest.mark.parametrize("levels", [DEEPEST + 1, 2_000, 10_000])
def test_an_agent_that_is_nested_too_deep(client: Client, levels: int) -> None:
    for agent in ({"mbox": "deep"}, "deep", {"account": {"homePage": HOME, "name": "a"}, "member": "deep"}):
        for path, more in ((STATE, PLACE), ("/xAPI/agents", {}), ("/xAPI/statements", {})):
            params = {**more, "agent": nested(levels, agent).decode()}
            answer = client.ask(EVERY, "GET", path, params=params)
            assert (answer.status_code, answer.json()["field"]) == (400, "agent"), answer.text


def test_a_signature_that_is_nested_too_deep(client: Client) -> None:
    deep = base64.urlsafe_b64encode(b'{"alg":"RS256","x5c":' + b"[" * 20_000 + b"]" * 20_000 + b"}").rstrip(b"=")
    data = deep + b".e30.e30"
    sha2 = hashlib.sha256(data).hexdigest()
    signature = {
        **{"usageType": "http://adlnet.gov/expapi/attachments/signature", "display": {"en": "signature"}},
        **{"contentType": "application/octet-stream", "length": len(data), "sha2": sha2},
    }
    parts = (
        b"Content-Type: application/json\r\n\r\n" + orjson.dumps(answered(attachments=[signature])),
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n"
        b"X-Experience-API-Hash: " + sha2.encode() + b"\r\n\r\n" + data,
    )
    whole = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    headers = {"Content-Type": "multipart/mixed; boundary=b"}
    answer = send(client, "POST", "/xAPI/statements", whole, headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (400, "attachments")


def test_more_statements_than_a_request_takes(client: Client) -> None:
    one = orjson.dumps({name: value for name, value in answered().items() if name in ("actor", "verb")})
    one = one[:-1] + b',"object":{"id":"https://x.example/a"}}'
    before = client.parts.log.end(STATEMENTS)
    answer = send(client, "POST", "/xAPI/statements", b"[" + b",".join([one] * (MOST_STATEMENTS + 1)) + b"]")
    assert (answer.status_code, answer.json()["field"]) == (413, "body")
    assert f"the limit is {MOST_STATEMENTS}" in answer.json()["error"]
    assert client.parts.log.end(STATEMENTS) == before
    assert (
        len(send(client, "POST", "/xAPI/statements", b"[" + b",".join([one] * MOST_STATEMENTS) + b"]").json())
        == MOST_STATEMENTS
    )


@pytest.mark.parametrize("path", ["/xAPI/statements", "/explain"])
def test_items_without_number_are_not_made(client: Client, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two bytes of a body would become a hundred: it is refused before a list of them is made."""
    monkeypatch.setattr(statements, "split", None)
    monkeypatch.setattr(explain, "split", None)
    answer = send(client, "POST", path, b"[" + b"0," * 1_000_000 + b"0]")
    assert (answer.status_code, answer.json()["field"]) == (413, "body")


@pytest.mark.parametrize("path", ["/xAPI/statements", STATE, "/catalog", "/caliper/envelopes", "/cmi5/launches"])
def test_more_bytes_than_a_request_takes(client: Client, path: str) -> None:
    params = PLACE if path == STATE else {}
    most = body.MOST_BODY_BYTES if path == "/xAPI/statements" else MOST_PARSED
    answer = send(client, "POST", path, b" " * (most + 1), params=params)
    assert (answer.status_code, answer.json()["field"]) == (413, "body")
    assert f"{most:,}" in answer.json()["error"]
