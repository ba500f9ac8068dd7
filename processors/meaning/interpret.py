"""Interpret: what one statement means for each learner it is about. Pure.

The tables of `vocabulary` say what kind of thing happened; the modules beside this one say when, to whom, at which
item, how well, and what it teaches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from processors.meaning.classes import classes_of
from processors.meaning.duration import exam_length, played, seconds
from processors.meaning.event_time import event_time, sent_time
from processors.meaning.identity import attempt_of, item_of, mode_of, session_of
from processors.meaning.learners import anonymous, assessor, for_another, impersonates, learners, teaches
from processors.meaning.parents import activities_around
from processors.meaning.score import outcome_of, share_of
from processors.meaning.skills import what_is_taught
from processors.meaning.stretches import stretches
from processors.meaning.tool import tool_of
from processors.meaning.vocabulary.completions import PROGRESS
from processors.meaning.vocabulary.facts import Facts
from processors.meaning.vocabulary.media import PAUSES
from processors.meaning.vocabulary.row import Nothing
from processors.meaning.vocabulary.table import row_of
from processors.meaning.vocabulary.types import ActivityRole
from schemas.catalog import Catalog
from schemas.days import local_day
from schemas.observation import HINT, SOLUTION, Kind, Observation

__all__ = ["interpret", "learners", "why_nothing"]

_NO_ACTIVITY = frozenset({"Agent", "Group", "StatementRef"})
_JUDGED_KINDS = frozenset({Kind.ATTEMPT, Kind.SCORE, Kind.COMPLETION, Kind.SESSION, Kind.EXPOSURE})
_ASSISTANCE = {ActivityRole.HINT: HINT, ActivityRole.SOLUTION: SOLUTION}
_PROGRESS, _PAUSES = frozenset(PROGRESS), frozenset(PAUSES)
# Named once: Python 3.11 takes 0.1 µs to look up a member of an enum.
_ATTEMPT, _SCORE, _SESSION, _MEDIA, _HELP = Kind.ATTEMPT, Kind.SCORE, Kind.SESSION, Kind.MEDIA, Kind.HELP


def why_nothing(statement: Mapping[str, Any]) -> Nothing | None:
    """Why a statement is about no learner's learning; None where it is. The catalog has no part in that."""
    facts = Facts(statement)
    means = row_of(facts).means
    return means if isinstance(means, Nothing) else _nothing_learned(statement, facts, means)


def interpret(
    statement: Mapping[str, Any],
    catalog: Catalog,
    tenant: str,
    partition: int,
    sequence: int,
    whom: Sequence[tuple[str, str]] | None = None,
) -> list[Observation]:
    """One observation for each learner; a group's members each get one.

    Raises ValueError, KeyError, TypeError and AttributeError for a statement that is not one.

    `whom`: what `learners` says of the statement, where that is known already.
    """
    facts = Facts(statement)
    vocabulary_row = row_of(facts)
    kind = vocabulary_row.means
    if isinstance(kind, Nothing) or _nothing_learned(statement, facts, kind) is not None:
        return []
    tool = tool_of(facts)
    near = activities_around(facts, tool)
    item = item_of(facts, near, tool)
    teaching = what_is_taught(kind, item, facts, near, tool, catalog)
    share = outcome = None
    if kind in _JUDGED_KINDS and facts.verb not in _PROGRESS:
        share = share_of(facts, tool)
        outcome = outcome_of(facts, share, tool, vocabulary_row.outcome, teaching.threshold)
    length, position = _length(facts, kind)
    time_sent = sent_time(statement)
    time = event_time(time_sent, statement)
    id_ = statement["id"].lower()
    by = assessor(statement, facts, kind)
    attempt, session, mode = attempt_of(facts, near), session_of(facts), mode_of(facts)
    classes = classes_of(kind, facts, near, catalog)
    observations = []
    zoned, assistance = catalog.zoned, _ASSISTANCE.get(facts.role, "") if kind is _HELP else ""
    for ordinal, (learner, _) in enumerate(learners(statement) if whom is None else whom):
        day, midnight = (zoned and local_day(time, catalog.zone_of(learner))) or (None, None)
        observations.append(
            Observation(
                tenant=tenant,
                learner=learner,
                time=time,
                statement=id_,
                ordinal=ordinal,
                kind=kind,
                verb=facts.verb,
                item=item,
                skills=teaching.skills,
                outcome=outcome,
                duration=length,
                session=session,
                partition=partition,
                sequence=sequence,
                sent=None if time_sent == time else time_sent,
                day=day,
                midnight=midnight,
                share=share,
                attempt=attempt,
                by=by,
                mode=mode,
                parents=near.ids,
                position=position,
                provisional=teaching.provisional,
                assistance=assistance,
                classes=classes,
                stretches=stretches(facts.result) if kind is _MEDIA else (),
            )
        )
    return observations


def _nothing_learned(statement: Mapping[str, Any], facts: Facts, kind: Kind) -> Nothing | None:
    target = statement["object"].get("objectType", "Activity")
    if target == "SubStatement":
        return Nothing.PLAN
    if target in _NO_ACTIVITY:
        return Nothing.OTHER_OBJECT
    if anonymous(statement):
        return Nothing.ANONYMOUS
    if facts.extensions and (teaches(facts) or impersonates(facts)):
        return Nothing.ADMINISTRATION
    if for_another(statement, facts) and kind not in (_ATTEMPT, _SCORE):
        return Nothing.ASSESSING
    return None


def _length(facts: Facts, kind: Kind) -> tuple[float | None, float | None]:
    """(seconds spent, by the statement; position in the medium, in seconds).

    A duration in the result of a medium is the medium's own length (Open edX), so it is not read as time spent.
    """
    if kind is _MEDIA:
        return played(facts.result, facts.verb in _PAUSES)
    length = seconds(facts.result.get("duration"))
    return (exam_length(facts.context) if length is None and kind is _SESSION else length), None
