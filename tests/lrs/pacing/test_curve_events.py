"""What happened beside a curve of mastery."""

from __future__ import annotations

from typing import Any

from lrs.catalog.catalogs import AcceptedChange
from lrs.pacing.curve import WeekOfMastery
from lrs.pacing.curve_events import MOST_EVENTS, events_of
from schemas.catalog import Catalog, Change, Class, Member, Recorded, School
from schemas.days import DAY, day_name
from schemas.decision import Decision
from schemas.models import Activation
from schemas.opening_check import Check, CheckResults, EnteredResult, Question
from schemas.overruling import Overrule
from schemas.plan_events import DayPlan, PlannedCell, PlannedTask
from schemas.roster import Alias, Person
from schemas.timetable import Slot, Timetable

ADA, BEN, OLD = (f"mbox:mailto:{name}@school.example" for name in ("ada", "ben", "old"))
NOON = 19_000 * DAY + DAY // 2
SKILL = "https://school.example/halves"


class History:
    """A catalog and its changes, one a day from day 0 on."""

    def __init__(self) -> None:
        self.catalog = Catalog()
        self.changes: list[AcceptedChange] = []
        self.day = 0
        self.say(Class(id="7a", learners=[Member(learner=ADA), Member(learner=BEN)], skills=[SKILL]))

    def say(self, *changes: Recorded) -> None:
        for change in changes:
            at = NOON + self.day * DAY
            self.catalog.apply(change, self.day + 1, at)
            if isinstance(change, (Overrule, Alias)):
                self.changes.append(AcceptedChange(self.day + 1, at, change))
            self.day += 1

    def events(
        self, learner: str = ADA, weeks: list[WeekOfMastery] | None = None
    ) -> list[tuple[int, str, dict[str, Any]]]:
        found = events_of(self.catalog, self.changes, learner, SKILL, weeks or [])
        days = {day_name(19_000 + day): day for day in range(-10, self.day + 10)}
        return [(days[one.day], one.what, one.values) for one in found]


def overrule(learner: str, decision: Decision | None, skill: str = SKILL) -> Change:
    return Overrule(learner=learner, skill=skill, decision=decision, reason="oral exam", by="Ms K")


def plan(
    day: int, *, skill: str = SKILL, mode: Any = "teacher", published: bool = True, absent: bool = False
) -> DayPlan:
    return DayPlan(
        id="7a",
        day=day_name(19_000 + day),
        what="made",
        by="Ms K",
        published=published,
        slots=[Slot(id="1", start="09:00", minutes=20)],
        learners=[BEN, ADA],
        tasks=[PlannedTask(id="t", skill=skill, mode=mode)],
        cells=[PlannedCell(learner=1, slot=0, task=0, room="r")],
        absent=[ADA] if absent else [],
    )


def test_a_persons_word_is_there_and_when_it_was_withdrawn() -> None:
    school = History()
    school.say(overrule(ADA, Decision.ADVANCE), overrule(BEN, Decision.HELP), overrule(ADA, None, "other"))
    school.say(overrule(ADA, None))
    [(day, what, withdrawn), (first, said, values)] = school.events()
    assert (first, said, values) == (1, "overruled", {"decision": "advance", "by": "Ms K", "reason": "oral exam"})
    assert (day, what, withdrawn["by"]) == (4, "revoked", "Ms K")


def test_new_weights_are_there_once_for_each_version() -> None:
    school = History()
    for version in ("own-1", "own-1", "", "own-2"):
        school.say(Activation(version=version, by="op"))
    assert [(day, what) for day, what, _ in school.events()] == [(4, "weights"), (3, "weights"), (1, "weights")]


def test_merging_and_splitting_are_there_for_both() -> None:
    school = History()
    school.say(Alias(id=OLD, of=ADA))
    assert [(day, what) for day, what, _ in school.events()] == [(1, "merged")]
    school.say(Alias(id=OLD, removed=True))
    assert [(day, what) for day, what, _ in school.events()] == [(2, "split"), (1, "merged")]
    assert [what for _, what, _ in school.events(OLD)] == ["split", "merged"]
    assert school.events(BEN) == []


def test_checks_count_what_was_entered_on_the_skill() -> None:
    school = History()
    questions = [Question(item=f"i{n}", skill=SKILL if n else "other") for n in range(3)]
    entered = [(ADA, 0, True), (ADA, 1, True), (ADA, 2, False), (BEN, 1, None)]
    results = [EnteredResult(learner=who, question=n, right=right) for who, n, right in entered]
    school.say(Check(id="C", class_id="7a", questions=questions), CheckResults(id="C", class_id="7a", results=results))
    assert school.events() == [(1, "check", {"right": 1, "all": 2, "id": "C"})]
    assert school.events(BEN) == []


def test_published_plans_say_lessons_and_absences() -> None:
    school = History()
    school.say(plan(1), plan(2, absent=True), plan(3, published=False), plan(4, mode="alone"), plan(5, skill="other"))
    assert school.events() == [(2, "absent", {}), (1, "lesson", {})]
    assert school.events(BEN) == []


def test_a_plan_of_several_classes_is_read_too() -> None:
    school = History()
    school.say(Timetable(id="year 7", classes=["7a", "7b"], slots=[], rooms=[], adults=[]))
    school.say(plan(1).model_copy(update={"id": "year 7"}))
    assert school.events() == [(1, "lesson", {})]


def test_what_other_work_changed_is_there_where_somebody_sees_it() -> None:
    weeks = [WeekOfMastery(day_name(19_000), 0.5, 0.1, 0), WeekOfMastery(day_name(19_007), 0.5, 0.01, 0)]
    weeks.append(WeekOfMastery(day_name(18_993), 0.4, -0.2, 0))
    assert History().events(weeks=weeks) == [(0, "other work", {"change": 0.1}), (-7, "other work", {"change": -0.2})]


def test_days_are_the_learners() -> None:
    school = History()
    school.say(Person(id="p", name="Ada"), School(id="s", zone="Pacific/Auckland"))  # 12 hours ahead: another day
    school.say(school.catalog.classes["7a"].model_copy(update={"school": "s"}), overrule(ADA, Decision.HELP))
    assert [day for day, _, _ in school.events()] == [5]


def test_the_latest_are_shown() -> None:
    school = History()
    school.say(*(overrule(ADA, Decision.HELP) for _ in range(MOST_EVENTS + 5)))
    found = school.events()
    assert (len(found), found[0][0]) == (MOST_EVENTS, school.day - 1)
