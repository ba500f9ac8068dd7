"""Plans of days and initiatives as events, and the last of each that a catalog keeps."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.invalid import Invalid
from schemas.lesson_asks import Asks, LessonAsk, apply_ask
from schemas.opening_check import Check, CheckRecorded, CheckResults, EnteredResult
from schemas.timetable import Id, Learner, Mode, Part, Slot, Timetable
from schemas.typed_text import LONGEST_NAME
from schemas.wording import Said, worded

DAY = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
KEPT_CHECKS = 30  # of a class
KEPT_VERSIONS, KEPT_DAYS = 10, 30  # of the latest day of a class, and of a class: earlier ones are in the log

DayName = Annotated[str, Field(pattern=DAY)]
Name = Annotated[str, Field(max_length=LONGEST_NAME)]


def clipped(text: str) -> str:
    """A text as long as a name may be."""
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"


class PlannedTask(Part):
    """Something that is worked on, and how it is opened."""

    id: str = Field(min_length=1, max_length=4097)  # the material's, and the skill's
    name: Name = ""
    skill: str = Field(min_length=1, max_length=2048)
    skill_name: Name = ""
    mode: Mode = "alone"
    screen: bool = True
    minutes: float = 0.0
    together: int = Field(default=0, ge=0)
    via: str = "url"
    opens: str = Field(default="", max_length=2048)


class PlannedCell(Part):
    """Who does what in a slot; numbers are positions in the plan's lists. group is 0 for work alone."""

    learner: int = Field(ge=0)
    slot: int = Field(ge=0)
    task: int = Field(ge=0)
    room: str
    group: int = Field(default=0, ge=0)
    adult: str = ""
    locked: bool = False


class Supervised(Part):
    """Who is in a room in which nobody leads a group."""

    room: str
    slot: int = Field(ge=0)
    adult: str


class EmptyCells(Part):
    """Who has nothing to do in a slot, and why, in words; numbers are positions in the plan's lists."""

    slot: int = Field(ge=0)
    learners: list[Annotated[int, Field(ge=0)]]
    why: Said


class DayPlan(Part):
    """The whole plan of a day after one change of it. `id` is the timetable's; `what` says the change in words.

    `what_said` and `unfitted_said` are the same sentences with what they are made of, where a release wrote them that
    knows other languages. `empty` says of each cell that the planner left empty why it is.
    """

    kind: Literal["plan"] = "plan"
    id: Id
    day: DayName
    what: Name
    by: Name
    published: bool = False
    slots: list[Slot]
    learners: list[Learner]
    tasks: list[PlannedTask] = Field(default=[])
    cells: list[PlannedCell] = Field(default=[])
    supervised: list[Supervised] = Field(default=[])
    absent: list[str] = Field(default=[])
    unfitted: list[str] = Field(default=[])
    what_said: Said | None = None
    unfitted_said: list[Said] = Field(default=[])
    empty: list[EmptyCells] = Field(default=[])
    worth: int = 0
    bound: int = 0

    @property
    def change(self) -> str:
        """What was changed, in words that can be said in other languages where they were kept so."""
        return self.what_said.sentence() if self.what_said else self.what

    @property
    def left_over(self) -> list[str]:
        """What could not be placed, in such words."""
        return [unfitted.sentence() for unfitted in self.unfitted_said] or list(self.unfitted)


