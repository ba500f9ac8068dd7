"""Classes that appear from statements: who worked in a course or group, until a roster says who is in a class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lrs.pacing.display_names import last_part, said_names
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


class ProvisionalClassRow(NamedTuple):
    """A class that appeared: from what it was seen, and how it is dealt with."""

    id: str
    name: str
    learners: int
    last_time: int  # µs since the epoch
    archived: bool
    teachers: list[dict[str, str]]  # proposed: they see nothing before an operator confirms


def provisional_classes(store: Store, catalog: Catalog, tenant: str, now: int) -> list[ProvisionalClassRow]:
    """The tenant's provisional classes: not those that are classes of the catalog, or hidden. Raises the store's
    errors."""
    said = _teachers(store, tenant)
    asked = {"tenant": tenant, "teachers": _teachers_by_class(catalog, said)}
    rows = [row for row in store.tuples(_MEMBERS, asked) if is_provisional(catalog, row[0])]
    names = said_names(store, tenant, [row[0] for row in rows])
    teachers: dict[str, list[dict[str, str]]] = {}
    for class_, teacher, name in said:
        teachers.setdefault(class_, []).append({"id": teacher, "name": name})
    return [
        ProvisionalClassRow(
            id_, names.get(id_) or last_part(id_), count, last, now - last > TERM, teachers.get(id_, [])
        )
        for id_, count, last in rows
    ]


def _teachers(store: Store, tenant: str) -> list[tuple[str, str, str]]:
    """Class, key and name of whoever statements name as a teacher."""
    return [(class_, key, name) for class_, key, name in store.tuples(_TEACHERS, {"tenant": tenant})]


def _teachers_by_class(catalog: Catalog, teachers: list[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """Class and person of teachers, as the folds name persons; never empty, as an empty list has no type."""
    return [(class_, catalog.people.person(key)) for class_, key, _ in teachers] or [("", "")]


def is_provisional(catalog: Catalog, id_: str) -> bool:
    """Whether the catalog says nothing of what a class of statements is."""
    known = catalog.provisional_classes.get(id_)
    return id_ not in catalog.classes and not (known and (known.hidden or known.into))


def provisional_class(store: Store, catalog: Catalog, tenant: str, id_: str) -> Class | None:
    """A provisional class with its members and the skills that they worked at in it; None if nobody worked in it.

    Raises the store's errors.
    """
    return _worked_in(store, catalog, tenant, id_) if is_provisional(catalog, id_) else None


def _worked_in(store: Store, catalog: Catalog, tenant: str, id_: str) -> Class | None:
    taught = [one for one in _teachers(store, tenant) if one[0] == id_]
    rows = store.tuples(_OF, {"tenant": tenant, "class": id_, "teachers": _teachers_by_class(catalog, taught)})
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


def adoption(store: Store, catalog: Catalog, tenant: str, id_: str, class_id: str, name: str) -> list[Change]:
    """The changes that make a provisional class one of the catalog. Raises the store's errors."""
    found = provisional_class(store, catalog, tenant, id_)
    if found is None:
        return []
    learners = [Member(learner=one.learner) for one in found.learners]
    made = Class(id=class_id, name=name or found.name, learners=learners, skills=found.skills)
    names = said_names(store, tenant, found.skills)
    skills: list[Change] = [Skill(id=one, name=names.get(one, "")) for one in found.skills if one not in catalog.skills]
    return [*skills, made, ProvisionalClass(id=id_, into=class_id, joins=True)]


def joined_members(store: Store, catalog: Catalog, tenant: str, history: Iterable[Change]) -> list[Change]:
    """The changes that make members of adopted classes of whoever has worked there since, and add the catalog's skills
    that they worked at.

    `history`: every change of the catalog. Who, or what, was in the class once and is not any more stays out: somebody
    said so. Raises the store's errors.
    """
    followed = [
        (one.id, class_)
        for one in catalog.provisional_classes.values()
        if one.joins and (class_ := catalog.classes.get(one.into)) is not None and not class_.source
    ]
    if not followed:
        return []
    person = catalog.people.member
    members: dict[str, set[str]] = {class_.id: set() for _, class_ in followed}
    skills: dict[str, set[str]] = {class_.id: set() for _, class_ in followed}
    for change in history:
        if isinstance(change, Class) and change.id in members:
            members[change.id].update(map(person, change.learners))
            skills[change.id].update(change.skills)
    changed: dict[str, Class] = {}
    for id_, class_ in followed:
        found = _worked_in(store, catalog, tenant, id_)
        if found is None:
            continue
        known = changed.get(class_.id, class_)
        learners = [Member(learner=one.learner) for one in found.learners if person(one) not in members[class_.id]]
        taught = [one for one in found.skills if one in catalog.skills and one not in skills[class_.id]]
        if learners or taught:
            members[class_.id].update(map(person, learners))
            skills[class_.id].update(taught)
            more = {"learners": [*known.learners, *learners], "skills": [*known.skills, *taught]}
            changed[class_.id] = known.model_copy(update=more)
    return list(changed.values())
