"""Finding by agent: the table by agent finds what the record itself does."""

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
from lrs.record.embedded_finder import EmbeddedFinder
from lrs.record.finder import MOST_PAGE_BYTES, Finder, StatementFilter
from lrs.record.references import STEPS
from lrs.store.client import Store
from processors.stages.admit import Admit
from schemas.record import ADMIT, STATEMENTS, Bundle
from tests.support.engine import running
from tests.support.statements import HOME, answered, key, learner, voiding

NAMES = ("ada", "bo", "cy")
VERBS = tuple(f"{HOME}/verbs/{n}" for n in range(2))
REGISTRATIONS = tuple(str(uuid.UUID(int=n, version=4)) for n in range(2))
TENANTS = ("t", "u")
TIMES = range(1_000, 1_020)


def test_a_page_of_large_statements_has_fewer_of_them(store: Store, tmp_path_factory: pytest.TempPathFactory) -> None:
    """500 of 1 MiB each would be held some times over in memory."""
    tenant, many = f"large-{uuid.uuid4()}", 40
    log = SqliteLog(tmp_path_factory.mktemp("log"))
    for n in range(many):
        statement = answered("ada", f"i{n}", id_=str(uuid.UUID(int=n, version=4)), stored="2026-03-02T09:00:00Z")
        statement["context"]["extensions"] = {"https://x.example/e": "x" * (1 << 20)}
        bundle = Bundle(tenant, "tool", 1, 0, [statement["id"]], [orjson.dumps(statement)])
        log.append(STATEMENTS, Entry(statement["id"], bundle.encode()))
    stage = Admit(log, store, Catalogs(log))
    for position in range(0, many, 5):
        stage.handle(log.read(STATEMENTS, position, 5))
    finder = Finder(store)
    for filtered in (StatementFilter(), StatementFilter(agent=key("ada")), StatementFilter(ascending=True)):
        statements: list[bytes] = []
        after, pages = None, 0
        while pages == 0 or after is not None:
            page = finder.page(tenant, replace(filtered, after=after))
            assert 0 < sum(map(len, page.statements)) <= MOST_PAGE_BYTES
            statements += page.statements
            after, pages = page.after, pages + 1
        assert len({orjson.loads(statement)["id"] for statement in statements}) == len(statements) == many
        assert pages > 4
    log.close()


class SlowFinder(EmbeddedFinder):
    """Reads the record alone."""

    def _narrowest_table(self, statement_filter: StatementFilter) -> str:
        return "statements"


def made(draw: random.Random, many: int) -> list[dict[str, Any]]:
    """Statements of every kind that the filters distinguish; some refer to others, or void them."""
    statements: list[dict[str, Any]] = []
    for _ in range(many):
        statement = answered(
            draw.choice(NAMES), f"i{draw.randrange(3)}", id_=str(uuid.UUID(int=draw.getrandbits(128), version=4))
        )
        statement["verb"] = {"id": draw.choice(VERBS)}
        if draw.random() < 0.3:
            statement["context"]["registration"] = draw.choice(REGISTRATIONS)
        kind = draw.random()
        if kind < 0.1:
            statement["actor"] = {"objectType": "Group", "member": [learner(name) for name in draw.sample(NAMES, 2)]}
        elif kind < 0.2:
            statement["object"] = learner(draw.choice(NAMES))
        elif kind < 0.3:
            statement["context"]["instructor"] = learner(draw.choice(NAMES))
        elif kind < 0.45 and statements:
            statement["object"] = {"objectType": "StatementRef", "id": draw.choice(statements)["id"]}
        elif kind < 0.6 and statements:
            statement = voiding(draw.choice(statements)["id"], statement["id"])
        statements.append(statement)
    return statements


def admitted(
    log: SqliteLog, store: Store, draw: random.Random, statements: Sequence[dict[str, Any]], clock: list[int]
) -> None:
    """Append in bundles, and admit every record twice, as after a crash."""
    start = log.end(STATEMENTS)
    rest = list(statements)
    while rest:
        bundle, rest = rest[:7], rest[7:]
        raw = [orjson.dumps(statement) for statement in bundle]
        ids = [statement["id"] for statement in bundle]
        credential = draw.choice(("one", "two"))
        clock.append(draw.choice(TIMES))
        value = Bundle(draw.choice(TENANTS), credential, 0, 0, ids, raw).encode()
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
    """Over one store: one that reads the table by agent, and one that does not."""
    folder = tmp_path_factory.mktemp("finder")
    draw = random.Random(7)
    clock = [0]
    log = SqliteLog(folder / "log", lambda: clock[-1])
    with running(folder / "engine") as store:
        admitted(log, store, draw, made(draw, 400), clock)
        yield EmbeddedFinder(log, store), SlowFinder(log, store)
    log.close()


def every(finder: Finder, tenant: str, statement_filter: StatementFilter) -> list[list[bytes]]:
    """All pages."""
    pages = []
    while True:
        page = finder.page(tenant, statement_filter)
        pages.append(page.statements)
        if page.after is None:
            return pages
        statement_filter = replace(statement_filter, after=page.after)


def filters() -> list[StatementFilter]:
    draw = random.Random(3)
    agent_filters = [StatementFilter(agent=key(name), limit=limit) for name in NAMES for limit in (0, 40)]
    for _ in range(24):
        agent_filters.append(
            StatementFilter(
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
    return agent_filters


def test_both_ways_find_the_same(finders: tuple[Finder, Finder]) -> None:
    quick, slow = finders
    pages = 0
    for statement_filter in filters():
        for tenant in TENANTS:
            expected = every(slow, tenant, statement_filter)
            assert every(quick, tenant, statement_filter) == expected, statement_filter
            pages += len([page for page in expected if page])
    assert pages > 60  # the filters do find something


def test_who_reads_its_own_learns_nothing_of_what_others_sent(store: Store, tmp_path: Path) -> None:
    """By a reference to a statement of others it could ask whom that is about."""
    tenant, log = f"own-{uuid.uuid4()}", SqliteLog(tmp_path / "log")
    sent: dict[str, list[str]] = {}

    def send(credential: str, object_: str = "", name: str = "tool") -> str:
        statement = answered(name, "i0", id_=str(uuid.uuid4()))
        if object_:
            statement["object"] = {"objectType": "StatementRef", "id": object_}
        bundle = Bundle(tenant, credential, 0, 0, [statement["id"]], [orjson.dumps(statement)])
        log.append(STATEMENTS, Entry("", bundle.encode()))
        sent.setdefault(credential, []).append(statement["id"])
        return str(statement["id"])

    def chain(first: str, credential: str, length: int) -> list[str]:
        linked = [first]
        for _ in range(length):
            linked.append(send(credential, linked[-1]))
        return linked[1:]

    others, own = send("other", name="cy"), send("mine", name="cy")
    chain(others, "mine", STEPS + 3)
    readable = chain(own, "mine", STEPS + 3)
    between = send("other", readable[-1])
    chain(between, "mine", STEPS + 3)
    Admit(log, store, Catalogs(log)).handle(log.read(STATEMENTS, 0, 1_000))
    for finder in (EmbeddedFinder(log, store), SlowFinder(log, store)):
        for related in (False, True):
            statement_filter = StatementFilter(agent=key("cy"), related_agents=related)
            everything = {
                orjson.loads(statement)["id"] for statement in finder.page(tenant, statement_filter).statements
            }
            assert everything == {*sent["other"], *sent["mine"]}
            mine = finder.page(tenant, replace(statement_filter, credential="mine")).statements
            assert {orjson.loads(statement)["id"] for statement in mine} == {own, *readable}
    log.close()
