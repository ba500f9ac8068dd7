"""The same tables on a cluster of ClickHouse: a statement of one server, rendered for many.

A table `x` becomes a replicated `x_local` on every shard, and a Distributed `x` over them that reads and writes
through. What is rendered may be run again: a step that stopped half way, or that a host missed, is repeated.
"""

from __future__ import annotations

import re

_SHARDED_BY = {
    # Rows that replace each other must meet on one shard, as FINAL and merges work within one. The first two columns of
    # the sorting key do that, which say whose row it is: a tenant's learner, agent, activity or statement. Except:
    # A statement's position in the log belongs to one id, so copies of it meet, too; and a look-up by id, the question
    # that grows with the load, asks one shard.
    "statements": "tenant, id",
    "migrations": "number",
    "checkpoints": "reader",
}
# What reads and writes need so that they are as right through Distributed tables as on one server.
SETTINGS: dict[str, str | int] = {
    "distributed_foreground_insert": 1,  # an insert is answered when the shards have it, not when it is queued
    "distributed_product_mode": "global",  # a sub-query asks all shards once, instead of each shard its own rows
    "optimize_skip_unused_shards": 1,  # one learner's rows are asked of one shard
    "skip_unavailable_shards": 0,  # no answer rather than one without a shard
    # An insert that is sent again is known by its token, and passed on to views all the same: they may have failed.
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "alter_sync": 2,  # a new column exists on every replica before rows with it come
    "distributed_ddl_task_timeout": 50,  # s, less than the client waits
}
SERVERS = (
    "SELECT shard_num, replica_num, host_name, port FROM system.clusters WHERE cluster = %(cluster)s "
    "ORDER BY shard_num, replica_num"
)
_CLUSTER_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
# Where Keeper has a table: {uuid} is each table's own, so that one that is made like another, and takes its name, is
# not taken for it, whatever the server's default is. {shard} and {replica} are macros of each server.
_IN_KEEPER = "'/clickhouse/tables/{uuid}/{shard}', '{replica}'"
_CREATE_STATEMENT = re.compile(
    r"CREATE TABLE (?:IF NOT EXISTS )?(\w+) \((.*)\)\s*ENGINE = (\w*MergeTree)(?:\(([^)]*)\))?\s*(.*)", re.DOTALL
)
_SORTED_BY = re.compile(r"ORDER BY \(tenant, (\w+)[,)]")
_ALTER = re.compile(r"ALTER TABLE (\w+)\s+(.*)", re.DOTALL)
_ACTION = re.compile(r"(ADD|DROP) (COLUMN|INDEX) (?:IF (?:NOT )?EXISTS )?(.*)", re.DOTALL)
_MATERIALIZE = re.compile(r"MATERIALIZE (?:COLUMN|INDEX) .*", re.DOTALL)
_VIEW = re.compile(r"CREATE MATERIALIZED VIEW (?:IF NOT EXISTS )?(\w+) TO (\w+) AS\s+(.*\bFROM )(\w+)(.*)", re.DOTALL)
_DROP = re.compile(r"DROP (TABLE|VIEW) (?:IF EXISTS )?(\w+)(?: SYNC)?")
_EXCHANGE = re.compile(r"EXCHANGE TABLES (\w+) AND (\w+)")
_ATTACH = re.compile(r"ALTER TABLE (\w+) ATTACH PARTITION ID 'all' FROM (\w+)")
_FILL = re.compile(r"INSERT INTO \w+\s+SELECT .*", re.DOTALL)
_DELETE = re.compile(r"DELETE FROM (\w+) (WHERE .*)", re.DOTALL)


class BadCluster(ValueError):
    """Not a cluster's name."""


def check_cluster_name(name: str) -> str:
    """A cluster's name as the servers' configuration may spell it. Raises BadCluster."""
    if not _CLUSTER_NAME.fullmatch(name):
        raise BadCluster(f"cluster: {name!r} is not a name of letters, digits, '.', '_' and '-'")
    return name


