"""ClickHouse has committed, and its answer is lost: rows that are written again count once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from processors.folds.registry import fold_names
from tests.support.district import district
from tests.support.kafka import Broker
from tests.support.load import acknowledged, compare, loading
from tests.support.proxy import Fault, Proxy, Way

TABLES = ("statements", "observations", "voids", "learners", *fold_names())
TIMES = 3  # for each table
PATIENCE = 60.0


@pytest.mark.timeout(1200)
def test_a_lost_answer_is_not_counted_twice(tmp_path: Path, kafka: Broker) -> None:
    with district(tmp_path, kafka.address()) as parts, Proxy(lambda: ("127.0.0.1", parts.engine_port)) as proxy:
        parts.run("engine")
        direct = parts.clickhouse
        parts.clickhouse = direct.replace(f":{parts.engine_port}/", f":{proxy.port}/")
        assert parts.clickhouse != direct
        parts.start()
        lost: dict[str, int] = {}
        with loading(parts) as senders:
            for table in TABLES:
                fault = proxy.fail(Fault(Way.DROP, TIMES, f"INSERT INTO `{table}`".encode()))
                deadline = time.monotonic() + PATIENCE
                while fault.happened < TIMES:
                    assert time.monotonic() < deadline, f"no answer to an insert into {table} was lost"
                    time.sleep(0.05)
                lost[table] = fault.happened
        parts.wait()
        counts = compare(parts, acknowledged(senders))
        print(lost, counts)
        assert sum(lost.values()) == TIMES * len(TABLES)
