"""`lrs rebuild` on one machine, of all and of each table: what it says was rebuilt was, and holds what it held.

An idle store takes up to 40 s to see that a table is lost: `make soak` rebuilds each.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lrs.store.client import Store
from lrs.store.dsn import dsn
from processors.folds.registry import all_folds, fold_names
from processors.runtime.rebuild import RECORD
from tests.e2e.test_parts import lrs
from tests.support.examples import SOAK
from tests.support.rows import live
from tests.support.sent import made, post
from tests.support.server import serving
from tests.support.statements import HOME, answered, learner

COURSE = {"id": f"{HOME}/course", "definition": {"type": "http://adlnet.gov/expapi/activities/course"}}
TOOL = {"account": {"homePage": HOME, "name": "tool"}}
TABLES = [*RECORD, *fold_names()]


def varied() -> list[dict[str, Any]]:
    """Statements of which every table has rows."""
    sent = made(0, 40)
    seen = {"actor": TOOL, "verb": {"id": f"{HOME}/saw"}}
    told = answered("bo") | seen | {"object": {"objectType": "StatementRef", "id": sent[-1]["object"]["id"]}}
    named = {"id": f"{HOME}/items/named", "definition": {"name": {"en": "named"}, "type": f"{HOME}/types/item"}}
    taught = answered("bo") | {"object": named}
    taught["context"] = {
        "instructor": learner("Ms Kay") | {"name": "Ms Kay"},
        "contextActivities": {"parent": [COURSE]},
    }
    return [*sent, told, taught]


def contents(store: Store) -> dict[str, list[Any]]:
    # But for when a row was written.
    sql = "SELECT * EXCEPT('^written$') FROM {} FINAL ORDER BY ALL"
    record = {table: store.tuples(sql.format(table), {}) for table in RECORD}
    return record | {fold.name: sorted(live(store, fold, "default").items()) for fold in all_folds()}


def uuids(store: Store) -> dict[str, str]:
    sql = "SELECT name, toString(uuid) FROM system.tables WHERE database = currentDatabase() AND name IN %(names)s"
    return dict(store.tuples(sql, {"names": TABLES}))


@pytest.mark.timeout(1200)
def test_of_all_and_of_each_table(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        post(server, varied())
        server.wait()
        store = Store(dsn(tmp_path, None))
        before = contents(store)
        assert not [table for table, rows in before.items() if not rows], "a table without rows shows nothing"
        for only in (None, *(TABLES if SOAK else ["voids", "engagement"])):
            were = uuids(store)
            done = lrs("rebuild", "--data", tmp_path, *(["--only", only] if only else []))
            assert done.returncode == 0, (only, done.stderr)
            said = [only] if only in fold_names() else TABLES
            together = f", as {only} is made with all others" if only and only not in fold_names() else ""
            spoken = f"rebuilt from the log: {only if only in fold_names() else 'every table'}{together}"
            assert done.stdout.splitlines()[-1] == spoken
            now = uuids(store)
            assert {table for table in TABLES if now[table] != were[table]} == set(said), only
            server.wait()
            assert contents(store) == before, only
        assert lrs("rebuild", "--data", tmp_path, "--only", "decisions").returncode == 5
