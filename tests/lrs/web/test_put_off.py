"""Not now: a row is put off by whoever teaches, on the page of the class, and is brought back."""

from __future__ import annotations

import re
import uuid
from typing import Any

import httpx
import pytest

from lrs.store.client import Store
from schemas.catalog import Class, Member, Skill
from schemas.days import DAY
from schemas.overruling import PutOff
from tests.support.classroom import NOW, Classroom, ask
from tests.support.statements import key

ADA, BEN = key("ada"), key("ben")


@pytest.fixture
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    for skill in ("a", "b"):
        made.change(Skill(id=skill, name=f"Skill {skill}"))
    members = [Member(learner=ADA, name="Ada"), Member(learner=BEN, name="Ben")]
    made.change(Class(id="7b", learners=members, skills=["a", "b"]))
    stuck = {"streak": -6, "low": 0.1, "high": 0.5}
    made.masteries([(ADA, "a", 0.2, stuck | {"ago": 1}), (ADA, "b", 0.3, stuck | {"ago": 1})])
    return made


def rows(room: Classroom) -> list[str]:
    """The lines of those to look at now."""
    page = ask(room.deps(), "GET", "/board/classes/7b").text
    return re.findall(r'<span class="line">(.*?) ·', page)


def send(room: Classroom, **form: str) -> httpx.Response:
    answer: httpx.Response = ask(room.deps(), "POST", "/board/put-off", data={"class_id": "7b", "learner": ADA} | form)
    return answer


def cell(room: Classroom, skill: str) -> dict[str, Any]:
    found = ask(room.deps(), "GET", "/pacing/classes/7b").json()["learners"][0]["cells"]
    one: dict[str, Any] = next(one for one in found if one["skill"] == skill)
    return one


def test_from_the_row_to_what_was_set_aside_and_back(room: Classroom) -> None:
    assert rows(room) == ["6 wrong in a row in Skill a"]
    answer = send(room, skill="a", days="7", reason="talked to her", by="Ms K")
    assert (answer.status_code, answer.headers["location"]) == (303, "/board/classes/7b#now")
    assert rows(room) == ["6 wrong in a row in Skill b"]  # the learner's next need
    assert cell(room, "a")["put_off"] == {"reason": "talked to her", "by": "Ms K", "at": NOW, "until": NOW + 7 * DAY}
    assert (cell(room, "a")["decision"], cell(room, "b")["put_off"]) == ("help", None)
    send(room, skill="b", seen=str(NOW), reason="later", by="Ms K")
    page = ask(room.deps(), "GET", "/board/classes/7b").text
    assert "Nobody needs you now." in page
    assert "2 set aside" in page
    assert re.search(r"Skill b · until there is something new · Ms K: later", page)
    send(room, skill="a", do="back", by="Ms K")
    assert rows(room) == ["6 wrong in a row in Skill a"]
    assert "1 set aside" in ask(room.deps(), "GET", "/board/classes/7b").text


def test_new_evidence_brings_it_back(room: Classroom) -> None:
    send(room, skill="a", seen=str(NOW - DAY), reason="later", by="Ms K")
    assert cell(room, "a")["put_off"]
    room.mastery(ADA, "a", 0.2, ago=0.5, streak=-7, low=0.1, high=0.5, version=2)
    assert cell(room, "a")["put_off"] is None
    assert rows(room) == ["7 wrong in a row in Skill a"]


@pytest.mark.parametrize(("removed", "until", "seen", "evidence", "now", "holds"), [
    (False, None, 5, 5, 99, True), (False, None, 5, 6, 99, False), (False, 10, 0, 9, 9, True),
    (False, 10, 99, 9, 10, False),
    (True, None, 5, 5, 9, False),
])  # fmt: skip
def test_how_long_it_holds(removed: bool, until: int | None, seen: int, evidence: int, now: int, holds: bool) -> None:
    said = PutOff(learner="l", reason="r", by="b", removed=removed, until=until, seen=seen)
    assert said.holds(evidence, now) == holds


@pytest.mark.parametrize(
    ("form", "field"),
    [({"days": "0"}, "days"), ({"days": "1e3"}, "days"), ({"seen": "x"}, "seen"), ({"reason": ""}, "Reason")],
)
def test_what_is_wrong(room: Classroom, form: dict[str, str], field: str) -> None:
    answer = send(room, **({"skill": "a", "reason": "r", "by": "t"} | form))
    assert (answer.status_code, f"{field}: " in answer.text) == (400, True)


@pytest.mark.parametrize("days", ["0", "400", "-1", "1e3", "000000001" + "9" * 5000, "00000000190000", "²"])
def test_days_are_days(room: Classroom, days: str) -> None:
    assert send(room, skill="a", days=days, reason="later", by="Ms K").status_code == 400
