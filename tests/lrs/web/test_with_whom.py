"""With whom a child works: whatever one page says of it, the others say, too, and every link leads to what exists."""

from __future__ import annotations

import re
import uuid
from html import unescape
from urllib.parse import quote

import pytest

from lrs.store.client import Store
from schemas.catalog import Activity, Class, Member, Skill
from schemas.decision import Decision
from schemas.material import Material
from schemas.overruling import Overrule
from schemas.plan_events import DayPlan, PlannedCell, PlannedTask
from schemas.timetable import Slot
from tests.support.classroom import NOW, Classroom, ask

NAMES = {f"account:https://school.example|{name.lower()}": name for name in ("Ada", "Ben", "Cem", "Dua", "Eva")}
ADA, BEN, CEM, DUA, EVA = NAMES
STUCK = {"streak": -6, "low": 0.1, "high": 0.5}
TODAY = "2030-03-17"


@pytest.fixture
def room(store: Store) -> Classroom:
    """Ada and Ben fail what requires what they practise; that requires what Cem and Dua practise, as Ada does."""
    made = Classroom(store, uuid.uuid4().hex)
    for id_, name, requires in (("s0", "Adding", []), ("s1", "Halving", ["s0"]), ("s2", "Dividing", ["s1"])):
        made.change(Skill(id=id_, name=name, requires=requires))
    members = [Member(learner=key, name=name) for key, name in NAMES.items()]
    made.change(Class(id="7b", name="Seven", learners=members, skills=["s0", "s1", "s2"]))
    made.change(Activity(id="https://a.example/1", name="Half a cake", skills=["s1"]))
    made.change(Material(id="https://a.example/1", minutes=5))
    made.masteries(
        [
            *((who, "s2", 0.2, dict(STUCK)) for who in (ADA, BEN, EVA)),
            *((who, "s1", 0.6, {}) for who in (ADA, BEN)),
            *((who, "s0", 0.2, {}) for who in (CEM, DUA)),
            *((who, "s0", 0.95, {"low": 0.9, "high": 0.99}) for who in (ADA, BEN)),
            (EVA, "s1", 0.79, {}),
            (EVA, "s0", 0.3, {}),
        ]
    )
    return made


def page(room: Classroom, learner: str = "") -> str:
    path = f"/board/learners/{quote(learner, safe='')}" if learner else "/board/classes/7b"
    answer = ask(room.deps(), "GET", path)
    assert answer.status_code == 200
    return unescape(answer.text)


def groups(room: Classroom) -> dict[str, tuple[str, set[str]]]:
    """By the place on the page of the class: the skill, and who is in the group."""
    found = re.findall(r'<li id="(group-\d+)" tabindex="-1"><b>(.*?)</b>(.*?)</li>', page(room), re.DOTALL)
    return {at: (skill, {n for n in NAMES.values() if f"<span>{n}</span>" in text}) for at, skill, text in found}


def to_do(room: Classroom, learner: str) -> str:
    found = re.search(r'aria-labelledby="advice">(.*?)</section>', page(room, learner), re.DOTALL)
    return found[1] if found else ""


def overrule(room: Classroom, learner: str, skill: str, decision: Decision) -> None:
    room.change(Overrule(learner=learner, skill=skill, decision=decision, reason="she showed me", by="Ms K"))


def now_rows(room: Classroom) -> dict[str, str]:
    """By name, the row of whoever needs help now on the page of the class."""
    now = page(room).partition('data-part="now"')[2].partition('data-part="everybody"')[0]
    rows = {name: row for row in now.split("</li>") for name in NAMES.values() if f">{name}</a>" in row}
    return {name: row for name, row in rows.items() if '<span class="pill help">' in row}


def check_same_place(room: Classroom) -> None:
    """The row of a learner who needs help and their own page begin with the same, and lead to the same place."""
    rows = now_rows(room)
    for learner, name in NAMES.items():
        said, row = to_do(room, learner), rows.get(name)
        if row is None or not said:
            continue
        begins = re.search(r"Begin with (.*?)[.,]", said)
        first = re.search(r": first (.*?)</a>", row)
        assert begins
        assert not first or first[1] == begins[1]
        planned = re.search(r"Today's plan has it at (\S+), with (.*?)\. ", said)
        in_plan = re.search(r"In the plan at (\S+) with (.*?)(: first .*)?</a>", row)
        assert (planned and planned[1]) == (in_plan and in_plan[1])
        assert not planned or (in_plan and planned[2].startswith(in_plan[2]))
        assert ('href="/board/classes/7b#group-' in said) == ('href="#group-' in row)


