"""Classes that appear from statements: who worked in a course or group, until a roster says who is in a class."""

from __future__ import annotations

from typing import NamedTuple

from lrs.pacing.names import last_part, said_names
from lrs.store.client import Store
from schemas.catalog import Catalog, Change, Class, Member, Skill
from schemas.days import DAY
from schemas.roster import ProvisionalClass

MOST_MEMBERS = 200  # of a board; of more there is a list
TERM = 120 * DAY  # without work for so long, a class is archived
MOST_SKILLS = 40  # of a board

_WORKED = """
SELECT learner, worked.1 AS class, worked.2 AS time
FROM engagement FINAL ARRAY JOIN arrayZip(classes, class_times) AS worked
WHERE tenant = %(tenant)s AND key = ''
"""
_TEACHERS = "SELECT class, teacher, name FROM teachers FINAL WHERE tenant = %(tenant)s ORDER BY class, teacher"
_MEMBERS = f"""
SELECT class, count(), max(time) FROM ({_WORKED})
WHERE (class, learner) NOT IN %(teachers)s
GROUP BY class ORDER BY class
"""
_OF = f"""
SELECT learner, time FROM ({_WORKED})
WHERE class = %(class)s AND (class, learner) NOT IN %(teachers)s
ORDER BY learner
"""
_SKILLS = """
SELECT arrayJoin(skills) AS skill FROM observations FINAL
WHERE tenant = %(tenant)s AND person IN %(identities)s AND has(classes, %(class)s) AND outcome IS NOT NULL
GROUP BY skill ORDER BY min(time), skill LIMIT %(most)s
"""


class Appeared(NamedTuple):
    """A class that appeared: from what it was seen, and how it is dealt with."""

    id: str
    name: str
    learners: int
    last_time: int  # µs since the epoch
    archived: bool
    teachers: list[dict[str, str]]  # proposed: they see nothing before an operator confirms


def appeared(store: Store, catalog: Catalog, tenant: str, now: int) -> list[Appeared]:
    """The tenant's provisional classes: not those that are classes of the catalog, or hidden. Raises the store's
    errors."""
    said = _teachers(store, tenant)
    asked = {"tenant": tenant, "teachers": _no_members(catalog, said)}
    rows = [row for row in store.tuples(_MEMBERS, asked) if is_provisional(catalog, row[0])]
    names = said_names(store, tenant, [row[0] for row in rows])
    teachers: dict[str, list[dict[str, str]]] = {}
    for class_, teacher, name in said:
        teachers.setdefault(class_, []).append({"id": teacher, "name": name})
    return [
        Appeared(id_, names.get(id_) or last_part(id_), count, last, now - last > TERM, teachers.get(id_, []))
        for id_, count, last in rows
    ]


def _teachers(store: Store, tenant: str) -> list[tuple[str, str, str]]:
    """Class, key and name of whoever statements name as a teacher."""
    return [(class_, key, name) for class_, key, name in store.tuples(_TEACHERS, {"tenant": tenant})]


def _no_members(catalog: Catalog, teachers: list[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """Class and person of teachers, as the folds name persons; never empty, as an empty list has no type."""
    return [(class_, catalog.people.person(key)) for class_, key, _ in teachers] or [("", "")]


def is_provisional(catalog: Catalog, id_: str) -> bool:
    """Whether the catalog says nothing of what a class of statements is."""
    known = catalog.provisional_classes.get(id_)
    return id_ not in catalog.classes and not (known and (known.hidden or known.into))


def as_class(store: Store, catalog: Catalog, tenant: str, id_: str) -> Class | None:
    """A provisional class with its members and the skills that they worked at in it; None if nobody worked in it.

    Raises the store's errors.
    """
    if not is_provisional(catalog, id_):
        return None
    taught = [one for one in _teachers(store, tenant) if one[0] == id_]
    rows = store.tuples(_OF, {"tenant": tenant, "class": id_, "teachers": _no_members(catalog, taught)})
    if not rows:
        return None
    learners = [row[0] for row in rows]
    identities = [one for person in learners[:MOST_MEMBERS] for one in catalog.people.identities(person)]
    asked = {"tenant": tenant, "class": id_, "identities": tuple(identities), "most": MOST_SKILLS}
    skills = [row[0] for row in store.tuples(_SKILLS, asked)] if len(learners) <= MOST_MEMBERS else []
    name = said_names(store, tenant, [id_]).get(id_) or last_part(id_)
    return Class.model_construct(
        id=id_, name=name, learners=[Member.model_construct(learner=one) for one in learners], skills=skills
    )


def adopt(store: Store, catalog: Catalog, tenant: str, id_: str, class_id: str, name: str) -> list[Change]:
    """The changes that make a provisional class one of the catalog. Raises the store's errors."""
    found = as_class(store, catalog, tenant, id_)
    if found is None:
        return []
    names = said_names(store, tenant, found.skills)
    skills: list[Change] = [Skill(id=one, name=names.get(one, "")) for one in found.skills if one not in catalog.skills]
    learners = [Member(learner=one.learner) for one in found.learners]
    made = Class(id=class_id, name=name or found.name, learners=learners, skills=found.skills)
    return [*skills, made, ProvisionalClass(id=id_, into=class_id)]
