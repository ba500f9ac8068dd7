"""Tools write to Kafka themselves: valid statements are recorded, others are dead letters with their reason."""

from __future__ import annotations

from pathlib import Path

import httpx
import orjson
from kafka import KafkaProducer

from lrs.log import Entry
from schemas.record import DIRECT
from tests.support.district import District, district
from tests.support.eventually import eventually
from tests.support.kafka import Broker
from tests.support.load import dead
from tests.support.server import KEY
from tests.support.statements import answered

_OURS = [("tenant", b"default"), ("credential", KEY.encode())]


def _hand_in_again(parts: District, client: httpx.Client) -> None:
    """What came of a credential that nobody knew yet, once it is known: stored once, however often it is retried."""
    headers = (("tenant", b"default"), ("credential", b"later"))
    statement = answered("eve")
    del statement["id"]
    with parts.log() as log:
        log.append(DIRECT, Entry("", orjson.dumps(statement), headers=headers))

        def waiting() -> list[int]:
            listed = client.get("/dead-letters", params={"stage": "intake"}).json()["dead_letters"]
            return [
                letter["number"]
                for letter in listed
                if client.get(f"/dead-letters/{letter['number']}").json()["payload"] == orjson.dumps(statement).decode()
            ]

        eventually(lambda: bool(waiting()))
        [number] = waiting()
        assert parts.command("credentials", "add", "--key", "later", "--secret", "s")[0] == 0
        for _ in range(2):
            assert client.post(f"/dead-letters/{number}/retry").status_code == 200
        eventually(lambda: log.reached("intake", DIRECT) == log.ends(DIRECT))
        parts.wait()


def test_a_producer_of_its_own(tmp_path: Path, kafka: Broker) -> None:
    good, without = answered("ada"), answered("ada")
    del without["id"]
    wrong = answered("bo") | {"verb": {}}
    sent = [
        (orjson.dumps(good), _OURS),
        (orjson.dumps([without, wrong, answered("cy")]), _OURS),
        (orjson.dumps(good), _OURS),  # again: harmless
        (b"{", _OURS),
        (orjson.dumps(answered("di")), []),
        (orjson.dumps(answered("di")), [("tenant", b"elsewhere"), ("credential", KEY.encode())]),
    ]
    with district(tmp_path, kafka.address()) as parts:
        parts.start({"intake": 1, "admit": 1, "project": 1})
        producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all")
        for value, headers in sent:
            producer.send(parts.kafka.name(DIRECT), value, headers=headers)
        producer.flush()
        producer.close()
        with parts.log() as log:
            eventually(lambda: log.reached("intake", DIRECT) == log.ends(DIRECT))
            parts.wait()
            reasons = sorted(letter.reason for letter in dead(log))
        with parts.client() as client:
            _hand_in_again(parts, client)
            found = client.get("/xAPI/statements").json()["statements"]
    assert reasons == [
        "body: is not JSON: Input data was truncated",
        "credential: unknown, or of another tenant",
        "credential: unknown, or of another tenant",
        "statement 1: verb.id: is missing",
    ]
    assert sorted(s["actor"]["account"]["name"] for s in found) == ["ada", "ada", "cy", "eve"]
    assert {s["authority"]["account"]["name"] for s in found} == {KEY, "later"}
    assert good["id"] in {s["id"] for s in found}
