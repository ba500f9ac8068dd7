"""Whoever reads a plan learns with whom and in which room, on every page that shows it."""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from urllib.parse import quote

import pytest

from lrs.accounts.roles import PersonRole
from lrs.clock import system_time
from lrs.http.signed_in import COOKIE
from lrs.store.client import Store
from schemas.catalog import Class, Member, Skill
from schemas.days import day_name, day_of
from schemas.plan_events import DayPlan, PlannedCell, PlannedTask
from schemas.timetable import Adult, Room, Slot, Timetable
from tests.support.api import Client, ask
from tests.support.statements import key

ADA, BEN = key("ada"), key("ben")
OWN = f"/board/learners/{quote(ADA, safe='')}"


@pytest.mark.parametrize(
    ("role", "path", "many"),
    [
        (PersonRole.TEACHER, "/plans/7b/{day}", 3),  # two cells, and their group
        (PersonRole.TEACHER, "/plans/7b/{day}?strips=true", 2),
        (PersonRole.TEACHER, OWN, 1),
        (PersonRole.LEARNER, OWN, 1),
        (PersonRole.GUARDIAN, OWN, 1),
    ],
)
def test_a_lesson_with_an_adult_names_its_room(
    store: Store, tmp_path: Path, role: PersonRole, path: str, many: int
) -> None:
    tenant, client, day = uuid.uuid4().hex, Client(tmp_path, store._dsn()), day_name(day_of(system_time(), "UTC"))
    slots = [Slot(id="1", start="09:00", minutes=30)]
    planned = DayPlan(
        id="7b",
        day=day,
        what="made",
        by="Ms K",
        published=True,
        slots=slots,
        learners=[ADA, BEN],
        tasks=[PlannedTask(id="t", name="Cake", skill="s", skill_name="Halving", mode="teacher")],
        cells=[PlannedCell(learner=n, slot=0, task=0, room="one", group=1, adult="k") for n in range(2)],
    )
    members = [Member(learner=ADA, name="Ada", person="p-ada"), Member(learner=BEN, name="Ben")]
    client.parts.catalogs.append_all(
        tenant,
        "test",
        [
            Skill(id="s", name="Halving"),
            Class(id="7b", teachers=["t1"], learners=members, skills=["s"]),
            Timetable(
                id="7b",
                slots=slots,
                rooms=[Room(id="one", name="Classroom", places=40), Room(id="two", name="Hall", places=40)],
                adults=[Adult(id="k", name="Ms K")],
                classes=["7b"],
            ),
        ],
        system_time(),
    )
    client.parts.catalogs.append(tenant, "test", planned, system_time())
    accounts = client.parts.signed_in.accounts
    account = accounts.add(tenant, uuid.uuid4().hex, role, "Q", "t1" if role is PersonRole.TEACHER else "p-ada")
    cookie = {"Cookie": f"{COOKIE}={accounts.open_session(account)}"}
    page = ask(client.app, "GET", path.format(day=day), headers=cookie)
    client.close()
    assert page.status_code == 200, page.text
    assert len(re.findall(r">[^<]*\bMs K(?:, | · )Classroom\b", page.text)) == many
