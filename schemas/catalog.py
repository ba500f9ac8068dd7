"""The catalog: what activities teach, who is in which class, and by which thresholds a tenant paces.

Every change is an event in the log's `catalog` topic; `Catalog.apply` folds them in log order.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from schemas.activity_patterns import PatternIndex, check_pattern, fill_template
from schemas.alerts import Alert, AlertEvent, AlertOver, Alerts, WatchingAlerts
from schemas.cmi5.course import Course
from schemas.course_units import CourseUnits
from schemas.days import Zone
from schemas.lesson_asks import LessonAsk
from schemas.material import Material, units
from schemas.models import Activation, Compared, FittedPart, Model, ModelEvent, ModelVersions
from schemas.narrowed_policy import NarrowedPolicy, Policies
from schemas.notes import Note, NoteEvent, Notes, NoteTakenBack
from schemas.opening_check import Check, CheckRecorded, CheckResults
from schemas.overruling import Overrule, Overruling, PutOff
from schemas.people import People
from schemas.plan_events import DayPlan, Initiative, PlanEvent, Planned
from schemas.policy import Policy
from schemas.prerequisites import requirements, without_own
from schemas.reading import ReadingRules, Reinterpret
from schemas.roster import AccountNaming, Alias, Attributes, Person, ProvisionalClass, SkillId
from schemas.timetable import Timetable

MOST_PARENTS = 16  # of an item


def _readable(pattern: str) -> str:
    check_pattern(pattern)
    return pattern


class _CatalogChange(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Skill(_CatalogChange):
    """Something to master; `requires` are the skills that come before it.

    `follows` are skills that a framework puts before it, which is a suggestion alone; `parents` are what it is a part
    of there; `aliases` are other ids of it, its addresses for example.
    """

    kind: Literal["skill"] = "skill"
    id: str = Field(min_length=1, max_length=2048)
    name: str = ""
    requires: list[str] = []
    follows: list[str] = []
    parents: list[str] = []
    aliases: list[str] = []
    code: str = ""
    level: str = ""
    framework: str = ""
    removed: bool = False


class Activity(_CatalogChange):
    """What an activity teaches. `mastery_score` in [0, 1] judges the share of the marks, whatever the tool says."""

    kind: Literal["activity"] = "activity"
    id: str = Field(min_length=1, max_length=2048)
    name: str = ""
    skills: list[SkillId] = []
    mastery_score: float | None = Field(default=None, ge=0, le=1)
    removed: bool = False


class Pattern(_CatalogChange):
    """What activities teach whose ids fit a pattern (see schemas.activity_patterns), of given types and platforms.

    Skills may name the pattern's holes: `https://m.example/{topic}/*` may teach `https://s.example/{topic}`.
    """

    kind: Literal["pattern"] = "pattern"
    id: Annotated[str, AfterValidator(_readable)] = Field(min_length=1, max_length=2048)
    types: list[str] = []
    platforms: list[str] = []
    skills: list[SkillId] = []
    mastery_score: float | None = Field(default=None, ge=0, le=1)
    removed: bool = False


class PartOf(_CatalogChange):
    """What an activity is a part of, as statements of a tool said it or a person did."""

    kind: Literal["part"] = "part"
    id: str = Field(min_length=1, max_length=2048)
    of: list[Annotated[str, Field(min_length=1, max_length=2048)]] = Field(max_length=MOST_PARENTS)
    removed: bool = False


class School(_CatalogChange):
    """A school and the zone of its days."""

    kind: Literal["school"] = "school"
    id: str = Field(min_length=1, max_length=256)
    name: str = ""
    zone: Zone = ""
    source: str = ""  # the roster that it comes from
    removed: bool = False


class Member(_CatalogChange):
    """A learner of a class: canonical actor (see schemas.xapi.actor), the name people use, and the person's id."""

    learner: str = Field(min_length=1, max_length=2048)
    name: str = ""
    person: str = ""


class Class(_CatalogChange):
    """A class, its roster and the skills its board shows, in teaching order.

    Teachers are persons' ids. Dates are YYYY-MM-DD, the end exclusive. `source` is the roster that it comes from.
    """

    kind: Literal["class"] = "class"
    id: str = Field(min_length=1, max_length=256)
    name: str = ""
    learners: list[Member] = []
    skills: list[SkillId] = []
    teachers: list[str] = []
    school: str = ""
    grades: list[str] = []
    starts: str = ""
    ends: str = ""
    source: str = ""
    removed: bool = False


