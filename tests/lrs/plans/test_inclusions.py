"""Who includes a learner in a group reads who changed groups by it; who ends that, too."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from lrs.plans.inclusions import Inclusion, Moved, MovedTogether, inclusion
from schemas.catalog import Catalog, Class, Member
from schemas.days import DAY
from schemas.lesson_asks import LessonAsk
from tests.lrs.plans.test_groups import board, cell, learner
from tests.support.classroom import NOW

HALVING = [cell("a", "practise", 0.3), cell("b", "practise", 0.7)]
ALONE = board(learner("Ada", *HALVING), learner("Ben", HALVING[0]), learner("Cem", HALVING[1]))
COMPANY = board(*ALONE["learners"], learner("Dua", HALVING[0]), learner("Eva", HALVING[1]))
ADA, BEN = (row["learner"] for row in ALONE["learners"][:2])


def asked(found: dict[str, Any], *what: Literal["included", "included no more"]) -> Catalog:
    """The catalog of the class, after Ada asked for the skill b, Ben for a, and then this was done about Ada."""
    catalog = Catalog()
    members = [Member(learner=row["learner"], name=row["name"]) for row in found["learners"]]
    catalog.apply(Class(id="7b", learners=members, skills=["a", "b", "c"]), 1, NOW)
    catalog.apply(LessonAsk(learner=BEN, skill="a", by="Ben"), 2, NOW)
    catalog.apply(LessonAsk(learner=ADA, skill="b", by="Ada"), 3, NOW)
    for at, done in enumerate(what, 4):
        catalog.apply(LessonAsk(learner=ADA, skill="b", what=done, by="Ms K"), at, NOW)
    return catalog


@pytest.mark.parametrize(
    ("found", "own", "others"),
    [
        (ALONE, Moved("Ada", "Adding", "Halving"), [Moved("Ben", "Adding", ""), Moved("Cem", "", "Halving")]),
        (COMPANY, Moved("Ada", "Halving", "Halving"), []),
        (board(ALONE["learners"][0]), Moved("Ada", "", ""), []),
    ],
)
def test_each_who_changed_groups_is_named_and_the_other_way_round_when_it_is_undone(
    found: dict[str, Any], own: Moved, others: list[Moved]
) -> None:
    included = inclusion(found, asked(found, "included"), NOW, ADA, "b", False)
    assert included == (ADA, "b", "Halving", False, own, others)
    undone = inclusion(found, asked(found, "included", "included no more"), NOW, ADA, "b", True)
    assert undone is not None
    assert undone.own == Moved(own.name, own.after, own.before)
    assert undone.others == [Moved(one.name, one.after, one.before) for one in others]


NEEDS_ADDING = cell("a", "help", 0.3)


def test_who_loses_help_or_the_teacher_by_it_is_named() -> None:
    helped = board(learner("Ada", NEEDS_ADDING, HALVING[1]), learner("Ben", NEEDS_ADDING), learner("Cem", HALVING[1]))
    found = inclusion(helped, asked(helped, "included"), NOW, ADA, "b", False)
    assert found is not None
    assert found.own == Moved("Ada", "Adding", "Halving", lost_help=True)
    assert found.others == [Moved("Ben", "Adding", "", lost_help=True), Moved("Cem", "", "Halving")]
    assert found.without_help == MovedTogether("", "", "", 2, "Ada and Ben")
    company = [learner("Ben", HALVING[0]), learner("Eva", HALVING[0]), learner("Cem", HALVING[1])]
    led = board(helped["learners"][0], *company)
    found = inclusion(led, asked(led, "included"), NOW, ADA, "b", False)
    assert found is not None
    assert found.moves == [
        MovedTogether("Adding", "Adding", "peers", 2, "Ben and Eva"),
        MovedTogether("", "Halving", "", 1, "Cem"),
    ]
    undone = inclusion(led, asked(led, "included", "included no more"), NOW, ADA, "b", True)
    assert undone is not None
    assert undone.moves[0] == MovedTogether("Adding", "Adding", "teacher", 2, "Ben and Eva")
    assert undone.without_help is None


def test_no_more_are_named_at_once_than_can_be_read() -> None:
    names = [f"Learner {number}" for number in range(8)]
    own = Moved("Ada", "Adding", "Halving")
    found = Inclusion(ADA, "b", "Halving", False, own, [Moved(name, "Adding", "", lost_help=True) for name in names])
    [together] = found.moves
    assert together.names == ", ".join(names[:6]) + " and 2 more"
    assert found.without_help is not None
    assert found.without_help.number == len(names)


def test_nothing_is_said_of_what_is_not_so() -> None:
    included, undone = asked(ALONE, "included"), asked(ALONE, "included", "included no more")
    assert inclusion(ALONE, included, NOW, ADA, "b", True) is None
    assert inclusion(ALONE, undone, NOW, ADA, "b", False) is None
    assert inclusion(ALONE, included, NOW + DAY, ADA, "b", False) is None
    for who, skill in ((ADA, "a"), ("nobody", "b"), ("", "")):
        assert inclusion(ALONE, included, NOW, who, skill, False) is None
