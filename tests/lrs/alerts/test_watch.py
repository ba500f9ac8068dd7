"""What is newly the case is raised once, whatever is restarted, read again or watched twice."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrs.alerts.feed import AlertFeed
from lrs.alerts.watch import AlertWatch
from lrs.catalog.catalogs import Catalogs
from lrs.log.sqlite import SqliteLog
from lrs.store.client import Store
from processors.stages.decision_table import TYPES
from schemas.alerts import AGAIN
from schemas.catalog import Class, Member, Skill
from schemas.days import DAY
from schemas.overruling import PutOff
from schemas.xapi.values import LONGEST_IRI
from tests.support.classroom import NOW, Classroom

SKILLS = ("halves", "thirds", "quarters")
CLASS = ("ada", "ben", "cem", "dia")


class School:
    """One class; rows of decisions are put in as the stage would."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder, self.tenant, self.now = store, folder, uuid.uuid4().hex, NOW
        self.version = 0
        self.restart()
        members = [Member(learner=f"mailto:{name}@s.example", name=name.title(), person=name) for name in CLASS]
        changes = [Skill(id=skill, name=skill.title()) for skill in SKILLS]
        self.catalogs.append_all(
            self.tenant, "t", [*changes, Class(id="7b", learners=members, skills=list(SKILLS))], NOW
        )
        self.room = Classroom(store, self.tenant, self.catalogs.latest(self.tenant))

    def restart(self) -> None:
        self.log = SqliteLog(self.folder)
        self.catalogs = Catalogs(self.log)
        self.watch = AlertWatch(self.store, self.catalogs, lambda: self.now)

    def look(self) -> list[tuple[str, str]]:
        """Who is told of, since the last time."""
        before = self.catalogs.latest(self.tenant).alerts.last
        self.watch.look_at(self.tenant)
        return self.told(before)

    def told(self, after: int = 0) -> list[tuple[str, str]]:
        found = AlertFeed(self.catalogs, lambda: self.now).read(self.tenant, after, 100, lambda _: True)["alerts"]
        return [(one["name"], one["what"]) for one in found]

    def why(self, what: str) -> tuple[str, list[dict[str, Any]]]:
        """What is said of the last alert of a kind, in English and as data."""
        found = AlertFeed(self.catalogs, lambda: self.now).read(self.tenant, 0, 100, lambda _: True)["alerts"]
        last = [one for one in found if one["what"] == what][-1]
        return last["reason"], last["because"]

    def person(self, name: str) -> str:
        return self.catalogs.latest(self.tenant).people.person(f"mailto:{name}@s.example")

    def decide(self, name: str, skill: str, decision: str, computed: str = "", **more: Any) -> None:
        self.version += 1
        row = dict.fromkeys(TYPES, 0) | {
            "tenant": self.tenant, "learner": self.person(name), "skill": skill, "class": "7b", "decision": decision,
            "computed": computed or decision, "next_skill": skill, "reason": f"{name} {skill}", "weights": "w",
            "estimate": None, "low": None, "high": None, "until": None, "attempts": 5, "last_time": self.now,
            "version": self.version, "deleted": 0,
        } | more  # fmt: skip
        types = TYPES | {"deleted": "UInt8"}
        self.store.insert("decisions", list(types), list(types.values()), [[row[name]] for name in types])

    def all(self, name: str, *decisions: str) -> None:
        for skill, decision in zip(SKILLS, decisions, strict=True):
            self.decide(name, skill, decision, attempts=0 if decision in ("start", "wait") else 5)

    def pass_days(self, days: float) -> None:
        self.now += round(days * DAY)


@pytest.fixture
def school(store: Store, tmp_path: Path) -> Iterator[School]:
    made = School(store, tmp_path / "log")
    made.look()  # watching begins
    yield made
    made.log.close()


def test_what_was_the_case_when_watching_began_is_not_new(store: Store, tmp_path: Path) -> None:
    school = School(store, tmp_path / "log")
    school.decide("ada", "halves", "help")
    assert school.look() == []
    school.decide("ben", "halves", "help")
    assert school.look() == [("Ben", "help")]
    school.log.close()


