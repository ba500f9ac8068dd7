"""Statements about many agents: what the view copies of them is bounded, and so is what one insert writes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from lrs.record.finder import Finder, StatementFilter
from lrs.store.client import Store
from lrs.verification.tables import verify_following_tables
from processors.stages import statement_table
from processors.stages.admit import Admit
from processors.stages.statement_table import MOST_COPIED, MOST_INSERTED, StatementRow, statement_row
from schemas.record import STATEMENTS, Bundle, StoredFirst
from schemas.xapi.values import MOST_ITEMS
from tests.support.engine import running

ABOUT = "https://course.example/unit"
SIZES = (10, MOST_ITEMS)  # of groups: the text of the second, once a member, is more than MOST_COPIED


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with running(tmp_path_factory.mktemp("engine")) as store:
        yield store


@pytest.fixture
def admitted(store: Store, tmp_path: Path) -> Iterator[Any]:
    log = SqliteLog(tmp_path)
    stage = Admit(log, store, Catalogs(log))

    def admit(tenant: str, statements: list[dict[str, Any]]) -> None:
        start = log.end(STATEMENTS)
        for statement in statements:
            bundle = Bundle(tenant, "tool", 1, 0, [statement["id"]], [orjson.dumps(statement)])
            log.append(STATEMENTS, Entry(statement["id"], bundle.encode()))
        stage.handle(log.read(STATEMENTS, start, len(statements)))

    yield admit
    log.close()


def about_group(members: int, extra: int = 0, related: int = 1) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "actor": {"objectType": "Group", "member": [{"mbox": f"mailto:a{n}@school.example"} for n in range(members)]},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"},
        "object": {"id": f"{ABOUT}/page", "definition": {"description": {"en": "x" * extra}}},
        "context": {"contextActivities": {"grouping": [{"id": f"{ABOUT}/{n}"} for n in range(related)]}},
        "timestamp": "2026-03-02T09:00:00Z",
        "stored": "2026-03-02T09:00:00Z",
    }


@pytest.mark.parametrize("members", SIZES)
def test_a_statement_about_a_group_is_found_by_each_filter(store: Store, admitted: Any, members: int) -> None:
    tenant, other = f"found-{uuid.uuid4()}", about_group(1)
    statements = [about_group(members) for _ in range(20)]
    admitted(tenant, [*statements, other])
    ids = {statement["id"] for statement in statements}
    finder = Finder(store)
    last, agent = f"mbox:mailto:a{members - 1}@school.example", "mbox:mailto:a0@school.example"
    for asked, expected in (
        (StatementFilter(agent=last), ids),
        (StatementFilter(agent=agent), {*ids, other["id"]}),
        (StatementFilter(agent=last, ascending=True), ids),
        (StatementFilter(agent=last, activity=f"{ABOUT}/0", related_activities=True), ids),
        (StatementFilter(agent=last, activity=f"{ABOUT}/page", related_activities=True), ids),
        (StatementFilter(agent=last, activity=f"{ABOUT}/none", related_activities=True), set()),
        (StatementFilter(agent=last, activity=f"{ABOUT}/0"), set()),
    ):
        page = finder.page(tenant, asked)
        found = [orjson.loads(statement) for statement in page.statements]
        assert len(found) == len(expected), asked
        assert {statement["id"] for statement in found} == expected
        assert all(statement["actor"]["member"] for statement in found)
    copied = "SELECT max(length(statement)) FROM agent_statements WHERE tenant = %(tenant)s AND agent = %(agent)s"
    [[longest]] = store.tuples(copied, {"tenant": tenant, "agent": last})
    assert longest * members <= MOST_COPIED
    assert all(not finding.wrong for finding in verify_following_tables(store))


def test_a_batch_of_many_large_groups_fits_into_the_memory_of_the_engine(store: Store, admitted: Any) -> None:
    """Copied once for each agent, they would be 1.2 GB of text; related activities alone, 2 GB."""
    tenant = f"large-{uuid.uuid4()}"
    large, wide = (
        [about_group(MOST_ITEMS) for _ in range(40)],
        [about_group(200, related=MOST_ITEMS) for _ in range(10)],
    )
    admitted(tenant, [*large, *wide])
    [[statements, agents]] = store.tuples(
        "SELECT (SELECT count() FROM statements WHERE tenant = %(tenant)s), count() FROM agent_statements "
        "WHERE tenant = %(tenant)s",
        {"tenant": tenant},
    )
    assert (statements, agents) == (50, 40 * MOST_ITEMS + 10 * 200)


def test_an_insert_writes_so_many_bytes_and_no_more(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    """What a class of 30 sends in a batch of 5,000 is written a part at a time, in order, and nothing twice."""
    sizes: list[list[Any]] = []
    monkeypatch.setattr(statement_table, "insert_rows", lambda store, table, types, rows: sizes.append(list(rows)))
    rows = [_row(agents=30, length=length) for length in [4_000] * 3_000 + [1 << 20, 0] * 40]
    statement_table.insert_statements(store, rows)
    assert [row for some in sizes for row in some] == rows
    assert len(sizes) > 5
    for some in sizes:
        written = sum(len(row.statement) + min(30 * len(row.statement), MOST_COPIED) for row in some)
        assert written <= MOST_INSERTED


def _row(agents: int, length: int) -> StatementRow:
    return statement_row(
        about_group(agents, related=0),
        b"x" * length,
        Bundle("t", "tool", 1, 0, [], []),
        StoredFirst(0, 0, 0),
    )
