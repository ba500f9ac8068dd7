"""Opening checks as a learner has them: which are open, and what of them is answered. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lrs.errors import Conflict
from lrs.plans.needs import zone_of
from schemas.catalog import Catalog, Class
from schemas.days import day_of
from schemas.opening_check import EnteredResult, Question
from schemas.plan_events import KeptCheck
from schemas.roster import rostered
from schemas.wording import worded


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """A check that a learner can answer on a device; `learner` is their key in the class."""

    class_: Class
    kept: KeptCheck
    learner: str

    @property
    def id(self) -> str:
        return self.kept.check.id

    @property
    def asked(self) -> list[tuple[int, Question]]:
        """The questions that a page can ask, with their numbers in the check."""
        return [
            (number, question)
            for number, question in enumerate(self.kept.check.questions)
            if question.asked is not None
        ]

    def answered(self, number: int) -> EnteredResult | None:
        """What was answered to a question; None where that is nothing, or was revoked.

        It is None, too, where the learner's answer is not known to be recorded: it may be given again, or another.
        """
        answer = self.kept.results.get((self.learner, number))
        if answer is None or answer.right is None or (answer.own and not self.kept.is_recorded(answer)):
            return None
        return answer

    @property
    def done(self) -> int:
        """How many of the questions that a page can ask are answered."""
        return sum(self.answered(number) is not None for number, _ in self.asked)

    @property
    def missed(self) -> list[str]:
        """The names of the skills of which an answer was not right yet, each once."""
        answers = ((question, self.answered(number)) for number, question in self.asked)
        return list(
            dict.fromkeys(
                question.skill_name or question.skill for question, answer in answers if answer and not answer.right
            )
        )

    @property
    def all_own(self) -> bool:
        """Whether the learner answered each of these questions themselves: nobody entered one for them."""
        return all((answer := self.answered(number)) is not None and answer.own for number, _ in self.asked)

    @property
    def under_way(self) -> bool:
        """Whether the learner answered some of it on a device, and not yet all."""
        has_own_answers = any(
            answer.own for (learner, _), answer in self.kept.results.items() if learner == self.learner
        )
        return has_own_answers and self.next is not None

    @property
    def next(self) -> tuple[int, Question] | None:
        """The first question that is not answered."""
        return next(((number, question) for number, question in self.asked if self.answered(number) is None), None)


def open_checks(catalog: Catalog, person: str, now: int) -> list[OwnCheck]:
    """The checks that a person, by the roster's id or by a key, can answer on a device now (µs).

    Of a class it is the last one, on the day that it was made, where the class is.
    """
    return list(_open_checks(catalog, person, now)) if person else []


class UnderWay(Conflict):
    """A learner is in the middle of a check: what is known of them changes with each answer, and would tell which were
    right."""

    def __init__(self) -> None:
        super().__init__(
            worded("an opening check is under way: ask again when it is finished, or when the day has ended")
        )


def running_check(catalog: Catalog, class_id: str, now: int) -> KeptCheck | None:
    """The last check of a class, on the day that it was made, where the class is (now in µs): what a new one replaces
    on learners' pages and in the groups."""
    latest_check = next(reversed(catalog.planned.checks.get(class_id, {}).values()), None)
    zone = zone_of(catalog, class_id)
    return latest_check if latest_check is not None and day_of(latest_check.at, zone) == day_of(now, zone) else None


def _open_checks(catalog: Catalog, person: str, now: int) -> Iterator[OwnCheck]:
    people = catalog.people
    person_ids = {people.person(person), people.person(rostered(person))}
    for class_id in catalog.planned.checks:
        class_, check = catalog.classes.get(class_id), running_check(catalog, class_id, now)
        if class_ is None or check is None:
            continue
        member = next((m for m in class_.learners if m.person == person or people.member(m) in person_ids), None)
        if member is not None and (own_check := OwnCheck(class_, check, member.learner)).asked:
            yield own_check


def finished(class_: Class | None, stored_check: KeptCheck) -> tuple[int, int] | None:
    """How many of a class answered all that a page can ask on a device, and not on paper, and how many they are; None
    where it can ask nothing."""
    own_checks = [OwnCheck(class_, stored_check, member.learner) for member in class_.learners] if class_ else []
    if not own_checks or not own_checks[0].asked:
        return None
    return sum(own_check.all_own for own_check in own_checks), len(own_checks)