class Initiative(Part):
    """Something that is tried, declared before it begins, so that what it changed can be measured later. It stays.

    It is tried with `classes`, from `since` until before `until`; the outcome is that of `skills`, or of all. What it
    changed is seen against other classes (`compared`), or against what these classes did before. With `new`, it counts
    only where the log has none of this id before it: of several at a time, from any process, the first is declared.
    """

    kind: Literal["initiative"] = "initiative"
    id: Id
    what: str = Field(min_length=1, max_length=2000)
    classes: list[Id] = Field(min_length=1, max_length=500)
    since: DayName
    until: DayName
    outcome: Literal["mastered", "attempts", "active minutes", "help"] = "mastered"
    skills: list[Annotated[str, Field(max_length=2048)]] = Field(default=[], max_length=500)
    comparison: Literal["classes", "before"] = "before"
    compared: list[Id] = Field(default=[], max_length=500)
    by: Name = ""
    new: bool = False

    @model_validator(mode="after")
    def _comparable(self) -> Initiative:
        if self.since < "1990":
            raise Invalid("since", worded("is before 1990"))
        if date.fromisoformat(self.until) <= date.fromisoformat(self.since):
            raise Invalid("until", worded("is not after since"))
        if self.comparison == "classes" and not self.compared:
            raise Invalid("compared", worded("must say with which classes these are compared"))
        if set(self.compared) & set(self.classes):
            raise Invalid(
                "compared",
                worded("names a class that is tried: leave it out, to compare with what it did before"),
            )
        return self


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A plan as it was after one event. `position` is that of the event, `at` when it was accepted (µs)."""

    position: int
    at: int
    packed: bytes

    @property
    def plan(self) -> DayPlan:
        return DayPlan.model_validate_json(zlib.decompress(self.packed))


@dataclass(frozen=True, slots=True)
class Declared:
    """An initiative with when it was declared (µs), and when it was first; `position` is that of the first event."""

    initiative: Initiative
    first: int
    at: int
    position: int


@dataclass(slots=True)
class KeptCheck:
    """A check with what was entered last, by learner and question.

    `contradicting` are statements of an earlier entry that whoever made a later one did not see, and so did not void;
    `unrecorded`, in order, the entries whose statements are not known to be recorded.
    """

    check: Check
    at: int
    results: dict[tuple[str, int], EnteredResult] = field(default_factory=dict)
    contradicting: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    unrecorded: dict[str, CheckResults] = field(default_factory=dict)

    def apply(self, event: CheckResults | CheckRecorded) -> None:
        """Take in what was entered, or that it is recorded."""
        if isinstance(event, CheckRecorded):
            for entry in event.entries:
                self.unrecorded.pop(entry, None)
            return
        if event.entry:
            self.unrecorded[event.entry] = event
        for entered in event.results:
            key = (entered.learner, entered.question)
            earlier = self.results.get(key)
            if not entered.only_voids and earlier is not None and earlier.statement not in ("", entered.statement):
                self.contradicting.setdefault(key, set()).add(earlier.statement)
            if key in self.contradicting:
                self.contradicting[key].discard(entered.voids)
                if not self.contradicting[key]:
                    del self.contradicting[key]
            if not entered.only_voids:
                self.results[key] = entered

    def is_recorded(self, entered: EnteredResult) -> bool:
        """Whether the statement of what was entered last is known to be recorded."""
        not_recorded = (
            unrecorded for event in list(self.unrecorded.values()) for unrecorded in event.results if unrecorded.actor
        )
        return all(unrecorded.statement != entered.statement for unrecorded in not_recorded)


PlanEvent = DayPlan | Check | CheckResults | CheckRecorded | LessonAsk  # what only lrs.plans puts into the log


@dataclass(slots=True)
class Planned:
    """A tenant's timetables, plans, checks, initiatives, and who asks to join a lesson."""

    timetables: dict[str, Timetable] = field(default_factory=dict)
    plans: dict[str, dict[str, list[PlanVersion]]] = field(default_factory=dict)  # by timetable and day, oldest first
    initiatives: dict[str, Declared] = field(default_factory=dict)
    checks: dict[str, dict[str, KeptCheck]] = field(default_factory=dict)  # by class and id, oldest first
    asks: Asks = field(default_factory=dict)

    def apply(self, change: Timetable | Initiative | PlanEvent, position: int, at: int) -> None:
        """Fold one change in."""
        match change:
            case Timetable(removed=True):
                self.timetables.pop(change.id, None)
            case Timetable():
                self.timetables[change.id] = change
            case Initiative():
                earlier = self.initiatives.get(change.id)
                if earlier is None:
                    self.initiatives[change.id] = Declared(change, at, at, position)
                elif not change.new:
                    self.initiatives[change.id] = Declared(change, earlier.first, at, earlier.position)
            case Check():
                if change.replaces in (None, self.last_check(change.class_id)):
                    of_class = self.checks.setdefault(change.class_id, {})
                    of_class[change.id] = KeptCheck(change, at)
                    for id_ in list(of_class)[:-KEPT_CHECKS]:
                        del of_class[id_]
            case CheckResults() | CheckRecorded():
                if (check := self.checks.get(change.class_id, {}).get(change.id)) is not None:
                    check.apply(change)
            case LessonAsk():
                apply_ask(self.asks, change, at)
            case DayPlan():
                self._keep(change, position, at)

    def last_check(self, class_id: str) -> str:
        """The id of the check that was made last for a class; "" where there is none."""
        return next(reversed(self.checks.get(class_id, {})), "")

    def version(self, id_: str, day: str) -> PlanVersion | None:
        """The plan of a day as it is now."""
        versions = self.plans.get(id_, {}).get(day)
        return versions[-1] if versions else None

    def published(self, id_: str, days: Iterator[str]) -> Iterator[tuple[str, DayPlan]]:
        """The plans of some days that were published."""
        for day in days:
            version = self.version(id_, day)
            if version is not None and (plan := version.plan).published:
                yield day, plan

    def _keep(self, plan: DayPlan, position: int, at: int) -> None:
        days = self.plans.setdefault(plan.id, {})
        versions = days.setdefault(plan.day, [])
        versions.append(PlanVersion(position, at, zlib.compress(plan.model_dump_json().encode())))
        del versions[:-KEPT_VERSIONS]
        latest = max(days)
        for day in sorted(days)[:-KEPT_DAYS]:
            if day != plan.day:
                del days[day]
        for day, plan_versions in days.items():
            if day != latest and day != plan.day:
                del plan_versions[:-1]