def test_what_is_put_off_raises_no_alert_until_then_or_until_there_is_something_new(school: School) -> None:
    def say(skill: str, **more: Any) -> None:
        said = PutOff(learner="mailto:ada@s.example", skill=skill, reason="is ill", by="Ms K", **more)
        school.catalogs.append(school.tenant, "t", said, school.now)

    say("halves", until=school.now + 2 * DAY)
    say("thirds", seen=school.now)
    say("quarters", seen=school.now)
    school.all("ada", "help", "help", "help")
    assert school.look() == []  # nor is it intensive support
    school.pass_days(1)
    school.decide("ada", "thirds", "help")  # by new evidence
    assert school.look() == [("Ada", "help")]
    say("quarters", removed=True)
    assert school.look() == [("Ada", "help")]
    school.pass_days(1.1)
    assert sorted(school.look()) == [("Ada", "help"), ("Ada", "intensive support")]


def test_help_is_told_once_and_again_when_it_is_needed_again(school: School) -> None:
    school.decide("ada", "halves", "help")
    assert school.look() == [("Ada", "help")]
    school.pass_days(1)
    school.decide("ada", "halves", "help", reason="one more wrong answer")
    assert school.look() == []
    school.pass_days(1)
    school.decide("ada", "halves", "practise")
    assert school.look() == []
    [alert] = AlertFeed(school.catalogs, lambda: NOW).read(school.tenant, 0, 9, lambda _: True)["alerts"]
    assert (alert["over"], alert["skill"]["name"], alert["reason"]) == (True, "Halves", "ada halves")
    school.pass_days(AGAIN / DAY + 1)
    school.decide("ada", "halves", "help")
    assert school.look() == [("Ada", "help")]


def test_what_comes_and_goes_within_a_day_is_told_once(school: School) -> None:
    for decision in ("help", "practise", "help", "practise", "help"):
        school.decide("ada", "halves", decision)
        school.look()
        school.pass_days(0.1)
    assert school.told() == [("Ada", "help")]


def test_what_a_person_decided_is_no_news(school: School) -> None:
    school.decide("ada", "halves", "help", computed="practise")
    assert school.look() == []


def test_a_restart_tells_nobody_again(school: School) -> None:
    school.decide("ada", "halves", "help")
    school.look()
    school.log.close()
    school.restart()
    assert school.look() == []
    assert school.told() == [("Ada", "help")]


def test_two_who_watch_tell_once(school: School) -> None:
    other = AlertWatch(school.store, Catalogs(school.log, seconds=1e9), lambda: school.now)
    other.catalogs.look()  # and not again for long
    school.decide("ada", "halves", "help")
    school.look()
    assert other.look_at(school.tenant) > 0  # it had not read that it is known
    school.catalogs.follow()
    assert school.told() == [("Ada", "help")]


def test_tables_that_are_made_again_tell_nobody_again(school: School) -> None:
    """While rows are missing nothing is over; then they rest on the same evidence."""
    school.decide("ada", "halves", "help")
    school.all("ben", "help", "help", "help")
    told = school.look()
    school.store.command(f"DELETE FROM decisions WHERE tenant = '{school.tenant}'")
    school.pass_days(3)
    assert school.look() == []
    school.decide("ben", "halves", "help", last_time=NOW)
    assert school.look() == []
    school.all("ben", "help", "help", "help")
    for skill in SKILLS:
        school.decide("ben", skill, "help", last_time=NOW)
    school.decide("ada", "halves", "help", last_time=NOW)
    assert school.look() == []
    assert sorted(told) == sorted(school.told())
    school.decide("ada", "halves", "practise")
    school.pass_days(2)
    school.decide("ada", "halves", "help", last_time=NOW)  # a replay that is not done shows old rows
    assert school.look() == []


def test_help_in_several_skills_at_once(school: School) -> None:
    school.all("ada", "help", "help", "practise")
    assert ("Ada", "intensive support") not in school.look()
    school.all("ada", "help", "help", "help")
    assert school.look() == [("Ada", "help"), ("Ada", "intensive support")]
    assert school.why("help")[1] == [{"code": "needs_help", "values": {"name": "Quarters"}}]
    said, because = school.why("intensive support")
    assert said == "Help is needed in 3 skills at once: Halves, Quarters, Thirds."
    assert because == [{"code": "needs_much_help", "values": {"num": 3, "names": ["Halves", "Quarters", "Thirds"]}}]


def test_who_is_done_while_most_are_not(school: School) -> None:
    for name in CLASS[1:]:
        school.all(name, "practise", "practise", "practise")
    school.all("ada", "advance", "advance", "practise")
    assert school.look() == []
    school.all("ada", "advance", "review", "advance")
    assert school.look() == [("Ada", "enrichment")]
    said, because = school.why("enrichment")
    assert said == "Mastered every skill that the class works on (3); most have not mastered 3 of them yet."
    assert because == [{"code": "is_done", "values": {"skills": 3, "ahead": 3}}]


