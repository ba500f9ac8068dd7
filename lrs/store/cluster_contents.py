"""What the tables of a cluster hold, server by server: a Distributed table has no rows of its own.

The servers of a shard are replicas of each other, and whichever is asked answers with what it has. So a checkpoint
vouches for what every replica of a shard held, and each of them must hold that for as long as it is one of the cluster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lrs.store.client import Store, StoreUnavailable
from lrs.store.contents import StoreContents, TableContents, TablePart

_TABLES_OF_SHARDS = (
    "SELECT _shard_num, name, toString(uuid), engine FROM {} WHERE database = %(database)s AND name IN %(tables)s"
)
_PARTS_OF_SHARDS = (
    "SELECT _shard_num, table, min_block_number, max_block_number, rows FROM {} "
    "WHERE database = %(database)s AND active AND table IN %(tables)s"
)
_LOCAL = "_local"
_ON_SHARD = " on shard "  # between a table and its shard, in a checkpoint


class Server(NamedTuple):
    """One server, as the cluster's configuration numbers it."""

    shard: int
    replica: int

    def __str__(self) -> str:
        return f"on shard {self.shard}, replica {self.replica}"


class ClusterContents:
    """What the tables of each server hold now."""

    def __init__(self, servers: Mapping[Server, StoreContents]) -> None:
        self._servers = servers
        self._shards: dict[int, list[StoreContents]] = {}
        for server, contents in servers.items():
            self._shards.setdefault(server.shard, []).append(contents)

    @property
    def missing(self) -> dict[str, str]:
        """What is asked of a server and is not there, or is of another kind, with the reasons."""
        return {
            f"{table} {server}": reason
            for server, contents in self._servers.items()
            for table, reason in contents.missing.items()
        }

    def held(self) -> dict[str, TableContents]:
        """What a checkpoint that is written now vouches for: what all replicas of a shard hold."""
        return {
            f"{table}{_ON_SHARD}{shard}": _common([replica for replica in replicas if table in replica.uuids], table)
            for shard, replicas in self._shards.items()
            for table in replicas[0].uuids
        }

    def lacks(self, vouched: Mapping[str, TableContents]) -> dict[str, str]:
        """The tables that do not hold what was vouched for, with the reasons."""
        reasons: dict[str, str] = {}
        for name, vouched_contents in vouched.items():
            table, _, shard = name.partition(_ON_SHARD)
            replicas_of_shard = {
                server: on_server for server, on_server in self._servers.items() if str(server.shard) == shard
            }
            if not replicas_of_shard:
                reasons[name] = "is of a shard that the cluster does not have"
            for server, contents in replicas_of_shard.items():
                reasons |= {
                    f"{table} {server}": reason for reason in contents.lacks({table: vouched_contents}).values()
                }
        return reasons


def read_cluster(store: Store, tables: Sequence[str], beside: Sequence[str]) -> ClusterContents:
    """Ask every server. Raises StoreUnavailable where one does not answer: what it holds is not known."""
    servers = [Server(*shard_and_replica) for shard_and_replica in store.servers()]
    names = [name for table in (*tables, *beside) for name in (table, table + _LOCAL)]
    parameters = {"database": store.database, "tables": names}
    engines: dict[Server, dict[str, str]] = {server: {} for server in servers}
    uuids: dict[Server, dict[str, str]] = {server: {} for server in servers}
    parts: dict[Server, dict[str, list[TablePart]]] = {server: {} for server in servers}
    tables_of, parts_of = (
        store.tuples(sql.format(store.everywhere(source)), parameters)
        for sql, source in ((_TABLES_OF_SHARDS, "system.tables"), (_PARTS_OF_SHARDS, "system.parts"))
    )
    if max((number for number, *_ in (*tables_of, *parts_of)), default=0) > len(servers):
        raise StoreUnavailable("the servers of the cluster have just changed")
    for number, name, uuid, engine in tables_of:
        engines[servers[number - 1]][name] = engine
        uuids[servers[number - 1]][name] = uuid
    for number, table, first, last, rows in parts_of:
        parts[servers[number - 1]].setdefault(table, []).append(TablePart(first, last, rows))
    local = [table + _LOCAL for table in tables]
    return ClusterContents(
        {
            server: StoreContents(
                {name: uuids[server][name] for name in local if name in uuids[server]},
                parts[server],
                _missing_tables(engines[server], tables, beside),
            )
            for server in servers
        }
    )


def _missing_tables(engines: Mapping[str, str], tables: Sequence[str], beside: Sequence[str]) -> dict[str, str]:
    """Of a view there is one; of a table the local one and the Distributed one, through which it is read."""
    reasons: dict[str, str] = {}
    for name in (*tables, *beside):
        engine = engines.get(name)
        if engine == "MaterializedView":
            continue
        if engine is None:
            reasons[name] = "is missing"
        elif engine != "Distributed":
            reasons[name] = f"is a {engine} and not Distributed: it hides the rows of the shards"
        elif name + _LOCAL not in engines:
            reasons[name + _LOCAL] = "is missing"
    return reasons


def _common(replicas: Sequence[StoreContents], table: str) -> TableContents:
    """What all replicas hold. A merge may have covered a number that no insert used, and only on some of them yet."""
    last_common = min(replica.last(table) for replica in replicas)
    uuid = next((replica.uuids[table] for replica in replicas), "")
    blocks = min(replica.blocks(table, last_common) for replica in replicas)
    return TableContents(uuid, last_common, blocks, min(replica.rows(table) for replica in replicas))
