"""Finding by agent: the table by agent finds what the record itself does, in stores that stood before it, too."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from lrs.record.reader import ADMIT, Filter, Finder
from lrs.store import migrate
from lrs.store.client import Store
from processors.stages.admit import Admit
from schemas.record import STATEMENTS, Bundle
from tests.support.engine import running
from tests.support.statements import HOME, answered, key, learner, voiding

NAMES = ("ada", "bo", "cy")
VERBS = tuple(f"{HOME}/verbs/{n}" for n in range(2))
REGISTRATIONS = tuple(str(uuid.UUID(int=n, version=4)) for n in range(2))
TENANTS = ("t", "u")
TIMES = range(1_000, 1_020)


class SlowFinder(Finder):
    """Knows the record alone, as every store did before."""

    def _knows_agents(self) -> bool:
        return False


def made(draw: random.Random, many: int) -> list[dict[str, Any]]:
    """Statements of every kind that the filters tell apart; some refer to others, or take them back."""
    statements: list[dict[str, Any]] = []
    for _ in range(many):
        one = answered(
            draw.choice(NAMES), f"i{draw.randrange(3)}", id_=str(uuid.UUID(int=draw.getrandbits(128), version=4))
        )
        one["verb"] = {"id": draw.choice(VERBS)}
        if draw.random() < 0.3:
            one["context"]["registration"] = draw.choice(REGISTRATIONS)
        kind = draw.random()
        if kind < 0.1:
            one["actor"] = {"objectType": "Group", "member": [learner(name) for name in draw.sample(NAMES, 2)]}
        elif kind < 0.2:
            one["object"] = learner(draw.choice(NAMES))
        elif kind < 0.3:
            one["context"]["instructor"] = learner(draw.choice(NAMES))
        elif kind < 0.45 and statements:
            one["object"] = {"objectType": "StatementRef", "id": draw.choice(statements)["id"]}
        elif kind < 0.6 and statements:
            one = voiding(draw.choice(statements)["id"], one["id"])
        statements.append(one)
    return statements


def admitted(log: SqliteLog, store: Store, draw: random.Random, statements: Sequence[dict[str, Any]]) -> None:
    """Append in bundles, and admit every record twice, as after a crash."""
    start = log.end(STATEMENTS)
    rest = list(statements)
    while rest:
        bundle, rest = rest[:7], rest[7:]
        raw = [orjson.dumps(one) for one in bundle]
        ids = [one["id"] for one in bundle]
        credential = draw.choice(("one", "two"))
        value = Bundle(draw.choice(TENANTS), credential, draw.choice(TIMES), 0, ids, raw).encode()
        log.append(STATEMENTS, Entry("", value, len(raw)))
    admit = Admit(log, store, Catalogs(log))
    for most in (5, 1_000):
        position = start
        while records := log.read(STATEMENTS, position, most):
            admit.handle(records)
            position = records[-1].position + 1
    log.commit(ADMIT, STATEMENTS, log.end(STATEMENTS))


@pytest.fixture(scope="module")
def finders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Finder, Finder]]:
    """Over one store, half of which stood before the table by agent: with it, and without."""
    folder = tmp_path_factory.mktemp("finder")
    draw = random.Random(7)
    statements = made(draw, 400)
    log = SqliteLog(folder / "log")
    with running(folder / "engine") as store:
        made_by = next(m for m in migrate.migrations() if m.name == "agent_statements")
        for sql in made_by.down:
            store.command(sql)
        store.command(f"DELETE FROM migrations WHERE number = {made_by.number}")
        admitted(log, store, draw, statements[:200])
        migrate.up(store)
        admitted(log, store, draw, statements[200:])
        yield Finder(log, store), SlowFinder(log, store)
    log.close()


def every(finder: Finder, tenant: str, wanted: Filter) -> list[list[bytes]]:
    """All pages."""
    pages = []
    while True:
        page = finder.page(tenant, wanted)
        pages.append(page.statements)
        if page.after is None:
            return pages
        wanted = replace(wanted, after=page.after)


def filters() -> list[Filter]:
    draw = random.Random(3)
    found = [Filter(agent=key(name), limit=limit) for name in NAMES for limit in (0, 40)]
    for _ in range(24):
        found.append(
            Filter(
                agent=key(draw.choice(NAMES)),
                verb=draw.choice(("", "", *VERBS)),
                activity=draw.choice(("", "", f"{HOME}/items/i1")),
                registration=draw.choice(("", "", *REGISTRATIONS)),
                related_agents=draw.random() < 0.2,
                related_activities=draw.random() < 0.3,
                credential=draw.choice(("", "", "one")),
                since=draw.choice((None, None, 1_004)),
                until=draw.choice((None, None, 1_014)),
                ascending=draw.random() < 0.5,
                limit=draw.choice((11, 50)),
            )
        )
    return found


def test_both_ways_find_the_same(finders: tuple[Finder, Finder]) -> None:
    quick, slow = finders
    pages = 0
    for wanted in filters():
        for tenant in TENANTS:
            expected = every(slow, tenant, wanted)
            assert every(quick, tenant, wanted) == expected, wanted
            pages += len([page for page in expected if page])
    assert pages > 60  # the filters do find something


def test_rows_that_stood_before_are_found(finders: tuple[Finder, Finder]) -> None:
    quick, _ = finders
    assert quick._knows_agents()
    found = {orjson.loads(one)["id"] for page in every(quick, "t", Filter(agent=key("ada"))) for one in page}
    old = {one["id"] for one in made(random.Random(7), 400)[:200]}
    assert found & old
    assert found - old


def test_a_store_that_is_still_being_taken_over_is_asked_the_slow_way(finders: tuple[Finder, Finder]) -> None:
    quick, slow = finders
    fresh = Finder(quick._log, quick._store)
    wanted = Filter(agent=key("ada"), limit=50)
    quick._store.command("RENAME TABLE agent_statements TO elsewhere, migrations TO migrations_elsewhere")
    try:
        quick._store.command("CREATE TABLE migrations AS migrations_elsewhere")
        assert fresh.page("t", wanted) == slow.page("t", wanted)
    finally:
        quick._store.command("DROP TABLE migrations SYNC")
        quick._store.command("RENAME TABLE elsewhere TO agent_statements, migrations_elsewhere TO migrations")
    assert fresh.page("t", wanted) == slow.page("t", wanted)
    assert fresh._knows_agents()


def test_a_migration_that_was_cut_short_runs_again(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log")
    draw = random.Random(5)
    with running(tmp_path / "engine") as store:
        admitted(log, store, draw, made(draw, 50))
        counted = "SELECT count() FROM agent_statements FINAL"
        expected = store.tuples(counted, {})
        store.command("DELETE FROM migrations WHERE name = 'agent_statements'")
        store.command("TRUNCATE TABLE agent_statements")
        assert [m.name for m in migrate.up(store)] == ["agent_statements"]
        assert store.tuples(counted, {}) == expected
        assert expected[0][0] > 50
    log.close()
