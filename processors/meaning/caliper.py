"""Caliper events as xAPI statements. Pure: the same event always gives the same statement.

A statement says what `interpret` reads (actor, verb, object, result, skills, session); what else the event
says stays in the original, which the log keeps.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from processors.meaning.caliper_verbs import ANSWERED, COMPLETED, RATED, SCORED, VERBS
from schemas.caliper.entity import BLANK, Entity
from schemas.caliper.event import Event

TERMS = "http://purl.imsglobal.org/caliper/"
ANONYMOUS = TERMS + "Person"  # an anonymous person
SESSION = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
OBJECTIVE = "http://adlnet.gov/expapi/activities/objective"
PROFILE = "http://adlnet.gov/expapi/activities/profile"
_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # RFC 9562's for URLs
_URN = "urn:uuid:"
_AGENTS = frozenset({"Agent", "Person", "Organization", "Group"})
_LEARNERS = frozenset({"", "Agent", "Person"})


class Unmapped(ValueError):
    """An event that no statement says; the message gives the reason."""


def statement_id(event: str) -> str:
    """The statement's id: the UUID in an event's id, else one that the id decides."""
    if event.lower().startswith(_URN):
        try:
            return str(uuid.UUID(event[len(_URN) :]))
        except ValueError:
            pass
    return str(uuid.uuid5(_NAMESPACE, event))


def statement(event: Event, entities: Mapping[str, Entity], version: str) -> dict[str, Any]:
    """The statement that an event is. Raises Unmapped.

    `entities` are those described beside it, by id; version is the envelope's dataVersion.
    """
    verbs = VERBS.get(event.type)
    if verbs is None:
        raise Unmapped(f"no statement is known for events of the type {event.type}")
    if event.action not in verbs:
        raise Unmapped(f"{event.type}: no verb is known for the action {event.action}")
    verb = verbs[event.action]
    known = _Known(entities)
    who, what = _who_and_what(event, known)
    generated = known.one(event.generated)
    if verb == VERBS["QuestionnaireItemEvent"]["Completed"] and generated and generated.type == "RatingScaleResponse":
        verb = RATED
    result = _result(verb, generated, known, what)
    if verb == SCORED and "score" not in result:
        raise Unmapped("generated.scoreGiven is missing: the grade says no score")
    made = {
        "id": statement_id(event.id),
        "actor": _agent(who),
        "verb": {"id": verb, "display": {"en": event.action}},
        "object": _activity(what),
        "result": result,
        "context": _context(event, what, known, version),
        "timestamp": event.eventTime,
    }
    return {name: value for name, value in made.items() if value}


class _Known:
    """Looks entities up that an event gives by their id alone."""

    def __init__(self, entities: Mapping[str, Entity]) -> None:
        self._entities = entities

    def one(self, entity: Entity | None) -> Entity | None:
        """The entity itself, or its description beside the event."""
        if entity is None or entity.type:
            return entity
        return self._entities.get(entity.id, entity)


def _who_and_what(event: Event, known: _Known) -> tuple[Entity, Entity]:
    """The learner and the activity: those of the graded attempt, of the session that ended, or simply the event's."""
    actor, object_ = known.one(event.actor), known.one(event.object)
    if event.type == "GradeEvent":
        actor = known.one(object_.assignee) if object_ else None
        object_ = known.one(object_.assignable) if object_ else None
        if actor is None or object_ is None:
            raise Unmapped("object: the attempt does not say whose it is (assignee) and at what (assignable)")
    elif event.type == "SessionEvent" and object_ is not None and object_.type == "Session":
        actor = known.one(object_.user)
        object_ = known.one(event.edApp or event.actor)
    if actor is None or actor.type not in _LEARNERS:
        raise Unmapped(f"actor: {actor.type if actor else 'nobody'} is not a person")
    if actor.id == ANONYMOUS or actor.id.startswith(BLANK):
        raise Unmapped("actor: an anonymous person is not a learner")
    if object_ is None or object_.type in _AGENTS or object_.id.startswith(BLANK):
        raise Unmapped("object: is nothing that a statement can name as an activity")
    return actor, object_


