"""Boards over rows in ClickHouse."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lrs.pacing.board import NotInCatalog, class_board, class_boards, learner_page
from lrs.store.client import Store
from processors.meaning.interpret import interpret
from processors.meaning.resolve.active import local_day
from schemas.catalog import Catalog, Class, Member, School, Skill
from schemas.days import DAY, day_of
from schemas.decision import Decision
from schemas.overruling import Overrule
from schemas.policy import Policy
from schemas.reading import ReadingRules
from schemas.xapi.actor import identity
from tests.support.classroom import NOW, Classroom

ADA, BEN = "mailto:ada@school.example", "account:https://school.example/x|O'Ben \\ %s"


@pytest.fixture
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({ADA: "Ada", BEN: "Ben"}, {"https://s.example/halves": "Halves", "q'": ""})
    return made


def board(room: Classroom, class_id: str = "7b") -> dict[str, Any]:
    return class_board(room.store, room.catalog, room.tenant, class_id, NOW)


def page(room: Classroom, learner: str) -> dict[str, Any]:
    return learner_page(room.store, room.catalog, room.tenant, learner, NOW)


class TestClass:
    def test_a_page_has_all_but_the_english_sentences(self, room: Classroom) -> None:
        room.masteries([(ADA, "q'", 0.5, {}), (BEN, "https://s.example/halves", 0.2, {"streak": -5})])
        asked = (room.store, room.catalog, room.tenant, [room.catalog.classes["7b"]], NOW)
        [said], [unsaid] = class_boards(*asked), class_boards(*asked, in_english=False)
        for row in said["learners"]:
            for cell in row["cells"]:
                assert cell.pop("reason")
        assert unsaid == said

    def test_without_rows(self, room: Classroom) -> None:
        found = board(room)
        assert found["class"] == {"id": "7b", "name": "7b"}
        assert [(one["id"], one["name"], one["provisional"]) for one in found["skills"]] == [
            ("https://s.example/halves", "Halves", False),
            ("q'", "q'", False),
        ]
        assert found["counts"] == {
            "help": 0,
            "review": 0,
            "practise": 0,
            "start": 2,
            "advance": 0,
            "wait": 2,
            "unknown": 0,
        }
        ada = found["learners"][0]
        assert (ada["name"], ada["last_seen"], ada["minutes_week"], ada["streak"]) == ("Ada", None, 0.0, 0)
        assert ada["cells"][0] == {
            "skill": "https://s.example/halves",
            "provisional": False,
            "mastery": None,
            "estimate": None,
            "low": None,
            "high": None,
            "attempts": 0,
            "wins": 0,
            "trend": None,
            "days_since": None,
            "decision": "start",
            "urgency": 0.0,
            "reason": "New, and requires nothing else.",
            "because": {"code": "first", "values": {}},
            "evidence": {},
            "overruled": None,
            "put_off": None,
            "next_skill": {"id": "https://s.example/halves", "name": "Halves"},
            "blocked_by": [],
            "blocked_more": 0,
            "order_assumed": False,
        }

    def test_cells_are_where_they_belong(self, room: Classroom) -> None:
        room.mastery(BEN, "q'", 0.9, ago=2)
        room.mastery(ADA, "https://s.example/halves", 0.2, ago=1)
        room.mastery(ADA, "other", 0.9)
        room.mastery(ADA, "", 0.9)
        found = board(room)
        masteries = [[cell["mastery"] for cell in row["cells"]] for row in found["learners"]]
        assert masteries == [[0.2, None], [None, 0.9]]
        ben = found["learners"][1]["cells"][1]
        assert (ben["decision"], ben["days_since"], ben["attempts"], ben["wins"]) == ("advance", 2.0, 8, 6)
        assert 0.8 < ben["estimate"] < 0.9
        assert ben["evidence"]["item"] == "https://items.example/7"
        assert found["counts"]["advance"] == found["counts"]["help"] == 1

    def test_other_tenants_rows_are_not_seen(self, room: Classroom) -> None:
        other = Classroom(room.store, uuid.uuid4().hex)
        other.mastery(ADA, "q'", 0.9)
        other.engagement(ADA, None)
        found = board(room)
        assert found["counts"]["start"] + found["counts"]["wait"] == 4
        assert found["learners"][0]["last_seen"] is None
        with pytest.raises(NotInCatalog):
            learner_page(room.store, other.catalog, room.tenant, ADA, NOW)

    def test_the_newest_version_stands(self, room: Classroom) -> None:
        room.mastery(ADA, "q'", 0.9, version=1)
        room.mastery(ADA, "q'", 0.1, version=2)
        room.mastery(BEN, "q'", 0.9, version=1)
        room.mastery(BEN, "q'", 0.9, version=2, deleted=1)
        assert [row["cells"][1]["mastery"] for row in board(room)["learners"]] == [0.1, None]

    def test_week(self, room: Classroom) -> None:
        room.engagement(ADA, None, last_seen=NOW - DAY, streak=5)
        for back in (0, 6, 7, 30):
            room.engagement(ADA, back, minutes=10.0)
        room.engagement(BEN, None, last_seen=NOW - 2 * DAY, streak=5)
        ada, ben = board(room)["learners"]
        assert (ada["last_seen"], ada["minutes_week"], ada["streak"]) == (NOW - DAY, 20.0, 5)
        assert ben["streak"] == 0

    def test_a_prerequisite_outside_the_class_is_named(self, room: Classroom) -> None:
        room.change(Skill(id="q'", name="Quarters", requires=["count"]))
        room.change(Skill(id="count", name="Counting"))
        room.mastery(ADA, "count", 0.25, high=0.5)
        room.mastery(ADA, "q'", 0.5, streak=-4)
        cell = board(room)["learners"][0]["cells"][1]
        assert cell["reason"] == "4 wrong answers in a row; start before it, with Counting, which is at 22%."
        room.change(Overrule(learner=ADA, skill="count", decision=Decision.ADVANCE, reason="oral exam", by="K"))
        assert board(room)["learners"][0]["cells"][1]["reason"] == "4 wrong answers in a row."

    def test_overruled(self, room: Classroom) -> None:
        room.mastery(ADA, "q'", 0.9)
        room.change(Overrule(learner=ADA, skill="q'", decision=Decision.PRACTISE, reason="guessed", by="Ms Kay"))
        found = board(room)
        cell = found["learners"][0]["cells"][1]
        assert (cell["decision"], cell["reason"]) == ("practise", "Ms Kay decided: guessed.")
        assert cell["overruled"]["computed"] == "advance"
        assert found["counts"]["practise"] == 1

    def test_policy_comes_with_its_version(self, room: Classroom) -> None:
        position = room.change(Policy(advance_at=0.95))
        room.mastery(ADA, "q'", 0.9)
        found = board(room)
        assert (found["policy"]["version"], found["policy"]["advance_at"]) == (position, 0.95)
        assert found["learners"][0]["cells"][1]["decision"] == "practise"

    def test_names_come_from_the_class_then_another_then_statements_then_the_id(self, room: Classroom) -> None:
        cem = "mbox:mailto:cem@school.example"
        nameless = [Member(learner=learner) for learner in (BEN, cem, "x")]  # Ben has a name in 7b
        room.change(Class(id="c", learners=[Member(learner=ADA, name="Ada L"), *nameless]))
        types = ["String"] * 4 + ["UInt128"]
        keys, names = [ADA, BEN, cem], ["Other", "Benjamin", "Cemile"]
        columns: list[list[Any]] = [[room.tenant] * 3, keys, [*map(identity, keys)], names, [1] * 3]
        room.store.insert("learners", ["tenant", "learner", "person", "name", "version"], types, columns)
        assert [row["name"] for row in board(room, "c")["learners"]] == ["Ada L", "Ben", "Cemile", "x"]

    def test_empty_class(self, room: Classroom) -> None:
        room.change(Class(id="empty"))
        found = board(room, "empty")
        assert (found["learners"], found["skills"], found["class"]["name"]) == ([], [], "empty")

    def test_no_such_class(self, room: Classroom) -> None:
        with pytest.raises(NotInCatalog):
            board(room, "nope")

    def test_a_large_class(self, room: Classroom) -> None:
        learners = {f"mailto:l{n}@school.example": f"L{n}" for n in range(500)}
        skills = {f"https://s.example/{n}": f"S{n}" for n in range(20)}
        room.teach(learners, skills, "large")
        room.masteries([(learner, skill, 0.9, {}) for learner in learners for skill in skills])
        assert board(room, "large")["counts"]["advance"] == 10_000


class TestLearner:
    def test_skills_in_teaching_order_then_the_rest(self, room: Classroom) -> None:
        room.mastery(ADA, "zeta", 0.5)
        room.mastery(ADA, "q'", 0.9)
        found = page(room, ADA)
        assert [skill["name"] for skill in found["skills"]] == ["Halves", "q'", "zeta"]
        halves, quarters, _ = found["skills"]
        assert (halves["curve"], halves["next_item"], halves["mastery"]) == ([], None, None)
        assert quarters["next_item"] == 0.9
        assert [point[1] for point in quarters["curve"]] == [0.3, 0.9, 0.9, 0.9]
        assert quarters["curve"][-1][0] == quarters["evidence"]["last_time"]
        assert found["classes"] == [{"id": "7b", "name": "7b"}]

    def test_cells_are_the_boards(self, room: Classroom) -> None:
        room.mastery(ADA, "q'", 0.9, ago=20)
        on_board = board(room)["learners"][0]["cells"][1]
        on_page = page(room, ADA)["skills"][1]
        assert on_board == {key: on_page[key] for key in on_board}
        assert on_board["decision"] == "review"

    def test_days(self, room: Classroom) -> None:
        room.engagement(ADA, None, last_seen=NOW, streak=2, best_streak=9, days=30)
        for back in (0, 1, 41, 42):
            room.engagement(ADA, back, minutes=float(back + 1))
        found = page(room, ADA)
        assert len(found["days"]) == 42
        assert found["days"][-1] == {
            "day": "2030-03-17",
            "minutes": 1.0,
            "attempts": 5,
            "right": 3,
            "activities": 4,
            "completions": 0,
            "sessions": 1,
        }
        assert [day["minutes"] for day in found["days"] if day["minutes"]] == [42.0, 2.0, 1.0]
        assert (found["streak"], found["best_streak"], found["active_days"]) == (2, 9, 30)
        assert found["minutes_week"] == 3.0

    def test_a_learner_of_no_class(self, room: Classroom) -> None:
        room.mastery("mailto:new@x.example", "zeta", 0.5)
        found = page(room, "mailto:new@x.example")
        assert (found["name"], found["classes"], len(found["skills"])) == ("mailto:new@x.example", [], 1)

    def test_on_a_roster_without_rows(self, room: Classroom) -> None:
        assert page(room, BEN)["name"] == "Ben"

    def test_no_such_learner(self, room: Classroom) -> None:
        with pytest.raises(NotInCatalog):
            page(room, "mailto:nobody@x.example")


class TestZones:
    """Days are the learner's, as the folds count them."""

    @pytest.mark.parametrize(
        ("zone", "now", "today", "yesterday"),
        [
            ("Pacific/Noumea", "2030-03-17T13:30:00", "2030-03-18", "2030-03-17"),  # UTC+11: half past midnight
            ("Pacific/Noumea", "2030-03-17T12:30:00", "2030-03-17", "2030-03-16"),
            ("Etc/GMT+8", "2030-03-18T07:30:00", "2030-03-17", "2030-03-16"),  # UTC-8: half past eleven at night
            ("Etc/GMT+8", "2030-03-18T08:30:00", "2030-03-18", "2030-03-17"),
            ("", "2030-03-18T00:30:00", "2030-03-18", "2030-03-17"),
        ],
    )
    @pytest.mark.parametrize("of_school", [True, False])
    def test_near_midnight(
        self, room: Classroom, zone: str, now: str, today: str, yesterday: str, of_school: bool
    ) -> None:
        if of_school:
            room.change(School(id="s", zone=zone))
            room.change(Class(id="7b", school="s", learners=[Member(learner=ADA), Member(learner=BEN)]))
        else:
            room.change(ReadingRules(zone=zone))
        at = _moment(now)
        first, before = (str(date.fromisoformat(today) - timedelta(days=days)) for days in (6, 7))
        for key, minutes in ((today, 1.0), (first, 10.0), (before, 100.0)):
            room.engagement(ADA, 0, key=key, minutes=minutes)
        noon = _noon(yesterday, zone)
        room.engagement(ADA, None, last_seen=noon, streak=4)
        room.engagement(BEN, None, last_seen=noon - DAY, streak=4)

        found = class_board(room.store, room.catalog, room.tenant, "7b", at)
        assert [(row["minutes_week"], row["streak"]) for row in found["learners"]] == [(11.0, 4), (0.0, 0)]
        page = learner_page(room.store, room.catalog, room.tenant, ADA, at)
        assert (page["minutes_week"], page["streak"], page["zone"]) == (11.0, 4, zone or "UTC")
        assert (page["days"][-1]["day"], page["days"][-1]["minutes"]) == (today, 1.0)
        assert learner_page(room.store, room.catalog, room.tenant, BEN, at)["streak"] == 0

    def test_learners_of_two_schools_on_one_board(self, room: Classroom) -> None:
        for id_, zone, learner in (("n", "Pacific/Noumea", ADA), ("w", "Etc/GMT+8", BEN)):
            room.change(School(id=id_, zone=zone))
            room.change(Class(id=id_, school=id_, learners=[Member(learner=learner)]))
        for learner in (ADA, BEN):
            for day, minutes in (("2030-03-11", 10.0), ("2030-03-12", 1.0)):
                room.engagement(learner, 0, key=day, minutes=minutes)
        found = class_board(room.store, room.catalog, room.tenant, "7b", _moment("2030-03-17T13:30:00"))
        assert [row["minutes_week"] for row in found["learners"]] == [1.0, 11.0]

    @pytest.mark.parametrize("zone", ["Pacific/Noumea", "America/Los_Angeles", ""])
    def test_days_are_those_of_the_fold(self, zone: str) -> None:
        """Whatever day an observation is given, the board gives the same moment the same day."""
        catalog = Catalog()
        catalog.apply(ReadingRules(zone=zone), 1, 0)
        for hour in range(0, 24 * 400, 5):  # over both changes of the clocks
            time = 1_900_000_000_000_000 + hour * 3_600_000_000
            [seen] = interpret(_answer(time), catalog, "t", 0, 1)
            assert day_of(time, zone) == local_day(seen)


def _moment(utc: str) -> int:
    return round(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp()) * 1_000_000


def _noon(day: str, zone: str) -> int:
    return round(datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(zone or "UTC")).timestamp()) * 1_000_000


def _answer(time: int) -> dict[str, Any]:
    return {
        "id": str(uuid.UUID(int=1)),
        "actor": {"mbox": ADA},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
        "object": {"id": "https://items.example/1"},
        "result": {"success": True},
        "timestamp": datetime.fromtimestamp(time // 1_000_000, UTC).isoformat(),
    }
