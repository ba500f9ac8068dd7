"""Chains of references: what they lead to, and in how few queries."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from lrs.record import references
from lrs.record.references import STEPS, References
from lrs.record.voids import VOID_TYPES
from lrs.store.client import Store

TARGETS = "SELECT %(first)s"


class CountingStore:
    """A store that counts what it is asked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked = 0

    def tuples(self, sql: str, parameters: dict[str, Any]) -> Any:
        self.asked += 1
        return self._store.tuples(sql, parameters)

    def columns(self, sql: str, parameters: dict[str, Any]) -> Any:
        self.asked += 1
        return self._store.columns(sql, parameters)


def ids(many: int) -> list[str]:
    return [str(uuid.uuid4()) for _ in range(many)]


def referred(store: Store, tenant: str, refers: Mapping[str, str]) -> None:
    """Rows of the table: by statement, what it refers to."""
    rows = [(tenant, target, referring, 0, n) for n, (referring, target) in enumerate(refers.items())]
    store.insert("refs", list(VOID_TYPES), list(VOID_TYPES.values()), list(zip(*rows, strict=True)))


def asked(store: Store, tenant: str, first: str) -> tuple[list[str], int]:
    """What refers to a statement, and the number of queries."""
    counting = CountingStore(store)
    referring = References(counting).to(tenant, TARGETS, {"first": first})  # type: ignore[arg-type]
    return referring, counting.asked


def test_a_long_chain_takes_no_more_queries_than_a_short_one(store: Store) -> None:
    """At one query a link, a chain of 9,000 kept a thread busy for minutes."""
    queries = []
    for length in (STEPS + 2, 9_000):
        tenant, chain = f"chain-{uuid.uuid4()}", ids(length)
        referred(store, tenant, dict(zip(chain[1:], chain, strict=False)))
        referring, many = asked(store, tenant, chain[0])
        assert referring == sorted(chain[1:])
        queries.append(many)
    assert queries[0] == queries[1] == STEPS + 3


@pytest.mark.parametrize("length", range(1, STEPS + 4))
def test_chains_that_end_or_lead_back_to_their_start(store: Store, length: int) -> None:
    tenant, chain, circle = f"ends-{uuid.uuid4()}", ids(length + 1), ids(length)
    referred(store, tenant, dict(zip(chain[1:], chain, strict=False)))
    referred(store, tenant, dict(zip([*circle[1:], circle[0]], circle, strict=True)))
    assert asked(store, tenant, chain[0])[0] == sorted(chain[1:])
    assert asked(store, tenant, circle[0])[0] == sorted(circle)
    assert asked(store, tenant, chain[-1])[0] == []
    assert asked(store, f"other-{tenant}", chain[0]) == ([], 1)


def test_trees_are_found_whole(store: Store) -> None:
    draw = random.Random(5)
    tenant, many = f"trees-{uuid.uuid4()}", ids(400)
    parents = {n: draw.randrange(max(0, n - 6), n) for n in range(2, len(many))}  # two roots: 0 and 1
    referred(store, tenant, {many[n]: many[parent] for n, parent in parents.items()})
    below: dict[int, set[int]] = {n: set() for n in range(len(many))}
    for n in sorted(parents, reverse=True):
        below[parents[n]] |= below[n] | {n}
    for n in (0, 1, 7, 200, 399):
        assert asked(store, tenant, many[n])[0] == sorted(many[below_it] for below_it in below[n])


def test_the_earliest_links_are_followed_where_they_are_too_many(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant, chain = f"many-{uuid.uuid4()}", ids(60)
    referred(store, tenant, dict(zip(chain[1:], chain, strict=False)))
    monkeypatch.setattr(references, "MOST_LINKS", 30)
    assert asked(store, tenant, chain[0])[0] == sorted(chain[1:32])
