"""Who of a class is unlikely to finish, from what it did."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from lrs.pacing.board import NotInCatalog
from lrs.pacing.finishing_signs import FinishingSigns, WorkDone, class_signs
from lrs.pacing.unlikely import LISTED, class_unlikely, unlikely_chance, unlikely_reasons
from lrs.store.client import Store
from processors.stages import observation_table
from schemas.days import DAY, day_name
from schemas.observation import Kind, Observation
from schemas.pacing_answers import Unlikely
from tests.support.classroom import NOW, Classroom

NAMES = ("ada", "ben", "cleo", "dan", "eve", "fay", "gus", "hal", "ida")


def did(room: Classroom, name: str, item: str, back: int, share: float | None, **more: Any) -> None:
    learner = f"mbox:mailto:{name}@s.example"
    kind = more.pop("kind", Kind.SCORE)
    one = Observation(
        room.tenant, learner, NOW - back * DAY, str(uuid.uuid4()), 0, kind, "scored", item, share=share, **more
    )
    row = observation_table.observation_row(one, observation_table.PRESENT)
    types = observation_table.TYPES_OF_ROWS
    room.store.insert("observations", list(types), list(types.values()), [[value] for value in row])


@pytest.fixture
def room(store: Store) -> Classroom:
    """Nine learners, of whom Ada did nothing, Ben half and badly, the others all of it."""
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({f"mbox:mailto:{name}@s.example": name.title() for name in NAMES}, {"s": "Skill"})
    for item, back in (("one", 40), ("two", 20), ("three", 5)):
        for name in NAMES[2:]:
            did(made, name, item, back, 0.8)
    did(made, "ben", "one", 40, 0.5)
    did(made, "ben", "two", 20, None, kind=Kind.COMPLETION)
    return made


def test_those_who_did_less_than_the_class_with_reasons(room: Classroom) -> None:
    found = class_unlikely(room.store, room.catalog, room.tenant, "7b", NOW)
    assert (found["members"], found["judged"], found["days_left"]) == (9, 9, None)
    assert [one["name"] for one in found["unlikely"]] == ["Ada", "Ben"]
    ada, ben = found["unlikely"]
    assert ada["chance"] > ben["chance"] >= LISTED
    assert ada["reasons"] == [
        "3 of the 3 pieces of work that most of the class has done are missing, the latest among them.",
        "No result is known yet.",
    ]
    assert ben["reasons"][1] == "Results are 26 points under the class's, on the same work."
    assert "OULAD" in found["fitted"]
    fresh = {"position": 1, "behind": 0, "age_seconds": 0.0, "as_of": "2026-01-01T00:00:00Z"}
    assert Unlikely.model_validate(found | fresh)


def test_only_since_the_class_began_and_until_it_ends(room: Classroom) -> None:
    starts, ends = (day_name(NOW // DAY + days) for days in (-10, 30))
    class_ = room.catalog.classes["7b"].model_copy(update={"starts": starts, "ends": ends})
    room.change(class_)
    found = class_unlikely(room.store, room.catalog, room.tenant, "7b", NOW)
    assert (found["judged"], found["days_left"]) == (0, 30)


def test_of_another_tenant_and_an_unknown_class_nothing(room: Classroom) -> None:
    assert class_unlikely(room.store, room.catalog, "another", "7b", NOW)["judged"] == 0
    with pytest.raises(NotInCatalog):
        class_unlikely(room.store, room.catalog, room.tenant, "8c", NOW)


def test_the_chance_rises_with_what_is_missing_and_falls_with_results() -> None:
    def chances(work: list[list[float]]) -> list[float]:
        """Of some who did so well on the first pieces of four, beside twelve who did all of them."""
        rest = {f"r{n}": {f"p{at}": WorkDone(at, 0.7) for at in range(4)} for n in range(12)}
        some = {str(n): {f"p{at}": WorkDone(at, mark) for at, mark in enumerate(marks)} for n, marks in enumerate(work)}
        signs = class_signs(rest | some)
        return [unlikely_chance(signs[name]) for name in some]

    missing = chances([[0.7] * done for done in (4, 3, 2, 1, 0)])
    assert missing == sorted(missing)
    assert missing[-1] > LISTED > missing[0]
    results = chances([[mark] * 4 for mark in (0.95, 0.7, 0.5, 0.3)])
    assert results == sorted(results)
    assert unlikely_reasons(FinishingSigns(4, 0, False, 0.1)) == []
