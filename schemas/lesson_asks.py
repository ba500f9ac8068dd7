"""Learners ask to join a mini-lesson of a skill, and are included in one. What is kept of it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import Field

from schemas.timetable import Learner, Part


class LessonAsk(Part):
    """That a learner asks to join a lesson of a skill, withdraws that, or is included by a teacher, or no more; by: who
    says so."""

    kind: Literal["lesson_ask"] = "lesson_ask"
    learner: Learner
    skill: str = Field(min_length=1, max_length=2048)
    what: Literal["asked", "taken back", "included", "included no more"] = "asked"
    by: str = Field(min_length=1, max_length=200)


class AskedLesson(NamedTuple):
    """When a learner asked, and when a teacher included them (µs); None if nobody did."""

    at: int
    included: int | None = None


Asks = dict[tuple[str, str], AskedLesson]  # by the learner's key and the skill


def apply_ask(asks: Asks, event: LessonAsk, at: int) -> None:
    """Fold one event in. Whoever asks again asks anew; only whoever asks is included."""
    key = event.learner, event.skill
    if event.what == "asked":
        asks[key] = AskedLesson(at)
    elif event.what == "taken back":
        asks.pop(key, None)
    elif key in asks:
        asks[key] = asks[key]._replace(included=at if event.what == "included" else None)
