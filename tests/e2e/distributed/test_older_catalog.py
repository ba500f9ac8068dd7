"""On Kafka: a catalog that is older than what was acted on. Whoever meets that halts by name, until it is accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs import exits
from lrs.backup.kafka_restorer import KafkaRestorer
from schemas.record import CATALOG
from tests.e2e.distributed.test_lost_tables import closed
from tests.e2e.distributed.test_other_log import recreate
from tests.support.district import District, district
from tests.support.eventually import eventually
from tests.support.kafka import Broker
from tests.support.load import compare
from tests.support.statements import answered, key

SKILLS = [[{"kind": "skill", "id": f"skill-{number}"}] for number in range(3)]
WORKERS = ("admit-0", "project-0", "people-0", "reinterpret-0")


def restore_older(parts: District) -> int:
    """Put the catalog's topic back as it was before its last change; gives where it ends then."""
    with parts.log() as log:
        records = log.read(CATALOG, 0, 1_000)
    recreate(parts, CATALOG)
    restorer = KafkaRestorer(parts.kafka)
    with restorer.keeping_times([CATALOG]):
        restorer.write(CATALOG, 0, records[:-1])
    return len(records) - 1


def halts(parts: District, name: str) -> str:
    """A worker that is started ends by name; gives the reason."""
    parts.run(name)
    assert parts.processes.pop(name).wait(120) == exits.HALTED, parts.said(name)[-3000:]
    return parts.said(name).splitlines()[-1]


@pytest.mark.timeout(1200)
def test_who_has_acted_on_more_halts(tmp_path: Path, kafka: Broker) -> None:
    with district(tmp_path, kafka.address()) as parts:
        parts.start({"admit": 1, "project": 1, "reinterpret": 1})
        with parts.client() as client:
            for changes in SKILLS:
                assert client.post("/catalog", json=changes).status_code == 200
            first = answered("ada")
            assert client.post("/xAPI/statements", json=first).status_code == 200
            parts.wait()
            checkpoint = "SELECT max(position) FROM checkpoints WHERE reader = 'reinterpret'"
            with parts.log() as log:
                parts.wait_until(lambda: parts.store().tuples(checkpoint, {}) == [(log.end(CATALOG),)], "reinterpret-0")
            for name in WORKERS:
                parts.kill(name)
            end = restore_older(parts)
            eventually(lambda: client.get("/catalog").status_code == 200)  # it knows what the log says now
            parts.run("admit-0")
            later = answered("ada")  # whose rows were folded by who knew more
            assert client.post("/xAPI/statements", json=later).status_code == 200
            ahead = f"catalog ends at {end}, before position {end + 1}"
            assert ahead in halts(parts, "project-0")
            said = closed(parts)
            assert f"halted: project: {ahead}" in said
            assert "lrs rebuild --accept-log" in said
            assert client.get(f"/pacing/learners/{key('ada')}").status_code == 503
            assert "catalog is another log than the one that people has read" in halts(parts, "people-0")
            assert ahead in halts(parts, "reinterpret-0")
            code, out = parts.command("doctor")
            assert (code, "halted: " in out, "lrs rebuild --accept-log" in out) == (exits.WRONG, True, True), out

            parts.run("decide-0")
            for name in ("project-0", "people-0", "reinterpret-0"):
                parts.run(name)
            code, out = parts.command("rebuild", "--accept-log")
            assert code == 0, out
            assert client.post("/catalog", json=SKILLS[-1]).status_code == 200
            last = answered("ada")
            assert client.post("/xAPI/statements", json=last).status_code == 200
            parts.wait()
            assert client.get("/ready/read").status_code == 200
            assert client.get(f"/pacing/learners/{key('ada')}").status_code == 200
        compare(parts, [first["id"], later["id"], last["id"]])
        decided = "SELECT count() > 0 FROM decisions FINAL WHERE learner = {learner:String}"
        parts.wait_until(lambda: parts.store().tuples(decided, {"learner": key("ada")}) == [(1,)], "decide-0")
        code, out = parts.command("verify", "--all")
        assert code == 0, out
