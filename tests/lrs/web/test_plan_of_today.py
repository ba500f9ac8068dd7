"""The published plan of today on the page of the class: who is where now and next, without a click or a scroll."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page

from lrs.store.client import Store
from schemas.catalog import Class, Member, Skill
from schemas.days import DAY
from schemas.plan_events import DayPlan, PlannedCell, PlannedTask
from schemas.timetable import Adult, Lesson, Room, Slot, Timetable
from tests.support.browser import looked_at
from tests.support.classroom import NOW, Classroom, application
from tests.support.pages import check_accessible, check_narrow
from tests.support.served import served
from tests.support.statements import key

LEARNERS = 28
MINUTE = 60_000_000
AT_SIX = NOW - NOW % DAY + 18 * 60 * MINUTE  # the second slot begins; it is 17:46:40 now
PATH = "/board/classes/7b"


def plan(published: bool = True) -> DayPlan:
    """Six with Ms K, eight in pairs, one is absent, one sings, the rest is alone; in the next slot all are alone."""
    tasks = [
        PlannedTask(id="t", name="Cake", skill="s", skill_name="Halving", mode="teacher"),
        PlannedTask(id="p", name="Cards", skill="s", skill_name="Halving", mode="pair"),
        PlannedTask(id="a", name="Sheet", skill="s", skill_name="Halving", mode="alone"),
    ]
    cells = [PlannedCell(learner=n, slot=0, task=0, room="one", group=1, adult="k") for n in range(6)]
    cells += [PlannedCell(learner=n, slot=0, task=1, room="two", group=2 + n // 2) for n in range(6, 14)]
    cells += [PlannedCell(learner=n, slot=0, task=2, room="two") for n in range(14, LEARNERS - 2)]
    cells += [PlannedCell(learner=n, slot=1, task=2, room="one") for n in range(LEARNERS - 1)]
    return DayPlan(
        id="7b",
        day="2030-03-17",
        what="made",
        by="Ms K",
        published=published,
        slots=[Slot(id="1", start="17:30", minutes=30), Slot(id="2", start="18:00", minutes=30)],
        learners=[key(str(n)) for n in range(LEARNERS)],
        absent=[key(str(LEARNERS - 1))],
        tasks=tasks,
        cells=cells,
    )


@pytest.fixture
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    made.change(Skill(id="s", name="Halving"))
    members = [Member(learner=key(str(n)), name=f"Learner Number{n}") for n in range(LEARNERS)]
    made.change(Class(id="7b", name="Seven", learners=members, skills=["s"]))
    made.change(
        Timetable(
            id="7b",
            slots=plan().slots,
            rooms=[Room(id="one", name="Room 1", places=40), Room(id="two", name="Hall", places=40)],
            adults=[Adult(id="k", name="Ms K")],
            lessons=[Lesson(name="Choir", slots=["1"], learners=[key(str(LEARNERS - 2))])],
            classes=["7b"],
        )
    )
    stuck = {"streak": -6, "low": 0.1, "high": 0.5}
    made.masteries([(key(str(n)), "s", 0.2, dict(stuck)) for n in range(LEARNERS)])
    return made


@pytest.fixture
def clock() -> list[int]:
    """What time it is, in µs."""
    return [NOW]


@pytest.fixture
def page(browser: Browser, room: Classroom, clock: list[int]) -> Iterator[Page]:
    deps = room.deps()
    deps = replace(deps, boards=replace(deps.boards, now=lambda: clock[0]))
    with served(application(deps)) as base, looked_at(browser, base) as found:
        yield found


def say(room: Classroom, planned: DayPlan) -> None:
    room.catalog.apply(planned, 99, NOW)


def test_it_is_in_the_first_screen_below_who_needs_me_now(page: Page, room: Classroom) -> None:
    say(room, plan())
    page.goto(PATH)
    now, today = (page.get_by_role("region", name=name) for name in ("Now", "Plan of today"))
    rows = now.get_by_role("listitem")
    for part in (rows.first, rows.last, today):
        box = part.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800
    assert rows.count() == 6
    text = today.inner_text()
    assert "Now 17:30–18:00" in text
    names = ", ".join(f"Learner Number{n}" for n in range(6))
    assert f"Ms K · Halving: Cake · Room 1: {names}" in text
    assert "with peers 8 · alone 12 · Choir 1" in text
    assert "Next 18:00–18:30" in text
    assert "alone 27" in text
    assert f"Absent: Learner Number{LEARNERS - 1}" in text
    today.get_by_text("Who is where").first.click()
    assert "with peers · Halving: Cards · Hall: Learner Number6, Learner Number7" in today.inner_text()
    assert today.get_by_role("link", name="Plan of today").get_attribute("href") == "/plans/7b/2030-03-17"


def test_a_draft_does_not_count(page: Page, room: Classroom) -> None:
    say(room, plan(published=False))
    page.goto(PATH)
    assert page.get_by_role("region", name="Plan of today").count() == 0


def test_the_next_slot_becomes_that_of_now_without_a_click(page: Page, room: Classroom, clock: list[int]) -> None:
    say(room, plan())
    clock[0] = AT_SIX - 2_000_000
    page.goto(PATH)
    today = page.get_by_role("region", name="Plan of today")
    assert "Now 17:30–18:00" in today.inner_text()
    clock[0] = AT_SIX
    today.get_by_text("Now 18:00–18:30").wait_for()
    assert "Next" not in today.inner_text()
    clock[0] = AT_SIX + 30 * MINUTE
    page.goto(PATH)
    assert "The plan of today is over." in today.inner_text()


@pytest.mark.parametrize("dark", [False, True])
def test_everybody_can_read_it(page: Page, room: Classroom, dark: bool) -> None:
    say(room, plan())
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.goto(PATH)
    check_accessible(page)
    check_narrow(page)
