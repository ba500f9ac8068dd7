"""What happened beside a curve of mastery: a person's word, checks, lessons, absences, merges, new weights, and what
work on other skills changed. Read from the catalog, so that none of it is a query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from lrs.catalog.catalogs import AcceptedChange
from lrs.catalog.versions import versions_of
from lrs.pacing.curve import WeekOfMastery
from schemas.catalog import Catalog, Class
from schemas.days import day_name, day_of
from schemas.overruling import Overrule
from schemas.people import People
from schemas.roster import Alias

MOST_EVENTS = 60  # the latest
SEEN = 0.02  # a change of mastery that somebody sees on a curve
TEACHER = "teacher"  # how a lesson is worked on
What = Literal["overruled", "revoked", "check", "lesson", "absent", "merged", "split", "weights", "other work"]


class CurveEvent(NamedTuple):
    """Something that happened on a day of the learner's; `values` are what its sentence names."""

    day: str
    what: What
    values: dict[str, Any]


def events_of(
    catalog: Catalog, changes: Iterable[AcceptedChange], learner: str, skill: str, weeks: Sequence[WeekOfMastery]
) -> list[CurveEvent]:
    """The latest events of a learner and a skill, the latest first. changes: all of the catalog's, in order."""
    people = catalog.people
    person = people.person(learner)
    zone, classes = people.zone(person), people.classes.get(person, ())
    events = [
        *_what_persons_said(people, changes, person, skill, zone),
        *_checked(catalog, classes, person, skill, zone),
        *_planned(catalog, classes, person, skill),
        *(
            CurveEvent(_day_in_zone(weights.at, zone), "weights", {"version": weights.version})
            for weights in versions_of(catalog).activated
        ),
        *(
            CurveEvent(week.week, "other work", {"change": week.other_work})
            for week in weeks
            if abs(week.other_work) >= SEEN
        ),
    ]
    return sorted(events, key=lambda event: event.day, reverse=True)[:MOST_EVENTS]


def _what_persons_said(
    people: People, changes: Iterable[AcceptedChange], person: str, skill: str, zone: str
) -> Iterator[CurveEvent]:
    """What persons said: decisions over the computed ones, and who is who."""
    merged: dict[str, str] = {}
    for _, at, change in changes:
        if isinstance(change, Overrule):
            if change.skill == skill and people.person(change.learner) == person:
                values = {"decision": change.decision, "by": change.by, "reason": change.reason}
                yield CurveEvent(_day_in_zone(at, zone), "overruled" if change.decision else "revoked", values)
        elif isinstance(change, Alias):
            earlier, into = merged.pop(change.id, ""), "" if change.removed else change.of
            if person in {people.person(key) for key in (change.id, earlier, into) if key}:
                yield CurveEvent(_day_in_zone(at, zone), "merged" if into else "split", {})
            if into:
                merged[change.id] = into


def _checked(catalog: Catalog, classes: Iterable[Class], person: str, skill: str, zone: str) -> Iterator[CurveEvent]:
    """Opening checks that asked for the skill and were entered."""
    people = catalog.people
    for class_ in classes:
        for stored_check in catalog.planned.checks.get(class_.id, {}).values():
            questions_of_skill = {
                at for at, question in enumerate(stored_check.check.questions) if question.skill == skill
            }
            marks = [
                answer.right
                for (key, question), answer in stored_check.results.items()
                if question in questions_of_skill and answer.right is not None and people.person(key) == person
            ]
            if marks:
                values = {"right": sum(marks), "all": len(marks), "id": stored_check.check.id}
                yield CurveEvent(_day_in_zone(stored_check.at, zone), "check", values)


def _planned(catalog: Catalog, classes: Iterable[Class], person: str, skill: str) -> Iterator[CurveEvent]:
    """Days on which a published plan has a lesson of the skill with an adult, or on which the learner was absent."""
    planned, people = catalog.planned, catalog.people
    mine = {class_.id for class_ in classes}
    whole = {id_ for id_, timetable in planned.timetables.items() if mine.intersection(timetable.classes)}
    for id_ in sorted(mine | whole):
        for day, plan in planned.published(id_, iter(planned.plans.get(id_, ()))):
            learner_keys = {at: key for at, key in enumerate(plan.learners) if people.person(key) == person}
            lessons = {at for at, task in enumerate(plan.tasks) if (task.skill, task.mode) == (skill, TEACHER)}
            if not set(plan.absent).isdisjoint(learner_keys.values()):
                yield CurveEvent(day, "absent", {})
            elif any(cell.learner in learner_keys and cell.task in lessons for cell in plan.cells):
                yield CurveEvent(day, "lesson", {})


def _day_in_zone(time: int, zone: str) -> str:
    return day_name(day_of(time, zone))
