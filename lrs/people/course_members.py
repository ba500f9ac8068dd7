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
    for member in members:
        if member.active and member.roles & {"Learner", "Instructor"}:
            teaches = "Instructor" in member.roles
            yield NamedMember(
                member.user, member.person, member.name, ClassRole.TEACHER if teaches else ClassRole.LEARNER
            )


def course_roster(
    members: Iterable[NamedMember], platform: str, home_page: str, class_id: str, class_name: str, catalog: Catalog
) -> CourseRoster:
    """A roster of one class. Somebody whom a roster knows stays as that one says; a class of another roster keeps its
    members, and only the names by which the platform calls persons are learnt.

    home_page: of the accounts by which the platform's statements name people (its issuer).
    """
    source = f"lti:{platform}:{class_id}"
    existing = catalog.classes.get(class_id)
    owns_class = existing is None or existing.source in ("", source)
    roster = Roster(partial={RosterKind.SCHOOL, RosterKind.PERSON, RosterKind.CLASS})
    before = catalog.accounts.get(home_page)
    names = dict(before.names) if before else {}
    if owns_class:
        class_ = existing or Class(id=class_id, name=class_name)
        class_fields = (class_.name or class_id, class_.school, list(class_.grades), class_.starts, class_.ends)
        roster.classes[class_id] = RosterClass(class_id, *class_fields)
    for member in members:
        person = _person(member, platform, home_page, catalog)
        names[person] = member.user
        existing_person = catalog.persons.get(person)
        if existing_person is None or existing_person.source == source:
            roster.persons[person] = RosterPerson(person, member.name or person, [str(member.role)])
        if owns_class:
            roster.enrollments[Enrollment(class_id, person, member.role)] = None
    return CourseRoster(
        roster, AccountNaming(id=home_page, template=before.template if before else "", names=names), source
    )


def _person(member: NamedMember, platform: str, home_page: str, catalog: Catalog) -> str:
    """The roster's id; else that of whom the platform's account is known to be; else one made of the platform's."""
    if member.person:
        return member.person
    return catalog.people.rostered(f"account:{home_page}|{member.user}") or f"{platform}:{member.user}"
