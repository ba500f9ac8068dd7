"""What a person decided leads, wherever something follows from decisions."""

from __future__ import annotations

import uuid

import pytest

from lrs.pacing.advice import advise
from lrs.pacing.attention import whom_to_look_at
from lrs.pacing.board import boards_for_groups, class_board, learner_page
from lrs.pacing.decide import MasteryRow
from lrs.pacing.decision_rows import decisions_of
from lrs.pacing.next_items import next_items
from lrs.plans.groups import groups_now
from lrs.plans.needs import needs_of_day, timetable_of
from lrs.store.client import Store
from lrs.web.learner_view import learner_page_values
from schemas.catalog import Activity, Class, Member, Skill
from schemas.decision import Decision
from schemas.material import Material
from schemas.overruling import Overrule
from tests.support.classroom import NOW, Classroom

ADA, BEN = (f"mailto:{name}@school.example" for name in ("ada", "ben"))
HALVES, THIRDS = "halves", "thirds"  # thirds requires halves; both need help


@pytest.fixture
def room(store: Store) -> Classroom:
    room = Classroom(store, uuid.uuid4().hex)
    for skill, requires in ((HALVES, []), (THIRDS, [HALVES])):
        room.change(Skill(id=skill, name=skill.title(), requires=requires))
        item = f"https://a.example/{skill}"
        room.change(Activity(id=item, skills=[skill]))
        room.change(Material(id=item, name=skill, opens=item, mode="teacher", screen=False))
    members = [Member(learner=ADA, name="Ada"), Member(learner=BEN, name="Ben")]
    room.change(Class(id="7b", name="7b", learners=members, skills=[HALVES, THIRDS]))
    room.masteries([(who, skill, 0.3, {"streak": -5, "wins": 2}) for who in (ADA, BEN) for skill in (HALVES, THIRDS)])
    for who in (ADA, BEN):
        room.engagement(who, 0)
    return room


@pytest.mark.parametrize(
    ("decision", "help_begins_with", "comes_next"),
    [
        (None, HALVES, HALVES),
        (Decision.HELP, HALVES, HALVES),
        (Decision.PRACTISE, THIRDS, HALVES),
        (Decision.START, THIRDS, HALVES),
        (Decision.REVIEW, THIRDS, HALVES),
        (Decision.ADVANCE, THIRDS, THIRDS),
        (Decision.WAIT, THIRDS, THIRDS),
    ],
)
def test_of_what_comes_before_everything_follows(
    room: Classroom, decision: Decision | None, help_begins_with: str, comes_next: str
) -> None:
    if decision is not None:
        for who in (ADA, BEN):
            room.change(Overrule(learner=who, skill=HALVES, decision=decision, reason="I saw it", by="Ms K"))
    asked = (room.store, room.catalog, room.tenant)
    board = class_board(*asked, "7b", NOW)
    page = learner_page(*asked, ADA, NOW)
    assert {one["skill"]: one["decision"] for one in page["skills"]} == {
        HALVES: decision or Decision.HELP,
        THIRDS: Decision.HELP,
    }
    advice = advise(page["skills"])
    assert advice is not None
    assert advice.skill == help_begins_with
    rows = whom_to_look_at(board, NOW)
    assert {(one.what, one.skill) for one in rows} == {
        ("help", help_begins_with if decision is not None else rows[0].skill)
    }
    assert groups_now(board, room.catalog, NOW)["groups"][0]["skill"]["id"] == help_begins_with
    [outline] = boards_for_groups(*asked, [room.catalog.classes["7b"]], NOW)
    assert groups_now(outline, room.catalog, NOW) == groups_now(board, room.catalog, NOW)
    assert next_items(*asked, ADA, 3, NOW)["items"][0]["skill"]["id"] == comes_next
    needs = needs_of_day(*asked, timetable_of(room.catalog, "7b")[0], "2030-03-18", frozenset(), NOW)
    for learner in needs.day.learners:
        first = max(learner.needs, key=lambda one: one.worth)
        assert needs.tasks[first.task].skill == comes_next
    row = MasteryRow(0.3, 0.2, 0.4, 8, 2, -5, 0.0, NOW, 3, "i", "w")
    table = decisions_of(
        room.catalog, room.catalog.people.person(ADA), [room.catalog.classes["7b"]], {HALVES: row, THIRDS: row}, NOW
    )
    assert table[THIRDS, "7b"].next_skill == help_begins_with
    assert (table[HALVES, "7b"].decision, table[HALVES, "7b"].computed) == (decision or "help", "help")


def test_the_page_of_a_learner_begins_with_it(room: Classroom) -> None:
    room.change(Overrule(learner=ADA, skill=HALVES, decision=Decision.PRACTISE, reason="I saw it", by="Ms K"))
    values = learner_page_values(room.deps().boards, room.tenant, ADA, lambda _: True)
    assert [one["skill"] for one in values["skills"]] == [HALVES, THIRDS]


def test_help_that_a_person_decided_is_with_that_and_now(room: Classroom) -> None:
    """Not with what comes before it, and however old the evidence is."""
    room.masteries([(ADA, THIRDS, 0.3, {"streak": -5, "wins": 2, "ago": 30})])
    room.change(Overrule(learner=ADA, skill=THIRDS, decision=Decision.HELP, reason="asked me", by="Ms K"))
    board = class_board(room.store, room.catalog, room.tenant, "7b", NOW)
    ada = next(one for one in whom_to_look_at(board, NOW) if one.name == "Ada")
    assert (ada.what, ada.skill) == ("help", THIRDS)
    page = learner_page(room.store, room.catalog, room.tenant, ADA, NOW)
    advice = advise(page["skills"], [HALVES])
    assert advice is not None
    assert advice.skill == THIRDS
    assert next(one for one in page["skills"] if one["skill"] == THIRDS)["next_skill"]["id"] == THIRDS


def test_a_group_has_whoever_a_person_decided_to_practise(room: Classroom) -> None:
    """However much is expected of them."""
    room.masteries([(who, HALVES, 0.95, {"streak": 8, "wins": 8}) for who in (ADA, BEN)])
    for who in (ADA, BEN):
        room.change(Overrule(learner=who, skill=THIRDS, decision=Decision.WAIT, reason="later", by="Ms K"))
        room.change(Overrule(learner=who, skill=HALVES, decision=Decision.PRACTISE, reason="guesses", by="Ms K"))
    [group] = groups_now(class_board(room.store, room.catalog, room.tenant, "7b", NOW), room.catalog, NOW)["groups"]
    assert (group["skill"]["id"], len(group["members"])) == (HALVES, 2)
