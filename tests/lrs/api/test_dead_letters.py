"""Dead letters over HTTP: listed, shown, handed again and dropped, by the tenant that they are of."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from lrs.api import dead_letters
from lrs.auth.credentials import DEFAULT_TENANT
from lrs.auth.scopes import EVERY
from lrs.deadletters import listing
from lrs.deadletters.listing import each_dead_letter
from lrs.log import Entry, UniqueId
from lrs.log.sqlite import SqliteLog
from lrs.store.client import Store
from processors.stages.dead_letters import DeadLetters
from schemas.record import DEAD_LETTER_OUTCOMES, DIRECT, STATEMENTS, Bundle, DeadLetter, decode_dead_letter
from tests.support.api import Client
from tests.support.statements import answered

TENANT = "scopes"  # of tests.support.api.Anybody


@pytest.fixture
def client(store: Store, tmp_path: Path) -> Iterator[Client]:
    """Over a log with letters 0 (a statement), 1 (of another tenant) and 2 (of a stage that takes nothing again)."""
    found = Client(tmp_path, store._dsn())
    log = found.parts.log
    assert isinstance(log, SqliteLog)
    raw = orjson.dumps(answered("ada", id_=str(uuid.uuid4())))
    one = orjson.loads(raw)["id"]
    log.append(STATEMENTS, Entry(one, Bundle(TENANT, "tool", 1, 0, [one], [raw]).encode(), 1, [UniqueId(TENANT, one)]))
    [record] = log.read(STATEMENTS, 0, 1)
    for stage, topic, tenant in (
        ("admit", STATEMENTS, TENANT),
        ("admit", STATEMENTS, DEFAULT_TENANT),
        ("intake", DIRECT, TENANT),
    ):
        DeadLetters(log, stage, topic).write(record, tenant, "it divides by 0", raw)
    yield found
    found.close()


def test_listed_and_shown(client: Client) -> None:
    listed = client.ask(EVERY, "GET", "/dead-letters").json()["dead_letters"]
    assert [(one["number"], one["stage"], one["outcome"]) for one in listed] == [
        (0, "admit", None),
        (2, "intake", None),
    ]
    assert all("payload" not in one for one in listed)
    shown = client.ask(EVERY, "GET", "/dead-letters/0").json()
    assert shown["reason"] == "it divides by 0"
    assert orjson.loads(shown["payload"])["actor"]["account"]["name"] == "ada"
    for number in (1, 9):
        answer = client.ask(EVERY, "GET", f"/dead-letters/{number}")
        assert (answer.status_code, answer.json()["error"]) == (404, f"there is no dead letter {number}")


def test_retried_and_dropped(client: Client) -> None:
    assert client.ask(EVERY, "POST", "/dead-letters/0/retry").json() == {"number": 0, "outcome": "retried"}
    assert client.parts.log.end(STATEMENTS) == 2
    refused = client.ask(EVERY, "POST", "/dead-letters/2/retry")
    assert (refused.status_code, "its sender has to" in refused.json()["error"]) == (409, True)
    assert client.ask(EVERY, "POST", "/dead-letters/2/drop").json() == {"number": 2, "outcome": "dropped"}
    end = client.parts.log.end(DEAD_LETTER_OUTCOMES)
    assert client.ask(EVERY, "POST", "/dead-letters/2/drop").json() == {"number": 2, "outcome": "dropped"}
    assert client.parts.log.end(DEAD_LETTER_OUTCOMES) == end  # once is enough
    assert client.ask(EVERY, "GET", "/dead-letters").json()["dead_letters"] == []
    both = client.ask(EVERY, "GET", "/dead-letters", params={"all": "true"}).json()["dead_letters"]
    assert [one["outcome"] for one in both] == ["retried", "dropped"]
    assert client.ask(EVERY, "POST", "/dead-letters/1/drop").status_code == 404


def test_by_reason_and_stage(client: Client) -> None:
    def numbers(**wanted: str) -> list[int]:
        return [
            one["number"] for one in client.ask(EVERY, "GET", "/dead-letters", params=wanted).json()["dead_letters"]
        ]

    assert numbers(reason="divides") == numbers(reason="divides by 0") == [0, 2]
    assert numbers(reason="multiplies") == numbers(stage="project") == []
    assert numbers(stage="intake") == numbers(stage="intake", reason="it") == [2]
    listed = client.ask(EVERY, "GET", "/dead-letters").json()["dead_letters"]
    assert {one["kind"] for one in listed} == {"it divides by …"}
    for wrong in ({}, {"reason": ""}, {"reason": "divides", "number": 0}):
        assert client.ask(EVERY, "POST", "/dead-letters/drop", json=wrong).status_code == 400
    retried = client.ask(EVERY, "POST", "/dead-letters/retry", json={"reason": "divides"}).json()
    assert (retried["outcome"], retried["numbers"], retried["left"]) == ("retried", [0], 0)
    [refused] = retried["refused"]
    assert (refused["number"], "its sender has to" in refused["why"]) == (2, True)
    dropped = client.ask(EVERY, "POST", "/dead-letters/drop", json={"reason": "divides", "stage": "intake"}).json()
    assert (dropped["numbers"], dropped["refused"]) == ([2], [])
    assert numbers() == []
    assert list(each_dead_letter(client.parts.log))[1].outcome is None  # another tenant's


def test_one_request_decides_on_so_many(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "MOST_DECIDED", 1)
    for number, left in ((0, 1), (2, 0)):
        dropped = client.ask(EVERY, "POST", "/dead-letters/drop", json={"reason": "divides"}).json()
        assert (dropped["numbers"], dropped["left"]) == ([number], left)


def test_listed_in_parts(client: Client) -> None:
    def listed(**wanted: int) -> tuple[list[int], bool]:
        page = client.ask(EVERY, "GET", "/dead-letters", params=wanted).json()
        return [one["number"] for one in page["dead_letters"]], page["more"]

    assert listed(limit=1) == ([0], True)
    assert listed(limit=1, after=0) == ([2], False)
    assert listed(limit=2) == ([0, 2], False)
    assert listed(after=2) == ([], False)
    for wrong in ({"limit": 0}, {"limit": dead_letters.MOST_LISTED + 1}, {"after": -2}):
        assert client.ask(EVERY, "GET", "/dead-letters", params=wrong).status_code == 400


def test_one_is_read_alone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many others there are: its record is the only letter that is decoded."""
    decoded = []

    def counted(value: bytes) -> DeadLetter:
        decoded.append(value)
        return decode_dead_letter(value)

    monkeypatch.setattr(listing, "decode_dead_letter", counted)
    assert client.ask(EVERY, "GET", "/dead-letters/0").status_code == 200
    assert client.ask(EVERY, "POST", "/dead-letters/2/drop").status_code == 200
    assert len(decoded) == 2
