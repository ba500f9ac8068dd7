"""The members that a learning platform says a course has, as a roster, and as what the platform calls persons. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lrs.auth.nrps import CourseMember
from lrs.people.roster import ClassRole, Enrollment, Roster, RosterClass, RosterKind, RosterPerson
from schemas.catalog import Catalog, Class
from schemas.roster import AccountNaming


class NamedMember(NamedTuple):
    """Somebody whom a platform names: by its own id and, perhaps, by the roster's."""

    user: str
    person: str
    name: str
    role: ClassRole


class CourseRoster(NamedTuple):
    """What becomes of a course's members. source: what this course said before is replaced, and nothing else is."""

    roster: Roster
    accounts: AccountNaming
    source: str


def named_members(members: Iterable[CourseMember]) -> Iterator[NamedMember]:
    """Those who learn or teach in a course; the others are not for a class's board."""
    for one in members:
        if one.active and one.roles & {"Learner", "Instructor"}:
            teaches = "Instructor" in one.roles
            yield NamedMember(one.user, one.person, one.name, ClassRole.TEACHER if teaches else ClassRole.LEARNER)


def course_roster(
    members: Iterable[NamedMember], platform: str, home_page: str, class_id: str, class_name: str, catalog: Catalog
) -> CourseRoster:
    """A roster of one class. Somebody whom a roster knows stays as that one says; a class of another roster keeps its
    members, and only the names by which the platform calls persons are learnt.

    home_page: of the accounts by which the platform's statements name people (its issuer).
    """
    source = f"lti:{platform}:{class_id}"
    existing = catalog.classes.get(class_id)
    own = existing is None or existing.source in ("", source)
    roster = Roster(partial={RosterKind.SCHOOL, RosterKind.PERSON, RosterKind.CLASS})
    before = catalog.accounts.get(home_page)
    names = dict(before.names) if before else {}
    if own:
        held = existing or Class(id=class_id, name=class_name)
        said = (held.name or class_id, held.school, list(held.grades), held.starts, held.ends)
        roster.classes[class_id] = RosterClass(class_id, *said)
    for one in members:
        person = _person(one, platform, home_page, catalog)
        names[person] = one.user
        known = catalog.persons.get(person)
        if known is None or known.source == source:
            roster.persons[person] = RosterPerson(person, one.name or person, [str(one.role)])
        if own:
            roster.enrollments[Enrollment(class_id, person, one.role)] = None
    return CourseRoster(
        roster, AccountNaming(id=home_page, template=before.template if before else "", names=names), source
    )


def _person(one: NamedMember, platform: str, home_page: str, catalog: Catalog) -> str:
    """The roster's id; else that of whom the platform's account is known to be; else one made of the platform's."""
    if one.person:
        return one.person
    return catalog.people.rostered(f"account:{home_page}|{one.user}") or f"{platform}:{one.user}"
