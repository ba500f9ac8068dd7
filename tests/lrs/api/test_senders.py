"""Requests as real senders and the proxies before them write them, to a running server."""

from __future__ import annotations

import base64
import gzip
import hashlib
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import orjson
import pytest

from schemas.xapi.body import BOM
from tests.support.caliper import envelope, event
from tests.support.cmi5 import SITE, au_id, xml, xml_au
from tests.support.server import KEY, SECRET, Server
from tests.support.statements import HOME, answered, learner, skill

PATH = "/xAPI/statements"
FORM = {
    "Authorization": "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode(),
    "X-Experience-API-Version": "1.0.3",
    "Content-Type": "application/json",
}
PROXY = {"Host": "school.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/lrs"}
MIXED = {"Content-Type": "multipart/mixed; boundary=bnd"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as found:
        yield found


def stands(client: httpx.Client, id_: str) -> Any:
    answer = client.get(PATH, params={"statementId": id_})
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestStoryline:
    """Articulate Storyline 360 in a browser: the alternate syntax, as a type that needs no preflight."""

    @pytest.mark.parametrize("kind", ["text/plain;charset=UTF-8", "text/plain", None])
    def test_a_statement(self, server: Server, client: httpx.Client, kind: str | None) -> None:
        sent = answered() | {"object": {"id": "http://6AbCdEfGh_course_id"}}
        form = FORM | {"statementId": sent["id"], "content": orjson.dumps(sent).decode()}
        headers = {"Content-Type": kind} if kind else {}
        answer = httpx.post(
            f"{server.base}{PATH}", params={"method": "PUT"}, content=urlencode(form), headers=headers, timeout=30
        )
        assert answer.status_code == 204, answer.text
        assert stands(client, sent["id"])["object"] == sent["object"]

    def test_its_state(self, server: Server) -> None:
        place = {"stateId": f"resume-{uuid.uuid4()}", "activityId": "http://6AbCdEfGh_course_id"}
        form = FORM | place | {"agent": '{"mbox":"mailto:a@b.example"}'}

        def send(method: str, more: dict[str, str]) -> httpx.Response:
            headers = {"Content-Type": "text/plain;charset=UTF-8", "Origin": "https://content.example"}
            body = urlencode(form | more)
            url = f"{server.base}/xAPI/activities/state"
            return httpx.post(url, params={"method": method}, content=body, headers=headers, timeout=30)

        assert send("GET", {}).status_code == 404
        assert send("PUT", {"content": "2f1e[]", "Content-Type": "text/plain"}).status_code == 204
        found = send("GET", {})
        assert (found.status_code, found.text) == (200, "2f1e[]")
        assert found.headers["Access-Control-Allow-Origin"] == "*"

    def test_any_other_type_is_no_form(self, server: Server) -> None:
        headers = {"Content-Type": "application/json"}
        answer = httpx.post(f"{server.base}{PATH}?method=PUT", content=urlencode(FORM), headers=headers, timeout=30)
        assert (answer.status_code, answer.json()["field"]) == (400, "Content-Type")


@pytest.mark.parametrize("path", ["/xAPI//statements", "/xAPI/statements/", "//xAPI/statements//"])
def test_slashes(server: Server, client: httpx.Client, path: str) -> None:
    sent = answered()
    answer = client.post(f"{server.base}{path}", json=sent)
    assert (answer.status_code, answer.json()) == (200, [sent["id"]])
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


class TestBehindAProxy:
    """A proxy serves the store below /lrs, and takes that off the path."""

    def test_more(self, client: httpx.Client) -> None:
        who = learner(f"more-{uuid.uuid4()}")
        sent = [answered() | {"actor": who} for _ in range(3)]
        client.post(PATH, json=sent)
        more = f"{PATH}?{urlencode({'agent': orjson.dumps(who).decode(), 'limit': 2})}"
        found = []
        while more:
            page = client.get(more.removeprefix("/lrs"), headers=PROXY).json()
            found += [one["id"] for one in page["statements"]]
            more = page["more"]
            assert not more or more.startswith("/lrs/xAPI/statements?")
        assert sorted(found) == sorted(one["id"] for one in sent)

    def test_where_an_au_finds_the_store(self, client: httpx.Client) -> None:
        course = f"{SITE}/{uuid.uuid4()}"
        made = client.post("/cmi5/courses", content=xml(course, xml_au("p")), headers={"Content-Type": "text/xml"})
        assert made.status_code in (200, 201), made.text
        wish = {"course": course, "au": au_id("p"), "learner": learner("ada")}
        answer = client.post("/cmi5/launches", json=wish, headers=PROXY)
        assert answer.status_code == 200, answer.text
        given = parse_qs(urlsplit(answer.json()["url"]).query)
        assert given["endpoint"] == ["https://school.example/lrs/xAPI/"]
        assert given["fetch"][0].startswith("https://school.example/lrs/cmi5/fetch/")


class TestByteOrderMark:
    @pytest.mark.parametrize("many", [False, True])
    def test_statements(self, client: httpx.Client, many: bool) -> None:
        sent = answered()
        body = BOM + orjson.dumps([sent] if many else sent)
        assert client.post(PATH, content=body, headers=JSON).json() == [sent["id"]]
        assert stands(client, sent["id"])["result"] == sent["result"]

    def test_packed(self, client: httpx.Client) -> None:
        sent = answered()
        body = gzip.compress(BOM + orjson.dumps(sent))
        assert client.post(PATH, content=body, headers=JSON | {"Content-Encoding": "gzip"}).json() == [sent["id"]]

    def test_changes_and_envelopes(self, client: httpx.Client) -> None:
        change = BOM + orjson.dumps([{"kind": "skill", "id": skill("marked")}])
        assert client.post("/catalog", content=change, headers=JSON).json()["changes"] == 1
        body = BOM + orjson.dumps(envelope(event()))
        answer = client.post("/caliper/envelopes", content=body, headers=JSON)
        assert answer.status_code == 200, answer.text

    def test_a_document_keeps_it(self, client: httpx.Client) -> None:
        place = {"agent": orjson.dumps(learner("ada")).decode(), "activityId": f"{HOME}/a", "stateId": "bom"}
        client.put("/xAPI/activities/state", params=place, content=BOM + b"{}")
        assert client.get("/xAPI/activities/state", params=place).content == BOM + b"{}"


def with_data(data: bytes, *names: str, end: bytes = b"\r\n", padding: bytes = b"", times: int = 1) -> bytes:
    """A multipart body of statements that share one attachment, whose data comes `times`."""
    sum_ = hashlib.sha256(data).hexdigest()
    attachment = {
        **{"usageType": f"{HOME}/usages/certificate", "display": {"en": "c"}, "contentType": "text/plain"},
        **{"length": len(data), "sha2": sum_},
    }
    statements = orjson.dumps([answered(name, attachments=[attachment]) for name in names])
    parts = [b"Content-Type: application/json" + end * 2 + statements]
    head = [b"Content-Type: text/plain", b"Content-Transfer-Encoding: binary", b"X-Experience-API-Hash: "]
    parts += [end.join(head) + sum_.encode() + end * 2 + data] * times
    cut = b"".join(b"--bnd" + padding + end + part + end for part in parts)
    return b"This is a message with multiple parts." + end + cut + b"--bnd--" + padding + end + b"the end"


class TestMultipart:
    @pytest.mark.parametrize("end", [b"\r\n", b"\n"])
    @pytest.mark.parametrize("padding", [b"", b" \t "])
    def test_what_writers_add(self, client: httpx.Client, end: bytes, padding: bytes) -> None:
        """A preamble, an epilogue, spaces behind boundaries, lines that end in LF alone."""
        data = b"certificate " + uuid.uuid4().bytes + b"\r"
        answer = client.post(PATH, content=with_data(data, "a", end=end, padding=padding), headers=MIXED)
        assert answer.status_code == 200, answer.text
        [id_] = answer.json()
        found = client.get(PATH, params={"statementId": id_, "attachments": "true"})
        assert data in found.content

    def test_the_data_with_each_statement(self, client: httpx.Client) -> None:
        body = with_data(uuid.uuid4().bytes, "a", "b", times=2)
        answer = client.post(PATH, content=body, headers=MIXED)
        assert (answer.status_code, len(answer.json())) == (200, 2)

    def test_the_data_again_but_other(self, client: httpx.Client) -> None:
        data = uuid.uuid4().hex.encode()
        body = with_data(data, "a", times=2)
        at = body.rindex(data)
        broken = body[:at] + b"x" + body[at + 1 :]
        answer = client.post(PATH, content=broken, headers=MIXED)
        assert (answer.status_code, answer.json()["field"]) == (400, "X-Experience-API-Hash")
