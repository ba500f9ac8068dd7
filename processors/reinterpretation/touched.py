"""Which observations a change of the catalog may concern: by item, by what the item is a part of, or by learner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lrs.catalog.catalogs import AcceptedChange
from lrs.store.client import Store
from schemas.activity_patterns import PatternIndex, compile_pattern
from schemas.catalog import Activity, Catalog, Class, PartOf, Pattern, School
from schemas.cmi5.course import Au, Course, activity_id, parts
from schemas.reading import ReadingRules, Reinterpret
from schemas.roster import canonical

MOST_PATTERNS = 64  # that one query looks for; of more, everything is read again
_SKEW = 60_000_000  # µs by which clocks may differ
_OBSERVED = "SELECT statement FROM observations {} WHERE tenant = %(tenant)s AND ({})"


@dataclass(slots=True)
class Touched:
    """What a change of the catalog may concern: activities by id and by pattern, and learners; or everything."""

    everything: bool = False
    ids: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    learners: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.everything or self.ids or self.patterns or self.learners)

    def statements(self, store: Store, tenant: str) -> list[str]:
        """The ids of the statements concerned, unless it is everything. Raises the store's errors."""
        parameters: dict[str, Any] = {"tenant": tenant}
        queries: list[str] = []
        if self.ids:
            parameters["ids"] = sorted(self.ids)
            queries.append(_OBSERVED.format("", "item IN %(ids)s"))
            queries.append(_OBSERVED.format("ARRAY JOIN parents AS parent", "parent IN %(ids)s"))
        matching: list[str] = []
        for number, pattern in enumerate(sorted(self.patterns)):
            parameters[f"pattern{number}"] = f"(?s)^(?:{compile_pattern(pattern).pattern})$"
            of = f"%(pattern{number})s"
            matching.append(f"match(item, {of}) OR arrayExists(one -> match(one, {of}), parents)")
        if matching:
            queries.append(_OBSERVED.format("", " OR ".join(matching)))
        if self.learners:
            parameters["learners"] = sorted(self.learners)
            queries.append(_OBSERVED.format("", "person IN %(learners)s"))
        if not queries:
            return []
        return [
            row[0]
            for row in store.tuples(f"SELECT DISTINCT statement FROM ({' UNION ALL '.join(queries)})", parameters)
        ]


def touched(changes: Sequence[AcceptedChange], since: int, catalog: Catalog) -> Touched:
    """What may be read differently than with a catalog of position `since` or later.

    `changes` are all there ever were, up to the catalog that is read with now.
    """
    concerned = Touched()
    zoned = bool(catalog.zoned or any(isinstance(recorded.change, ReadingRules | School) for recorded in changes))
    for _, _, change in (recorded for recorded in changes if recorded.position >= since):
        match change:
            case Activity() | PartOf():
                concerned.ids.add(change.id)
            case Pattern():
                concerned.patterns.add(change.id)
            case Course():
                _units(change, concerned)
            case ReadingRules():
                concerned.everything = True
            case School() | Class() if zoned:
                concerned.learners.update(_changed_members(changes, change))
    _through_edges(concerned, catalog)
    if len(concerned.patterns) > MOST_PATTERNS:
        concerned.everything = True
    return concerned


def first_not_applied(changes: Sequence[AcceptedChange], upto: int, accepted: int, stored: int) -> int:
    """The position from which changes before `upto` are not applied to all of the past.

    That is after the last Reinterpret; what was there when the first statement was `accepted` (a position of the
    catalog) and `stored` counted for every one. Both the position and the time are asked: an API process may be behind
    the catalog for a moment, and a server's clock may be wrong.
    """
    again = max(
        (
            recorded.position + 1
            for recorded in changes
            if isinstance(recorded.change, Reinterpret) and recorded.position < upto
        ),
        default=0,
    )
    first = next((recorded.position for recorded in changes if recorded.time >= stored - _SKEW), upto)
    return max(again, min(first, accepted, upto))


def _units(course: Course, concerned: Touched) -> None:
    units = [part.id for part in parts(course) if isinstance(part, Au)]
    if not units:  # a course that is removed does not say what it had
        concerned.everything = True
    for id_ in units:
        concerned.ids.update((id_, activity_id(course.id, id_)))


def _changed_members(changes: Iterable[AcceptedChange], changed: School | Class) -> Iterable[str]:
    """Whoever was ever in the class, or in a class of the school."""
    for _, _, change in changes:
        if isinstance(change, Class):
            of = change.school if isinstance(changed, School) else change.id
            if of == changed.id:
                yield from (canonical(member.learner) for member in change.learners)


def _through_edges(concerned: Touched, catalog: Catalog) -> None:
    """Items that are a part of something concerned, as the catalog says."""
    if not (catalog.edges and (concerned.ids or concerned.patterns)):
        return
    index = PatternIndex.of((pattern, None) for pattern in concerned.patterns)
    ids = set(concerned.ids)
    for item, part in catalog.edges.items():
        if any(parent in ids or index.matches(parent) for parent in part.of):
            concerned.ids.add(item)
