"""What a plan needs to know, where nobody has said it."""

from __future__ import annotations

import pytest

from lrs.plans.needs import timetable_of
from schemas.catalog import Catalog, Class, Member
from schemas.timetable import MOST_PLACES


@pytest.mark.parametrize("learners", [0, 1, 30, MOST_PLACES + 1])
def test_a_class_without_a_timetable_has_one_assumed(learners: int) -> None:
    members = [Member(learner=f"mailto:{n}@school.example") for n in range(learners)]
    catalog = Catalog()
    catalog.apply(Class(id="7b", learners=members), 0, 0)
    timetable, assumed = timetable_of(catalog, "7b")
    assert assumed
    assert timetable.rooms[0].places == min(max(learners, 1), MOST_PLACES)
