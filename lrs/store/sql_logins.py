"""Logins for SQL of a ClickHouse server: users, each with a row policy on all tables of the database, new ones too.

What has no tenant cannot be read under such a policy: ClickHouse finds no column for it.
"""

from __future__ import annotations

import re

from lrs.engine.sql_logins import SqlLogin, SqlLoginExists, check_sql_login, password_hash
from lrs.engine.tenant_rows import READER_SECONDS, literal
from lrs.store.client import Store, StoreRefused
from lrs.store.migrate import applied

_MEMORY = 2_000_000_000  # bytes, of one query
_POLICY_PREFIX = "pacer_sql_"  # of the names of policies: a user without one is not ours to change
_FILTER = re.compile(r"\(?tenant = '((?:[^'\\]|\\.)*)'\)?", re.DOTALL)


class OthersSeeNothing(Exception):
    """The server shows users without a policy nothing once others have one: Pacer itself would read nothing."""


def statements_to_add(name: str, tenant: str, password: str, database: str, cluster: str) -> list[str]:
    """The SQL that makes a login, in order: it may read only once its policy stands."""
    on = f" ON CLUSTER {literal(cluster)}" if cluster else ""
    return [
        f"CREATE USER `{name}`{on} IDENTIFIED WITH sha256_hash BY {literal(password_hash(password))} "
        f"DEFAULT DATABASE `{database}` "
        # 2: it may only read, and choose the format of an answer. 0 would be no limit.
        f"SETTINGS readonly = 2 CONST, max_execution_time = {READER_SECONDS} MIN 1 MAX {READER_SECONDS}, "
        f"max_memory_usage = {_MEMORY} MIN 1 MAX {_MEMORY}",
        f"CREATE ROW POLICY OR REPLACE `{_POLICY_PREFIX}{name}`{on} ON `{database}`.* "
        f"FOR SELECT USING tenant = {literal(tenant)} TO `{name}`",
        f"GRANT{on} SELECT, SHOW ON `{database}`.* TO `{name}`",
    ]


def statements_to_revoke(name: str, database: str, cluster: str) -> list[str]:
    """The SQL that ends a login, in order: never a user without a policy."""
    on = f" ON CLUSTER {literal(cluster)}" if cluster else ""
    return [
        f"DROP USER IF EXISTS `{name}`{on}",
        f"DROP ROW POLICY IF EXISTS `{_POLICY_PREFIX}{name}`{on} ON `{database}`.*",
    ]


class ServerSqlLogins:
    """The logins of a ClickHouse server, for which the user of the DSN has to have access management."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, name: str, tenant: str, password: str, replace: bool = False) -> None:
        """Add a login, or with `replace` give one that exists this tenant and password.

        Raises BadSqlLogin, SqlLoginExists, OthersSeeNothing and the store's errors.
        """
        check_sql_login(name, tenant, password)
        if replace:
            self.revoke(name)
        if self._store.tuples("SELECT 1 FROM system.users WHERE name = %(name)s", {"name": name}):
            raise SqlLoginExists(name)
        logins_before = applied(self._store)
        self._run(statements_to_add(name, tenant, password, self._store.database, self._store.cluster))
        if applied(self._store) != logins_before:
            self._run(statements_to_revoke(name, self._store.database, self._store.cluster))
            raise OthersSeeNothing

    def listed(self) -> list[SqlLogin]:
        """All logins, by name. Raises the store's errors."""
        policies = self._store.tuples(
            "SELECT short_name, select_filter FROM system.row_policies "
            "WHERE database = currentDatabase() AND startsWith(short_name, %(prefix)s) ORDER BY short_name",
            {"prefix": _POLICY_PREFIX},
        )
        return [SqlLogin(name.removeprefix(_POLICY_PREFIX), _tenant(condition)) for name, condition in policies]

    def revoke(self, name: str) -> bool:
        """Remove a login; False if there is none. Raises the store's errors."""
        if name not in {login.name for login in self.listed()}:
            return False
        self._run(statements_to_revoke(name, self._store.database, self._store.cluster))
        return True

    def _run(self, statements: list[str]) -> None:
        for sql in statements:
            self._store.administer(sql)


def _tenant(condition: str) -> str:
    parsed = _FILTER.fullmatch(condition)
    if parsed is None:
        raise StoreRefused(f"a row policy {_POLICY_PREFIX}… is not one that this made: {condition[:100]}")
    return re.sub(r"\\(.)", r"\1", parsed[1], flags=re.DOTALL)
