"""Logins for SQL of a ClickHouse server: the SQL that makes them, and what ClickHouse then lets them do.

No server runs here. The SQL goes through ClickHouse's parser, and one user with all that it says through its engine.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from lrs.engine.sql_logins import BadSqlLogin, SqlLogin, SqlLoginExists, password_hash
from lrs.store.client import Store
from lrs.store.sql_logins import OthersSeeNothing, ServerSqlLogins, statements_to_add, statements_to_revoke
from tests.infra.test_clickhouse import asked

PASSWORD = "a password of some length"
TENANT = "the dog's \\school\\"
USERS = """<clickhouse>
  <profiles><default>
    <readonly>2</readonly><max_execution_time>60</max_execution_time>
    <constraints><max_execution_time><min>1</min><max>60</max></max_execution_time></constraints>
  </default></profiles>
  <quotas><default/></quotas>
  <users><default>
    <no_password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
    <databases><pacer><table name=""><filter>tenant = 'a'</filter></table></pacer></databases>
    <grants><query>GRANT SELECT, SHOW ON pacer.*</query></grants>
  </default></users>
</clickhouse>"""


@pytest.mark.parametrize("cluster", ["", "main"])
def test_clickhouse_reads_it(store: Store, cluster: str) -> None:
    statements = [
        *statements_to_add("bi", TENANT, PASSWORD, "pacer", cluster),
        *statements_to_revoke("bi", "p", cluster),
    ]
    found = [store.tuples("SELECT formatQuery({sql:String})", {"sql": sql})[0][0] for sql in statements]
    assert [text.split(" bi")[0].split(" `")[0].split(" ON")[0] for text in found] == [
        "CREATE USER",
        "CREATE ROW POLICY OR REPLACE pacer_sql_bi",
        "GRANT" if cluster else "GRANT SELECT, SHOW",
        "DROP USER IF EXISTS",
        "DROP ROW POLICY IF EXISTS pacer_sql_bi",
    ]
    assert all((" ON CLUSTER main" in text) == bool(cluster) for text in found)
    assert "ON pacer.*" in found[1]
    assert PASSWORD not in "".join(found)
    assert password_hash(PASSWORD) in found[0]


class _Server(Store):
    """Keeps the SQL that it is sent, and answers as a server on which `users` and `policies` are."""

    def __init__(self, *users: str, policies: tuple[tuple[str, str], ...] = (), hides: bool = False) -> None:
        super().__init__(lambda: "clickhouse://pacer:x@127.0.0.1:1/pacer")
        self._users, self._policies, self._hides = users, policies, hides
        self.sent: list[str] = []

    def tuples(self, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        gone = {sql.split("`")[1] for sql in self.sent if sql.startswith("DROP USER")}
        known = {"row_policies": self._policies, "users": [()] * (parameters.get("name") in {*self._users} - gone)}
        return list(known[sql.split("FROM system.")[1].split()[0]])

    def rows(self, sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        assert "FROM migrations" in sql
        return [] if self._hides and any("POLICY" in sql for sql in self.sent) else [{"number": 1}]

    def command(self, sql: str, seconds: int | None = None) -> None:
        assert sql.startswith("CREATE TABLE IF NOT EXISTS migrations")

    def administer(self, sql: str) -> None:
        self.sent.append(sql)


BI = ("pacer_sql_bi", statements_to_add("bi", TENANT, PASSWORD, "pacer", "")[1].split(" USING ")[1].split(" TO ")[0])


def test_it_may_read_only_when_its_policy_stands() -> None:
    server = _Server()
    ServerSqlLogins(server).add("bi", TENANT, PASSWORD)
    assert server.sent == statements_to_add("bi", TENANT, PASSWORD, "pacer", "")
    assert [sql.split()[1] for sql in server.sent] == ["USER", "ROW", "SELECT,"]


def test_those_that_are_there() -> None:
    server = _Server("bi", "admin", policies=(BI,))
    logins = ServerSqlLogins(server)
    assert logins.listed() == [SqlLogin("bi", TENANT)]
    for name, replace in (("bi", False), ("admin", False), ("admin", True)):  # whom this did not make, it leaves alone
        with pytest.raises(SqlLoginExists):
            logins.add(name, "a", PASSWORD, replace)
    assert not logins.revoke("admin")
    assert server.sent == []
    logins.add("bi", "a", PASSWORD, replace=True)
    both = [*statements_to_revoke("bi", "pacer", ""), *statements_to_add("bi", "a", PASSWORD, "pacer", "")]
    assert server.sent == both


def test_a_server_that_would_hide_all_from_pacer_is_left_as_it_was() -> None:
    server = _Server(hides=True)
    with pytest.raises(OthersSeeNothing):
        ServerSqlLogins(server).add("bi", "a", PASSWORD)
    assert server.sent[-2:] == statements_to_revoke("bi", "pacer", "")


@pytest.mark.parametrize(
    ("name", "tenant", "password"),
    [
        ("pacer", "a", PASSWORD),
        ("default", "a", PASSWORD),
        ("x`y", "a", PASSWORD),
        ("bi", "", PASSWORD),
        ("bi", "a", "x"),
    ],
)
def test_what_none_may_be(name: str, tenant: str, password: str) -> None:
    server = _Server()
    with pytest.raises(BadSqlLogin):
        ServerSqlLogins(server).add(name, tenant, password)
    assert server.sent == []


def test_what_such_a_user_reads(tmp_path: Path) -> None:
    """The same policy, limits and rights, of the engine's one user."""
    (tmp_path / "all.xml").write_text("<clickhouse/>")
    (tmp_path / "users.xml").write_text(USERS)
    (tmp_path / "one.xml").write_text(f"<clickhouse><users_config>{tmp_path / 'users.xml'}</users_config></clickhouse>")
    asked(
        tmp_path / "data",
        tmp_path / "all.xml",
        "CREATE DATABASE pacer ENGINE = Atomic",
        "CREATE TABLE pacer.t (tenant String, learner String) ENGINE = MergeTree ORDER BY tenant",
        "CREATE TABLE pacer.checkpoints (reader String) ENGINE = MergeTree ORDER BY reader",
        "INSERT INTO pacer.t VALUES ('a', 'zoe'), ('b', 'secret')",
        "INSERT INTO pacer.checkpoints VALUES ('x')",
    )

    def ask(*sql: str) -> list[list[str]]:
        return asked(tmp_path / "data", tmp_path / "one.xml", *sql)

    reads = ["SELECT * FROM pacer.t", "SELECT count() FROM pacer.t PREWHERE throwIf(learner = 'secret') = 0"]
    assert ask(*reads, "SELECT count() FROM merge('pacer', '^t$')") == [["a", "zoe"], ["1"], ["1"]]
    # Not tried: system tables, which a server alone keeps from whom they are not granted.
    for sql in (
        "SELECT * FROM pacer.checkpoints",
        "SELECT * FROM mergeTreeIndex(pacer, t)",
        "INSERT INTO pacer.t VALUES ('a', 'x')",
        "SELECT 1 SETTINGS max_execution_time = 0",
        "SELECT 1 SETTINGS max_execution_time = 61",
        "SELECT 1 SETTINGS readonly = 0",
    ):
        with pytest.raises(subprocess.CalledProcessError):
            ask(sql)
