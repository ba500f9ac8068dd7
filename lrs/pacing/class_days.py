"""What the members of a class did on each of their days, from the projection of engagement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from lrs.pacing.board import NotInCatalog
from lrs.store.client import Store
from schemas.catalog import Catalog, Member
from schemas.days import day_name, day_of

_DAYS = """
SELECT learner, key, {}
FROM engagement FINAL
WHERE tenant = %(tenant)s AND learner IN %(learners)s AND key >= %(since)s AND key != ''
"""


class ClassDays(NamedTuple):
    """By person: the member, with a name if any key has one; the day of now, which is not over; and the columns of each
    day (since the epoch) that they worked on."""

    members: dict[str, Member]
    todays: dict[str, int]
    worked: dict[str, dict[int, tuple[Any, ...]]]


def class_days(
    reader: Store, catalog: Catalog, tenant: str, class_id: str, now: int, days: int, columns: Sequence[str]
) -> ClassDays:
    """Today and the `days` days before it, by the zone of each member; `now` is µs since the epoch.

    columns: of engagement. They go into the SQL as they are, so they never come from a request.
    Raises NotInCatalog, and what Store.tuples raises.
    """
    if class_id not in catalog.classes:
        raise NotInCatalog
    people = catalog.people
    members = {people.member(m): m for m in sorted(catalog.classes[class_id].learners, key=lambda m: bool(m.name))}
    if not members:
        return ClassDays({}, {}, {})
    todays = {person: day_of(now, people.zone(person)) for person in members}
    since = min(todays.values()) - days
    numbers = {day_name(day): day for day in range(since, max(todays.values()) + 1)}
    worked: dict[str, dict[int, tuple[Any, ...]]] = {person: {} for person in members}
    parameters = {"tenant": tenant, "learners": tuple(members), "since": day_name(since)}
    for person, key, *counted in reader.tuples(_DAYS.format(", ".join(columns)), parameters):
        if key in numbers:  # not of the future
            worked[person][numbers[key]] = tuple(counted)
    return ClassDays(members, todays, worked)
