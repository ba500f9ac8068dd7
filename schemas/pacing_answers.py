"""What the pacing API answers. These models describe it; the boards' own dicts are sent, so the models cost nothing.

Mastery and its like lie in [0, 1]; times are µs since the epoch, days are those of the
learner's zone (`evidence.days` counts UTC days), durations are in the units named.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from schemas.answer import Answer
from schemas.catalog import Activity, Class, Skill
from schemas.decision import Decision
from schemas.narrowed_policy import NarrowedPolicy
from schemas.overruling import Overrule
from schemas.policy import Policy

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class Problem(Answer):
    """What is wrong with a request, and which field of it."""

    error: str
    field: str | None = None


class Fresh(Answer):
    """How far the answer is behind the log."""

    position: Annotated[Count, Field(description="of the log: every statement before it is in the record")]
    behind: Annotated[Count, Field(description="records of the log that the answer does not include yet")]
    age_seconds: Annotated[float, Field(ge=0, description="age of the oldest of these")]
    as_of: Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class NamedThing(Answer):
    id: str
    name: str


class TaughtSkill(NamedThing):
    provisional: Annotated[bool, Field(description="it is only a unit, as nobody has said what it teaches")]
    policy: Annotated[Thresholds | None, Field(description="where it is not that of the class")] = None


class ClassSize(NamedThing):
    """A class with how many learners and skills it has."""

    learners: Count
    skills: Count


class ProposedTeacher(Answer):
    """Somebody who teaches a class, as statements say. They see nothing before an operator confirms it."""

    id: str
    name: str


class ListedProvisionalClass(NamedThing):
    """A course or group of statements with whoever worked in it, until the catalog says what it is."""

    learners: Count
    last_time: Annotated[int, Field(description="µs since the epoch")]
    archived: Annotated[bool, Field(description="nobody has worked in it for a term")]
    teachers: list[ProposedTeacher]


class Classes(Answer):
    classes: list[ClassSize]
    provisional: list[ListedProvisionalClass]


class Thresholds(Answer):
    """The policy that decided; the version is the position of its event in the log."""

    advance_at: Share
    advance_margin: Share
    advance_answers: int
    advance_low: Share
    help_below: Share
    stuck_after: int
    min_attempts: int
    trusted_after: int
    review_drop: Share
    review_after: float
    stale_after: float
    spinning_after: int
    spinning_below: Share
    band_low: Share
    band_high: Share
    idle_after: Annotated[float, Field(description="minutes without an event that are not active time")]
    version: Count


class PrecedingSkill(Answer):
    """What comes before a skill, and the learner's state there."""

    skill: str
    name: str
    mastery: Share | None
    decision: Decision
    assumed: Annotated[bool, Field(description="no prerequisite is stated: it precedes in the class's order")]
    overruled: Annotated[bool, Field(description="a person decided")]


class DecisionEvidence(Answer):
    """What a decision used; empty where there is no evidence."""

    mastery: Share | None = None
    low: Share | None = None
    high: Share | None = None
    attempts: Count | None = None
    wins: Count | None = None
    streak: Annotated[int | None, Field(description="> 0 right answers in a row, < 0 wrong ones")] = None
    trend: float | None = None
    last_time: int | None = None
    days: Annotated[Count | None, Field(description="distinct days of practice")] = None
    item: str | None = None
    weights: str | None = None
    stalled: Annotated[Count | None, Field(description="attempts since mastery was higher than ever before")] = None
    recent_mean: Annotated[Share | None, Field(description="mean mastery after the last attempts")] = None
    recent_best: Annotated[Share | None, Field(description="highest mastery of the last attempts")] = None
    forget_drop: Annotated[float | None, Field(description="logits that a long time away takes off")] = None
    forget_half_life: Annotated[float | None, Field(description="days to half of that")] = None
    forget_spacing: float | None = None
    held: Annotated[float | None, Field(description="logits by which mastery is above the model's estimate")] = None
    provisional: bool | None = None
    first_attempts: Annotated[Count | None, Field(description="of the attempts: the first on their item")] = None
    first_wins: Annotated[Count | None, Field(description="of the first attempts: right ones")] = None
    prerequisites: Annotated[
        list[PrecedingSkill] | None, Field(description="a few of what comes before it, first what is missing")
    ] = None
    more_prerequisites: Annotated[Count | None, Field(description="how many prerequisites are not named")] = None


class Because(Answer):
    """A reason as data, to be said in any language."""

    code: Annotated[str, Field(description="which reason it is: a code of lrs/pacing/reasons.py")]
    values: Annotated[dict[str, Any], Field(description="the numbers and names in it; shares are in [0, 1]")]


class OverrulingShown(Answer):
    """An overruling of a decision by a person, and what was computed."""

    decision: Decision
    reason: str
    by: str
    at: int
    until: int | None
    computed: Decision


class PutOffShown(Answer):
    """That a person puts off what a learner needs; until: None until there is new evidence."""

    reason: str
    by: str
    at: int
    until: int | None


