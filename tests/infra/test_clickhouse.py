"""ClickHouse's settings, as far as the embedded engine can judge them: no server runs here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import parse

from lrs.store.client import Store
from tests.support.compose import INFRA, services

FOLDER = INFRA / "clickhouse"
NOT_FLAT = {
    "query_log",
    "query_thread_log",
    "trace_log",
    "text_log",
    "processors_profile_log",
    "asynchronous_metric_log",
    "access_control_improvements",
}
NO_SERVER = {"max_concurrent_queries"}  # a library has no queue: it is known, and not taken
ASK = """
import sys
from chdb.state.sqlitelike import connect
asking = connect(sys.argv[1])
for sql in sys.argv[2:]:
    print(asking.query(sql, "TSV").bytes().decode(), end="")
"""


def root(name: str) -> Element:
    found: Element | None = parse(FOLDER / name).getroot()
    assert found is not None
    assert found.tag == "clickhouse"
    return found


def asked(data: Path, config: Path, *sql: str, **environment: str) -> list[list[str]]:
    """What an engine with a configuration answers. In a process of its own: an engine's settings are the process's."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, f"{data}?config-file={config}", *sql],
        env=os.environ | environment,
        capture_output=True,
        check=True,
        timeout=60,
        text=True,
    )
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.xml")), ids=lambda path: path.name)
def test_well_formed(path: Path) -> None:
    assert len(root(str(path.relative_to(FOLDER)))) > 0


def test_server_settings_are_taken(tmp_path: Path) -> None:
    wanted = {one.tag: one.text for one in root("config.xml") if one.tag not in NOT_FLAT}
    found = dict(asked(tmp_path, FOLDER / "config.xml", "SELECT name, value FROM system.server_settings ORDER BY name"))
    assert "max_server_memory_usage_to_ram_ratio" in wanted
    assert set(wanted) <= set(found)
    assert {name: found[name] for name in wanted if name not in NO_SERVER} == {
        name: value for name, value in wanted.items() if name not in NO_SERVER
    }


def test_profiles_hold_settings(store: Store) -> None:
    known = {row[0] for row in store.tuples("SELECT name FROM system.settings", {})}
    profiles = root("users.xml").find("profiles")
    assert profiles is not None
    for profile in profiles:
        assert {one.tag for one in profile} - {"constraints"} <= known
        assert {one.tag for one in profile.iterfind("constraints/*")} <= known


def test_users_have_a_profile_and_the_environment_their_passwords() -> None:
    users = root("users.xml").find("users")
    assert users is not None
    profiles = {one.tag for one in root("users.xml").iterfind("profiles/*")}
    environment = services()["clickhouse"]["environment"]
    assert {user.tag for user in users} == {"pacer"}
    for user in users:
        password = user.find("password")
        assert password is not None
        assert password.get("from_env") in environment
        assert user.findtext("profile") in profiles
        assert user.findtext("access_management") == "1", "lrs sql-logins makes users"


def test_the_cluster_is_what_its_comment_says(tmp_path: Path) -> None:
    """Two shards of two replicas, and macros from the environment."""
    found = asked(
        tmp_path,
        FOLDER / "cluster/server.xml",
        "SELECT shard_num, replica_num, host_name FROM system.clusters WHERE cluster = 'main' ORDER BY ALL",
        "SELECT macro, substitution FROM system.macros ORDER BY ALL",
        SHARD="2",
        REPLICA="b",
        CLUSTER_SECRET="secret",
    )
    assert found == [
        ["1", "1", "ch1a"],
        ["1", "2", "ch1b"],
        ["2", "1", "ch2a"],
        ["2", "2", "ch2b"],
        ["replica", "b"],
        ["shard", "2"],
    ]
    assert {one.text for one in root("cluster/server.xml").iter("internal_replication")} == {"true"}


def test_servers_and_keepers_meet() -> None:
    servers = {(node.findtext("host"), node.findtext("port")) for node in root("cluster/server.xml").iter("node")}
    keeper = root("cluster/keeper.xml")
    port = keeper.findtext("keeper_server/tcp_port")
    assert servers == {(one.findtext("hostname"), port) for one in keeper.iterfind(".//raft_configuration/server")}