def render_for_cluster(sql: str, cluster: str) -> list[str]:
    """What a statement that makes or changes tables is on a cluster, in order.

    Raises ValueError for a statement, or a table, that this does not know.
    """
    on = f"ON CLUSTER '{check_cluster_name(cluster)}'"
    if parsed := _CREATE_STATEMENT.fullmatch(sql):
        table, columns, engine, arguments, rest = parsed.groups()
        create_local = f"CREATE TABLE IF NOT EXISTS {table}_local {on} ({columns})"
        engine = f"Replicated{engine}({', '.join(filter(None, (_IN_KEEPER, arguments)))})"
        return [f"{create_local}\nENGINE = {engine}\n{rest}", _over(table, sharded_by(sql), cluster)]
    if parsed := _ATTACH.fullmatch(sql):  # not all at once here: each server has rows of its own
        return [f"INSERT INTO {parsed[1]} SELECT * FROM {parsed[2]}"]
    if parsed := _ALTER.fullmatch(sql):
        return _altered(parsed[1], parsed[2], on)
    if parsed := _VIEW.fullmatch(sql):
        # It sees what comes to its shard, and passes it on to wherever the rows that it makes belong.
        view, to, head, source, tail = parsed.groups()
        return [f"CREATE MATERIALIZED VIEW IF NOT EXISTS {view} {on} TO {to} AS\n{head}{source}_local{tail}"]
    if parsed := _DROP.fullmatch(sql):
        # SYNC: a table made again must not meet what is left of the old one.
        kind, name = parsed.groups()
        names = (name, f"{name}_local") if kind == "TABLE" else (name,)
        return [f"DROP {kind} IF EXISTS {table_name} {on} SYNC" for table_name in names]
    if _FILL.fullmatch(sql):
        return [sql]
    if parsed := _EXCHANGE.fullmatch(sql):
        # The Distributed tables name the local ones, so they follow.
        return [f"EXCHANGE TABLES {parsed[1]}_local AND {parsed[2]}_local {on}"]
    if parsed := _DELETE.fullmatch(sql):
        return [f"DELETE FROM {parsed[1]}_local {on} {parsed[2]}"]
    raise ValueError(f"no rendering for a cluster of: {sql[:80]}")


def everywhere(cluster: str, table: str) -> str:
    """A table of each server. A server that does not answer is an error, as cluster.SETTINGS skip none."""
    return f"clusterAllReplicas('{check_cluster_name(cluster)}', {table})"


def sharded_by(create: str) -> str:
    """The columns by which the rows of a table are spread over shards. Raises ValueError if none is given."""
    parsed = _CREATE_STATEMENT.fullmatch(create)
    table = parsed[1] if parsed else create[:80]
    if table in _SHARDED_BY:
        return _SHARDED_BY[table]
    key = _SORTED_BY.match(parsed[5]) if parsed else None
    if key is None:
        raise ValueError(
            f"{table}: no sharding key, as its sorting key does not start with a tenant and whose row it is"
        )
    return f"tenant, {key[1]}"


def _over(table: str, sharded_by: str, cluster: str) -> str:
    """The Distributed table over a local one."""
    return (
        f"CREATE TABLE IF NOT EXISTS {table} ON CLUSTER '{cluster}' AS {table}_local\n"
        f"ENGINE = Distributed('{cluster}', currentDatabase(), '{table}_local', cityHash64({sharded_by}))"
    )


def _altered(table: str, text: str, on: str) -> list[str]:
    """A Distributed table has the columns of the local one, and no indexes; it never has one that the other lacks."""
    if _MATERIALIZE.fullmatch(text):
        return [f"ALTER TABLE {table}_local {on}\n  {text}"]
    actions = []
    for action in re.split(r",\s*\n\s*", text):
        parsed = _ACTION.fullmatch(action)
        if parsed is None:
            raise ValueError(f"no rendering for a cluster of: ALTER TABLE {table} {action[:80]}")
        verb, kind, rest = parsed.groups()
        exists = "IF NOT EXISTS" if verb == "ADD" else "IF EXISTS"
        actions.append((verb, kind, f"  {verb} {kind} {exists} {rest}"))
    if len({verb for verb, _, _ in actions}) > 1:
        raise ValueError(f"ALTER TABLE {table}: add and drop in statements of their own")
    columns = [line for _, kind, line in actions if kind == "COLUMN"]
    altered = [f"ALTER TABLE {table}_local {on}\n" + ",\n".join(line for _, _, line in actions)]
    if columns:
        altered.append(f"ALTER TABLE {table} {on}\n" + ",\n".join(columns))
    return altered if actions[0][0] == "ADD" else altered[::-1]
