"""What a plan would do, row by row, as people read it before they say yes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from lrs.people.roster import RosterKind
from schemas.catalog import Catalog, Change, Class, School
from schemas.roster import Attributes, Person
from schemas.wording import worded

_ROLES = {"learner": worded("learner"), "teacher": worded("teacher")}
_UNSHOWN = frozenset({"kind", "id", "source", "removed", "learners", "teachers"})


class RowFate(StrEnum):
    """What happens to a row."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class PlannedRow(NamedTuple):
    """One school, person, class or enrollment; of a changed one `detail` says what changes."""

    fate: RowFate
    kind: RosterKind
    id: str
    name: str
    detail: str


def planned_rows(changes: Iterable[Change], catalog: Catalog) -> list[PlannedRow]:
    """The rows of a roster import's changes, what is removed first: that is what has to be looked at."""
    listed_changes = list(changes)
    order = {fate: number for number, fate in enumerate((RowFate.REMOVED, RowFate.CHANGED, RowFate.ADDED))}
    kinds = {kind: number for number, kind in enumerate(RosterKind)}
    persons = {
        person.id: person.name
        for person in (*catalog.persons.values(), *(p for p in listed_changes if isinstance(p, Person)))
    }
    rows = [row for change in listed_changes for row in _rows(change, catalog, persons)]
    return sorted(rows, key=lambda row: (order[row.fate], kinds[row.kind]))


def catalog_after(catalog: Catalog, changes: Iterable[Change]) -> Catalog:
    """Who is who once the changes are made; of the rest of the catalog it holds nothing."""
    preview_catalog = Catalog(
        accounts=dict(catalog.accounts),
        persons=dict(catalog.persons),
        aliases=dict(catalog.aliases),
        classes=dict(catalog.classes),
        schools=dict(catalog.schools),
    )
    for change in changes:
        preview_catalog.apply(change, 0, 0)
    return preview_catalog


def _rows(change: Change, catalog: Catalog, persons: dict[str, str]) -> Iterator[PlannedRow]:
    match change:
        case School():
            yield from _row(RosterKind.SCHOOL, change, catalog.schools.get(change.id))
        case Person():
            yield from _row(RosterKind.PERSON, change, catalog.persons.get(change.id))
        case Attributes(removed=False):
            yield PlannedRow(
                RowFate.CHANGED,
                RosterKind.PERSON,
                change.id,
                persons.get(change.id, ""),
                worded("attributes, which no board reads"),
            )
        case Class():
            before = catalog.classes.get(change.id)
            yield from _row(RosterKind.CLASS, change, before)
            yield from _enrollments(change, before, persons)


def _row(
    kind: RosterKind, change: School | Person | Class, before: School | Person | Class | None
) -> Iterator[PlannedRow]:
    if change.removed:
        yield PlannedRow(RowFate.REMOVED, kind, change.id, change.name, "")
    elif before is None:
        yield PlannedRow(RowFate.ADDED, kind, change.id, change.name, "")
    elif details := list(_differences(before, change)):
        yield PlannedRow(RowFate.CHANGED, kind, change.id, change.name, _joined(details))


def _differences(before: School | Person | Class, now: School | Person | Class) -> Iterator[str]:
    for name in type(now).model_fields:
        old_value, new_value = getattr(before, name), getattr(now, name)
        if name in _UNSHOWN or old_value == new_value:
            continue
        if isinstance(old_value, dict):
            yield from _told_apart(f"{name}.", old_value, new_value)
        else:
            yield from _told_apart("", {name: old_value}, {name: new_value})
    if isinstance(before, Class) and isinstance(now, Class):
        if _people_of(before).keys() != _people_of(now).keys():
            yield worded("who is in it")
        elif before.learners != now.learners:
            yield worded("what its members are called")


def _told_apart(prefix: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            before, after = _as_text(old.get(name, "")), _as_text(new.get(name, ""))
            yield worded("%(field)s: %(before)s → %(after)s", field=f"{prefix}{name}", before=before, after=after)


def _joined(details: Sequence[str]) -> str:
    joined, *more_details = details
    for detail in more_details:
        joined = worded("%(some)s; %(more)s", some=joined, more=detail)
    return joined


def _as_text(value: object) -> str:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return str(value) or worded("nothing")


def _enrollments(change: Class, before: Class | None, persons: dict[str, str]) -> Iterator[PlannedRow]:
    was, now = _people_of(before), {} if change.removed else _people_of(change)
    for fate, members, other_members in ((RowFate.REMOVED, was, now), (RowFate.ADDED, now, was)):
        for (person, role), name in members.items():
            if (person, role) not in other_members:
                yield PlannedRow(
                    fate, RosterKind.ENROLLMENT, change.id, name or persons.get(person) or person, _ROLES[role]
                )


def _people_of(class_: Class | None) -> dict[tuple[str, str], str]:
    """Whom a roster has in a class, by id and role, and their names. Members added by hand are no roster's."""
    if class_ is None:
        return {}
    learners: Sequence[tuple[str, str]] = [(m.person, m.name) for m in class_.learners if m.person]
    return {(id_, "learner"): name for id_, name in learners} | {(id_, "teacher"): "" for id_ in class_.teachers}
