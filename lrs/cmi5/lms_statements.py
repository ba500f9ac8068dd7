"""What the LMS says: launch data (cmi5 Quartz, 10); launched, abandoned, waived and satisfied statements (9)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from lrs.cmi5.rules import LearnerSession
from lrs.record.completion import timestamp
from schemas.cmi5 import words
from schemas.cmi5.course import Au, Block, Course, LaunchMode, activity_id, made_id

Json = dict[str, Any]


def launch_data(au: Au, session: str, mode: LaunchMode, entitlement: str | None, return_url: str | None) -> Json:
    """The document LMS.LaunchData (10.2). `entitlement` is the alternate key, where there is one."""
    data: Json = {
        "contextTemplate": {
            "contextActivities": {"grouping": [_publishers(au)]},
            "extensions": {words.SESSION_ID: session},
        },
        "launchMode": mode.value,
        "launchMethod": au.launch_method.value,
        "moveOn": au.move_on.value,
    }
    if au.launch_parameters is not None:
        data["launchParameters"] = au.launch_parameters
    if au.mastery_score is not None:
        data["masteryScore"] = au.mastery_score
    keys = {"courseStructure": au.entitlement_key, "alternate": entitlement}
    if entitlements := {name: key for name, key in keys.items() if key is not None}:
        data["entitlementKey"] = entitlements
    if return_url is not None:
        data["returnURL"] = return_url
    return data


def launch_url(au: Au, parameters: dict[str, str]) -> str:
    """The AU's URL with the launch parameters beside its own query (8.1)."""
    parts = urlsplit(au.url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *parameters.items()]
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))


def launched(current: LearnerSession, au: Au, data: Json, now: int) -> Json:
    """The AU was started (9.3.1)."""
    extensions: Json = {
        words.LAUNCH_MODE: data["launchMode"],
        words.LAUNCH_URL: au.url,
        words.MOVE_ON_EXTENSION: data["moveOn"],
    }
    if "masteryScore" in data:
        extensions[words.MASTERY_SCORE] = data["masteryScore"]
    if "launchParameters" in data:
        extensions[words.LAUNCH_PARAMETERS] = data["launchParameters"]
    return _of_au(current, au, words.LAUNCHED, "launched", now, extensions)


def abandoned(current: LearnerSession, au: Au, now: int) -> Json:
    """The session ended without `terminated` (9.3.6). It lasted from its launch to the AU's last statement."""
    seconds = max(0, current.session.last - current.session.launched) / 1_000_000
    statement = _of_au(current, au, words.ABANDONED, "abandoned", now)
    return statement | {"result": {"duration": f"PT{seconds:.2f}S"}}


def waived(current: LearnerSession, au: Au, reason: str, now: int) -> Json:
    """The AU need not be taken (9.3.7). One a registration and AU."""
    statement = _of_au(current, au, words.WAIVED, "waived", now)
    statement["context"]["contextActivities"]["category"].append({"id": words.MOVE_ON})
    result = {"success": True, "completion": True, "extensions": {words.REASON: reason}}
    return statement | {
        "result": result,
        "id": waived_id(current.session.tenant, current.session.registration, au.id),
    }


def waived_id(tenant: str, registration: str, au: str) -> str:
    """The id of the one statement that waives an AU."""
    return made_id(words.WAIVED, tenant, registration, au)


def satisfied(course: Course, part: Course | Block, current: LearnerSession, now: int) -> Json:
    """A block or the course is satisfied (9.3.9). One a registration and object."""
    session = current.session
    type_ = words.COURSE_TYPE if isinstance(part, Course) else words.BLOCK_TYPE
    return {
        "id": made_id(words.SATISFIED, session.tenant, session.registration, part.id),
        "actor": current.learner,
        "verb": {"id": words.SATISFIED, "display": {"en": "satisfied"}},
        "object": _activity(activity_id(course.id, part.id), part, type_),
        "context": _context(current, _publishers(part, type_)),
        "timestamp": timestamp(now),
    }


def _of_au(current: LearnerSession, au: Au, verb: str, display: str, now: int, extensions: Json | None = None) -> Json:
    context = _context(current, _publishers(au))
    context["extensions"] |= extensions or {}
    return {
        "id": made_id(verb, current.session.tenant, current.session.id),
        "actor": current.learner,
        "verb": {"id": verb, "display": {"en": display}},
        "object": _activity(current.activity, au),
        "context": context,
        "timestamp": timestamp(now),
    }


def _context(current: LearnerSession, publishers: Json) -> Json:
    return {
        "registration": current.session.registration,
        "contextActivities": {"grouping": [publishers], "category": [{"id": words.CMI5}]},
        "extensions": {words.SESSION_ID: current.session.id},
    }


def _publishers(part: Au | Block | Course, type_: str | None = None) -> Json:
    """The activity of the publisher's own id (9.6.2.3)."""
    return _activity(part.id, part, type_)


def _activity(id_: str, part: Au | Block | Course, type_: str | None = None) -> Json:
    definition: Json = {"name": part.title, "description": part.description}
    kind = type_ or (part.activity_type if isinstance(part, Au) else None)
    if kind:
        definition["type"] = kind
    return {"objectType": "Activity", "id": id_, "definition": definition}
