"""A cluster in one engine: its tables as lrs.store.cluster renders them, Distributed over one shard that is the engine.

ClickHouse's engine as a library listens on no port and has no Keeper. So `ON CLUSTER` and the replication of tables are
taken out of what is rendered, and the Distributed table names this engine as its only shard, by `remote`. What is left
is read and written by the same code of ClickHouse as on a cluster, save for the network and for a second shard.
"""

from __future__ import annotations

import re

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
        for statement in cluster.render(sql, NAME):
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
