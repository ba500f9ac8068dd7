"""Pages that name who was not seen for long say for how long; plans name what is worked on, and why nothing is."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from lrs.accounts.roles import PersonRole
from lrs.clock import system_time
from lrs.http.signed_in import COOKIE
from lrs.store.client import Store
from schemas.catalog import Change, Class, Member, Skill
from schemas.days import DAY, day_name, day_of
from schemas.plan_events import DayPlan, EmptyCells, PlannedCell, PlannedTask
from schemas.timetable import Adult, Room, Slot, Timetable
from schemas.wording import Said, worded
from tests.support.api import Client, ask
from tests.support.classroom import Classroom
from tests.support.statements import key

NAMES = ("Ada", "Ben", "Cem", "Dua")
LEARNERS = {key(name): 21 if name == "Ben" else 1 for name in NAMES}  # days since they were seen
TODAY = day_name(day_of(system_time(), "UTC"))
MARK = re.compile(r">not seen for 21 days<")
Get = Callable[..., str]


@pytest.fixture
def get(store: Store, tmp_path: Path) -> Iterator[Get]:
    tenant, client, now = uuid.uuid4().hex, Client(tmp_path, store._dsn()), system_time()
    room = Classroom(store, tenant)
    slots = [Slot(id=str(n), start=f"{8 * n:02}:00", minutes=480) for n in range(3)]  # one of them is now
    members = [Member(learner=learner, name=name) for name, learner in zip(NAMES, LEARNERS, strict=True)]
    changes: list[Change] = [
        Skill(id="s", name="Halving"),
        Class(id="7b", teachers=["t1"], learners=members, skills=["s"]),
        Timetable(id="7b", slots=slots, rooms=[Room(id="one", places=9)], adults=[Adult(id="k", name="Ms K")]),
    ]
    for change in changes:
        room.change(change)
    task = PlannedTask(id="t", name="My own sheet", skill="s", skill_name="Halving", mode="teacher", via="page")
    why = Said.of(worded("what is left takes longer than the slot's %(minutes)s minutes", minutes=480))
    planned = DayPlan(
        id="7b",
        day=TODAY,
        what="made",
        by="Ms K",
        published=True,
        slots=slots,
        learners=list(LEARNERS),
        tasks=[task.model_copy(update={"opens": "Green folder, 3"})],
        cells=[
            PlannedCell(learner=n, slot=slot, task=0, room="one", group=1, adult="k")
            for slot, many in enumerate((4, 4, 3))
            for n in range(many)
        ],
        empty=[EmptyCells(slot=2, learners=[3], why=why)],
    )
    client.parts.catalogs.append_all(tenant, "test", changes, now)
    client.parts.catalogs.append(tenant, "test", planned, now)
    for learner, days in LEARNERS.items():
        room.engagement(learner, None, last_seen=now - days * DAY)
        room.mastery(learner, "s", 0.2, streak=-6, low=0.1, high=0.5, last_time=now - days * DAY)
    accounts = client.parts.signed_in.accounts
    account = accounts.add(tenant, uuid.uuid4().hex, PersonRole.TEACHER, "Q", "t1")
    cookie = {"Cookie": f"{COOKIE}={accounts.open_session(account)}"}

    def page(path: str, language: str = "en") -> str:
        answer = ask(client.app, "GET", path, headers={**cookie, "Accept-Language": language})
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    yield page
    client.close()


def test_the_plan_marks_them_in_the_table_and_in_groups(get: Get) -> None:
    text = get(f"/plans/7b/{TODAY}")
    assert len(MARK.findall(text)) == 4  # the row, and a group in each slot
    [row] = re.findall(r"<tr>(?:(?!</tr>).)*>not seen for(?:(?!</tr>).)*</tr>", text, re.DOTALL)
    assert "mark absent" in row
    assert "seit 21 Tagen nicht gesehen" in get(f"/plans/7b/{TODAY}", "de")


def test_a_strip_that_is_handed_out_says_it_on_the_screen_alone(get: Get) -> None:
    text = get(f"/plans/7b/{TODAY}?strips=true")
    marks = re.findall(r'<span class="no-print">\s*<small class="unseen">not seen for 21 days', text)
    assert len(marks) == len(MARK.findall(text)) == 1 + 8  # Ben, and whoever works with him


def test_others_of_a_cell_are_marked_as_in_their_own_rows(get: Get) -> None:
    assert 'title="My own sheet, with a teacher, with Ben (not seen for 21 days), Cem, Dua"' in (
        get(f"/plans/7b/{TODAY}")
    )
    [cell] = re.findall(r'<section [^>]*id="cell".*?</section>', get(f"/plans/7b/{TODAY}?cell=0-0"), re.DOTALL)
    assert re.search(r'with Ben <small class="unseen">not seen for 21 days</small>, Cem, Dua', cell)
    ada = get(f"/board/learners/{quote(key('Ada'), safe='')}")
    [today] = re.findall(r'<section [^>]*"today-1".*?</section>', ada, re.DOTALL)
    assert len(MARK.findall(today)) == today.count("Ben") == 3
    [advice] = re.findall(r'<section [^>]*"advice".*?</section>', ada, re.DOTALL)
    assert len(MARK.findall(advice)) == advice.count("Ben") == 1


def test_the_class_says_it_of_whom_to_look_at_of_groups_and_of_the_plan(get: Get) -> None:
    text = get("/board/classes/7b")
    now, today, groups = (
        text[text.index(f'data-part="{part}"') :].split("data-part=", 2)[1] for part in ("now", "today", "groups")
    )
    assert len(MARK.findall(now)) == len(MARK.findall(groups)) == 1
    assert len(MARK.findall(today)) == today.count("Ben<") + today.count("Ben ") > 0
    assert len(MARK.findall(get("/checks/7b"))) == 1


def test_what_a_group_works_on_is_named(get: Get) -> None:
    assert "Ms K</b> · Halving: My own sheet · one: " in get("/board/classes/7b")
    text = get(f"/plans/7b/{TODAY}")
    assert text.count("Halving: My own sheet · with a teacher · Ms K, one · Green folder, 3<") == 3


def test_an_empty_cell_says_why(get: Get) -> None:
    cell = re.compile(r'<td class="slot empty">.*?</td>')
    [empty] = cell.findall(get(f"/plans/7b/{TODAY}"))
    assert "nothing<span>what is left takes longer than the slot&#39;s 480 minutes</span></a>" in empty
    [empty] = cell.findall(get(f"/plans/7b/{TODAY}", "de"))
    assert "480 Minuten" in empty
