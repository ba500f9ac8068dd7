"""What the API answers of notes on learners."""

from __future__ import annotations

from schemas.answer import Answer
from schemas.pacing_answers import NamedThing


class ShownNote(Answer):
    """A note. at: when it was written (µs since the epoch); may_withdraw: whether whoever asks may."""

    id: str
    text: str
    skill: NamedThing | None
    family: bool
    by: str
    at: int
    may_withdraw: bool


class NoteList(Answer):
    """The notes on a learner, the latest first."""

    notes: list[ShownNote]
