"""Classes that appear from statements: who worked in a course or group, until a roster says who is in a class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lrs.catalog.change_validation import MOST_LEARNERS, check_size
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


class _ClassRow(NamedTuple):
    id: str
    learners: int
    last_time: int


class _TeacherRow(NamedTuple):
    """Somebody whom statements name as a teacher, by the key they have there."""

    class_id: str
    key: str
    name: str


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
    teacher_rows = _teachers(store, tenant)
    parameters = {"tenant": tenant, "teachers": _teachers_by_class(catalog, teacher_rows)}
    rows = [row for row in map(_ClassRow._make, store.tuples(_MEMBERS, parameters)) if is_provisional(catalog, row.id)]
    names = said_names(store, tenant, [row.id for row in rows])
    teachers: dict[str, list[dict[str, str]]] = {}
    for class_, teacher, name in teacher_rows:
        teachers.setdefault(class_, []).append({"id": teacher, "name": name})
    return [
        ProvisionalClassRow(
            row.id,
            names.get(row.id) or last_part(row.id),
            row.learners,
            row.last_time,
            now - row.last_time > TERM,
            teachers.get(row.id, []),
        )
        for row in rows
    ]


def _teachers(store: Store, tenant: str) -> list[_TeacherRow]:
    return [_TeacherRow(*row) for row in store.tuples(_TEACHERS, {"tenant": tenant})]


def _teachers_by_class(catalog: Catalog, teachers: list[_TeacherRow]) -> list[tuple[str, str]]:
    """Class and person of teachers, as the folds name persons; never empty, as an empty list has no type."""
    return [(teacher.class_id, catalog.people.person(teacher.key)) for teacher in teachers] or [("", "")]


def is_provisional(catalog: Catalog, id_: str) -> bool:
    """Whether the catalog says nothing of what a class of statements is."""
    provisional = catalog.provisional_classes.get(id_)
    return id_ not in catalog.classes and not (provisional and (provisional.hidden or provisional.into))


def provisional_class(store: Store, catalog: Catalog, tenant: str, id_: str) -> Class | None:
    """A provisional class with its members and the skills that they worked at in it; None if nobody worked in it.

    Raises the store's errors.
    """
    return _worked_in(store, catalog, tenant, id_) if is_provisional(catalog, id_) else None


def _worked_in(store: Store, catalog: Catalog, tenant: str, id_: str) -> Class | None:
    taught = [teacher_row for teacher_row in _teachers(store, tenant) if teacher_row.class_id == id_]
    rows = store.tuples(_OF, {"tenant": tenant, "class": id_, "teachers": _teachers_by_class(catalog, taught)})
    if not rows:
        return None
    learners = [learner for learner, _ in rows]
    identities = [identity for person in learners[:MOST_MEMBERS] for identity in catalog.people.identities(person)]
    class_parameters = {"tenant": tenant, "class": id_, "identities": tuple(identities), "most": MOST_SKILLS}
    skills = [row[0] for row in store.tuples(_SKILLS, class_parameters)] if len(learners) <= MOST_MEMBERS else []
    name = said_names(store, tenant, [id_]).get(id_) or last_part(id_)
    return Class.model_construct(
        id=id_,
        name=name,
        learners=[Member.model_construct(learner=learner_id) for learner_id in learners],
        skills=skills,
    )


def adoption(store: Store, catalog: Catalog, tenant: str, id_: str, class_id: str, name: str) -> list[Change]:
    """The changes that make a provisional class one of the catalog. Raises Invalid and the store's errors."""
    provisional = provisional_class(store, catalog, tenant, id_)
    if provisional is None:
        return []
    learners = [Member(learner=member.learner) for member in provisional.learners]
    adopted = Class(id=class_id, name=name or provisional.name, learners=learners, skills=provisional.skills)
    check_size(adopted, "")
    names = said_names(store, tenant, provisional.skills)
    skills: list[Change] = [
        Skill(id=skill, name=names.get(skill, "")) for skill in provisional.skills if skill not in catalog.skills
    ]
    return [*skills, adopted, ProvisionalClass(id=id_, into=class_id, joins=True)]


def joined_members(store: Store, catalog: Catalog, tenant: str, history: Iterable[Change]) -> list[Change]:
    """The changes that make members of adopted classes of whoever has worked there since, and add the catalog's skills
    that they worked at.

    `history`: every change of the catalog. Who, or what, was in the class once and is not any more stays out: somebody
    said so. Of those who would be more than a class may have, the others wait. Raises the store's errors.
    """
    followed = [
        (provisional.id, class_)
        for provisional in catalog.provisional_classes.values()
        if provisional.joins and (class_ := catalog.classes.get(provisional.into)) is not None and not class_.source
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
        worked_in = _worked_in(store, catalog, tenant, id_)
        if worked_in is None:
            continue
        adopted = changed.get(class_.id, class_)
        learners = [
            Member(learner=member.learner) for member in worked_in.learners if person(member) not in members[class_.id]
        ][: max(MOST_LEARNERS - len(adopted.learners), 0)]
        taught = [skill for skill in worked_in.skills if skill in catalog.skills and skill not in skills[class_.id]]
        if learners or taught:
            members[class_.id].update(map(person, learners))
            skills[class_.id].update(taught)
            class_fields = {"learners": [*adopted.learners, *learners], "skills": [*adopted.skills, *taught]}
            changed[class_.id] = adopted.model_copy(update=class_fields)
    return list(changed.values())
