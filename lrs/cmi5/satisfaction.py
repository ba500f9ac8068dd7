"""What of a course a learner has satisfied, by which statements, and when (cmi5 Quartz, 9.3, 9.3.9 and 13.1.4).

A pure function of the course and the *set* of a registration's statements: the order they come in does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from schemas.cmi5 import words
from schemas.cmi5.course import Au, Block, Course, LaunchMode, MoveOn, activity_id, parts
from schemas.xapi.verbs import VOIDED

Statement = Mapping[str, Any]
_MOVING = frozenset({words.COMPLETED, words.PASSED, words.WAIVED})


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """What a learner has satisfied of a course, a block or an AU.

    at: µs since the epoch; None while it is not satisfied, or if it needs no statement.
    by: ids of the statements that satisfied it, in the order of their timestamps.
    """

    kind: str
    id: str
    satisfied: bool
    at: int | None = None
    by: tuple[str, ...] = ()
    children: tuple[Satisfaction, ...] = ()

    def walk(self) -> Iterator[Satisfaction]:
        """The satisfaction of all parts below, then of this one: the order in which `satisfied` is reported."""
        for child in self.children:
            yield from child.walk()
        yield self


@dataclass(frozen=True, slots=True, order=True)
class _Moment:
    at: int
    id: str


def satisfaction_of(course: Course, statements: Iterable[Statement]) -> Satisfaction:
    """What is satisfied of a course and of everything in it, by statements of one registration.

    What counts: `completed`, `passed` and `waived` with the categories cmi5 and moveon (9.6.2), about an AU of the
    course, not voided, and not of a session launched to browse or review (10.2.2).
    """
    first: dict[tuple[str, str], _Moment] = {}  # the earliest statement of each AU and verb
    for au, verb, moment in _moves(course, list(statements)):
        first[au, verb] = min(first.get((au, verb), moment), moment)
    return _part_satisfaction(course, first)


def statement_time(statement: Statement) -> int:
    """A statement's timestamp, µs since the epoch. One without an offset is UTC."""
    moment = datetime.fromisoformat(statement["timestamp"])
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000_000)


def category(statement: Statement, category_id: str) -> bool:
    """Whether a statement has a category."""
    return category_id in listed(statement, "category")


def listed(statement: Statement, kind: str) -> list[str]:
    """Ids of a statement's context activities of a kind; xAPI lets a list of one go without its brackets."""
    activities = statement.get("context", {}).get("contextActivities", {}).get(kind, [])
    return [activity["id"] for activity in (activities if isinstance(activities, list) else [activities])]


def session_of(statement: Statement) -> str | None:
    """The session that a statement says it belongs to (9.6.3.1)."""
    session = statement.get("context", {}).get("extensions", {}).get(words.SESSION_ID)
    return session if isinstance(session, str) else None


def _moves(course: Course, statements: list[Statement]) -> Iterator[tuple[str, str, _Moment]]:
    aus = [part.id for part in parts(course) if isinstance(part, Au)]
    own = {activity_id(course.id, au): au for au in aus}
    voided = {s["object"]["id"].lower() for s in statements if s["verb"]["id"] == VOIDED}
    counting = [s for s in statements if s["id"].lower() not in voided]
    not_counted = {session_of(s) for s in counting if _looks_around(s)} - {None}
    for statement in counting:
        verb = statement["verb"]["id"]
        if verb not in _MOVING or session_of(statement) in not_counted:
            continue
        if not (category(statement, words.CMI5) and category(statement, words.MOVE_ON)):
            continue
        moment = _Moment(statement_time(statement), statement["id"])
        # A course that another LMS launched has that LMS's ids; the publisher's is in every statement (9.6.2.3).
        about = own.get(statement["object"].get("id", ""))
        for au in [about] if about else set(aus).intersection(listed(statement, "grouping")):
            yield au, verb, moment


def _looks_around(statement: Statement) -> bool:
    if statement["verb"]["id"] != words.LAUNCHED:
        return False
    mode = statement.get("context", {}).get("extensions", {}).get(words.LAUNCH_MODE)
    return mode in (LaunchMode.BROWSE, LaunchMode.REVIEW)


def _part_satisfaction(part: Course | Block | Au, first: Mapping[tuple[str, str], _Moment]) -> Satisfaction:
    if isinstance(part, Au):
        return _of_au(part, first)
    children = tuple(_part_satisfaction(child, first) for child in part.children)
    if not all(child.satisfied for child in children):
        return Satisfaction(part.kind, part.id, False, children=children)
    at = max((child.at for child in children if child.at is not None), default=None)
    by = tuple(dict.fromkeys(id_ for child in sorted(children, key=_when) for id_ in child.by))
    return Satisfaction(part.kind, part.id, True, at, by, children)


def _of_au(au: Au, first: Mapping[tuple[str, str], _Moment]) -> Satisfaction:
    if au.move_on is MoveOn.NOT_APPLICABLE:
        return Satisfaction(au.kind, au.id, True)
    completed, passed, waived = (
        [first[au.id, verb]] if (au.id, verb) in first else [] for verb in (words.COMPLETED, words.PASSED, words.WAIVED)
    )
    ways = [waived]
    match au.move_on:
        case MoveOn.COMPLETED:
            ways += [completed]
        case MoveOn.PASSED:
            ways += [passed]
        case MoveOn.COMPLETED_OR_PASSED:
            ways += [completed, passed]
        case MoveOn.COMPLETED_AND_PASSED:
            ways += [sorted(completed + passed)] if completed and passed else []
    reached = min((way for way in ways if way), key=lambda way: way[-1], default=None)
    if reached is None:
        return Satisfaction(au.kind, au.id, False)
    return Satisfaction(au.kind, au.id, True, reached[-1].at, tuple(moment.id for moment in reached))


def _when(satisfaction: Satisfaction) -> int:
    return satisfaction.at or 0
