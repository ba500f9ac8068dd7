"""The rules for statements of an AU in its session (cmi5 Quartz, 7.1, 9 and 10.2). Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lrs.cmi5.satisfaction import category, listed, session_of, statement_time
from lrs.cmi5.sessions import Act, LaunchSession
from schemas.cmi5 import words
from schemas.cmi5.course import LaunchMode, activity_id
from schemas.xapi import Invalid
from schemas.xapi.actor import learner_key
from schemas.xapi.verbs import VOIDED

GRACE = 30_000_000  # µs after `terminated` in which earlier statements that were under way still arrive (9.3.8)
_JUDGED = frozenset({words.PASSED, words.FAILED})
_ONCE = frozenset({words.COMPLETED, words.PASSED})  # in a registration
_TIMED = frozenset({words.COMPLETED, words.PASSED, words.FAILED, words.TERMINATED})  # have a duration
_SUCCESS = {words.PASSED: True, words.FAILED: False}
_COMPLETION = {words.COMPLETED: True}
_EXTENSIONS = "context.extensions"


class BrokenSessionRule(Invalid):
    """A statement that a session refuses; the reason ends with the section of the specification."""

    def __init__(self, field: str, reason: str, section: str) -> None:
        super().__init__(field, f"{reason} (cmi5 {section})")


@dataclass(frozen=True, slots=True)
class LearnerSession:
    """The learner of a cmi5 session, and what it is about: what every statement of it has to say."""

    session: LaunchSession
    course: str
    learner: dict[str, Any]

    @property
    def activity(self) -> str:
        """The id of the AU's activity."""
        return activity_id(self.course, self.session.au)


def check_session(
    current: LearnerSession, known_acts: Sequence[Act], statements: Sequence[dict[str, Any]], now: int
) -> list[Act]:
    """What statements add to what a session has done. All have passed the grammar of xAPI; `now` in µs.

    Raises BrokenSessionRule for the first statement, in the order of their timestamps, that breaks a rule.
    """
    acts = list(known_acts)
    recorded_ids = {act.statement for act in known_acts}
    # A repeat of what is recorded is the recorder's to judge; `terminated` may be sent again.
    new = [s for s in statements if str(s.get("id", "")).lower() not in recorded_ids]
    for statement in sorted(new, key=lambda s: _order(current, s)):
        field = f"{statements.index(statement)}." if len(statements) > 1 else ""
        try:
            act = _check_statement(current, acts, statement, now)
        except BrokenSessionRule as error:
            error.field = field + error.field
            raise
        if act is not None:
            acts.append(act)
    return acts[len(known_acts) :]


def _order(current: LearnerSession, statement: dict[str, Any]) -> tuple[int, int]:
    """By time; at one time, `initialized` comes first and `terminated` last."""
    verb = statement["verb"]["id"]
    return (
        statement_time(statement) if "timestamp" in statement else 0,
        (verb == words.TERMINATED) - _begins(statement),
    )


def _begins(statement: dict[str, Any]) -> bool:
    return bool(statement["verb"]["id"] == words.INITIALIZED)


def _check_statement(current: LearnerSession, acts: Sequence[Act], statement: dict[str, Any], now: int) -> Act | None:
    session = current.session
    _belongs(current, statement)
    at, verb = statement_time(statement), statement["verb"]["id"]
    mine = {act.verb: act for act in acts if act.session == session.id}
    defined = category(statement, words.CMI5)
    if session.abandoned:
        raise BrokenSessionRule(_EXTENSIONS, "the session was abandoned: it takes no more statements", "9.3.6")
    _in_turn(session, mine, at, verb if defined else "", now)
    if not defined:
        return None
    _defined(current, statement, verb)
    _check_once(session, acts, mine, verb)
    return Act(statement["id"].lower(), session.id, verb, at)


def _belongs(current: LearnerSession, statement: dict[str, Any]) -> None:
    """What holds for every statement, defined and allowed."""
    if "id" not in statement:
        raise BrokenSessionRule("id", "an AU gives its statements their ids", "9.1")
    if "timestamp" not in statement:
        raise BrokenSessionRule("timestamp", "is missing", "9.7")
    if statement["verb"]["id"] == VOIDED:
        raise BrokenSessionRule("verb.id", "an AU may not void statements", "6.3")
    context = statement.get("context", {})
    if session_of(statement) != current.session.id:
        raise BrokenSessionRule(f"{_EXTENSIONS}.{words.SESSION_ID}", "is not the id of this session", "9.6.3.1")
    if context.get("registration", "").lower() != current.session.registration:
        raise BrokenSessionRule("context.registration", "is not the registration of this session", "9.6.1")
    if current.session.au not in listed(statement, "grouping"):
        raise BrokenSessionRule(
            "context.contextActivities.grouping", f"lacks the AU's own id {current.session.au}", "9.6.2.3"
        )
    actor = statement["actor"]
    if (
        actor.get("objectType") == "Group"
        or "account" not in actor
        or learner_key(actor) != learner_key(current.learner)
    ):
        raise BrokenSessionRule("actor", "is not the learner of this session", "9.2")


