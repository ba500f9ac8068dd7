"""On Kafka: topics, PostgreSQL and attachments are backed up under writes, and restored into topics of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from kafka import KafkaProducer

from lrs import exits
from lrs.log.kafka_topics import make_topics
from lrs.store.client import Store
from schemas.record import DIRECT, STATEMENTS
from tests.support.district import District, district
from tests.support.eventually import eventually
from tests.support.kafka import Broker
from tests.support.load import acknowledged, compare, loading
from tests.support.server import KEY, SECRET
from tests.support.statements import answered

_PROFILE = {"activityId": "https://a.example", "profileId": "p"}
_TABLES = {
    "statements": "tenant, stored, id, partition, sequence, statement",
    "observations": "*",
    "mastery": "* EXCEPT (mark, version)",
    "engagement": "* EXCEPT (mark, version)",
}


def _rows(store: Store) -> dict[str, list[str]]:
    return {
        table: sorted(map(repr, store.tuples(f"SELECT {columns} FROM {table} FINAL", {})))
        for table, columns in _TABLES.items()
    }


def _history(store: Store) -> list[tuple[Any, ...]]:
    """What was decided, and since when."""
    columns = "tenant, learner, skill, class, since, decision"
    return store.tuples(f"SELECT {columns} FROM decision_history FINAL ORDER BY {columns}", {})


def _send_direct(parts: District) -> None:
    """A statement without an id: it gets one from where it is in the topic."""
    without = answered("direct")
    del without["id"]
    producer = KafkaProducer(bootstrap_servers=list(parts.kafka.servers), acks="all")
    headers = [("tenant", b"default"), ("credential", KEY.encode())]
    producer.send(parts.kafka.name(DIRECT), orjson.dumps(without), headers=headers)
    producer.flush()
    producer.close()
    with parts.log() as log:
        eventually(lambda: log.reached("intake", DIRECT) == log.ends(DIRECT))


def _verified(parts: District, code: int) -> dict[str, int]:
    """Has everything verified; gives how many are wrong by check."""
    found, said = parts.command("verify", "--all", "--json")
    assert found == code, said
    checks = {one["check"]: one for one in orjson.loads(said)}
    assert checks["log statements"]["checked"] > 0
    assert checks["mastery"]["checked"] > 0
    return {name: one["wrong"] for name, one in checks.items() if one["wrong"]}


@pytest.mark.timeout(1200)
def test_what_was_backed_up_is_restored_and_verified(tmp_path: Path, kafka: Broker) -> None:
    target = str(tmp_path / "backup")
    with district(tmp_path / "one", kafka.address()) as parts:
        parts.start({"intake": 1, "admit": 1, "project": 1, "decide": 1})
        with loading(parts, senders=1) as senders:
            eventually(lambda: len(acknowledged(senders)) > 0)
            known = list(acknowledged(senders))
            code, said = parts.command("backup", target, "--json")
            assert code == 0, said
            first = orjson.loads(said)["records"]
        with parts.client() as client:
            new = {"If-None-Match": "*"}
            put = client.put("/xAPI/activities/profile", params=_PROFILE, content=b"kept", headers=new)
            assert put.status_code == 204
        assert parts.command("credentials", "add", "--key", "extra", "--secret", "s")[0] == 0
        _send_direct(parts)
        parts.wait()
        code, said = parts.command("backup", target, "--json")
        assert code == 0, said
        second = orjson.loads(said)["records"]
        assert 0 < first[STATEMENTS] < second[STATEMENTS]
        eventually(lambda: bool(_history(parts.store())))
        assert parts.end("decide-0") == 0
        history = _history(parts.store())
        assert parts.command("credentials", "revoke", "extra")[0] == 0
        assert parts.command("backup", target)[0] == 0
        whole = _rows(parts.store())
        assert _verified(parts, 0) == {}
        parts.store().command(f"ALTER TABLE statements DELETE WHERE id = '{known[0]}' SETTINGS mutations_sync = 2", 60)
        assert _verified(parts, exits.WRONG).keys() == {"statements", "agent_statements", "history"}
    assert known
    with district(tmp_path / "other", kafka.address()) as parts:
        code, said = parts.command("restore", target)
        assert code == exits.TAKEN, said  # there are no topics
        make_topics(parts.kafka, parts.partitions, 1)
        parts.run("engine")
        code, said = parts.command("restore", target, "--json")
        assert code == 0, said
        assert parts.command("restore", target)[0] == exits.TAKEN
        assert make_topics(parts.kafka, parts.partitions, 1) == []
        assert parts.command("topics", "show", "--kafka", str(parts.kafka))[0] == 0  # as they should be
        assert _history(parts.store()) == history
        for name in ("intake-0", "admit-0", "project-0", "api"):
            parts.run(name)
        parts.wait()
        assert _rows(parts.store()) == whole  # each at its position, with its time
        parts.run("decide-0")
        decided = "SELECT DISTINCT tenant, learner, skill, class FROM decisions FINAL"
        eventually(lambda: len(parts.store().tuples(decided, {})) == len({row[:4] for row in history}))
        assert _history(parts.store()) == history  # none was entered again
        with parts.log() as log:
            assert sum(log.ends(STATEMENTS)) == second[STATEMENTS]  # nothing was taken in from `direct` again
        with parts.client() as client:
            assert client.get("/xAPI/activities/profile", params=_PROFILE).content == b"kept"
            assert client.post("/xAPI/statements", json=answered("after")).status_code == 200
        for key, secret, status in ((KEY, SECRET, 200), ("extra", "s", 401)):
            assert httpx.get(f"{parts.base}/catalog", auth=(key, secret)).status_code == status
        parts.wait()
        compare(parts, known)
