"""Parts: inserts as small and as frequent as the stages' leave a number of parts that does not grow with time.

`PACER_SOAK_SECONDS` sets how long (180). By hand: PACER_SOAK_SECONDS=20 pytest -m soak tests/lrs/store/test_parts.py
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from pathlib import Path

import pytest

from lrs.store.client import Store
from lrs.store.dsn import dsn
from tests.support.engine import running

SECONDS = float(os.environ.get("PACER_SOAK_SECONDS", "180"))
MOST_PARTS = 500  # of a table: half of where ClickHouse slows inserts down; it refuses them at 3,000
TABLES = {
    "observations": (
        ["tenant", "learner", "time", "statement", "version"],
        ["String", "String", "Int64", "String", "UInt64"],
    ),
    "mastery": (["tenant", "learner", "key", "state", "version"], ["String", "String", "String", "String", "UInt64"]),
}


@pytest.mark.soak
@pytest.mark.timeout(SECONDS * 2 + 120)
def test_parts_stay_bounded(tmp_path: Path) -> None:
    with running(tmp_path) as store:
        stop = threading.Event()
        sent = dict.fromkeys(TABLES, 0)

        def send(table: str) -> None:
            own, (names, types) = Store(dsn(tmp_path, None)), TABLES[table]
            while not stop.is_set():
                n = sent[table]
                learners = [f"learner-{(n * 50 + i) % 3000}" for i in range(50)]
                third = [n] * 50 if table == "observations" else ["skill"] * 50
                fourth = [str(uuid.uuid4()) for _ in learners]
                own.insert(table, names, types, [["soak"] * 50, learners, third, fourth, [n] * 50])
                sent[table] += 1

        senders = [threading.Thread(target=send, args=(table,)) for table in TABLES]
        for sender in senders:
            sender.start()
        most: dict[str, list[int]] = {table: [] for table in TABLES}
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and all(sender.is_alive() for sender in senders):
            time.sleep(0.5)
            parts_now = dict(
                store.tuples(
                    "SELECT table, max(n) FROM (SELECT table, partition_id, count() AS n FROM system.parts "
                    "WHERE active AND database = currentDatabase() GROUP BY ALL) GROUP BY table",
                    {},
                )
            )
            for table, counts in most.items():
                counts.append(parts_now.get(table, 0))
        stop.set()
        for sender in senders:
            sender.join()
        for table, counts in most.items():
            print(
                f"{table}: {sent[table]} inserts in {SECONDS:.0f} s, at most {max(counts)} parts, "
                f"at the end {counts[-1]}"
            )
            assert len(counts) > SECONDS / 2, "the senders ended"
            assert sent[table] > 2 * MOST_PARTS, "too few inserts to show anything"
            assert max(counts) <= MOST_PARTS
