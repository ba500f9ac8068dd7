"""What is kept of notes: of those that were withdrawn nothing, whatever the order of learners and notes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.catalog import CHANGE, CHANGES, Catalog
from schemas.notes import Note, NoteEvent, NoteTakenBack

NOTES = [Note(id=str(n), learner=f"l{n % 3}", text=f"text {n}", by="Ms K", writer="1") for n in range(6)]
BACK = [NoteTakenBack(id=one.id, learner=one.learner, by="Ms K") for one in NOTES]


@given(st.permutations([*NOTES, *BACK[:4]]))
def test_what_was_taken_back_is_gone_and_the_rest_is_there(events: list[NoteEvent]) -> None:
    catalog = Catalog()
    for at, event in enumerate(events):
        catalog.apply(event, at, at)
    for learner in ("l0", "l1", "l2"):
        expected = [
            event
            for at, event in enumerate(events)
            if isinstance(event, Note)
            and event.learner == learner
            and not any(isinstance(later, NoteTakenBack) and later.id == event.id for later in events[at:])
        ]
        assert [kept.note for kept in catalog.notes.of(catalog.people, learner)] == expected[::-1]


def test_nothing_is_kept_of_what_was_taken_back() -> None:
    catalog = Catalog()
    for event in (NOTES[0], BACK[0]):
        catalog.apply(event, 1, 1)
    assert "text 0" not in repr(catalog)


@pytest.mark.parametrize("event", [NOTES[0], BACK[0]])
def test_it_is_an_event_of_the_log_that_nobody_sends(event: NoteEvent) -> None:
    assert CHANGE.validate_python(event) == event
    with pytest.raises(ValidationError):
        CHANGES.validate_python([event.model_dump()])