def _agent(person: Entity) -> dict[str, Any]:
    """A person's account: the id up to its last part is the home page, the last part the name."""
    if person.id[:7].lower() == "mailto:" and person.id.count("@") == 1 and "@" in person.id[8:-1]:
        return {"objectType": "Agent", "mbox": person.id}
    page, found, name = person.id.rpartition("/" if "://" in person.id else ":")
    if not found or not name or page.endswith(("/", ":")) or ":" not in page:
        page = name = person.id
    return {"objectType": "Agent", "account": {"homePage": page, "name": name}}


def _activity(entity: Entity, type_: str = "") -> dict[str, Any]:
    said = {
        "type": type_ or (TERMS + entity.type if entity.type else ""),
        "name": {"und": entity.name} if entity.name else None,
        "description": {"und": entity.description} if entity.description else None,
    }
    definition = {name: value for name, value in said.items() if value}
    return {"id": entity.id, "definition": definition} if definition else {"id": entity.id}


def _context(event: Event, what: Entity, known: _Known, version: str) -> dict[str, Any]:
    objectives = [known.one(one) for one in what.learningObjectives or ()]
    activities = {
        "parent": _activities([known.one(what.isPartOf)]),
        "grouping": _activities([known.one(event.group)]),
        "other": _activities(objectives, OBJECTIVE),
        "category": [{"id": version, "definition": {"type": PROFILE}}],
    }
    extensions = {TERMS + "type": event.type, TERMS + "action": event.action}
    if event.session and not event.session.id.startswith(BLANK):
        extensions[SESSION] = event.session.id
    tool = known.one(event.edApp)
    context: dict[str, Any] = {
        "contextActivities": {name: found for name, found in activities.items() if found},
        "extensions": extensions,
    }
    if tool:
        context["platform"] = tool.name or tool.id
    return context


def _activities(entities: list[Entity | None], type_: str = "") -> list[dict[str, Any]]:
    return [_activity(entity, type_) for entity in entities if entity and not entity.id.startswith(BLANK)]


def _result(verb: str, generated: Entity | None, known: _Known, what: Entity) -> dict[str, Any]:
    result: dict[str, Any] = {"completion": True} if verb == COMPLETED else {}
    if generated is None:
        return result
    score = generated if generated.type == "Score" else known.one(generated.score)
    if score is not None and score.scoreGiven is not None:
        result |= _scored(score.scoreGiven, score.maxScore or what.maxScore, verb, what)
    response = _response(generated)
    if response is not None:
        result["response"] = response
    duration = _duration(generated) or _duration(known.one(generated.attempt))
    if duration:
        result["duration"] = duration
    return result


def _scored(given: float, most: float | None, verb: str, what: Entity) -> dict[str, Any]:
    """The score, and for an item whether it is right where full marks or none say so."""
    score: dict[str, Any] = {"raw": given}
    if most is None or most <= 0:
        return {"score": score}
    score["scaled"] = max(-1.0, min(1.0, given / most))
    if given <= most:  # extra credit lies above what xAPI lets the maximum be
        score["max"] = most
    judged = verb == ANSWERED or what.type == "AssessmentItem"
    if judged and (given >= most or given <= 0):
        return {"score": score, "success": given > 0}
    return {"score": score}


def _response(generated: Entity) -> str | None:
    """What was answered or said; several choices with the [,] of xAPI's interactions between them."""
    found = generated.values if generated.values is not None else generated.selections
    if found is None:
        found = [] if generated.value is None else [generated.value]
    if not found:
        return None
    return "[,]".join(one if isinstance(one, str) else json.dumps(one) for one in found)


def _duration(entity: Entity | None) -> str | None:
    if entity is None:
        return None
    if entity.duration or not (entity.startedAtTime and entity.endedAtTime):
        return entity.duration
    milliseconds = round((_moment(entity.endedAtTime) - _moment(entity.startedAtTime)).total_seconds() * 1000)
    if milliseconds < 0:
        return None
    whole, part = divmod(milliseconds, 1000)
    return f"PT{whole}.{part:03}S" if part else f"PT{whole}S"


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
