"""On Kafka: a change over HTTP has the past read again by a worker, which is killed, while writes go on."""

from __future__ import annotations

import random
import time
from pathlib import Path

import httpx
import pytest

from tests.e2e.test_reinterpret import UNIT, in_unit
from tests.support.district import district
from tests.support.kafka import Broker
from tests.support.load import loading
from tests.support.statements import key

ANSWERS = 4  # of each learner
LEARNERS = [f"pupil-{number}" for number in range(30)]
LATE = 10  # of whom more comes meanwhile


def attempts(client: httpx.Client, name: str) -> dict[str, int]:
    found = client.get(f"/pacing/learners/{key(name)}")
    assert found.status_code == 200, found.text
    return {one["skill"]: one["attempts"] for one in found.json()["skills"]}


@pytest.mark.timeout(900)
def test_mapped_over_http_while_writes_go_on_and_workers_are_killed(tmp_path: Path, kafka: Broker) -> None:
    draw = random.Random(15)
    with district(tmp_path, kafka.address()) as parts:
        parts.start({"admit": 2, "project": 2, "decide": 1})
        with parts.client() as client:
            for name in LEARNERS:
                sent = [in_unit(name, False, minute) for minute in range(ANSWERS)]
                assert client.post("/xAPI/statements", json=sent).status_code == 200
            parts.wait()
            assert attempts(client, LEARNERS[0]) == {UNIT: ANSWERS}
            mapping = [{"kind": "skill", "id": "fractions"}, {"kind": "activity", "id": UNIT, "skills": ["fractions"]}]
            with loading(parts, 2) as senders:
                assert client.post("/catalog", json=[*mapping, {"kind": "reinterpret"}]).status_code == 200
                parts.wait_until(lambda: client.get("/ready").json().get("reinterpreting") is True, "api")
                for name in LEARNERS[:LATE]:  # read with the new catalog, of learners who are being folded
                    late = [in_unit(name, True, ANSWERS)]
                    assert client.post("/xAPI/statements", json=late).status_code == 200
                for _ in range(2):
                    parts.run("reinterpret-0")
                    time.sleep(draw.uniform(1.0, 4.0))
                    parts.kill("reinterpret-0")
                parts.run("reinterpret-0")
                parts.wait_until(lambda: client.get("/ready").json().get("reinterpreting") is False, "reinterpret-0")
            assert sum(len(sender.acknowledged) for sender in senders) > 0
            parts.wait()
            for number, name in enumerate(LEARNERS):
                assert attempts(client, name) == {"fractions": ANSWERS + (number < LATE)}
            assert client.post("/catalog/preview", json=[]).json()["observations"] == 0

            def decided() -> set[str]:
                found = parts.store().tuples(
                    "SELECT DISTINCT skill FROM decisions FINAL WHERE learner = %(learner)s",
                    {"learner": key(LEARNERS[0])},
                )
                return {row[0] for row in found}

            parts.wait_until(lambda: decided() == {"fractions"}, "reinterpret-0")
        code, said = parts.command("verify", "--all")
        assert code == 0, said
