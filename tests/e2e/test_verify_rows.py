"""`lrs verify` looks at every table, and finds a derived row that is added, changed or gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lrs.processes.runtime import Runtime
from lrs.store import migrate
from lrs.store.client import Store
from lrs.verification.not_compared import NOT_COMPARED
from tests.support.server import serving
from tests.support.statements import HOME, answered, learner
from tests.support.verifying import stopped, verified, wait_briefly

SAYS = {"learners": "name", "teachers": "name", "names": "name", "definitions": "value", "decisions": "decision"}
KEY = {"learners": "person", "teachers": "class", "names": "agent", "definitions": "activity", "decisions": "skill"}
ANOTHER = "'\"another\"'"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Runtime, Store]]:
    with serving(tmp_path_factory.mktemp("rows")) as server, server.client() as client:
        for n in range(12):
            statement = answered(f"l{n % 3}", f"i{n}")
            statement["actor"] |= {"name": f"Learner {n % 3}, {n}"}
            statement["context"]["instructor"] = learner("teacher") | {"name": f"Teacher {n}"}
            statement["context"]["team"] = {"objectType": "Group", "account": {"homePage": HOME, "name": "7b"}}
            assert client.post("/xAPI/statements", json=statement).status_code == 200
        with stopped(server) as parts:
            yield parts


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_briefly(monkeypatch)


def test_every_table_is_looked_at_or_is_named_with_the_reason(filled: tuple[Runtime, Store]) -> None:
    code, found = verified(filled[0])
    assert code == 0, found
    made = set(migrate.tables())
    assert made - found.keys() == NOT_COMPARED.keys()
    assert not [table for table in SAYS if not found[table]["checked"]]


@pytest.mark.parametrize("how", ["added", "changed", "gone"])
@pytest.mark.parametrize("table", SAYS)
def test_a_row_that_is_not_what_it_must_be_is_found(table: str, how: str, filled: tuple[Runtime, Store]) -> None:
    runtime, store = filled
    store.command(f"CREATE TABLE kept AS {table}")
    try:
        store.command(f"INSERT INTO kept SELECT * FROM {table} FINAL")
        if how == "gone":
            store.command(f"TRUNCATE TABLE {table}")
            store.command(f"INSERT INTO {table} SELECT * FROM kept LIMIT 1, 1000000")
        else:
            column = KEY[table] if how == "added" else SAYS[table]
            store.command(
                f"INSERT INTO {table} "
                f"SELECT * REPLACE ({ANOTHER} AS {column}, version + 1 AS version) FROM kept LIMIT 1"
            )
        code, found = verified(runtime, "--all")
        assert code == 1
        assert {check for check, finding in found.items() if not finding["ok"]} == {table}
        assert found[table]["examples"]
        assert found[table]["advice"]
        assert all("account:" not in one or table == "teachers" for one in found[table]["examples"])
    finally:
        store.command(f"TRUNCATE TABLE {table}")
        store.command(f"INSERT INTO {table} SELECT * FROM kept")
        store.command("DROP TABLE kept SYNC")
    code, found = verified(runtime, "--all")
    assert code == 0, found