def check_coherent(room: Classroom) -> None:
    """Whatever a page of a learner links to is on the page of the class, and is about what the learner begins with."""
    check_same_place(room)
    there = groups(room)
    for learner, name in NAMES.items():
        said = to_do(room, learner)
        linked = re.search(r'href="/board/classes/7b#(group-\d+)"', said)
        if linked:
            skill, members = there[linked[1]]
            assert f"Begin with {skill}" in said
            assert name in members
        elif "help." in said:
            begins = re.search(r"Begin with (\w+)", said)
            assert begins
            assert not [one for one in there.values() if name in one[1] and one[0] == begins[1]]
            assert f"No group works on it now: it is for {name} alone." in said
    row = re.compile(r'href="/board/learners/([^"]*)">(\w+)</a>(?:(?!</li>).)*?href="#(group-\d+)"', re.DOTALL)
    for _, name, at in row.findall(page(room).partition('data-part="everybody"')[0]):
        assert name in there[at][1]


def test_overruling_one_child_shows_on_the_pages_of_the_others(room: Classroom) -> None:
    assert ("Halving", {"Ada", "Ben"}) in groups(room).values()
    assert "Begin with Halving" in to_do(room, ADA)
    assert "Ben needs the same." in to_do(room, ADA)
    check_coherent(room)
    for skill in ("s1", "s2"):
        overrule(room, BEN, skill, Decision.ADVANCE)
    assert "Halving" not in {skill for skill, _ in groups(room).values()}
    check_coherent(room)
    assert "Ms K decided on Halving: Move on." in to_do(room, BEN)
    assert "help" not in to_do(room, BEN)
    said = to_do(room, ADA)
    assert "Begin with Halving" in said
    assert "No group works on it now: it is for Ada alone." in said
    assert "For example: Half a cake, alone." in said


def test_a_group_for_what_comes_before_what_is_practised_is_what_the_row_leads_to(room: Classroom) -> None:
    assert ("Adding", {"Cem", "Dua", "Eva"}) in groups(room).values()
    at = next(at for at, (skill, _) in groups(room).items() if skill == "Adding")
    now = page(room).partition('data-part="now"')[2].partition('data-part="everybody"')[0]
    row = next(one for one in now.split("</li>") if ">Eva</a>" in one)
    assert f'href="#{at}">See group: first Adding</a>' in row
    assert "Begin with Adding" in to_do(room, EVA)
    check_coherent(room)


def test_who_may_not_open_a_class_is_not_sent_there(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lrs.web.board_pages.seen_by", lambda request: lambda class_: False)
    assert "/board/classes/7b" not in page(room, ADA)
    assert "No group works on it now" in to_do(room, ADA)


def plan(room: Classroom, published: bool, start: str = "18:00") -> None:
    task = PlannedTask(id="t", name="Half a cake", skill="s1", skill_name="Halving", mode="pair")
    cells = [PlannedCell(learner=number, slot=0, task=0, room="room", group=1) for number in range(2)]
    slots = [Slot(id="1", start=start, minutes=20)]
    made = DayPlan(id="7b", day=TODAY, what="made", by="Ms K", published=published, slots=slots, learners=list(NAMES))
    room.catalog.apply(made.model_copy(update={"tasks": [task], "cells": cells}), 99, NOW)


def test_the_page_of_a_class_says_which_counts_its_groups_or_the_plan_of_today(room: Classroom) -> None:
    assert "by the evidence of now. " in page(room)
    assert " Today is not planned: these groups count." in page(room)
    plan(room, published=False)
    text = page(room)
    assert "Today's plan is a draft: until it is published, these groups count." in text
    assert "in today's plan at 18:00: 2 of 2 together" in text
    assert "not together in today's plan" in text
    assert "Half a cake · with peers" not in page(room, ADA)
    assert "Today's plan has it" not in to_do(room, ADA)
    plan(room, published=True)
    text = page(room)
    assert "Today's plan is published and counts; these groups are for a lesson beside it." in text
    now = text.partition('data-part="now"')[2].partition('data-part="everybody"')[0]
    row = next(one for one in now.split("</li>") if ">Ada</a>" in one)
    assert f'href="/plans/7b/{TODAY}">In the plan at 18:00 with Ben: first Halving</a>' in row
    for learner, other in ((ADA, "Ben"), (BEN, "Ada")):
        assert "Begin with Halving" in to_do(room, learner)
        assert f"Today's plan has it at 18:00, with {other}." in to_do(room, learner)
        assert "No group works on it" not in to_do(room, learner)
    check_same_place(room)
    assert "<b>18:00</b> Halving: Half a cake · with peers · Classroom · with Ben" in page(room, ADA)
    assert 'aria-labelledby="today-' not in page(room, CEM)  # who has nothing in it


def test_nobody_is_sent_to_a_slot_that_has_ended(room: Classroom) -> None:
    plan(room, published=True, start="09:40")
    text = page(room)
    assert "Today's plan is over: these groups count." in text
    assert "today's plan at" not in text
    assert "In the plan at" not in text
    assert "not together in today's plan" not in text
    assert "Today's plan has it" not in to_do(room, ADA)
    assert "<b>09:40</b> Halving: Half a cake · with peers · Classroom · with Ben" in page(room, ADA)  # as it was
