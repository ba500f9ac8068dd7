"""Finds the learners whose rows another worker wrote while this one folded them.

A worker that stood still is taken for dead, and goes on. A row's version keeps it from overwriting what its successor
wrote, but not from adding rows that the successor cannot know of: of a skill whose only answer was voided meanwhile, of
a person who turned out to be another. Both write first and look afterwards, so at least one of them finds the other's.
Whoever does asks for a refold, which sees the rows of both.
"""

from __future__ import annotations

from typing import NamedTuple

from lrs.store.client import Store
from processors.stages.who_is_who import TenantPerson


class _Written(NamedTuple):
    """before: the version of the learner's own row when it was read. versions: those that were written since."""

    before: int
    versions: frozenset[int]


class RivalRows:
    """What one worker wrote to the folds' tables and has not yet looked at again. A failed batch does not clear it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._written: dict[tuple[str, TenantPerson], _Written] = {}  # by table and learner

    def writing(self, table: str, learner: TenantPerson, before: int, version: int) -> None:
        """A learner's own row, read in version `before`, is about to be written."""
        earlier = self._written.get((table, learner), _Written(before, frozenset()))
        self._written[table, learner] = _Written(min(before, earlier.before), earlier.versions | {version})

    def find(self) -> list[TenantPerson]:
        """The learners who have a version that is not this worker's, in any table. Raises the store's errors."""
        if not self._written:
            return []
        versions_found = " UNION ALL ".join(
            f"SELECT '{table}', tenant, learner, version FROM {table} "
            "WHERE (tenant, learner) IN %(learners)s AND key = ''"
            for table in sorted({table for table, _ in self._written})
        )
        learners = sorted({learner for _, learner in self._written})
        overtaken: set[TenantPerson] = set()
        for table, tenant, learner, version in self._store.tuples(versions_found, {"learners": learners}):
            written = self._written.get((table, (tenant, learner)))
            if written and version > written.before and version not in written.versions:
                overtaken.add((tenant, learner))
        return sorted(overtaken)

    def clear(self) -> None:
        """All was looked at, and refolds are asked for."""
        self._written.clear()
