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
    """What one worker wrote to one fold's table and has not yet looked at again. A failed batch does not clear it."""

    def __init__(self, store: Store, table: str) -> None:
        self._store = store
        self._table = table
        self._written: dict[TenantPerson, _Written] = {}

    def writing(self, learner: TenantPerson, before: int, version: int) -> None:
        """A learner's own row, read in version `before`, is about to be written."""
        earlier = self._written.get(learner, _Written(before, frozenset()))
        self._written[learner] = _Written(min(before, earlier.before), earlier.versions | {version})

    def find(self) -> list[TenantPerson]:
        """The learners who have a version that is not this worker's. Raises the store's errors."""
        if not self._written:
            return []
        found_versions = self._store.tuples(
            f"SELECT tenant, learner, groupUniqArray(version) FROM {self._table} "
            "WHERE (tenant, learner) IN %(learners)s AND key = '' GROUP BY tenant, learner",
            {"learners": list(self._written)},
        )
        return [
            (tenant, learner)
            for tenant, learner, versions in found_versions
            for written in [self._written[tenant, learner]]
            if any(version > written.before and version not in written.versions for version in versions)
        ]

    def clear(self) -> None:
        """All was looked at, and refolds are asked for."""
        self._written.clear()
