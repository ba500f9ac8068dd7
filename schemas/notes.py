"""Notes on learners: what staff writes down of one learner, and that it is withdrawn. What is kept of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from schemas.people import People

LONGEST_NOTE = 1000  # characters


class Note(BaseModel):
    """What somebody wrote of a learner, and of a skill ("": of none). writer: the id of the account, or the key of the
    credential; family: whether the learner and the guardians see it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    kind: Literal["note"] = "note"
    id: str = Field(min_length=1, max_length=64)
    learner: str = Field(min_length=1, max_length=2048)
    skill: str = Field(default="", max_length=2048)
    text: str = Field(min_length=1, max_length=LONGEST_NOTE)
    family: bool = False
    by: str = Field(min_length=1, max_length=200)
    writer: str = Field(max_length=300)


class NoteTakenBack(BaseModel):
    """That a note is no longer to be read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    kind: Literal["note_taken_back"] = "note_taken_back"
    id: str = Field(min_length=1, max_length=64)
    learner: str = Field(min_length=1, max_length=2048)
    by: str = Field(min_length=1, max_length=200)


NoteEvent = Note | NoteTakenBack  # what only lrs.people.notes puts into the log


class KeptNote(NamedTuple):
    """A note with the time it was accepted (µs)."""

    note: Note
    at: int


@dataclass(slots=True)
class Notes:
    """A tenant's notes after the events so far; of one that was withdrawn nothing is kept."""

    _by_learner: dict[str, dict[str, KeptNote]] = field(default_factory=dict)  # by the learner's key and the note's id

    def apply(self, event: NoteEvent, at: int) -> None:
        """Fold one event in."""
        of_learner = self._by_learner.setdefault(event.learner, {})
        if isinstance(event, Note):
            of_learner[event.id] = KeptNote(event, at)
        else:
            of_learner.pop(event.id, None)
        if not of_learner:
            del self._by_learner[event.learner]

    def of(self, people: People, learner: str) -> list[KeptNote]:
        """The notes on the person of a key, whatever key named them then, the latest first."""
        person = people.person(learner)
        found = [
            kept
            for key, of_learner in list(self._by_learner.items())
            if people.person(key) == person
            for kept in list(of_learner.values())
        ]
        return sorted(found, key=lambda kept: kept.at, reverse=True)
