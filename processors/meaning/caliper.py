"""Caliper events as xAPI statements. Pure: the same event always gives the same statement.

A statement says what `interpret` reads (actor, verb, object, result, skills, session); what else the event
says stays in the original, which the log keeps.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from processors.meaning.caliper_verbs import ANSWERED, COMPLETED, OPEN_EDX, RATED, SCORED, VERBS
from processors.meaning.duration import number, seconds
from processors.meaning.identity import ATTEMPT
from processors.meaning.learners import BY, MEMBERSHIP_ROLES
from processors.meaning.vocabulary.iris import ACROSSX_EXTENSIONS, EDX_EXTENSION, TINCAN_TYPES, VIDEO_EXTENSIONS
from schemas.caliper.entity import BLANK, CaliperEntity, entity_of
from schemas.caliper.event import CaliperEvent
from schemas.xapi.values import instant

TERMS = "http://purl.imsglobal.org/caliper/"
ANONYMOUS = TERMS + "Person"  # an anonymous person
SESSION = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
OBJECTIVE = "http://adlnet.gov/expapi/activities/objective"
PROFILE = "http://adlnet.gov/expapi/activities/profile"
_URL_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # RFC 9562's for URLs
_URN = "urn:uuid:"
_UUID_LENGTH = 36  # characters
_CANVAS = "urn:instructure:canvas:submission:"
_SCORES = ("scoreGiven", "curvedTotalScore", "totalScore", "resultScore", "normalScore")  # what is sent of them
_MOST_PARENTS = 16
_EDX_HELP = {  # what Open edX shows
    "/solution": TINCAN_TYPES + "solution",
    "/hint/": ACROSSX_EXTENSIONS + "supplemental-info",
}
_AGENTS = frozenset({"Agent", "Person", "Organization", "Group"})
_LEARNER_TYPES = frozenset({"", "Agent", "Person"})


class UnmappedEvent(ValueError):
    """An event that no statement says; the message gives the reason."""


def statement_id(event: str) -> str:
    """The statement's id: the UUID in an event's id, else one that the id decides."""
    bare = event[len(_URN) :] if event.lower().startswith(_URN) else event
    if len(bare) == _UUID_LENGTH:
        try:
            return str(uuid.UUID(bare))
        except ValueError:
            pass
    return str(uuid.uuid5(_URL_NAMESPACE, event))


def statement(event: CaliperEvent, entities: Mapping[str, CaliperEntity], version: str) -> dict[str, Any]:
    """The statement that an event is. Raises UnmappedEvent.

    `entities` are those described beside it, by id; version is the envelope's dataVersion.
    """
    verbs = VERBS.get(event.type)
    if verbs is None:
        raise UnmappedEvent(f"no statement is known for events of the type {event.type}")
    if event.action not in verbs:
        raise UnmappedEvent(f"{event.type}: no verb is known for the action {event.action}")
    verb = verbs[event.action]
    if _transformer(event):
        verb = OPEN_EDX.get((event.type, event.action, event.object.type), verb)
    lookup = _EntityLookup(entities)
    who, activity, attempt = _who_and_what(event, lookup)
    generated = lookup.described(event.generated)
    if verb == VERBS["QuestionnaireItemEvent"]["Completed"] and generated and generated.type == "RatingScaleResponse":
        verb = RATED
    result = _result_of_event(verb, generated, lookup, activity)
    if event.type == "MediaEvent":
        result |= _position(lookup.described(event.target))
    if verb == SCORED and "score" not in result:
        raise UnmappedEvent("generated.scoreGiven is missing: the grade says no score")
    xapi_statement = {
        "id": statement_id(event.id),
        "actor": _agent_of_entity(who),
        "verb": {"id": verb, "display": {"en": event.action}},
        "object": _activity_of_entity(activity),
        "result": result,
        "context": _context_of_event(event, who, activity, attempt, lookup, version),
        "timestamp": event.eventTime,
    }
    return {name: value for name, value in xapi_statement.items() if value}


class _EntityLookup:
    """Looks entities up that an event gives by their id alone."""

    def __init__(self, entities: Mapping[str, CaliperEntity]) -> None:
        self._entities = entities

    def described(self, entity: CaliperEntity | None) -> CaliperEntity | None:
        """The entity itself, or its description beside the event."""
        if entity is None or entity.type:
            return entity
        return self._entities.get(entity.id, entity)


def _who_and_what(
    event: CaliperEvent, lookup: _EntityLookup
) -> tuple[CaliperEntity, CaliperEntity, CaliperEntity | None]:
    """The learner, the activity and the attempt: a graded attempt's, a session's that ended, or the event's own."""
    actor, object_ = lookup.described(event.actor), lookup.described(event.object)
    attempt = None
    if object_ is not None and object_.type == "Attempt":
        attempt, tried = object_, _assignable(object_, event, lookup)
        if event.type == "GradeEvent":
            actor = lookup.described(_own_or_extended(object_, "assignee"))
        if tried is not None or event.type == "GradeEvent":
            object_ = tried
    if event.type == "GradeEvent" and (attempt is None or actor is None or object_ is None):
        raise UnmappedEvent("object: the attempt does not say whose it is (assignee) and at what (assignable)")
    if event.type == "SessionEvent" and object_ is not None and object_.type == "Session":
        actor = lookup.described(object_.user)
        object_ = lookup.described(event.edApp or event.actor)
    if actor is None or actor.type not in _LEARNER_TYPES:
        raise UnmappedEvent(f"actor: {actor.type if actor else 'nobody'} is not a person")
    if actor.id == ANONYMOUS or actor.id.startswith(BLANK):
        raise UnmappedEvent("actor: an anonymous person is not a learner")
    if object_ is None or object_.type in _AGENTS or object_.id.startswith(BLANK):
        raise UnmappedEvent("object: is nothing that a statement can name as an activity")
    return actor, object_, attempt


