"""How many bytes a statement takes on its way: `python -m benchmarks.sizes`.

Simulated schools, a tenant each, go through the stages into an engine; its tables are merged and measured.
"""

from __future__ import annotations

import tempfile
import uuid
from itertools import count
from pathlib import Path
from typing import Any

import click
import lz4.frame  # type: ignore[import-untyped]

from lrs.catalog.catalogs import Catalogs
from lrs.cli.answering import print_json
from lrs.log import Entry
from lrs.simulator.school import SimulatedSchool
from lrs.simulator.statements import deliveries
from lrs.store.client import Store
from schemas.record import OBSERVATIONS, STATEMENTS, Bundle
from tests.processors.runtime.test_way import Way
from tests.support.engine import running

WEEKS = 4
CLASSES, LEARNERS = 8, 30


def schools(wanted: int) -> list[tuple[SimulatedSchool, list[list[bytes]]]]:
    """Schools with their batches of statements, at least `wanted` statements in all."""
    found, statements = [], 0
    for seed in count(1):
        if statements >= wanted:
            break
        school = SimulatedSchool.build(seed, CLASSES, LEARNERS, WEEKS)
        batches = [delivery.statements for delivery in deliveries(school) if not delivery.again]
        statements += sum(map(len, batches))
        found.append((school, batches))
    return found


def measure(statements: int) -> dict[str, Any]:
    """Bytes a statement: as sent, in the log, and in each table once it is merged; and rows a statement."""
    played = schools(statements)
    raw, packed, records, total = 0, 0, 0, sum(len(b) for _, batches in played for b in batches)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data") as store:
        for school, batches in played:
            tenant = f"school-{school.seed}"
            way = Way(store, Path(folder) / tenant, tenant)
            catalogs = Catalogs(way.log)
            for change in school.changes():
                catalogs.append(tenant, "tool", change, 1)
            for batch in batches:
                ids = [_id(one) for one in batch]
                bundle = Bundle(tenant, "tool", 1_770_000_000_000_000 + records, catalogs.position, ids, batch).encode()
                way.log.append(STATEMENTS, Entry("", bundle, len(batch)))
                raw += sum(map(len, batch))
                packed += len(lz4.frame.compress(bundle))
                records += 1
            way.finish()
            for record in way.log.read(OBSERVATIONS, 0, 1 << 40):
                packed += len(lz4.frame.compress(record.value))
            way.log.close()
        tables = _tables(store)
    learners = sum(len(pupils) for school, _ in played for pupils in school.classes.values())
    return {
        "statements": total,
        "learners": learners,
        "statements_per_learner": round(total / learners, 1),
        "bytes_sent_per_statement": round(raw / total),
        "log_lz4_bytes_per_statement": round(packed / total),
        "tables": {
            table: {
                "rows_per_statement": round(rows / total, 3),
                "bytes_per_row": round(size / rows, 1),
                "bytes_per_statement": round(size / total, 1),
                "bytes_per_learner": round(size / learners),
            }
            for table, rows, size in tables
            if rows
        },
        "clickhouse_bytes_per_statement": round(sum(size for *_, size in tables) / total),
    }


def _id(statement: bytes) -> str:
    start = statement.index(b'"id":"') + 6
    return str(uuid.UUID(statement[start : start + 36].decode()))


def _tables(store: Store) -> list[tuple[str, int, int]]:
    names = [row[0] for row in store.tuples("SELECT name FROM system.tables WHERE database = currentDatabase()", {})]
    for name in names:
        store.command(f"OPTIMIZE TABLE {name} FINAL")
    found = store.tuples(
        "SELECT table, sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase() "
        "GROUP BY table ORDER BY table",
        {},
    )
    return [(table, rows, size) for table, rows, size in found]


@click.command()
@click.option("--statements", type=click.IntRange(1000), default=200_000, show_default=True, help="At least as many.")
def main(statements: int) -> None:
    """Print bytes a statement."""
    print_json(measure(statements))


if __name__ == "__main__":
    main()