Change = Annotated[
    Skill
    | Activity
    | Pattern
    | PartOf
    | Class
    | ProvisionalClass
    | School
    | Person
    | Attributes
    | AccountNaming
    | Alias
    | ReadingRules
    | Reinterpret
    | Policy
    | NarrowedPolicy
    | Overrule
    | PutOff
    | Course
    | Material
    | Timetable
    | Initiative,
    Field(discriminator="kind"),
]
# Changes that what statements mean depends on. What an item is a part of counts whenever it was said: see Catalogs.at.
INTERPRETS = (Activity, Pattern, Class, School, ReadingRules, Course)
PEOPLE = (Person, AccountNaming, Alias, Class, School, ReadingRules, Policy)  # what people.People depends on
# What the log holds: see lrs.models, lrs.plans, lrs.alerts and lrs.people.notes, too.
Recorded = Annotated[Change | ModelEvent | PlanEvent | AlertEvent | NoteEvent, Field(discriminator="kind")]
CHANGE: TypeAdapter[Recorded] = TypeAdapter(Recorded)
CHANGES: TypeAdapter[list[Change]] = TypeAdapter(list[Change])


Taught = tuple[tuple[str, ...], float | None]  # skills, and the threshold for the share of the marks
_CACHED = 100_000


@dataclass(slots=True)
class Catalog:
    """One tenant's catalog after the changes applied so far; `position` is the last one's."""

    position: int = 0
    skills: dict[str, Skill] = field(default_factory=dict)
    activities: dict[str, Activity] = field(default_factory=dict)
    patterns: dict[str, Pattern] = field(default_factory=dict)
    edges: dict[str, PartOf] = field(default_factory=dict)
    schools: dict[str, School] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    provisional_classes: dict[str, ProvisionalClass] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    attributes: dict[str, Attributes] = field(default_factory=dict)
    accounts: dict[str, AccountNaming] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)
    materials: dict[str, Material] = field(default_factory=dict)
    planned: Planned = field(default_factory=Planned)
    alerts: Alerts = field(default_factory=Alerts)
    notes: Notes = field(default_factory=Notes)
    reading: ReadingRules = field(default_factory=ReadingRules)
    reinterpreted: int | None = None  # position of the last change that had all of the past read again
    policies: Policies = field(default_factory=Policies)
    _said: dict[tuple[str, str], Overruling] = field(default_factory=dict)  # by key, the last word last
    models: dict[Model, ModelVersions] = field(default_factory=dict)
    _index: PatternIndex[Pattern] | None = None
    _course_units: CourseUnits | None = None
    _requirements: dict[str, list[str]] | None = None
    _materials: dict[str, list[Material]] | None = None
    _people: People | None = field(default=None, repr=False, compare=False)
    _words: dict[tuple[str, str], Overruling] | None = field(default=None, repr=False, compare=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)
    _found: dict[tuple[str, str, str], Taught] = field(default_factory=dict)

    def apply(self, change: Recorded, position: int, at: int) -> None:
        """Fold one change in. `position` is its place in the log, `at` when it was accepted (µs)."""
        with self._lock:  # `people` may be made by another thread
            self._apply(change, position, at)

    def _apply(self, change: Recorded, position: int, at: int) -> None:
        self.position = position
        if isinstance(change, (*INTERPRETS, PartOf, Material)):
            self._materials = None
        if isinstance(change, PEOPLE):
            self._people = self._words = None
        match change:
            case Skill():
                _put_or_remove(self.skills, change.id, change)
                self._requirements = None
            case Activity():
                _put_or_remove(self.activities, change.id, change)
                self._found.clear()
            case Pattern():
                _put_or_remove(self.patterns, change.id, change)
                self._index = None
                self._found.clear()
            case PartOf():
                _put_or_remove(self.edges, change.id, change)
            case School():
                _put_or_remove(self.schools, change.id, change)
            case Class():
                _put_or_remove(self.classes, change.id, change)
            case ProvisionalClass():
                _put_or_remove(self.provisional_classes, change.id, change)
            case Person():
                _put_or_remove(self.persons, change.id, change)
            case Attributes():
                _put_or_remove(self.attributes, change.id, change)
            case AccountNaming():
                _put_or_remove(self.accounts, change.id, change)
            case Alias():
                _put_or_remove(self.aliases, change.id, change)
            case ReadingRules():
                self.reading = change
            case Reinterpret():
                self.reinterpreted = position
            case Course():
                _put_or_remove(self.courses, change.id, change)
                self._course_units = None
                self._found.clear()
            case Material():
                _put_or_remove(self.materials, change.id, change)
            case Timetable() | Initiative() | DayPlan() | Check() | CheckResults() | CheckRecorded() | LessonAsk():
                self.planned.apply(change, position, at)
            case Alert() | AlertOver() | WatchingAlerts() | PutOff():
                self.alerts.apply(change, at)
            case Note() | NoteTakenBack():
                self.notes.apply(change, at)
            case Policy() | NarrowedPolicy():
                self.policies.apply(change, position)
            case FittedPart() | Activation() | Compared():
                self.models.setdefault(change.model, ModelVersions()).apply(change, position, at)
            case Overrule():
                self._said.pop((change.learner, change.skill), None)  # so that the last word is the last of the dict
                self._said[change.learner, change.skill] = Overruling(change, at)
                self._words = None

    @property
    def policy(self) -> Policy:
        """The policy of everybody; see `policies` for those of a school, a class or a skill."""
        return self.policies.base

    @property
    def teaches(self) -> bool:
        """Whether it says of anything what it teaches."""
        return bool(self.activities or self.patterns or self.courses)

    @property
    def zoned(self) -> bool:
        """Whether anybody's days are not those of UTC."""
        return bool(self.reading.zone or self.schools)

    def zone_of(self, learner: str) -> str:
        """The zone of a learner's days: the school's, else the tenant's, else UTC."""
        return self.people.zone(self.people.person(learner))

    @property
    def people(self) -> People:
        """Who is who. What is given does not change."""
        with self._lock:
            if self._people is None:
                self._people = People(self)
            return self._people

    @property
    def overrulings(self) -> dict[tuple[str, str], Overruling]:
        """The last overruling of each person and skill, whatever key named the person; a withdrawn one is none."""
        with self._lock:
            if self._words is None:
                last = {(self.people.person(key), skill): word for (key, skill), word in self._said.items()}
                self._words = {key: word for key, word in last.items() if word.change.decision is not None}
            return self._words

    def parents(self, item: str, by_statement: Iterable[str]) -> Iterator[str]:
        """What an item is a part of: as its statement says, then as the catalog knows. Found when it is asked for."""
        edge = self.edges.get(item)
        wholes = dict.fromkeys(chain(by_statement, edge.of) if edge is not None else by_statement)
        yield from islice(wholes, MOST_PARENTS)

    def lookup(self, item: str, type_: str, platform: str, parents: Iterable[str]) -> Taught:
        """What the catalog says an item teaches: its cmi5 unit's objectives, its entry, the patterns it fits, and then
        the same of each parent. The threshold is only ever the item's own."""
        skills, threshold = self._own(item, type_, platform)
        if skills:
            return skills, threshold
        for parent in parents:
            inherited, _ = self._own(parent, "", platform)
            if inherited:
                return inherited, threshold
        return (), threshold

    def materials_of(self, skill: str) -> Sequence[Material]:
        """What can be opened to work on a skill, by id: materials, and the units of cmi5 courses."""
        if self._materials is None:
            by_skill: dict[str, list[Material]] = {}
            for material in sorted(
                [*self.materials.values(), *units(self.courses.values(), self.materials)], key=lambda opened: opened.id
            ):
                for taught in self.lookup(material.id, "", "", self.parents(material.id, ()))[0]:
                    by_skill.setdefault(taught, []).append(material)
            self._materials = by_skill
        return self._materials.get(skill, ())

    def _own(self, item: str, type_: str, platform: str) -> Taught:
        if not self.patterns and not self.courses:
            activity = self.activities.get(item)
            return (tuple(dict.fromkeys(activity.skills)), activity.mastery_score) if activity else ((), None)
        key = (item, type_, platform)
        taught = self._found.get(key)
        if taught is None:
            if len(self._found) >= _CACHED:
                self._found.clear()
            taught = self._found[key] = self._say(item, type_, platform)
        return taught

    def _say(self, item: str, type_: str, platform: str) -> Taught:
        activity = self.activities.get(item)
        skills = self._units().objectives.get(item) or (tuple(dict.fromkeys(activity.skills)) if activity else ())
        threshold = activity.mastery_score if activity else None
        if self._index is None:
            self._index = PatternIndex.of((pattern.id, pattern) for pattern in self.patterns.values())
        for match in self._index.matches(item):
            pattern = match.value
            if (pattern.types and type_ not in pattern.types) or (
                pattern.platforms and platform not in pattern.platforms
            ):
                continue
            if not skills:
                skills = tuple(dict.fromkeys(fill_template(skill, match.filled) for skill in pattern.skills))
            if threshold is None:
                threshold = pattern.mastery_score
        return skills, threshold

    def courses_of(self, ids: Iterable[str]) -> list[str]:
        """The cmi5 courses that activities are units of."""
        course = self._units().course
        return [course[id_] for id_ in ids if id_ in course]

    def _units(self) -> CourseUnits:
        if self._course_units is None:
            self._course_units = CourseUnits(self.courses.values())
        return self._course_units

    def required(self, skill: str) -> Sequence[str]:
        """What a skill requires, by id, however the catalog names it: see schemas.prerequisites."""
        by_skill = self._requirements
        if by_skill is None:
            with self._lock:
                by_skill = self._requirements = without_own(requirements(self.skills))
        return by_skill.get(skill, ())


_Other = Person | Attributes | AccountNaming | Alias | Course | Material
_Kept = TypeVar("_Kept", bound=Skill | Activity | Pattern | PartOf | School | Class | ProvisionalClass | _Other)


def _put_or_remove(entries: dict[str, _Kept], key: str, change: _Kept) -> None:
    if change.removed:
        entries.pop(key, None)
    else:
        entries[key] = change
