"""Which runtime: everything in a data folder on this machine, or Kafka, a ClickHouse server and PostgreSQL."""

from __future__ import annotations

# What opens one of these parts alone imports no client of the others: that takes longer than most commands do.
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lrs.extras import needs, require
from lrs.log.damage_memory import DamagedRecord, remembered
from lrs.log.kafka_address import KafkaAddress
from lrs.log.sqlite import SqliteLog
from lrs.log.stored_log import StoredLog
from lrs.store.closed_tables import ClosedTables, ClosedTablesFile
from lrs.store.failing_tenants import FailingTenants, FailingTenantsFile

if TYPE_CHECKING:
    from lrs.store.client import Store

CATALOG_SECONDS = 0.5  # how old a look at a catalog in Kafka may be
# How long questions wait for a ClickHouse that is busy: of what runs in the background or for a command, as nobody
# asks again for it; of a stage, which asks again itself, less than the time in which it must stop.
WORK_SECONDS, STAGE_SECONDS = 60.0, 5.0


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where the parts are; what is None is embedded, in the folder `data`.

    clickhouse is a DSN, database an SQLAlchemy URL, attachments s3://BUCKET/PREFIX or a folder.
    """

    data: Path
    kafka: KafkaAddress | None = None
    clickhouse: str | None = None
    database: str | None = None
    attachments: str | None = None

    @property
    def catalog_seconds(self) -> float:
        """How old a look at the catalog may be."""
        return CATALOG_SECONDS if self.kafka else 0.0

    @property
    def has_unknown_tables(self) -> bool:
        """Whether there are tables of which nobody said where they are."""
        return self.kafka is not None and self.clickhouse is None

    def check(self) -> None:
        """Check that what the runtime names is installed: MissingExtra where it needs more than is installed."""
        if self.kafka or (self.database and not self.database.startswith("sqlite")):
            require("kafka")
        if self.attachments and "://" in self.attachments:
            require("s3")

    def log(self) -> StoredLog:
        """The log. Raises Unavailable when its folder cannot be used; a Kafka is connected to when it is used."""
        if self.kafka is None:
            return SqliteLog(self.data / "log")
        with needs("kafka"):
            from lrs.log.kafka import KafkaLog

        return KafkaLog(self.kafka)

    def make_log_folder(self) -> None:
        """Make the folder of an embedded log where it is gone: it is an empty log from then on."""
        if self.kafka is None:
            (self.data / "log").mkdir(exist_ok=True, mode=0o700)

    def store(self, busy_seconds: float = WORK_SECONDS) -> Store:
        """ClickHouse; `busy_seconds` is how long a question waits where it is busy."""
        from lrs.store.client import Store
        from lrs.store.dsn import dsn

        return Store(dsn(self.data, self.clickhouse), not self.clickhouse, busy_seconds=busy_seconds)

    def answering_store(self, busy_seconds: float = 0.0) -> Store:
        """ClickHouse, for answers: a question is refused while the tables do not hold what the log holds.

        It is also refused where ClickHouse is busy, after `busy_seconds`.
        """
        from lrs.store.client import Store
        from lrs.store.dsn import dsn

        return Store(dsn(self.data, self.clickhouse), not self.clickhouse, self.closed_tables().read, busy_seconds)

    def closed_tables(self) -> ClosedTables:
        """What keeps the tables from being read: on Kafka all processes share the transactional database."""
        if self.kafka is None:
            return ClosedTablesFile(self.data)
        from lrs.store.shared_closed_tables import SharedClosedTables

        return SharedClosedTables(self.database or "")

    def failing_tenants(self) -> FailingTenants:
        """The tenants for whom the processors cannot decide."""
        if self.kafka is None:
            return FailingTenantsFile(self.data)
        from lrs.store.shared_failing_tenants import SharedFailingTenants

        return SharedFailingTenants(self.database or "")

    def damaged_records(self) -> list[DamagedRecord]:
        """Records that somebody met damaged in the embedded log; brokers see to their own. Raises LostData."""
        return [] if self.kafka else remembered(self.data / "log")

    def environment(self) -> dict[str, str]:
        """What tells a child process of it: passwords do not stand in a command line, which anybody may see."""
        settings = {
            "DATA": os.fspath(self.data),
            "KAFKA": self.kafka,
            "CLICKHOUSE": self.clickhouse,
            "DATABASE": self.database,
            "ATTACHMENTS": self.attachments,
        }
        return {f"PACER_{name}": str(value) for name, value in settings.items() if value is not None}
