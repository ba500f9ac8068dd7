"""Interpret: what one statement means for each learner it is about. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from processors.meaning.verbs import KINDS, OUTCOMES, SILENT
from schemas.catalog import Activity, Catalog
from schemas.observation import Kind, Observation
from schemas.xapi.actor import learner_key, members

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_SESSION = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
_MASTERY_SCORE = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore"
# An activity in the context is a skill when its type says so, whatever the vocabulary.
_SKILL_TYPE = re.compile(r"[/#](skill|competency|objective|learning-objective|knowledge-component)$", re.IGNORECASE)
_DURATION = re.compile(
    r"P(?:([\d.]+)Y)?(?:([\d.]+)M)?(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$"
)
_SECONDS = (365.25 * 86400, 30.4375 * 86400, 7 * 86400, 86400, 3600, 60, 1)


def interpret(
    statement: Mapping[str, Any], catalog: Catalog, tenant: str, partition: int, sequence: int
) -> list[Observation]:
    """One observation for each learner; a group's members each get one. Raises ValueError, KeyError, TypeError.

    The outcome is `success`, else the scaled score against a mastery score (the catalog's, or cmi5's in the
    context), else what passed and failed say by themselves, else None. Skills are the typed context activities'
    (grouping, parent, category, other), else the catalog's.
    """
    verb = statement["verb"]["id"]
    target = statement["object"]
    if verb in SILENT or target.get("objectType", "Activity") not in ("Activity", "SubStatement"):
        return []
    item = target.get("id", "")
    known = catalog.activities.get(item)
    context = statement.get("context") or {}
    result = statement.get("result") or {}
    outcome = _outcome(verb, result, context, known)
    skills = _skills(context, known)
    kind = KINDS.get(verb, Kind.EXPOSURE)
    if outcome is not None and skills and kind in (Kind.EXPOSURE, Kind.SCORE):
        kind = Kind.ATTEMPT  # cmi5 units, and tools with verbs of their own, judge like this
    time, duration, session = event_time(statement), seconds(result.get("duration")), _session(context)
    id_ = statement["id"].lower()
    return [
        Observation(
            tenant, key, time, id_, n, kind, verb, item, skills, outcome, duration, session, partition, sequence
        )
        for n, (key, _) in enumerate(learners(statement))
    ]


def learners(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(key, name) of the learners a statement is about."""
    for agent in members(statement["actor"]):
        yield learner_key(agent), agent.get("name", "")


def event_time(statement: Mapping[str, Any]) -> int:
    """When it happened, µs since the epoch; without an offset it is read as UTC. Raises ValueError.

    An offset may lead out of the years 1 to 9999: such a moment is read as the first or last of them.
    """
    moment = datetime.fromisoformat(statement["timestamp"])
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return max(_FIRST, min(_LAST, since // _MICROSECOND))


def seconds(duration: str | None) -> float | None:
    """An ISO 8601 duration in seconds; None if there is none, its form is not understood, or no float can hold it."""
    found = _DURATION.match(duration) if duration else None
    if found is None:
        return None
    try:
        length = float(sum(float(part) * unit for part, unit in zip(found.groups(), _SECONDS, strict=True) if part))
    except ValueError:
        return None
    return length if isfinite(length) else None


def _outcome(verb: str, result: Mapping[str, Any], context: Mapping[str, Any], known: Activity | None) -> float | None:
    success = result.get("success")
    if success is not None:
        return 1.0 if success else 0.0
    scaled = (result.get("score") or {}).get("scaled")
    needed = known.mastery_score if known else None
    if needed is None:
        needed = (context.get("extensions") or {}).get(_MASTERY_SCORE)
    if scaled is not None and isinstance(needed, int | float):
        return 1.0 if scaled >= needed else 0.0
    return OUTCOMES.get(verb)


def _skills(context: Mapping[str, Any], known: Activity | None) -> tuple[str, ...]:
    found: list[str] = []
    for activities in (context.get("contextActivities") or {}).values():
        for activity in activities if isinstance(activities, list) else [activities]:
            if _SKILL_TYPE.search((activity.get("definition") or {}).get("type", "")):
                found.append(activity["id"])
    return tuple(dict.fromkeys(found)) or (tuple(dict.fromkeys(known.skills)) if known else ())


def _session(context: Mapping[str, Any]) -> str:
    session = (context.get("extensions") or {}).get(_SESSION) or context.get("registration") or ""
    return str(session)