def _in_turn(session: LaunchSession, mine: dict[str, Act], at: int, verb: str, now: int) -> None:
    begun, over = mine.get(words.INITIALIZED), mine.get(words.TERMINATED)
    if over is not None and (at > over.at or verb == words.TERMINATED):
        raise BrokenSessionRule(
            "verb.id" if verb == words.TERMINATED else "timestamp", "the session was terminated", "9.3.8"
        )
    if session.ended is not None and now > session.ended + GRACE:
        raise BrokenSessionRule(_EXTENSIONS, "the session was terminated: it takes no more statements", "9.3.8")
    if verb == words.INITIALIZED:
        if begun is not None:
            raise BrokenSessionRule("verb.id", "the session was initialized before", "9.3.2")
        return
    if begun is None:
        raise BrokenSessionRule("verb.id", "the first statement of a session says that it is initialized", "9.3.2")
    if at < begun.at:
        raise BrokenSessionRule(
            "timestamp", "is earlier than that of the statement that initialized the session", "9.3"
        )


def _defined(current: LearnerSession, statement: dict[str, Any], verb: str) -> None:
    """What holds for a cmi5 defined statement by itself."""
    if verb in words.LMS_VERBS:
        raise BrokenSessionRule("verb.id", "is said by the LMS, not by an AU", "9.3")
    if verb not in words.AU_VERBS:
        raise BrokenSessionRule("verb.id", "is not a verb of cmi5: leave out the category cmi5", "7.1.3")
    if statement["object"].get("id") != current.activity:
        raise BrokenSessionRule("object.id", f"is not the AU's activity {current.activity}", "9.4")
    result = statement.get("result", {})
    for name, values in (("success", _SUCCESS), ("completion", _COMPLETION)):
        required = values.get(verb)
        if result.get(name) is not required:
            wrong = "goes with other verbs" if required is None else f"is {str(required).lower()} with this verb"
            raise BrokenSessionRule(f"result.{name}", wrong, "9.5.2" if name == "success" else "9.5.3")
    if verb in _TIMED and "duration" not in result:
        raise BrokenSessionRule("result.duration", "is missing", "9.5.4.1")
    if category(statement, words.MOVE_ON) != ("success" in result or "completion" in result):
        raise BrokenSessionRule(
            "context.contextActivities.category",
            f"{words.MOVE_ON} goes with a result of success or completion, and only with one",
            "9.6.2.2",
        )
    if current.session.mode is not LaunchMode.NORMAL and verb not in (words.INITIALIZED, words.TERMINATED):
        raise BrokenSessionRule(
            "verb.id", f"the session's launch mode is {current.session.mode}: nothing is judged", "10.2.2"
        )
    _score(current.session, result.get("score"), verb)


def _score(session: LaunchSession, score: dict[str, Any] | None, verb: str) -> None:
    if score is None:
        return
    if verb not in _JUDGED:
        raise BrokenSessionRule("result.score", "is allowed with passed and failed only", "9.5.1")
    if "raw" in score and not {"min", "max"} <= score.keys():
        raise BrokenSessionRule("result.score.raw", "needs min and max beside it", "9.5.1")
    scaled = score.get("scaled")
    if scaled is None:
        return
    if scaled < 0:
        raise BrokenSessionRule("result.score.scaled", "is not between 0 and 1", "9.5.1")
    mastery = session.mastery_score
    if mastery is not None and (scaled >= mastery) != (verb == words.PASSED):
        section = "9.3.4" if verb == words.PASSED else "9.3.5"
        raise BrokenSessionRule(
            "result.score.scaled", f"does not fit the verb: the mastery score is {mastery}", section
        )


def _check_once(session: LaunchSession, acts: Sequence[Act], mine: dict[str, Act], verb: str) -> None:
    """How often a verb may be said, in the session and in the registration."""
    if verb in mine:
        raise BrokenSessionRule("verb.id", "was said before in this session", "9.3")
    if verb in _JUDGED and not _JUDGED.isdisjoint(mine):
        raise BrokenSessionRule("verb.id", "a session passes or fails, once", "9.3")
    verbs = {act.verb for act in acts}
    if verb in _ONCE and verb in verbs:
        raise BrokenSessionRule("verb.id", "was said before in this registration", "9.3")
    if verb == words.FAILED and words.PASSED in verbs:
        raise BrokenSessionRule("verb.id", "the AU was passed before in this registration", "9.3")
