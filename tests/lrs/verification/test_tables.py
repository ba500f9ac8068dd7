"""The other tables of the record against its statements."""

from __future__ import annotations

import uuid
from pathlib import Path

from lrs.store.client import Store
from lrs.verification.tables import verify_following_tables
from tests.support.engine import running


def insert(store: Store, table: str, **row: str | int) -> None:
    types = ["UInt64" if isinstance(value, int) else "String" for value in row.values()]
    store.insert(table, list(row), types, [[value] for value in row.values()])


def test_a_statement_that_was_delivered_twice_is_no_reference_too_few(tmp_path: Path) -> None:
    target, sent, lost = (str(uuid.uuid4()) for _ in range(3))
    with running(tmp_path) as store:
        store.command("SYSTEM STOP MERGES statements")
        for id_, sequence in ((sent, 1), (sent, 1), (lost, 2)):
            insert(store, "statements", tenant="t", id=id_, partition=0, sequence=sequence, refers=target)
        insert(store, "refs", tenant="t", target=target, statement=sent, partition=0, sequence=1)
        examples = {finding.check: finding.examples for finding in verify_following_tables(store)}
    assert examples == {"agent_statements": [], "voids": [], "refs": [f"t {target} {lost}"]}
