"""Caliper envelopes posted to a running server."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import httpx
import orjson
import pytest

from lrs.app import build
from lrs.errors import Full
from lrs.log import Busy, Unavailable
from lrs.log.sqlite import SqliteLog
from lrs.processes.assemble import assemble
from lrs.processes.runtime import Runtime
from schemas.record import CALIPER, DEAD_LETTERS, Bundle, DeadLetter, decode_dead_letter
from tests.support.caliper import HEAD, HOME, envelope, event, item, key, person, response, score
from tests.support.server import KEY, SECRET, Server

PATH = "/caliper/envelopes"


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as found:
        yield found


@pytest.fixture
def log(server: Server) -> Iterator[SqliteLog]:
    found = SqliteLog(server.data / "log")
    yield found
    found.close()


def name() -> str:
    return f"caliper-{uuid.uuid4()}"


def letters(log: SqliteLog, id_: str) -> list[DeadLetter]:
    """The dead letters of an event."""
    found = [decode_dead_letter(record.value) for record in log.read(DEAD_LETTERS, 0, 10_000)]
    return [letter for letter in found if id_ in letter.payload]


def answers(learner: str, right: list[int]) -> list[dict[str, Any]]:
    """An answer to an item for each outcome, a minute apart."""
    return [
        event(
            actor=person(learner),
            object=item(f"i{n}"),
            generated=response(score=score(given)),
            eventTime=f"2026-03-02T09:{n:02}:12.500Z",
        )
        for n, given in enumerate(right)
    ]


def test_a_tool_feeds_the_board(client: httpx.Client) -> None:
    learner = name()
    sent = answers(learner, [0, 1, 1, 1, 1])
    answer = client.post(PATH, json=envelope(*sent))
    assert (answer.status_code, answer.json()) == (200, {"mapped": 5, "unmapped": [], "entities": 0})
    deadline = time.monotonic() + 30
    found: dict[str, Any] = {}
    while time.monotonic() < deadline:
        page = client.get(f"/pacing/learners/{quote(key(learner), safe='')}")
        found = {s["skill"]: s for s in page.json().get("skills", [])}
        if found.get(f"{HOME}/skills/halves", {}).get("attempts") == 5:
            break
        time.sleep(0.1)
    skill = found[f"{HOME}/skills/halves"]
    assert (skill["attempts"], skill["wins"]) == (5, 4)
    assert skill["mastery"] > 0.5


def test_statements_are_found_at_once_and_the_original_is_kept(client: httpx.Client, log: SqliteLog) -> None:
    learner = person(name())
    sent = event(actor=learner["id"], generated=response())
    start = log.end(CALIPER)
    body = orjson.dumps(envelope(learner, sent), option=orjson.OPT_INDENT_2)
    answer = client.post(PATH, content=body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert answer.json() == {"mapped": 1, "unmapped": [], "entities": 1}
    id_ = sent["id"].removeprefix("urn:uuid:")
    statement = client.get("/xAPI/statements", params={"statementId": id_}).json()
    assert (statement["verb"]["display"]["en"], statement["result"]["response"]) == ("Completed", "1[,]2")
    (kept,) = [b for r in log.read(CALIPER, start, 100) if id_ in (b := Bundle.decode(r.value)).ids]
    assert (kept.tenant, kept.credential, kept.ids) == ("default", "tool", ["envelope", "", id_])
    assert orjson.loads(kept.statements[0]) == {**HEAD, "data": []}
    assert [orjson.loads(part) for part in kept.statements[1:]] == [learner, sent]
    assert all(part in body for part in kept.statements[1:])


def test_the_same_again_is_harmless(client: httpx.Client) -> None:
    learner = name()
    sent = answers(learner, [1, 0])
    for send_time in ("2026-03-02T10:00:00.000Z", "2026-03-02T10:00:09.000Z"):
        answer = client.post(PATH, json=envelope(*sent, sent[0], sendTime=send_time))
        assert answer.json() == {"mapped": 3, "unmapped": [], "entities": 0}
    agent = {"account": {"homePage": f"{HOME}/users", "name": learner}}
    found = client.get("/xAPI/statements", params={"agent": orjson.dumps(agent).decode()}).json()["statements"]
    assert sorted(s["id"] for s in found) == sorted(e["id"].removeprefix("urn:uuid:") for e in sent)


def test_what_no_statement_says_goes_to_dead_letters(client: httpx.Client, log: SqliteLog) -> None:
    good = event(actor=person(name()))
    strange = event("DanceEvent", "Danced", actor=person(name()))
    answer = client.post(PATH, json=envelope(strange, good))
    assert answer.status_code == 200
    found = answer.json()
    assert found["mapped"] == 1
    (left,) = found["unmapped"]
    assert (left["index"], left["id"]) == (0, strange["id"])
    assert "DanceEvent" in left["reason"]
    (letter,) = letters(log, strange["id"])
    assert (letter.stage, letter.topic, letter.tenant) == ("caliper", CALIPER, "default")
    assert left["reason"] in letter.reason
    assert orjson.loads(letter.payload) == strange
    assert strange["id"].removeprefix("urn:uuid:") in Bundle.decode(log.read(CALIPER, letter.position, 1)[0].value).ids


def test_an_id_that_says_something_else_goes_to_dead_letters(client: httpx.Client, log: SqliteLog) -> None:
    first, good = event(actor=person(name())), event(actor=person(name()))
    assert client.post(PATH, json=envelope(first)).json()["mapped"] == 1
    other = {**first, "eventTime": "2026-03-03T09:00:00.000Z"}
    found = client.post(PATH, json=envelope(good, other)).json()
    assert (found["mapped"], [left["index"] for left in found["unmapped"]]) == (1, [1])
    twice = [good | {"id": f"urn:uuid:{uuid.uuid4()}"} for _ in "a"] * 2
    twice[1] = twice[1] | {"eventTime": "2026-03-03T09:00:00.000Z"}
    found = client.post(PATH, json=envelope(*twice)).json()
    assert (found["mapped"], [left["index"] for left in found["unmapped"]]) == (1, [1])
    id_ = good["id"].removeprefix("urn:uuid:")
    assert client.get("/xAPI/statements", params={"statementId": id_}).status_code == 200
    assert len(letters(log, first["id"])) == 1


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, None),
        (b'{"a":1}', 400, "sensor"),
        (orjson.dumps(envelope()), 400, "data"),
        (orjson.dumps(envelope(event(), event(actor=None))), 400, "data.1.actor"),
        (orjson.dumps(envelope(event(eventTime="soon"))), 400, "data.0.eventTime"),
        (orjson.dumps(envelope(event(), dataVersion="http://purl.imsglobal.org/ctx/caliper/v9")), 422, "dataVersion"),
    ],
)
def test_a_bad_envelope_is_refused_whole(
    client: httpx.Client, log: SqliteLog, body: bytes, status: int, field: str | None
) -> None:
    before = log.end(CALIPER)
    answer = client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert log.end(CALIPER) == before


@pytest.mark.parametrize(("raised", "status"), [(Full("no room"), 507), (Busy("much"), 503), (Unavailable("off"), 503)])
@pytest.mark.parametrize(
    ("path", "sent"),
    [(PATH, envelope(event())), ("/catalog", [{"kind": "skill", "id": "s"}])],
    ids=["caliper", "catalog"],
)
def test_what_the_log_cannot_take_is_not_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception, status: int, path: str, sent: Any
) -> None:
    def submit(*_: Any) -> NoReturn:
        raise raised

    async def ask() -> httpx.Response:
        app = build(assemble(Runtime(tmp_path, clickhouse="clickhouse://nobody:nothing@127.0.0.1:1/nowhere")))
        app.state.parts.login.credentials.add(KEY, SECRET)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://pacer.example", auth=(KEY, SECRET)) as client,
        ):
            monkeypatch.setattr(app.state.parts.log, "submit", submit)
            return await client.post(path, json=sent)

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "1")


def test_who_may_send_and_what(client: httpx.Client, server: Server) -> None:
    assert client.post(PATH, content=orjson.dumps(envelope(event()))).status_code == 415
    assert httpx.post(f"{server.base}{PATH}", json=envelope(event())).status_code == 401
    sent = event(actor=person(name()))
    with server.client("other", SECRET) as other:
        assert other.post(PATH, json=envelope(sent)).json()["mapped"] == 1
    id_ = sent["id"].removeprefix("urn:uuid:")
    assert client.get("/xAPI/statements", params={"statementId": id_}).status_code == 404
