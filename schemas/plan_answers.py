"""What the API answers of plans. These models describe it; the planner's own dicts are sent."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from schemas.answer import Answer
from schemas.opening_check import Question
from schemas.pacing_answers import NamedThing
from schemas.timetable import Mode, Sizes, Slot, Timetable


class ShownCell(Answer):
    """What a learner does in a slot, and how it is opened. `with` are the others of the group, by name;
    `with_not_seen_for` is `not_seen_for` of each of them."""

    model_config = ConfigDict(extra="allow", frozen=True)

    task: str
    name: str
    skill: NamedThing
    mode: Mode
    letter: str
    screen: bool
    minutes: float | None
    via: str
    opens: str
    room: str
    adult: str | None
    group: int | None
    with_not_seen_for: list[int | None]
    locked: bool
    conflicts: list[str]


class ShownRow(Answer):
    """A learner's day: a cell for each slot, None where nothing is planned; why_empty: why the planner left it so.

    not_seen_for: for how many days nobody saw the learner, where that is long (`stale_after` of the policy) and most of
    the class were seen; None otherwise.
    """

    learner: str
    name: str
    absent: bool
    not_seen_for: int | None
    cells: list[ShownCell | None]
    why_empty: list[str | None]
    lessons: list[str | None]


class ShownAdult(NamedThing):
    absent: bool


class ShownTask(Answer):
    id: str
    name: str
    skill: str
    mode: Mode
    letter: str


class ShownSupervision(Answer):
    room: str
    slot: str
    adult: str


class ShownTaskThen(Answer):
    """What a learner had, or has, in a slot."""

    skill: NamedThing
    name: str
    mode: Mode
    room: str
    adult: str | None


class ShownChange(Answer):
    """A cell that the last change of a plan made another one; None: nothing."""

    learner: str
    name: str
    slot: str
    start: str
    before: ShownTaskThen | None
    after: ShownTaskThen | None


class DayPlanAnswer(Answer):
    """A plan. `at_most_lost`: so large a share of what was proven to be possible, at most, is missing. `changes`: what
    the last change did to whom, None of the first; those who are absent now are not among them."""

    model_config = ConfigDict(extra="allow", frozen=True)  # `class`, and `moved` after a change

    day: str
    version: int
    at: int | None
    what: str
    by: str
    published: bool
    assumed: bool
    slots: list[Slot]
    rows: list[ShownRow]
    rooms: list[NamedThing]
    adults: list[ShownAdult]
    supervised: list[ShownSupervision]
    tasks: list[ShownTask]
    conflicts: list[str]
    unfitted: list[str]
    changes: list[ShownChange] | None
    filled: float | None
    at_most_lost: float | None


class TimetableAnswer(Answer):
    timetable: Timetable
    assumed: bool


class ShownInitiative(Answer):
    """An initiative. `measurable`: it was declared, and last changed, before the day on which it began."""

    id: str
    what: str
    classes: list[str]
    since: str
    until: str
    outcome: str
    skills: list[str]
    comparison: str
    compared: list[str]
    by: str
    declared_at: int
    changed_at: int
    state: Literal["declared", "running", "over"]
    measurable: bool


class GroupCount(Answer):
    """The mean count of a learner, in the time before and then."""

    learners: int
    before: float
    during: float


class ShownDifference(Answer):
    """How many more a learner, with the 95 % interval over learners; effect: Hedges' g; percentile: the gain of an
    average learner; adjusted: for how the groups differed before."""

    more: float
    low: float
    high: float
    effect: float | None
    percentile: float | None
    adjusted: bool


class InitiativeOutcome(Answer):
    """What an initiative changed, in numbers and in words, or why that cannot be said (`refused`). `before` is the
    first day of the time before it, which is as long. Without `compared` it is against the same learners before."""

    id: str
    what: str
    outcome: str
    since: str
    until: str
    before: str
    comparison: str
    refused: str | None
    tried: GroupCount | None
    compared: GroupCount | None
    difference: ShownDifference | None
    words: str


class InitiativeList(Answer):
    initiatives: list[ShownInitiative]


class GroupMember(Answer):
    """expected: the mastery expected now, None if never tried; answered: of the opening check, how many right of how
    many, None without; asked: whether the learner asks to join; help: whether the learner needs a person; why: the
    evidence or the answers that this rests on, which may be of a skill that requires this one; not_seen_for: as in
    ShownRow."""

    learner: str
    name: str
    gain: float
    help: bool
    why: str
    expected: float | None
    answered: list[int] | None
    asked: bool
    not_seen_for: int | None


class ShownGroup(Answer):
    """A group. A gain is the share of the skill that is missing, half where nothing is known.

    `part` of `parts`: the groups of one skill; several where one would be too large, or have two in it who are kept
    apart.
    """

    skill: NamedThing
    purpose: Literal["help", "practise", "start"]
    led_by: Literal["teacher", "peers"]
    part: int
    parts: int
    gain: float
    members: list[GroupMember]


class LeftOut(Answer):
    learner: str
    name: str
    takes_part: bool
    not_seen_for: int | None


class ListedCheck(Answer):
    id: str
    at: int
    by: str
    entered: int


class AskedSkill(Answer):
    """A skill of which a learner asks to join a lesson, since when (µs), and whether a teacher included them today."""

    skill: NamedThing
    at: int
    included: bool


class LearnerAsks(Answer):
    """Which lessons a learner asks for now."""

    learner: str
    asked: list[AskedSkill]


class IncludedLast(Answer):
    """Whom a teacher included last, and in which skill."""

    learner: str
    name: str
    skill: NamedThing


class AskedToJoin(Answer):
    """A learner who asks to join a lesson of a skill, since when (µs), and what came of it.

    displaced_by: whose inclusion, the last one, took away the group that they would be in.
    """

    learner: str
    name: str
    skill: NamedThing
    at: int
    included: bool
    in_group: bool
    displaced_by: IncludedLast | None


class GroupsAnswer(Answer):
    """check: the opening check whose answers count first, "" for none."""

    check: str
    groups: list[ShownGroup]
    sizes: Sizes
    left: list[LeftOut]
    asked: list[AskedToJoin]
    checks: list[ListedCheck]


class CheckRow(Answer):
    """A learner's answers, by question; None where nothing was entered."""

    learner: str
    name: str
    right: list[bool | None]


class ShownCheck(Answer):
    model_config = ConfigDict(extra="allow", frozen=True)  # `class`

    id: str
    at: int
    by: str
    questions: list[Question]
    rows: list[CheckRow]
