"""One id, sent by many at once: one row; of different statements with it one is kept, the others are dead letters."""

from __future__ import annotations

import threading
import time
import uuid
from pathlib import Path
from typing import Any

import orjson
import pytest

from lrs.log.kafka_topics import make_topics
from tests.support.district import District, district
from tests.support.kafka import Broker
from tests.support.load import compare, dead, statements
from tests.support.statements import answered

SENDERS = 16
IDS = 24


def _race(parts: District, differ: bool) -> list[str]:
    """Every sender posts a batch with the same ids, all at once; gives the ids."""
    ids = [str(uuid.uuid4()) for _ in range(IDS)]
    ready = threading.Barrier(SENDERS)
    codes: list[int] = []

    def send(number: int) -> None:
        batch: list[dict[str, Any]] = [
            answered(f"l{n}", f"i{number}" if differ else "i", timestamp=f"2026-03-02T09:{n:02}:00Z", id_=id_)
            for n, id_ in enumerate(ids)
        ]
        with parts.client() as client:
            ready.wait()
            while (
                code := client.post("/xAPI/statements", json=batch).status_code
            ) == 503:  # partitions were just added
                time.sleep(0.2)
            codes.append(code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [200] * SENDERS
    return ids


@pytest.mark.timeout(1200)
def test_racing_senders_of_one_id(tmp_path: Path, kafka: Broker) -> None:
    with district(tmp_path, kafka.address()) as parts:
        parts.start({"admit": 2, "project": 1})
        same = _race(parts, differ=False)
        parts.wait()
        counts = compare(parts, same)
        assert counts.logged == IDS
        for partitions in (4, 8):
            if partitions == 8:
                assert make_topics(parts.kafka, 8, 1)
            different = _race(parts, differ=True)
            parts.wait()
            store = parts.store()
            rows = store.tuples("SELECT id, activity FROM statements FINAL WHERE id IN %(ids)s", {"ids": different})
            assert sorted(row[0] for row in rows) == sorted(different)
            with parts.log() as log:
                letters = [letter for letter in dead(log) if any(id_ in letter.reason for id_ in different)]
                first: dict[str, str] = {}
                for statement in statements(log):
                    first.setdefault(statement["id"], statement["object"]["id"])
            told = [orjson.loads(letter.payload) for letter in letters]  # some twice: delivered, or posted, again
            assert len({(one["id"], one["object"]["id"]) for one in told}) == IDS * (SENDERS - 1)
            assert all("a different statement with the id" in letter.reason for letter in letters)
            if (
                partitions == 4
            ):  # later a copy may be in two partitions, and the log decides which comes first in its home partition
                assert {row[0]: row[1] for row in rows} == {id_: first[id_] for id_ in different}
        # Sent again after partitions were added, a statement is the same still.
        with parts.client() as client:
            again = [
                answered(f"l{n}", "i", timestamp=f"2026-03-02T09:{n:02}:00Z", id_=id_) for n, id_ in enumerate(same)
            ]
            while (code := client.post("/xAPI/statements", json=again).status_code) == 503:
                time.sleep(0.2)
            assert code == 200
        parts.wait()
        rows = parts.store().tuples("SELECT count() FROM statements FINAL WHERE id IN %(ids)s", {"ids": same})
        assert rows == [(IDS,)]
        print(f"{SENDERS} senders, {3 * IDS} ids, {2 * IDS * (SENDERS - 1)} conflicts told")
