"""A roster as read from files: who is where, in which classes, and what was wrong with the rows that said so."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from lrs.csv_files.problem import Problems
from schemas.wording import worded


class RosterKind(StrEnum):
    """What a roster is made of."""

    SCHOOL = "school"
    PERSON = "person"
    CLASS = "class"
    ENROLLMENT = "enrollment"

    @property
    def words(self) -> str:
        """How people call one."""
        return _ROLE_WORDS[self][0]

    @property
    def several(self) -> str:
        """Its plural."""
        return _ROLE_WORDS[self][1]


_ROLE_WORDS = {
    RosterKind.SCHOOL: (worded("school"), worded("schools")),
    RosterKind.PERSON: (worded("person"), worded("persons")),
    RosterKind.CLASS: (worded("class"), worded("classes")),
    RosterKind.ENROLLMENT: (worded("enrollment"), worded("enrollments")),
}


class ClassRole(StrEnum):
    """What somebody is in a class."""

    LEARNER = "learner"
    TEACHER = "teacher"


@dataclass(slots=True)
class RosterSchool:
    """A school, or an organisation above one (a district, a state)."""

    id: str
    name: str
    zone: str = ""


@dataclass(slots=True)
class RosterPerson:
    """A person, and what systems call them: `names` by the template's variable, mailboxes in lower case."""

    id: str
    name: str
    roles: list[str] = field(default_factory=list)
    schools: list[str] = field(default_factory=list)
    grades: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    mailboxes: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)  # actors named outright
    attributes: dict[str, str] = field(default_factory=dict)


class Additions:
    """Adds to lists what they do not have yet. It knows what they have: a file may add to one of them row after row."""

    def __init__(self) -> None:
        self._sets: dict[int, tuple[list[str], set[str]]] = {}

    def __call__(self, listed: list[str], value: str) -> None:
        if self.new(listed, value):
            listed.append(value)

    def new(self, listed: list[str], value: str) -> bool:
        """Whether a list does not have a value; it is not asked again."""
        if (list_and_set := self._sets.get(id(listed))) is None:
            list_and_set = self._sets[id(listed)] = (listed, set(listed))
        if not value or value in list_and_set[1]:
            return False
        list_and_set[1].add(value)
        return True


@dataclass(slots=True)
class RosterClass:
    """A class; dates are YYYY-MM-DD, the end exclusive, empty where they are not known."""

    id: str
    name: str
    school: str = ""
    grades: list[str] = field(default_factory=list)
    starts: str = ""
    ends: str = ""


class Enrollment(NamedTuple):
    """Somebody is in a class."""

    class_: str
    person: str
    role: ClassRole


@dataclass(slots=True)
class Roster:
    """All of it. Of a kind in `partial` what is not named stays as it is; `deleted` names what is to be removed."""

    schools: dict[str, RosterSchool] = field(default_factory=dict)
    persons: dict[str, RosterPerson] = field(default_factory=dict)
    classes: dict[str, RosterClass] = field(default_factory=dict)
    enrollments: dict[Enrollment, None] = field(default_factory=dict)
    partial: set[RosterKind] = field(default_factory=set)
    deleted: dict[RosterKind, set[str]] = field(default_factory=dict)
    # Enrolments that are over, by their row's own dates or status.
    ended_enrollments: set[Enrollment] = field(default_factory=set)
    problems: Problems = field(default_factory=Problems)

    def remove(self, kind: RosterKind, id_: str) -> None:
        self.deleted.setdefault(kind, set()).add(id_)
