"""A cluster in one engine: its tables as lrs.store.cluster renders them, Distributed over one shard that is the engine.

ClickHouse's engine as a library listens on no port and has no Keeper. So `ON CLUSTER` and the replication of tables are
taken out of what is rendered, and the Distributed table names this engine as its only shard, by `remote`. What is left
is read and written by the same code of ClickHouse as on a cluster, save for the network and for a second shard.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from clickhouse_connect.driver.client import Client

from lrs.store import cluster
from lrs.store.clickhouse_address import ClickHouseAddress
from lrs.store.client import Store

NAME = "main"
_REPLICATED = re.compile(r"ENGINE = Replicated(\w+)\('[^']*', '{replica}'(?:, )?(.*)")
_OVER = re.compile(r" AS (\w+)\nENGINE = Distributed\('main', currentDatabase\(\), '\w+', (.*)\)")


class ShardStore(Store):
    """A store whose tables are Distributed over the engine's own, with the settings of a cluster."""

    def command(self, sql: str, seconds: int | None = None) -> None:
        for statement in cluster.render_for_cluster(sql, NAME):
            self.direct(local(statement), seconds)

    def direct(self, sql: str, seconds: int | None = None) -> None:
        """Run a statement as it is."""
        super().command(sql, seconds)

    def dsn(self) -> str:
        """Where the engine is."""
        return self._dsn()

    def _connect(self, address: ClickHouseAddress, seconds: int | None = None) -> Client:
        client = super()._connect(address, seconds)
        for name, value in cluster.SETTINGS.items():
            client.set_client_setting(name, value)
        return client


def local(statement: str) -> str:
    """A rendered statement for one engine."""
    statement = _REPLICATED.sub(r"ENGINE = \1(\2", statement.replace(f" ON CLUSTER '{NAME}'", ""))
    return _OVER.sub(r" AS remote('127.0.0.1', currentDatabase(), '\1', \2)", statement)


class TwoServers(Store):
    """A cluster of two servers, which are two databases of the engine: what is asked of all of them is asked of both.

    Args:
        plain: the engine, whose own database has the Distributed tables.
        name: of the two databases, with a number behind.
        numbers: shard and replica of each server.
    """

    def __init__(self, plain: Store, name: str, numbers: Sequence[tuple[int, int]] = ((1, 1), (2, 1))) -> None:
        super().__init__(plain._dsn)
        self.databases = [f"{name}_{n}" for n in (1, 2)]
        self._numbers = list(numbers)
        for database in self.databases:
            self.command(f"CREATE DATABASE {database} ENGINE = Atomic")

    @property
    def cluster(self) -> str:
        return NAME

    def servers(self) -> list[tuple[int, int]]:
        return self._numbers

    def everywhere(self, table: str) -> str:
        # The table function `remote` makes tables of the engine Proxy, which are Distributed ones; both share the
        # engine's checkpoints.
        kind = "if(engine = 'Proxy' OR name = 'checkpoints', 'Distributed', engine) AS engine"
        engine = f", {kind}" if table == "system.tables" else ""
        sources = [
            f"SELECT {n} AS _shard_num, * REPLACE ('{self.database}' AS database{engine}) FROM ("
            f"SELECT * FROM {table} WHERE database = '{one}' OR (database = '{self.database}' AND NOT {_LOCAL[table]}))"
            for n, one in enumerate(self.databases, 1)
        ]
        return f"({' UNION ALL '.join(sources)})"

    def drop(self) -> None:
        """Let go of the databases."""
        for database in self.databases:
            self.command(f"DROP DATABASE {database} SYNC")


_LOCAL = {"system.tables": "endsWith(name, '_local')", "system.parts": "endsWith(table, '_local')"}
