"""One recorded load through both runtimes: the same rows, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from lrs.store.client import Store
from lrs.store.dsn import dsn
from processors.folds.registry import fold_names
from schemas.record import STATEMENTS, Bundle
from tests.support.district import District, district
from tests.support.kafka import Broker
from tests.support.load import compare, loading
from tests.support.server import serving

SECONDS = 3.0
# What differs by the runtime is where and when a statement is stored, and the bookkeeping that follows from it.
_COLUMNS = {
    "mastery": "* EXCEPT (mark, version)",
    "engagement": "* EXCEPT (mark, version)",
    "statements": "* EXCEPT (partition, sequence, stored, statement)",
    "observations": "* EXCEPT (partition, sequence, moved)",
    "learners": "* EXCEPT (sequence)",
    "definitions": "* EXCEPT (version)",
    "names": "* EXCEPT (version)",
    "voids": "tenant, target, statement",
    "refs": "tenant, target, statement",
}


@pytest.mark.timeout(1200)
def test_both_runtimes_give_the_same_rows(tmp_path: Path, kafka: Broker) -> None:
    with district(tmp_path / "district", kafka.address()) as parts:
        parts.start({"admit": 2, "project": 2})
        with loading(parts, pause=0.02) as senders:
            senders[0].join(SECONDS)
        parts.wait()
        bundles = _recorded(parts)
        counts = compare(parts, [])
        distributed = _tables(parts.store())
    seen: set[str] = set()
    with serving(tmp_path / "one") as server:
        log = SqliteLog(tmp_path / "one/log")
        for bundle in sorted(bundles, key=lambda bundle: bundle.time):
            new = bundle.part([n for n, id_ in enumerate(bundle.ids) if id_ not in seen])  # its index refuses others
            seen |= set(new.ids)
            if new.ids:
                log.append(STATEMENTS, Entry(new.ids[0], new.encode(), len(new.ids)))
        log.close()
        server.wait()
        embedded = _tables(Store(dsn(tmp_path / "one", None)))
    for table in _COLUMNS:
        assert distributed[table] == embedded[table], table
    print({table: len(rows) for table, rows in embedded.items()}, counts)
    assert min(len(embedded[table]) for table in (*fold_names(), "statements", "observations")) > 100


def _recorded(parts: District) -> list[Bundle]:
    """The bundles of all partitions, as the API made them."""
    found = []
    with parts.log() as log:
        for partition in range(log.partitions(STATEMENTS)):
            position = 0
            while records := log.partition(partition).read(STATEMENTS, position, 10_000):
                position = records[-1].position + 1
                found += [Bundle.decode(record.value) for record in records]
    return found


def _tables(store: Store) -> dict[str, list[str]]:
    return {
        table: sorted(map(repr, store.tuples(f"SELECT {columns} FROM {table} FINAL", {})))
        for table, columns in _COLUMNS.items()
    }
