"""What a roster changes: the difference between it and the catalog, before anything is written. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lrs.catalog.change_validation import MOST_LEARNERS, MOST_REMOVED
from lrs.csv_files.problem import Problems
from lrs.people.roster import ClassRole, Enrollment, Roster, RosterKind
from schemas.catalog import Catalog, Change, Class, Member, School
from schemas.people import People
from schemas.roster import Attributes, Person, rostered
from schemas.wording import worded

_FILES = {RosterKind.SCHOOL: "orgs.csv", RosterKind.PERSON: "users.csv", RosterKind.CLASS: "classes.csv"}


@dataclass(slots=True)
class RosterCount:
    """Of one kind: how many there were, and what happens to them."""

    before: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    taken_over: int = 0  # of those before: people made them, the roster says them from now on

    @property
    def own_before(self) -> int:
        """How many the roster said before: of these some may be removed."""
        return self.before - self.taken_over

    @property
    def share_removed(self) -> float:
        return self.removed / self.own_before if self.own_before else 0.0


@dataclass(slots=True)
class RosterPlan:
    """The changes in the order to write them, their counts, and what is wrong."""

    changes: list[Change] = field(default_factory=list)
    counts: dict[RosterKind, RosterCount] = field(default_factory=lambda: {kind: RosterCount() for kind in RosterKind})
    problems: Problems = field(default_factory=Problems)
    nameless: int = 0  # members whom no statement can name yet

    @property
    def needs_removal_confirmation(self) -> list[RosterKind]:
        """The kinds of which more than MOST_REMOVED would go."""
        return [kind for kind, count in self.counts.items() if count.share_removed > MOST_REMOVED]

    @property
    def much_removed(self) -> str:
        """How much of those kinds would go, in words."""
        joined = ""
        for kind in self.needs_removal_confirmation:
            count = self.counts[kind]
            kind_words = kind.words if count.own_before == 1 else kind.several
            sentence = worded(
                "%(removed)s of %(all)s %(kind)s", removed=count.removed, all=count.own_before, kind=kind_words
            )
            joined = worded("%(some)s, %(more)s", some=joined, more=sentence) if joined else sentence
        return joined


def plan_roster(roster: Roster, catalog: Catalog, source: str, seen: Mapping[str, str]) -> RosterPlan:
    """The difference. `source` names the roster: what another one says is not touched. `seen`: keys that statements
    name, by their identity (see schemas.people)."""
    return _RosterPlanner(roster, catalog, source, seen).plan


def rekey_members(catalog: Catalog, seen: Mapping[str, str]) -> list[Change]:
    """The classes some of whose members statements name by another key than the class has."""
    people = catalog.people
    changed: list[Change] = []
    for class_ in catalog.classes.values():
        members = [
            m.model_copy(update={"learner": people.choose(m.person, seen)}) if m.person in catalog.persons else m
            for m in class_.learners
        ]
        if members != class_.learners:
            changed.append(class_.model_copy(update={"learners": members}))
    return changed


class _RosterPlanner:
    def __init__(self, roster: Roster, catalog: Catalog, source: str, seen: Mapping[str, str]) -> None:
        self.plan = RosterPlan()
        self.plan.problems += roster.problems
        self._roster = roster
        self._catalog = catalog
        self._source = source
        self._seen = seen
        self._removals: list[Change] = []
        schools = {school.id: self._school(school.id) for school in roster.schools.values()}
        persons = {person.id: self._person(person.id) for person in roster.persons.values()}
        self._put(RosterKind.SCHOOL, schools, catalog.schools)
        self._put(RosterKind.PERSON, persons, catalog.persons)
        self._attributes()
        self._classes()
        self.plan.changes += reversed(self._removals)

    def _school(self, id_: str) -> School:
        in_roster = self._roster.schools[id_]
        before = self._catalog.schools.get(id_)
        return School(
            id=id_, name=in_roster.name, zone=in_roster.zone or (before.zone if before else ""), source=self._source
        )

    def _person(self, id_: str) -> Person:
        in_roster = self._roster.persons[id_]
        return Person(
            id=id_,
            name=in_roster.name,
            roles=in_roster.roles,
            schools=in_roster.schools,
            grades=in_roster.grades,
            agents=in_roster.agents,
            mailboxes=in_roster.mailboxes,
            names=in_roster.names,
            aliases=in_roster.aliases,
            source=self._source,
        )

    def _put(
        self,
        kind: RosterKind,
        in_roster: Mapping[str, School | Person | Class],
        before: Mapping[str, School | Person | Class],
    ) -> None:
        """Changes that make the entries of a kind what the roster says."""
        count = self.plan.counts[kind]
        owned = {id_ for id_, record in before.items() if record.source == self._source}
        count.taken_over = sum(before[id_].source == "" for id_ in in_roster.keys() & before.keys())
        count.before = len(owned) + count.taken_over
        for id_, record in in_roster.items():
            existing = before.get(id_)
            if existing is not None and not self._is_ours(existing):
                message = worded(
                    "the %(kind)s %(id)s is in the roster %(source)s, too: left as that one says",
                    kind=kind.words,
                    id=id_,
                    source=existing.source,
                )
                self._problem(_FILES[kind], "sourcedId", message)
            elif existing is None:
                count.added += 1
                self.plan.changes.append(record)
            elif existing != record:
                count.changed += 1
                self.plan.changes.append(record)
        for id_ in sorted(owned & self._gone(kind, owned, in_roster)):
            count.removed += 1
            self._removals.append(before[id_].model_copy(update={"removed": True}))

    def _gone(self, kind: RosterKind, owned: Iterable[str], in_roster: Mapping[str, object]) -> set[str]:
        deleted_ids = self._roster.deleted.get(kind, set())
        return deleted_ids if kind in self._roster.partial else deleted_ids | set(owned) - in_roster.keys()

    def _attributes(self) -> None:
        counted = {person.id for person in self.plan.changes if isinstance(person, Person)}
        for id_, person in self._roster.persons.items():
            before = self._catalog.attributes.get(id_)
            ours = self._is_ours(self._catalog.persons.get(id_))
            if ours and person.attributes and (before is None or before.values != person.attributes):
                # Whoever is new, or changes in what a person has, is counted already.
                self.plan.counts[RosterKind.PERSON].changed += id_ not in counted
                self.plan.changes.append(Attributes(id=id_, values=person.attributes))
        for change in list(self._removals):
            if isinstance(change, Person) and change.id in self._catalog.attributes:
                self._removals.append(Attributes(id=change.id, removed=True))

    def _classes(self) -> None:
        catalog, roster = self._catalog, self._roster
        catalog_after = Catalog(accounts=catalog.accounts, persons=dict(catalog.persons), aliases=catalog.aliases)
        for change in (*self.plan.changes, *self._removals):
            if isinstance(change, Person):
                catalog_after.apply(change, 0, 0)
        people = catalog_after.people
        owned = {id_: class_ for id_, class_ in catalog.classes.items() if class_.source == self._source}
        enrolled_before = {e for class_ in owned.values() for e in enrollments_of(class_)}
        for enrollment in roster.enrollments:
            if enrollment.person not in catalog_after.persons:
                self._problem(
                    "enrollments.csv",
                    "userSourcedId",
                    worded("there is no person %(person)s: left out", person=enrollment.person),
                )
        enrolled_now = {e: None for e in self._enrolled(enrolled_before) if e.person in catalog_after.persons}
        of_class: dict[str, list[Enrollment]] = {}
        for enrollment in enrolled_now:
            of_class.setdefault(enrollment.class_, []).append(enrollment)
        for id_, enrolled in of_class.items():
            beyond = self._beyond_most(id_, enrolled, enrolled_before)
            of_class[id_] = [enrollment for enrollment in enrolled if enrollment not in beyond]
            for enrollment in beyond:
                del enrolled_now[enrollment]
        removed = self._gone(RosterKind.CLASS, owned, roster.classes)
        in_roster: dict[str, School | Person | Class] = {}
        for id_ in dict.fromkeys((*roster.classes, *owned, *of_class)):
            if id_ in removed:
                continue
            if id_ not in roster.classes and id_ not in catalog.classes:
                self._problem("enrollments.csv", "classSourcedId", worded("there is no class %(id)s: left out", id=id_))
                continue
            in_roster[id_] = self._class(id_, of_class.get(id_, []), catalog_after, people)
        self._put(RosterKind.CLASS, in_roster, catalog.classes)
        written = {id_ for id_ in in_roster if self._is_ours(catalog.classes.get(id_))}
        enrolled_before |= {e for id_ in written & catalog.classes.keys() for e in enrollments_of(catalog.classes[id_])}
        written_enrollments = {e for e in enrolled_now if e.class_ in written}
        count = self.plan.counts[RosterKind.ENROLLMENT]
        count.before, count.added, count.removed = (
            len(enrolled_before),
            len(written_enrollments - enrolled_before),
            len(enrolled_before - written_enrollments),
        )

    def _beyond_most(self, id_: str, enrolled: Iterable[Enrollment], before: set[Enrollment]) -> set[Enrollment]:
        """The learners that exceed the limit of a class; also reports the problem. Existing members are kept first."""
        existing = self._catalog.classes.get(id_)
        by_hand = sum(not member.person for member in existing.learners) if existing else 0
        learners = sorted(
            (e for e in enrolled if e.role is ClassRole.LEARNER), key=lambda e: (e not in before, e.person)
        )
        beyond = set(learners[max(MOST_LEARNERS - by_hand, 0) :])
        if beyond:
            message = worded(
                "the class %(id)s has more than %(most)s learners: %(left)s left out",
                id=id_,
                most=MOST_LEARNERS,
                left=len(beyond),
            )
            self._problem("enrollments.csv", "classSourcedId", message)
        return beyond

    def _is_ours(self, existing: School | Person | Class | None) -> bool:
        """Whether the roster says what an entry is: no other one does."""
        return existing is None or existing.source in ("", self._source)

    def _enrolled(self, before: set[Enrollment]) -> Iterable[Enrollment]:
        """Who is in a class now."""
        yield from self._roster.enrollments
        if RosterKind.ENROLLMENT in self._roster.partial:
            ended = self._roster.ended_enrollments - self._roster.enrollments.keys()
            yield from sorted(before - ended)

    def _class(self, id_: str, enrolled: Iterable[Enrollment], catalog_after: Catalog, people: People) -> Class:
        existing = self._catalog.classes.get(id_) or Class(id=id_, source=self._source)
        learners = [e.person for e in enrolled if e.role is ClassRole.LEARNER]
        members = []
        for person in dict.fromkeys(learners):
            key = people.choose(person, self._seen)
            self.plan.nameless += key == rostered(person)
            members.append(Member(learner=key, name=catalog_after.persons[person].name, person=person))
        members.sort(key=lambda member: (member.name, member.person))
        by_roster = {people.member(member) for member in members}
        members += [m for m in existing.learners if not m.person and people.member(m) not in by_roster]  # by hand
        update = {
            "learners": members,
            "teachers": sorted({e.person for e in enrolled if e.role is ClassRole.TEACHER}),
            "source": self._source,
        }
        if in_roster := self._roster.classes.get(id_):
            update |= {
                "name": in_roster.name,
                "school": in_roster.school,
                "grades": in_roster.grades,
                "starts": in_roster.starts,
                "ends": in_roster.ends,
            }
        return existing.model_copy(update=update)

    def _problem(self, file: str, field_: str, message: str) -> None:
        self.plan.problems.add(file, 0, field_, message, error=True)


def enrollments_of(class_: Class) -> Iterable[Enrollment]:
    """Who of rosters is in a class; members whom people added are no enrollments."""
    for member in class_.learners:
        if member.person:
            yield Enrollment(class_.id, member.person, ClassRole.LEARNER)
    for teacher in class_.teachers:
        yield Enrollment(class_.id, teacher, ClassRole.TEACHER)