def _assignable(attempt: CaliperEntity, event: CaliperEvent, lookup: _EntityLookup) -> CaliperEntity | None:
    """What was tried: the attempt says it, or the event's target does (Open LMS)."""
    tried = lookup.described(_own_or_extended(attempt, "assignable"))
    if tried is None and event.target is not None:
        target = lookup.described(event.target)
        tried = target if target is not None and target.type in ("Assessment", "AssignableDigitalResource") else None
    return tried


def _own_or_extended(entity: CaliperEntity, name: str) -> CaliperEntity | None:
    """What an entity says of itself, or in its extensions (Open edX)."""
    entity_said: CaliperEntity | None = getattr(entity, name)
    if entity_said is not None or not isinstance(entity.extensions, dict) or name not in entity.extensions:
        return entity_said
    return entity_of(entity.extensions[name])


def _agent_of_entity(person: CaliperEntity) -> dict[str, Any]:
    """A person's account: the id up to its last part is the home page, the last part the name."""
    if person.id[:7].lower() == "mailto:" and person.id.count("@") == 1 and "@" in person.id[8:-1]:
        return {"objectType": "Agent", "mbox": person.id}
    page, separator, name = person.id.rpartition("/" if "://" in person.id else ":")
    if not separator or not name or page.endswith(("/", ":")) or ":" not in page:
        page = name = person.id
    return {"objectType": "Agent", "account": {"homePage": page, "name": name}}


def _activity_of_entity(entity: CaliperEntity, type_: str = "") -> dict[str, Any]:
    help_ = next((type_ for part, type_ in _EDX_HELP.items() if part in entity.id and entity.type == "Annotation"), "")
    definition_fields = {
        "type": type_ or help_ or (TERMS + entity.type if entity.type else ""),
        "name": {"und": entity.name} if entity.name else None,
        "description": {"und": entity.description} if entity.description else None,
    }
    definition = {name: value for name, value in definition_fields.items() if value}
    return {"id": entity.id, "definition": definition} if definition else {"id": entity.id}


def _context_of_event(
    event: CaliperEvent,
    who: CaliperEntity,
    activity: CaliperEntity,
    attempt: CaliperEntity | None,
    lookup: _EntityLookup,
    version: str,
) -> dict[str, Any]:
    objectives = [lookup.described(objective) for objective in activity.learningObjectives or ()]
    attempt = attempt or lookup.described(_answered_in(event, lookup))
    enclosing = (
        lookup.described(attempt.isPartOf) if attempt is not None else None
    )  # an item's attempt is part of the assessment's
    activities = {
        "parent": _activities_of_entities(_chain(activity, attempt, lookup)),
        "grouping": _activities_of_entities(
            [lookup.described(event.group), enclosing if enclosing and enclosing.type == "Attempt" else None]
        ),
        "other": _activities_of_entities(objectives, OBJECTIVE),
        "category": [{"id": version, "definition": {"type": PROFILE}}],
    }
    extensions: dict[str, Any] = {TERMS + "type": event.type, TERMS + "action": event.action}
    if event.session and not event.session.id.startswith(BLANK):
        extensions[SESSION] = event.session.id
    if attempt is not None and not attempt.id.startswith(BLANK):
        extensions[ATTEMPT] = _attempt_name(attempt)
    if event.type == "GradeEvent" and event.actor.id != who.id:
        extensions[BY] = event.actor.id
    roles = event.membership.get("roles") if isinstance(event.membership, dict) else None
    if isinstance(roles, list) and event.type != "GradeEvent":
        extensions[MEMBERSHIP_ROLES] = [str(role) for role in roles]
    if transformer := _transformer(event):
        extensions[EDX_EXTENSION + "transformer-version"] = transformer
    tool = lookup.described(event.edApp)
    context: dict[str, Any] = {
        "contextActivities": {relation: related for relation, related in activities.items() if related},
        "extensions": extensions,
    }
    if tool:
        context["platform"] = tool.name or tool.id
    return context


def _answered_in(event: CaliperEvent, lookup: _EntityLookup) -> CaliperEntity | None:
    """The attempt that an answer is a part of: its response says it."""
    generated = lookup.described(event.generated)
    return generated.attempt if generated is not None and event.type == "AssessmentItemEvent" else None