class BoardCell(Answer):
    """One learner and one skill: the decision, its reason and its evidence."""

    skill: str
    provisional: Annotated[bool, Field(description="the skill is only a unit, as nobody has said what it teaches")]
    mastery: Annotated[Share | None, Field(description="when last practised")]
    estimate: Annotated[Share | None, Field(description="mastery to be expected now: the number to show")]
    low: Annotated[Share | None, Field(description="of the 90 % interval of the estimate")]
    high: Share | None
    attempts: Count
    wins: Count
    trend: float | None
    days_since: Annotated[float | None, Field(description="days since the last practice")]
    decision: Decision
    urgency: Annotated[Share, Field(description="what to look at first; fresh help is at least .5, stale help below")]
    reason: Annotated[str, Field(description="in English")]
    because: Because
    evidence: DecisionEvidence
    overruled: OverrulingShown | None
    put_off: Annotated[PutOffShown | None, Field(description="a person does not want to be reminded of it now")]
    next_skill: Annotated[
        NamedThing | None,
        Field(description="what to work on: the skill itself, what comes before it, or for advance the next one"),
    ]
    blocked_by: Annotated[list[NamedThing], Field(description="of wait: a few of what it waits for")]
    blocked_more: Annotated[Count, Field(description="how many more it waits for, which are not named")]
    order_assumed: Annotated[bool, Field(description="next_skill or blocked_by rest on the order of the class alone")]


class LearnerRow(Answer):
    """A learner of a class; the cells are in the order of the class's skills."""

    learner: Annotated[str, Field(description="the key of one of the person's actors, as the class has it")]
    person: Annotated[str, Field(description="the person's id: `learner` in the tables of projections")]
    name: str
    last_seen: int | None
    put_off: Annotated[PutOffShown | None, Field(description="of not having been seen: put off by a person")]
    minutes_week: float
    streak: Count
    decision: Annotated[Decision, Field(description="the most urgent of the cells: each learner counts once")]
    cells: list[BoardCell]


class Board(Fresh):
    """A class's learners and skills."""

    class_: Annotated[NamedThing, Field(alias="class")]
    skills: list[TaughtSkill]
    learners: list[LearnerRow]
    counts: Annotated[dict[Decision, Count], Field(description="of cells")]
    everybody: Annotated[dict[Decision, Count], Field(description="of learners, each once: the sum is the class")]
    policy: Thresholds
    provisional: Annotated[bool, Field(description="it appeared from statements; above 200 learners without skills")]
    classes: list[NamedThing] = Field(default=[], description="of a provisional class: those that it may be")


class UnlikelyLearner(Answer):
    """Somebody who is unlikely to finish. `latest_missing`: of what is due, what the class did last."""

    learner: str
    person: str
    name: str
    chance: Annotated[Share, Field(description="to fail or leave, in the courses that the weights were fitted to")]
    reasons: list[str]
    due: Annotated[Count, Field(description="pieces of work that at least half of the class has done")]
    missing: Count
    latest_missing: bool
    results: Annotated[float | None, Field(description="less the class's on the same work, as shares of the marks")]


class Unlikely(Fresh):
    """Who of a class is unlikely to finish, the least likely first."""

    class_: Annotated[NamedThing, Field(alias="class")]
    members: Count
    judged: Annotated[Count, Field(description="of how many enough is known to say anything")]
    days_left: Annotated[Count | None, Field(description="until the class ends, where the catalog says when")]
    fitted: Annotated[str, Field(description="what the weights were fitted to")]
    unlikely: list[UnlikelyLearner]


class CurvePoint(NamedTuple):
    time: int
    mastery: Share


class SkillProgress(BoardCell):
    """A skill of one learner, with its curve."""

    name: str
    computed: Decision
    computed_reason: str
    computed_because: Because
    last_item: Annotated[str | None, Field(description="the name of the item answered last")]
    next_item: Annotated[Share | None, Field(description="chance that the next item is answered right")]
    curve: list[CurvePoint]


class WorkedDay(Answer):
    """A day's work."""

    day: Annotated[str, Field(json_schema_extra={"format": "date"})]
    minutes: float
    attempts: Count
    right: Count
    activities: Count
    completions: Count
    sessions: Count


class LearnerPage(Fresh):
    """One learner: skills, and engagement by day."""

    learner: str
    person: Annotated[str, Field(description="the person's id: `learner` in the tables of projections")]
    known_as: Annotated[list[str], Field(description="identities of keys, and ids of persons, that are the person's")]
    name: str
    classes: list[NamedThing]
    last_seen: int | None
    streak: Count
    best_streak: Count
    active_days: Count
    minutes_week: float
    skills: list[SkillProgress]
    days: list[WorkedDay]
    zone: Annotated[str, Field(description="of the days: the school's, else the tenant's, else UTC")]
    policy: Thresholds


class CatalogState(Answer):
    """A tenant's catalog; the positions are those of the last change and of the policy's."""

    position: Count
    skills: list[Skill]
    activities: list[Activity]
    classes: list[Class]
    policy: Policy
    policy_version: Count
    narrowed_policies: list[NarrowedPolicy]
    overrulings: list[Overrule]


class Applied(Answer):
    """How many changes were applied, and the position of the last."""

    changes: Count
    position: Count


class PersonWithKeys(Answer):
    """A person who goes by several keys in statements, or of whom somebody said so."""

    person: str
    name: str
    keys: Annotated[list[str], Field(description="of actors in statements")]
    by_hand: Annotated[list[str], Field(description="of these and of persons, what was merged or split by hand")]


class LikelySamePerson(Answer):
    """Two persons who may be one."""

    into: str
    other: str
    into_name: str
    other_name: str
    reason: str


class PeopleAnswer(Answer):
    """Who goes by several keys, and who may be one person."""

    persons: list[PersonWithKeys]
    suggestions: list[LikelySamePerson]


class Live(Answer):
    live: Literal[True]


class Ready(Answer):
    """Whether every part works, and if not, why."""

    ready: bool
    reasons: list[str] | None = None
    freshness: dict[str, Any] | None = None
    reinterpreting: Annotated[
        bool | None,
        Field(description="what was recorded is to be read with a changed catalog; until that is done it is as before"),
    ] = None
    damaged: Annotated[
        list[str] | None,
        Field(description="records of the log that cannot be read, and what to do; everything else is answered"),
    ] = None
