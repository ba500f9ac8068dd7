"""What the servers of a cluster hold, and which of them lacks what was vouched for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lrs.store import cluster
from lrs.store.cluster_contents import ClusterContents, Server
from lrs.store.contents import StoreContents, TablePart

CONFIGURATION = """<clickhouse><tcp_port>9000</tcp_port><remote_servers>
<whole><shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard></whole>
<short>
<shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard>
<shard><replica><host>127.0.0.3</host><port>9</port></replica></shard>
</short>
</remote_servers></clickhouse>"""
ASKS = """
import sys
from chdb.state.sqlitelike import connect
with connect(sys.argv[1]) as engine:
    for sql in sys.argv[2:]:
        try:
            print(engine.query(sql, "TSV"), end="")
        except Exception as error:
            print(str(error)[:9])
"""


def replica(*parts: tuple[int, int], uuid: str = "u") -> StoreContents:
    return StoreContents({"t_local": uuid}, {"t_local": [TablePart(first, last, 10) for first, last in parts]})


class TestReplicas:
    def test_what_all_replicas_hold_is_vouched_for(self) -> None:
        """A merge covers a number that no insert used, here 2, on one of them before it does on the other."""
        early, late = replica((0, 4)), replica((0, 1), (3, 3), (4, 4), (5, 5))
        contents = ClusterContents({Server(1, 1): early, Server(1, 2): late})
        [vouched] = contents.held().items()
        assert vouched[0] == "t_local on shard 1"
        assert (vouched[1].last, vouched[1].blocks) == (4, 4)
        assert contents.lacks(contents.held()) == {}

    def test_each_replica_must_hold_it(self) -> None:
        whole, empty, other = replica((0, 3)), replica(), replica((0, 3), uuid="v")
        vouched = ClusterContents({Server(1, 1): whole, Server(1, 2): whole}).held()
        assert ClusterContents({Server(1, 1): whole, Server(1, 2): empty}).lacks(vouched) == {
            "t_local on shard 1, replica 2": "lacks 4 of 4 blocks of rows"
        }
        assert ClusterContents({Server(1, 1): other, Server(1, 2): whole}).lacks(vouched) == {
            "t_local on shard 1, replica 1": "is another than it was"
        }

    def test_a_replica_may_leave_the_cluster_and_a_shard_may_not(self) -> None:
        servers = {Server(1, 1): replica((0, 3)), Server(1, 2): replica((0, 3)), Server(2, 1): replica((0, 8))}
        vouched = ClusterContents(servers).held()
        del servers[Server(1, 1)]
        assert ClusterContents(servers).lacks(vouched) == {}
        del servers[Server(2, 1)]
        assert ClusterContents(servers).lacks(vouched) == {
            "t_local on shard 2": "is of a shard that the cluster does not have"
        }


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the engine, as the only server that answers, says of two clusters in its configuration."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "config.xml").write_text(CONFIGURATION)
    servers = cluster.SERVERS.replace("%(cluster)s", "'short'")
    queries = [
        f"SELECT DISTINCT _shard_num FROM {cluster.everywhere(name, 'system.tables')}" for name in ("whole", "short")
    ]
    skipping = ", ".join(f"{name} = {value!r}" for name, value in cluster.SETTINGS.items())
    command = [sys.executable, "-c", ASKS, f"{folder}/data?config-file={folder}/config.xml", f"SET {skipping}"]
    done = subprocess.run([*command, servers, *queries], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


class TestEngine:
    def test_servers_are_numbered_as_they_are_configured(self, answers: list[str]) -> None:
        assert answers[:2] == ["1\t1\t127.0.0.1\t9000", "2\t1\t127.0.0.3\t9"]

    def test_every_server_is_asked_and_one_that_does_not_answer_is_an_error(self, answers: list[str]) -> None:
        assert answers[2] == "1"
        assert answers[3] in ("Code: 279", "Code: 519")