def test_what_nobody_began_does_not_count(school: School) -> None:
    for name in CLASS[1:]:
        school.all(name, "practise", "practise", "start")
    school.all("ada", "advance", "advance", "start")
    assert school.look() == []  # two skills are few


def test_a_class_that_is_done_together_is_no_news(school: School) -> None:
    for name in CLASS:
        school.all(name, "advance", "advance", "advance")
    assert school.look() == []


def test_who_was_not_seen_while_others_were(school: School) -> None:
    def seen(name: str, back: float, version: int) -> None:
        school.room.engagement(
            f"mailto:{name}@s.example", None, last_seen=school.now - round(back * DAY), version=version
        )

    for name in CLASS:
        seen(name, 9, 1)
    assert school.look() == []  # holidays
    for name in CLASS[1:]:
        seen(name, 0.1, 2)
    assert school.look() == [("Ada", "unseen")]
    said, because = school.why("unseen")
    assert (said, because[0]["code"]) == ("Not seen for 9 days; 75% of the class were seen in that time.", "unseen")
    assert because[0]["values"] == {"num": 9, "share": 0.75}
    assert school.look() == []
    seen("ada", 0.0, 3)
    assert school.look() == []
    school.pass_days(8)
    for name in CLASS[1:]:
        seen(name, 0.1, 4)
    assert school.look() == [("Ada", "unseen")]


def test_the_class_was_seen_since_the_learner_was(school: School) -> None:
    for name, back in zip(CLASS, (9.0, 8.5, 0.1, 0.1), strict=True):
        school.room.engagement(f"mailto:{name}@s.example", None, last_seen=school.now - round(back * DAY))
    assert school.look() == [("Ada", "unseen"), ("Ben", "unseen")]
    assert school.why("unseen")[0] == "Not seen for 8 days; 50% of the class were seen in that time."
    [ada, _] = school.catalogs.latest(school.tenant).alerts.after(0)
    assert ada.alert.reason == "Not seen for 9 days; 75% of the class were seen in that time."


def test_who_drifts(school: School) -> None:
    for name in CLASS:
        for back in range(1, 57):
            if name != "ada" or back > 14:
                school.room.engagement(f"mailto:{name}@s.example", back)
    school.watch = AlertWatch(school.store, school.catalogs, lambda: school.now)  # else in an hour
    assert school.look() == [("Ada", "drifting")]
    said, [because] = school.why("drifting")
    assert said == "Worked on 0 of 14 days, in the last 14; on 42 of 42 before."
    counts = {"recent": 0, "recent_of": 14, "earlier": 42, "earlier_of": 42, "span": 14}
    assert because == {"code": "fewer_days", "values": counts}
    school.pass_days(0.5)
    assert school.look() == []


def test_who_leaves_a_class_needs_nothing_there(school: School) -> None:
    """The same holds for every learner of a removed class. A later need raises a new alert."""
    school.all("ada", "help", "help", "help")
    school.decide("ben", "halves", "help")
    assert len(school.look()) == 5
    before = school.catalogs.latest(school.tenant).classes["7b"]
    left = before.model_copy(update={"learners": [one for one in before.learners if one.name != "Ada"]})
    school.catalogs.append(school.tenant, "t", left, school.now)
    school.look()
    assert {key.learner for key in school.catalogs.latest(school.tenant).alerts.open} == {school.person("ben")}
    school.catalogs.append(school.tenant, "t", before.model_copy(update={"removed": True}), school.now)
    school.look()
    assert not school.catalogs.latest(school.tenant).alerts.open
    school.catalogs.append(school.tenant, "t", before, school.now)
    assert school.look() == []  # the same need, by the same evidence
    school.pass_days(2)
    school.decide("ben", "halves", "help")
    assert school.look() == [("Ben", "help")]


def test_what_fails_of_one_tenant_holds_up_no_other(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def look_at(watch: AlertWatch, tenant: str) -> int:
        looked.append(tenant)
        if tenant == school.tenant:
            raise ValueError("of somebody")
        return 1

    school.catalogs.append("another", "t", Skill(id="s"), school.now)
    monkeypatch.setattr(AlertWatch, "look_at", look_at)
    assert school.watch.look() == 1
    assert set(looked) == {school.tenant, "another"}


def test_a_skill_with_the_longest_id_can_be_told_of(school: School) -> None:
    school.decide("ada", "s" * LONGEST_IRI, "help")
    assert school.look() == [("Ada", "help")]
