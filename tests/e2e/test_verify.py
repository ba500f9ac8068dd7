"""`lrs verify` finds what was taken out of each table, and each changed row of a projection."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from lrs.cli.verify import verify
from lrs.processes.runtime import Runtime
from lrs.store.client import Store
from tests.support.attachments import batch, sent
from tests.support.server import serving
from tests.support.statements import answered, voiding
from tests.support.verifying import stopped, verified, wait_briefly

TABLES = {
    "statements": "id = '{id}'",
    "agent_statements": "id = '{id}'",
    "observations": "statement = '{id}'",
    "voids": "1",
    "refs": "1",
}


class Filled(NamedTuple):
    runtime: Runtime
    store: Store
    sent: list[dict[str, Any]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    with serving(tmp_path_factory.mktemp("verified")) as server, server.client() as client:
        sent = [answered(f"l{n % 5}", f"i{n}") for n in range(60)]
        for statements in (sent[:30], sent[30:], [voiding(sent[0]["id"])]):
            assert client.post("/xAPI/statements", json=statements).status_code == 200
        with stopped(server) as (runtime, store):
            yield Filled(runtime, store, sent)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_briefly(monkeypatch)


def test_what_is_whole_is_said_to_be(filled: Filled) -> None:
    runtime, _, sent = filled
    code, found = verified(runtime, "--all")
    assert code == 0, found
    assert found["statements"]["checked"] == len(sent) + 1
    assert found["observations"]["checked"] >= len(sent) - 1  # one of them is voided, perhaps before it was read
    assert found["mastery"]["checked"] == found["engagement"]["checked"] == 5
    assert found["log statements"]["checked"] == 3
    assert {"agent_statements", "voids", "refs", "log catalog"} - {"log catalog"} <= set(found)


@pytest.mark.parametrize("table", TABLES)
def test_a_row_that_is_missing_is_found(table: str, filled: Filled) -> None:
    runtime, store, sent = filled
    where = TABLES[table].format(id=sent[7]["id"])
    store.command(f"CREATE TABLE kept AS {table}")
    try:
        store.command(f"INSERT INTO kept SELECT * FROM {table}")
        store.command(f"ALTER TABLE {table} DELETE WHERE {where} SETTINGS mutations_sync = 2")
        code, found = verified(runtime)
        assert (code, found[table]["ok"], found[table]["wrong"] > 0) == (1, False, True), found
        assert found[table]["examples"]
        assert found[table]["advice"]
    finally:
        store.command(f"TRUNCATE TABLE {table}")
        store.command(f"INSERT INTO {table} SELECT * FROM kept" + (" WHERE 1" if table != "statements" else ""))
        store.command("DROP TABLE kept SYNC")


def test_an_observation_of_no_statement_is_found(filled: Filled) -> None:
    runtime, store, sent = filled
    store.command("CREATE TABLE kept AS statements")
    try:
        store.command(f"INSERT INTO kept SELECT * FROM statements WHERE id = '{sent[7]['id']}'")
        store.command(f"ALTER TABLE statements DELETE WHERE id = '{sent[7]['id']}' SETTINGS mutations_sync = 2")
        code, found = verified(runtime)
        assert (code, found["history"]["wrong"]) == (1, 1)
        assert sent[7]["id"] in found["history"]["examples"][0]
    finally:
        store.command("INSERT INTO statements SELECT * FROM kept")
        store.command("DROP TABLE kept SYNC")


def test_a_changed_projection_is_found_and_replayed(filled: Filled) -> None:
    runtime, store, _ = filled
    store.command("ALTER TABLE engagement UPDATE state = '' WHERE 1 SETTINGS mutations_sync = 2")
    code, found = verified(runtime)
    assert code == 1
    assert found["engagement"]["wrong"] == 5
    assert found["mastery"]["ok"]
    assert "lrs replay engagement" in found["engagement"]["advice"]
    # No learner's key is printed.
    assert all("account:" not in one for one in found["engagement"]["examples"])


def test_an_attachment_that_is_missing_is_found_though_it_has_an_address(tmp_path: Path) -> None:
    [statement], [data] = batch("attaching", 1, 1, 50)
    statement["attachments"][0]["fileUrl"] = "https://school.example/essay"
    with serving(tmp_path) as server, server.client() as client:
        assert sent(client, [statement], [data]).status_code == 200
        server.wait()
        _, found = verified(Runtime(tmp_path))
        assert (found["attachments"]["checked"], found["attachments"]["wrong"]) == (1, 0)
        [file] = (tmp_path / "attachments").rglob(statement["attachments"][0]["sha2"])
        file.unlink()
        code, found = verified(Runtime(tmp_path))
    assert (code, found["attachments"]["wrong"]) == (1, 1)
    assert statement["id"] in found["attachments"]["examples"][0]


def test_the_log_alone_needs_no_server(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.client() as client:
        client.post("/xAPI/statements", json=answered("x")).raise_for_status()
        server.stop()
    code, found = verified(Runtime(tmp_path), "--log-only")
    assert (code, found["log statements"]["checked"]) == (0, 1)
    done = CliRunner().invoke(verify, ["--data", os.fspath(tmp_path)])
    assert done.exit_code == 4