def _attempt_name(attempt: CaliperEntity) -> str:
    """An attempt's id. Canvas keeps it over all of a learner's submissions, and counts them."""
    attempt_count = attempt.count
    if attempt.id.startswith(_CANVAS) and isinstance(attempt_count, int) and attempt_count > 1:
        return f"{attempt.id}#{attempt_count}"
    return attempt.id


def _transformer(event: CaliperEvent) -> str:
    """What made an event of Open edX (event-routing-backends), with its version; "" of another tool's."""
    transformer = event.extensions.get("transformerVersion") if isinstance(event.extensions, dict) else None
    return transformer if isinstance(transformer, str) and transformer.startswith("event-routing-backends@") else ""


def _chain(activity: CaliperEntity, attempt: CaliperEntity | None, lookup: _EntityLookup) -> list[CaliperEntity | None]:
    """What an activity is a part of, and what that is a part of, the nearest first."""
    wholes: dict[str, CaliperEntity] = {}
    enclosing = lookup.described(_own_or_extended(activity, "isPartOf"))
    if enclosing is None and attempt is not None and isinstance(attempt.extensions, dict):
        enclosing = lookup.described(_own_or_extended(attempt, "isPartOf"))
    while enclosing is not None and enclosing.id not in wholes and len(wholes) < _MOST_PARENTS:
        if enclosing.type != "Attempt":
            wholes[enclosing.id] = enclosing
        enclosing = lookup.described(enclosing.isPartOf)
    return list(wholes.values())


def _activities_of_entities(entities: list[CaliperEntity | None], type_: str = "") -> list[dict[str, Any]]:
    return [_activity_of_entity(entity, type_) for entity in entities if entity and not entity.id.startswith(BLANK)]


def _result_of_event(
    verb: str, generated: CaliperEntity | None, lookup: _EntityLookup, activity: CaliperEntity
) -> dict[str, Any]:
    result: dict[str, Any] = {"completion": True} if verb == COMPLETED else {}
    if generated is None:
        return result
    score = lookup.described(generated.score) or generated
    raw_score = next((raw_score for name in _SCORES if (raw_score := number(getattr(score, name))) is not None), None)
    if raw_score is not None:
        result |= _scored(raw_score, score.maxScore or activity.maxScore, verb, activity)
        success = score.extensions.get("success") if isinstance(score.extensions, dict) else None
        if isinstance(success, bool | str):  # Open edX says it as text
            result["success"] = str(success).lower() == "true"
    elif isinstance(generated.items, list):
        result |= _counted_activity(generated.items, verb, activity)
    response = _response_text(generated)
    if response is not None:
        result["response"] = response
    duration = _duration(generated) or _duration(lookup.described(generated.attempt))
    if duration:
        result["duration"] = duration
    return result


def _scored(raw_score: float, most: float | None, verb: str, activity: CaliperEntity) -> dict[str, Any]:
    """The score, and for an item whether it is right, if it has full marks or none."""
    score: dict[str, Any] = {"raw": raw_score}
    if most is None or most <= 0:
        return {"score": score}
    score["scaled"] = max(-1.0, min(1.0, raw_score / most))
    if raw_score <= most:  # extra credit lies above what xAPI lets the maximum be
        score["max"] = most
    judged = verb == ANSWERED or activity.type == "AssessmentItem"
    if judged and (raw_score >= most or raw_score <= 0):
        return {"score": score, "success": raw_score > 0}
    return {"score": score}


def _counted_activity(items: list[Any], verb: str, activity: CaliperEntity) -> dict[str, Any]:
    """The score of so many right of so many (TimeBack)."""
    counts = {
        count_item.get("type"): number(count_item.get("value")) for count_item in items if isinstance(count_item, dict)
    }
    right, questions = counts.get("correctQuestions"), counts.get("totalQuestions")
    return _scored(right, questions, verb, activity) if right is not None and questions is not None else {}


def _position(target: CaliperEntity | None) -> dict[str, Any]:
    """The position in the media, as the video profile says it."""
    at = seconds(target.currentTime) if target is not None and isinstance(target.currentTime, str) else None
    return {} if at is None else {"extensions": {VIDEO_EXTENSIONS + "time": at}}


def _response_text(generated: CaliperEntity) -> str | None:
    """What was answered or said; several choices with the [,] of xAPI's interactions between them."""
    answers = generated.values if generated.values is not None else generated.selections
    if answers is None:
        answers = [] if generated.value is None else [generated.value]
    if not answers:
        return None
    return "[,]".join(chosen if isinstance(chosen, str) else json.dumps(chosen) for chosen in answers)


def _duration(entity: CaliperEntity | None) -> str | None:
    if entity is None:
        return None
    if entity.duration or not (entity.startedAtTime and entity.endedAtTime):
        return entity.duration
    milliseconds = round((instant(entity.endedAtTime) - instant(entity.startedAtTime)).total_seconds() * 1000)
    if milliseconds < 0:
        return None
    whole_seconds, thousandths = divmod(milliseconds, 1000)
    return f"PT{whole_seconds}.{thousandths:03}S" if thousandths else f"PT{whole_seconds}S"
