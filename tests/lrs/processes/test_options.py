"""The log in Kafka needs the other parts where all machines reach them."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from lrs.log.kafka_address import KafkaAddress
from lrs.processes.options import require_beside_kafka
from lrs.processes.runtime import Runtime

DATA, KAFKA, DATABASE = Path("data"), KafkaAddress.parse("broker:9092"), "postgresql+pg8000://a:b@c:1/d"


def test_what_is_missing_beside_kafka_is_named() -> None:
    require_beside_kafka(Runtime(DATA), "clickhouse", "database")
    require_beside_kafka(Runtime(DATA, KAFKA, database=DATABASE), "database")
    with pytest.raises(click.UsageError, match="--kafka needs --clickhouse: "):
        require_beside_kafka(Runtime(DATA, KAFKA, database=DATABASE), "clickhouse", "database")
    with pytest.raises(click.UsageError, match="--kafka needs --clickhouse and --database: "):
        require_beside_kafka(Runtime(DATA, KAFKA), "clickhouse", "database")
