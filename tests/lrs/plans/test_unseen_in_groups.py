"""Whoever was not seen for long is in a group where there is room, and takes nobody's place."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lrs.plans.groups import lesson_groups
from schemas.catalog import Catalog, Class, Member
from schemas.days import DAY
from schemas.lesson_asks import LessonAsk
from schemas.opening_check import Check, CheckResults, EnteredResult, Question
from schemas.timetable import Sizes
from tests.lrs.plans.test_groups import board, cell, learner
from tests.support.classroom import NOW
from tests.support.examples import examples

LATELY, LONG_AGO = NOW - DAY, NOW - 21 * DAY


def catalog_of(found: dict[str, Any]) -> Catalog:
    catalog = Catalog()
    members = [Member(learner=row["learner"], name=row["name"]) for row in found["learners"]]
    catalog.apply(Class(id="7b", learners=members, skills=["a", "b", "c"]), 1, NOW)
    return catalog


def formed(found: dict[str, Any], catalog: Catalog | None = None, **more: Any) -> list[tuple[str, list[str]]]:
    groups = lesson_groups(found, catalog or catalog_of(found), now=NOW, **more)["groups"]
    return [(one["skill"]["id"], sorted(member["name"] for member in one["members"])) for one in groups]


HERE = [learner(name, cell("a", "practise", 0.5), seen=LATELY) for name in ("Ada", "Ben", "Cem", "Dua")]
AWAY = [learner(name, cell("a", "help", 0.1), seen=LONG_AGO) for name in ("Eva", "Fin")]


def test_they_join_where_there_is_room_and_are_marked() -> None:
    found = board(*HERE, *AWAY)
    assert formed(found, sizes=Sizes(least=2, most=4), most=1) == [("a", ["Ada", "Ben", "Cem", "Dua"])]
    [one] = lesson_groups(found, catalog_of(found), Sizes(least=2, most=5), 1, now=NOW)["groups"]
    marked = {member["name"]: member["not_seen_for"] for member in one["members"]}
    assert len(marked) == 5
    assert {days for name, days in marked.items() if name in ("Eva", "Fin")} == {21}
    assert {days for name, days in marked.items() if name not in ("Eva", "Fin")} == {None}
    left = lesson_groups(found, catalog_of(found), Sizes(least=2, most=4), 1, now=NOW)["left"]
    assert [(row["name"], row["not_seen_for"]) for row in left] == [("Eva", 21), ("Fin", 21)]


def test_a_group_of_them_alone_comes_last_and_after_all_that_the_others_need() -> None:
    away = [learner(name, cell("b", "help", 0.1), seen=LONG_AGO) for name in ("Eva", "Fin")]
    assert formed(board(*HERE, *away)) == [("a", ["Ada", "Ben", "Cem", "Dua"]), ("b", ["Eva", "Fin"])]
    assert formed(board(*HERE, *away), most=1) == [("a", ["Ada", "Ben", "Cem", "Dua"])]


def test_whoever_answered_a_check_asked_or_was_included_is_here() -> None:
    found = board(*HERE, *AWAY)
    sizes: dict[str, Any] = {"sizes": Sizes(least=2, most=4), "most": 1}
    eva = AWAY[0]["learner"]
    checked = catalog_of(found)
    question = Question(item="i", name="i", skill="c", skill_name="Carrying", opens="i", bits=1.0)
    checked.apply(Check(id="C", class_id="7b", by="t", questions=[question]), 2, NOW - DAY)
    results = [EnteredResult(learner=eva, question=0, right=True)]
    checked.apply(CheckResults(id="C", class_id="7b", by="t", results=results), 3, NOW - DAY)
    asked = catalog_of(found)
    asked.apply(LessonAsk(learner=eva, skill="c", by="Eva"), 2, NOW - DAY)
    for catalog in (checked, asked):
        [(_, names)] = formed(found, catalog, **sizes)
        assert "Eva" in names  # who needs help comes first, as ever
    answered_nothing = catalog_of(found)
    answered_nothing.apply(Check(id="C", class_id="7b", by="t", questions=[question]), 2, NOW - DAY)
    assert formed(found, answered_nothing, **sizes) == [("a", ["Ada", "Ben", "Cem", "Dua"])]


def test_after_holidays_nobody_counts_as_gone() -> None:
    found = board(*(row | {"last_seen": LONG_AGO} for row in HERE[1:]), HERE[0], *AWAY)
    [(_, names)] = formed(found, sizes=Sizes(least=2, most=4), most=1)
    assert {"Eva", "Fin"} <= set(names)
    groups = lesson_groups(found, catalog_of(found), now=NOW)["groups"]
    assert {member["not_seen_for"] for one in groups for member in one["members"]} == {None}


def test_whoever_was_never_seen_is_new_and_not_gone() -> None:
    found = board(*HERE, *(row | {"last_seen": None} for row in AWAY))
    [(_, names)] = formed(found, sizes=Sizes(least=2, most=4), most=1)
    assert {"Eva", "Fin"} <= set(names)


@examples(60, 600)
@given(st.integers(0, 1 << 32))
def test_nobody_who_was_seen_loses_a_group_to_them(seed: int) -> None:
    random = Random(seed)
    rows = []
    for number in range(random.randrange(2, 16)):
        cells = [
            cell(skill, random.choice(("help", "practise", "start", "advance")), random.random())
            for skill in random.sample("abc", random.randrange(1, 4))
        ]
        rows.append(learner(f"L{number}", *cells, seen=random.choice((LATELY, LATELY, LONG_AGO))))
    found = board(*rows)
    least = random.randrange(1, 4)
    sizes: dict[str, Any] = {
        "sizes": Sizes(least=least, most=least + random.randrange(4)),
        "most": random.randrange(1, 6),
    }
    lately = {row["name"] for row in rows if row["last_seen"] == LATELY}
    if len(lately) * 2 < len(rows):
        return
    without = formed(board(*(row for row in rows if row["name"] in lately)), catalog_of(found), **sizes)
    together = formed(found, **sizes)
    before = {(skill, name) for skill, names in without for name in names}
    after = {(skill, name) for skill, names in together for name in names}
    assert before <= after
    assert len(together) <= sizes["most"]
