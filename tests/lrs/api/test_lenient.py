"""A lenient credential: known faults are repaired, the rest of a batch is stored, and strict stays strict."""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from lrs.api.lenient import DEAD_LETTERS, REPAIRS
from lrs.auth.credentials import Credential
from lrs.auth.scopes import EVERY
from lrs.cli.schemas import NOWHERE
from lrs.record import lenient as record_lenient
from lrs.record.recorder import Recorder
from schemas.original import ORIGINALS, decode
from schemas.record import DEAD_LETTERS as LETTERS
from schemas.record import STATEMENTS, Bundle, decode_dead_letter
from schemas.xapi.repair import Repaired, repair
from tests.support.api import Anybody, Client
from tests.support.caliper import envelope, event, person
from tests.support.statements import HOME, answered

PATH = "/xAPI/statements"
UUID = "7b1e0e4c-2c3a-4b6e-9d3a-0a5a4b1c2d3e"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    found = Client(tmp_path_factory.mktemp("lenient"), NOWHERE)
    yield found
    found.close()


@pytest.fixture
def lenient(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(Anybody, "verified_before", lambda *_: Credential("tool", "scopes", EVERY, lenient=HOME))
    return client


def post(client: Client, *statements: Any, **more: Any) -> httpx.Response:
    return client.ask(EVERY, "POST", PATH, json=list(statements), **more)


def stored(client: Client) -> list[dict[str, Any]]:
    records = client.parts.log.read(STATEMENTS, 0, 1_000_000)
    return [orjson.loads(raw) for record in records for raw in Bundle.decode(record.value).statements]


def originals(client: Client) -> dict[str, Any]:
    """What was sent, by id."""
    records = client.parts.log.read(ORIGINALS, 0, 1_000_000)
    return {one.id: orjson.loads(one.sent) for record in records for one in decode(record.value).statements}


def letters(client: Client) -> list[Any]:
    return [decode_dead_letter(record.value) for record in client.parts.log.read(LETTERS, 0, 1_000_000)]


def bare() -> dict[str, Any]:
    """What Open edX sends of an exam's attempt."""
    return answered() | {"object": {"id": UUID, "objectType": "GroupActivity"}}


def test_known_faults_are_repaired_and_said(lenient: Client) -> None:
    sent, right = bare(), answered()
    answer = post(lenient, right, sent)
    assert (answer.status_code, answer.json()) == (200, [right["id"], sent["id"]])
    said = json.loads(answer.headers[REPAIRS])
    assert said == {"version": 1, "1": ["group-activity object.objectType", "bare-uuid object.id"]}
    assert DEAD_LETTERS not in answer.headers
    found = {one["id"]: one for one in stored(lenient)}
    assert found[sent["id"]]["object"] == {"id": f"urn:uuid:{UUID}", "objectType": "Activity"}
    assert originals(lenient)[sent["id"]] == sent
    assert right["id"] not in originals(lenient)
    assert post(lenient, sent).json() == [sent["id"]]  # the same again is no conflict


def test_one_without_an_id(lenient: Client) -> None:
    sent = bare()
    del sent["id"]
    (id_,) = post(lenient, sent).json()
    assert originals(lenient)[id_] == sent


def test_the_same_again_after_a_rule_changed(lenient: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent is the same, so it is no conflict; what differs is one."""
    sent = bare()
    assert post(lenient, sent).status_code == 200

    def other_rules(raw: bytes, version: str, home_page: str = "") -> Repaired:
        mended, repairs, checked = repair(raw, version, home_page)
        return Repaired(mended.replace(b"urn:uuid:", b"https://uuid.example/"), repairs, checked)

    monkeypatch.setattr(record_lenient, "repair", other_rules)
    other = answered()
    assert post(lenient, other, sent).json() == [other["id"], sent["id"]]
    found = [one for one in stored(lenient) if one["id"] == sent["id"]]
    assert [one["object"]["id"] for one in found] == [f"urn:uuid:{UUID}"]
    assert post(lenient, sent | {"result": {"success": False}}).status_code == 409


def test_put(lenient: Client) -> None:
    sent = bare()
    answer = lenient.ask(EVERY, "PUT", PATH, params={"statementId": sent["id"]}, json=sent)
    assert (answer.status_code, REPAIRS in answer.headers) == (204, True)


def test_what_cannot_be_repaired_is_a_dead_letter_alone(lenient: Client) -> None:
    broken, before = answered() | {"verb": {"id": "flürbed"}}, len(letters(lenient))
    good = [answered(), bare()]
    answer = post(lenient, good[0], broken, good[1])
    assert (answer.status_code, answer.json()) == (200, [good[0]["id"], None, good[1]["id"]])
    assert json.loads(answer.headers[DEAD_LETTERS]) == {"1": "verb.id: is not an absolute IRI"}
    [letter] = letters(lenient)[before:]
    assert (letter.reason, letter.tenant, orjson.loads(letter.payload)) == (
        *("verb.id: is not an absolute IRI", "scopes"),
        broken,
    )


def test_nothing_that_can_be_stored_is_an_error(lenient: Client) -> None:
    before = len(letters(lenient))
    answer = post(lenient, answered() | {"verb": {}}, answered() | {"actor": {}})
    assert (answer.status_code, answer.json()["field"]) == (400, "verb.id")
    assert len(letters(lenient)) == before + 2


def test_an_attachment_that_is_missing(lenient: Client) -> None:
    """Of three statements the middle one lacks its data; the data of the last is there."""
    data = b"certificate"
    attachment = {"usageType": f"{HOME}/c", "display": {"en": "c"}, "contentType": "text/plain", "length": len(data)}
    there = answered(attachments=[attachment | {"sha2": hashlib.sha256(data).hexdigest()}])
    missing = answered(attachments=[attachment | {"sha2": "0" * 64}])
    first = answered()
    body = b"--b\r\nContent-Type: application/json\r\n\r\n" + orjson.dumps([first, missing, there])
    body += b"\r\n--b\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: "
    body += hashlib.sha256(data).hexdigest().encode() + b"\r\n\r\n" + data + b"\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/mixed; boundary=b"}
    answer = lenient.ask(EVERY, "POST", PATH, content=body, headers=headers)
    assert (answer.status_code, answer.json()) == (200, [first["id"], None, there["id"]])
    assert json.loads(answer.headers[DEAD_LETTERS])["1"].startswith("attachments.0.fileUrl: is missing")


@pytest.fixture
def recordings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The statements that each call of the recorder got."""
    calls: list[int] = []
    record = Recorder.record

    async def counted(self: Recorder, raw: list[bytes], *more: Any, **named: Any) -> Any:
        calls.append(len(raw))
        return await record(self, raw, *more, **named)

    monkeypatch.setattr(Recorder, "record", counted)
    return calls


def test_many_attachments_that_are_missing_are_refused_at_once(lenient: Client, recordings: list[int]) -> None:
    """One by one, each looked at all the others again: 1,500 took 13 s."""
    usage = {"usageType": f"{HOME}/c", "display": {"en": "c"}, "contentType": "text/plain", "length": 1}
    missing = [answered(attachments=[usage | {"sha2": f"{n:064x}"}]) for n in range(40)]
    good, before = answered(), len(letters(lenient))
    answer = post(lenient, *missing[:20], good, *missing[20:])
    assert (answer.status_code, answer.json()) == (200, [None] * 20 + [good["id"]] + [None] * 20)
    assert recordings == [1]
    found = letters(lenient)[before:]
    assert [orjson.loads(one.payload)["id"] for one in found] == [one["id"] for one in missing]
    assert {one.reason for one in found} == {
        "attachments.0.fileUrl: is missing, and the request does not hold the data"
    }


def test_many_that_other_rules_repaired_are_left_out_at_once(
    lenient: Client, recordings: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [bare() for _ in range(30)]
    assert post(lenient, *sent[:15]).status_code == post(lenient, *sent[15:]).status_code == 200

    def other_rules(raw: bytes, version: str, home_page: str = "") -> Repaired:
        mended, repairs, checked = repair(raw, version, home_page)
        return Repaired(mended.replace(b"urn:uuid:", b"https://uuid.example/"), repairs, checked)

    monkeypatch.setattr(record_lenient, "repair", other_rules)
    recordings.clear()
    other = answered()
    assert post(lenient, *sent, other).json() == [*(one["id"] for one in sent), other["id"]]
    assert recordings == [31, 1]
    changed = [one | {"result": {"success": False}} for one in sent[5:7]]
    refused = post(lenient, *sent[:5], *changed, answered())
    assert (refused.status_code, sent[5]["id"] in refused.json()["error"]) == (409, True)


def test_a_large_batch_is_not_repaired_on_the_event_loop(lenient: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    repairing, recording = set(), set()
    record = Recorder.record

    def watched(*given: Any) -> Repaired:
        repairing.add(threading.get_ident())
        return repair(*given)

    async def recorded(*given: Any) -> Any:
        recording.add(threading.get_ident())
        return await record(*given)

    monkeypatch.setattr(record_lenient, "repair", watched)
    monkeypatch.setattr(Recorder, "record", recorded)
    assert post(lenient, *(answered() for _ in range(400))).status_code == 200
    assert len(recording) == len(repairing) == 1
    assert not recording & repairing


def test_many_events_with_ids_of_others_are_left_out_at_once(client: Client, recordings: list[int]) -> None:
    """One by one, each read all the others again: an envelope of 300 took 7 s."""
    events = [event(actor=person("ada")) for _ in range(30)]
    assert client.ask(EVERY, "POST", "/caliper/envelopes", json=envelope(*events)).json()["mapped"] == 30
    recordings.clear()
    changed = [one | {"eventTime": "2026-03-03T09:00:00.000Z"} for one in events]
    new = event(actor=person("ada"))
    answer = client.ask(EVERY, "POST", "/caliper/envelopes", json=envelope(*changed[:10], new, *changed[10:]))
    assert (answer.status_code, answer.json()["mapped"]) == (200, 1)
    left = answer.json()["unmapped"]
    assert [one["index"] for one in left] == [n for n in range(31) if n != 10]
    assert all(one["id"] in one["reason"] for one in left)
    assert recordings == [31, 1]


def test_strict_stays_strict(client: Client) -> None:
    before = len(stored(client))
    answer = post(client, answered(), bare())
    assert (answer.status_code, answer.json()["field"]) == (400, "1.object.objectType")
    assert len(stored(client)) == before


def test_many_are_counted(lenient: Client) -> None:
    answer = post(lenient, *(bare() for _ in range(30)))
    assert json.loads(answer.headers[REPAIRS])["more"] == 10


def caliper(client: Client, *things: dict[str, Any]) -> httpx.Response:
    return client.ask(EVERY, "POST", "/caliper/envelopes", json=envelope(*things))


class TestCaliper:
    """Blackboard's events are named by a UUID where Caliper asks for an IRI."""

    def test_a_bare_uuid_is_repaired_and_the_original_kept(self, lenient: Client) -> None:
        before = len(stored(lenient))
        id_ = str(uuid.uuid4())
        sent = event(actor=person("bea")) | {"id": id_.upper(), "edApp": UUID}
        answer = caliper(lenient, sent)
        assert (answer.status_code, answer.json()) == (200, {"mapped": 1, "unmapped": [], "entities": 0})
        assert json.loads(answer.headers[REPAIRS])["0"] == ["bare-uuid data.0.id", "bare-uuid data.0.edApp"]
        (made,) = stored(lenient)[before:]
        assert made["id"] == id_
        assert originals(lenient)[id_] == sent
        assert caliper(lenient, sent).json()["mapped"] == 1  # again: no conflict, and not stored twice
        assert len(stored(lenient)) == before + 1

    def test_what_cannot_be_repaired_is_a_dead_letter_alone(self, lenient: Client) -> None:
        wrong = {name: value for name, value in event(actor=person("cleo")).items() if name != "eventTime"}
        answer = caliper(lenient, wrong, event(actor=person("cleo")))
        assert answer.json()["mapped"] == 1
        assert answer.json()["unmapped"] == [{"index": 0, "id": "", "reason": "data.0.eventTime: is missing"}]
        assert letters(lenient)[-1].reason == "data.0.eventTime: is missing"
        assert orjson.loads(letters(lenient)[-1].payload) == wrong
        answer = caliper(lenient, wrong)
        assert (answer.status_code, answer.json()["field"]) == (400, "data.0.eventTime")

    def test_strict_stays_strict(self, client: Client) -> None:
        for thing in (event() | {"id": UUID}, event() | {"edApp": UUID}):
            answer = caliper(client, event(), thing)
            assert answer.status_code == 400
            assert answer.json()["field"] in ("data.1.id", "data.1.edApp")
            assert REPAIRS not in answer.headers
