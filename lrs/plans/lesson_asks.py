"""Learners ask to join a mini-lesson of a skill; who teaches them sees that, and includes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Missing
from lrs.pacing.display_names import catalog_name
from lrs.plans.needs import NoClass, zone_of
from schemas.catalog import Catalog, Class
from schemas.days import DAY, day_of
from schemas.invalid import Invalid
from schemas.lesson_asks import AskedLesson, LessonAsk
from schemas.wording import worded

MOST_ASKED = 5  # skills that a learner asks for at a time
HOLDS = 14 * DAY  # what was asked, if nothing comes of it


def asks_in(catalog: Catalog, class_: Class, now: int) -> dict[str, dict[str, AskedLesson]]:
    """By member of a class, by their key in it, the skills of the class that they ask for now.

    An ask holds for two weeks; once a teacher included the learner, to the end of that day, where the class is.
    """
    people = catalog.people
    members = {people.member(member): member.learner for member in reversed(class_.learners)}
    taught, zone = set(class_.skills), zone_of(catalog, class_.id)
    asks: dict[str, dict[str, AskedLesson]] = {}
    for (key, skill), asked_lesson in list(catalog.planned.asks.items()):
        learner = members.get(people.person(key))
        if learner is not None and skill in taught and _holds(asked_lesson, zone, now):
            asks.setdefault(learner, {})[skill] = asked_lesson
    return asks


def asks_of(catalog: Catalog, learner: str, now: int) -> dict[str, AskedLesson]:
    """The skills that a learner asks for now, in any class."""
    return {skill: asked_lesson for _, skill, asked_lesson in _learner_asks(catalog, learner, now)}


def named_asks(catalog: Catalog, learner: str, now: int) -> list[dict[str, Any]]:
    """What a learner asks for now, in any class, as JSON: whatever is known of the skill, as each can be withdrawn."""
    return [
        {
            "skill": {"id": skill, "name": catalog_name(catalog, skill)},
            "at": asked_lesson.at,
            "included": asked_lesson.included is not None,
        }
        for skill, asked_lesson in asks_of(catalog, learner, now).items()
    ]


def _learner_asks(catalog: Catalog, learner: str, now: int) -> list[tuple[str, str, AskedLesson]]:
    """By the key that asked, the skill and the ask."""
    people = catalog.people
    person = people.person(learner)
    zone = people.zone(person)
    return [
        (key, skill, asked_lesson)
        for (key, skill), asked_lesson in list(catalog.planned.asks.items())
        if people.person(key) == person and _holds(asked_lesson, zone, now)
    ]


def _holds(asked_lesson: AskedLesson, zone: str, now: int) -> bool:
    if asked_lesson.included is not None:
        return day_of(asked_lesson.included, zone) == day_of(now, zone)
    return now - asked_lesson.at < HOLDS


@dataclass(frozen=True, slots=True)
class LessonAsks:
    """A tenant's asks. Every method raises what the log raises.

    Whether an account sees the learner or the class is checked before (lrs.http.signed_in).
    """

    catalogs: Catalogs
    now: Callable[[], int]

    def ask(self, tenant: str, learner: str, skill: str, by: str) -> None:
        """A learner asks for a skill of a class of theirs. Raises Missing, and Invalid beyond MOST_ASKED."""
        catalog = self.catalogs.latest(tenant)
        classes = catalog.people.classes.get(catalog.people.person(learner), ())
        if not any(skill in class_.skills for class_ in classes):
            raise Missing(worded("this learner has no such skill"))
        asks = asks_of(catalog, learner, self.now())
        if skill not in asks and len(asks) >= MOST_ASKED:
            raise Invalid("skill", worded("You asked for %(most)s already: withdraw one first.", most=MOST_ASKED))
        self._say(tenant, LessonAsk(learner=learner, skill=skill, by=by[:200]))

    def withdraw(self, tenant: str, learner: str, skill: str, by: str) -> None:
        """A learner withdraws that they asked; that they did not is no mistake."""
        for key, asked_for, _ in _learner_asks(self.catalogs.latest(tenant), learner, self.now()):
            if asked_for == skill:
                self._say(tenant, LessonAsk(learner=key, skill=skill, what="taken back", by=by[:200]))

    def include(self, tenant: str, class_id: str, learner: str, skill: str, by: str, undo: bool = False) -> None:
        """Include a member of a class who asked in today's groups, or no more. Raises NoClass, and Missing where they
        did not ask."""
        catalog, now = self.catalogs.latest(tenant), self.now()
        class_ = catalog.classes.get(class_id)
        if class_ is None:
            raise NoClass
        if skill not in asks_in(catalog, class_, now).get(learner, {}):
            raise Missing(worded("this learner does not ask for that now"))
        for key, asked_for, _ in _learner_asks(catalog, learner, now):
            if asked_for == skill:
                event = LessonAsk(
                    learner=key, skill=skill, what="included no more" if undo else "included", by=by[:200]
                )
                self._say(tenant, event)

    def listed(self, tenant: str, learner: str) -> dict[str, Any]:
        """What a learner asks for now, as JSON."""
        return {"learner": learner, "asked": named_asks(self.catalogs.latest(tenant), learner, self.now())}

    def _say(self, tenant: str, event: LessonAsk) -> None:
        self.catalogs.append(tenant, event.by, event, self.now())
