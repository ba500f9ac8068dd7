"""What simulated learners do, as xAPI statements in the order they reach the store."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from lrs.simulator import school as make
from lrs.simulator.pupil_practice import PupilEvent, practice_sessions
from lrs.simulator.questions import ask
from lrs.simulator.school import HOME, Pupil, PupilKind, SimulatedSchool
from schemas.xapi.verbs import ADL, VOIDED

BATCH = 100
AGAIN = 0.01  # share of batches that are sent twice
MISTAKEN = 0.002  # share of answers that are voided
_ACTIVITY_TYPES = "http://adlnet.gov/expapi/activities/"
_EVENT_VERBS = {
    "initialized": ADL + "initialized",
    "watched": "https://w3id.org/xapi/acrossx/verbs/watched",
    "experienced": ADL + "experienced",
    "answered": ADL + "answered",
    "completed": ADL + "completed",
    "commented": ADL + "commented",
    "selected": "http://id.tincanapi.com/verb/selected",
    "terminated": ADL + "terminated",
}
_TOOL = {"objectType": "Agent", "account": {"homePage": HOME, "name": "practice-tool"}}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A batch as a tool sends it: at most 100 statements, each as bytes."""

    at: datetime
    statements: list[bytes]
    again: bool = False

    @property
    def body(self) -> bytes:
        return b"[" + b",".join(self.statements) + b"]"


def deliveries(school: SimulatedSchool) -> list[Delivery]:
    """Every batch in the order of arrival: offline work comes days late, some come twice, some answers are voided."""
    batches: list[Delivery] = []
    for class_, pupils in school.classes.items():
        for pupil in pupils:
            batches += _of(pupil, class_, school)
    batches.sort(key=lambda delivery: delivery.at)
    return batches


def _of(pupil: Pupil, class_: str, school: SimulatedSchool) -> Iterator[Delivery]:
    draw = random.Random(f"{school.seed}/{pupil.account}")
    # Independent of learning: different schools share no id, so one store can take both.
    ids = random.Random(f"{school.seed}/{school.start}/{school.weeks}/{pupil}")
    unsent: list[bytes] = []
    for events in practice_sessions(pupil, school.start, school.weeks, draw):
        unsent += _answer_statements(pupil, class_, events, draw, ids)
        end = events[-1].at
        if pupil.kind == PupilKind.OFFLINE and draw.random() < 0.75:
            continue  # no network today
        at = end + timedelta(days=draw.choice((0, 1, 3)) if pupil.kind == PupilKind.OFFLINE else 0, seconds=20)
        yield from _batches(unsent, at, draw)
        unsent = []
    if unsent:
        yield from _batches(unsent, end + timedelta(days=2), draw)


def _batches(statements: list[bytes], at: datetime, draw: random.Random) -> Iterator[Delivery]:
    for start in range(0, len(statements), BATCH):
        batch = statements[start : start + BATCH]
        yield Delivery(at, batch)
        if draw.random() < AGAIN:
            yield Delivery(at + timedelta(minutes=2), batch, again=True)


def _answer_statements(
    pupil: Pupil, class_: str, events: list[PupilEvent], draw: random.Random, ids: random.Random
) -> Iterator[bytes]:
    registration = _uuid(ids)
    for event in events:
        statement = _statement_of_event(pupil, class_, event, registration, _uuid(ids))
        yield orjson.dumps(statement)
        if event.what == "answered" and draw.random() < MISTAKEN:
            yield orjson.dumps(_void(statement["id"], event.at + timedelta(seconds=1), _uuid(ids)))


def _statement_of_event(pupil: Pupil, class_: str, event: PupilEvent, registration: str, id_: str) -> dict[str, Any]:
    name = make.title(event.skill)
    object_id, title, kind = _object_of_event(event, name)
    definition = {"name": {"en": title}, "type": kind, **_interaction(event)}
    statement: dict[str, Any] = {
        "id": id_,
        "actor": {"objectType": "Agent", "name": pupil.name, "account": {"homePage": HOME, "name": pupil.account}},
        "verb": {"id": _EVENT_VERBS[event.what], "display": {"en": event.what}},
        "object": {
            "objectType": "Activity",
            "id": object_id,
            "definition": definition,
        },
        "context": {
            "registration": registration,
            "platform": "Practice",
            "language": "en",
            "contextActivities": {
                "parent": [{"id": make.lesson(event.skill), "definition": {"name": {"en": name}}}],
                "grouping": [{"id": f"{HOME}/classes/{class_}"}],
            },
        },
        "timestamp": event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if result := _result_of_event(event):
        statement["result"] = result
    return statement


def _object_of_event(event: PupilEvent, name: str) -> tuple[str, str, str]:
    match event.what:
        case "answered":
            return (
                make.item(event.skill, event.item),
                f"{name}, task {event.item + 1}",
                _ACTIVITY_TYPES + "cmi.interaction",
            )
        case "watched":
            return make.video(event.skill), f"Video: {name}", "https://w3id.org/xapi/video/activity-type/video"
        case "experienced":
            return make.reading(event.skill), f"Reading: {name}", "http://activitystrea.ms/schema/1.0/article"
        case _:
            return make.lesson(event.skill), f"Lesson: {name}", _ACTIVITY_TYPES + "lesson"


def _interaction(event: PupilEvent) -> dict[str, Any]:
    """What a definition says of a question."""
    if event.what != "answered":
        return {}
    question = ask(event.skill, event.item)
    choices = [{"id": choice.id, "description": {"en": choice.text}} for choice in question.choices]
    return {
        "description": {"en": question.text},
        "interactionType": question.type,
        "correctResponsesPattern": question.correct,
        **({"choices": choices} if choices else {}),
    }


def _result_of_event(event: PupilEvent) -> dict[str, Any]:
    duration = f"PT{event.seconds:.1f}S"
    match event.what:
        case "answered":
            return {"success": event.right, "score": {"scaled": float(event.right)}, "duration": duration}
        case "watched" | "experienced":
            return {"completion": True, "duration": duration}
        case "commented":
            return {"response": "I got it" if event.right else "I am lost"}
        case _:
            return {}


def _void(target: str, at: datetime, id_: str) -> dict[str, Any]:
    return {
        "id": id_,
        "actor": _TOOL,
        "verb": {"id": VOIDED, "display": {"en": "voided"}},
        "object": {"objectType": "StatementRef", "id": target},
        "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def _uuid(draw: random.Random) -> str:
    return str(uuid.UUID(int=draw.getrandbits(128), version=4))
