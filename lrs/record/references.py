"""Which statements refer to others, directly or through a chain of references of any length."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from lrs.store.client import Store

STEPS = 4  # of a chain that are asked one by one; few chains are longer
MOST_LINKS = 250_000  # statements of a tenant that refer to one that refers itself: held in memory while they are read
_SENT = (  # of the statements that refer, which are few, those that a credential sent
    "statement IN (SELECT id FROM statements WHERE tenant = %(tenant)s AND credential = %(credential)s "
    "AND id IN (SELECT statement FROM refs WHERE tenant = %(tenant)s))"
)
_Links = Mapping[str, list[str]]  # who refers to a statement


class References:
    """Reads the table `refs`. A chain of any length costs the same few queries. Safe to use from many threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._referring_tenants: set[str] = set()  # tenants with statements that refer to others

    def to(self, tenant: str, targets: str, parameters: Mapping[str, object], credential: str = "") -> list[str]:
        """The statements that refer to one of the targets, or to one that refers to such a one, and so on.

        `targets`: the SELECT of their ids, and its parameters. `credential`: only what it sent is followed, so that
        a chain says nothing about a statement of others in it. Raises the store's errors.
        """
        if not self._has_any(tenant):
            return []
        whose: dict[str, object] = {"tenant": tenant, "credential": credential}
        only = f"tenant = %(tenant)s AND {_SENT}" if credential else "tenant = %(tenant)s"
        select_referring = f"SELECT DISTINCT statement FROM refs WHERE {only} AND target IN"
        referring_rows = self._store.tuples(f"{select_referring} ({targets})", {**parameters, **whose})
        referring: set[str] = set()
        for _ in range(STEPS):
            fresh = {statement for (statement,) in referring_rows} - referring
            if not fresh:
                return sorted(referring)
            referring |= fresh
            referring_rows = self._store.tuples(f"{select_referring} %(targets)s", {**whose, "targets": sorted(fresh)})
        if fresh := {statement for (statement,) in referring_rows} - referring:
            _follow_links(self._links(only, whose), fresh, referring)
        return sorted(referring)

    def _links(self, only: str, whose: dict[str, object]) -> _Links:
        """The links between statements that refer: what every chain consists of behind its first one.

        The earliest MOST_LINKS of them. References to statements that do not refer are many, and needed by no chain.
        """
        columns = self._store.columns(
            # Hashes of ids need a fifth of the memory; what two ids share is a link that nobody follows.
            f"SELECT target, statement FROM refs WHERE {only} AND cityHash64(target) IN "
            "(SELECT cityHash64(statement) FROM refs WHERE tenant = %(tenant)s) "
            f"ORDER BY sequence, partition LIMIT {MOST_LINKS}",
            whose,
        )
        links: dict[str, list[str]] = defaultdict(list)
        for target, statement in zip(*columns, strict=True):
            links[target].append(statement)
        return links

    def _has_any(self, tenant: str) -> bool:
        if tenant not in self._referring_tenants:
            any_reference = "SELECT 1 FROM refs WHERE tenant = {tenant:String} LIMIT 1"
            if not self._store.tuples(any_reference, {"tenant": tenant}):
                return False
            self._referring_tenants.add(tenant)
        return True


def _follow_links(links: _Links, fresh: Iterable[str], referring: set[str]) -> None:
    """Add to what was found what is fresh, and whatever refers to that; each statement once, also in a circle."""
    to_follow = list(fresh)
    referring.update(to_follow)
    while to_follow:
        for statement in links.get(to_follow.pop(), ()):
            if statement not in referring:
                referring.add(statement)
                to_follow.append(statement)
