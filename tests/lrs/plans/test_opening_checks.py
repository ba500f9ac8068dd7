"""Opening checks: asked of what a class needs, entered by a teacher as statements, corrected, and grouped by."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import orjson
import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.plans import opening_checks
from lrs.plans.check_statements import HOME
from lrs.plans.groups import Groups
from lrs.plans.needs import NoClass
from lrs.plans.opening_checks import LONGEST, CheckMoved, NoCheck, NoQuestions, OpeningChecks
from lrs.plans.own_checks import OwnCheck, open_checks
from lrs.store.client import Store
from lrs.timetabling.questions import choose_questions
from processors.meaning.interpret import interpret
from processors.meaning.learners import BY
from processors.meaning.resolve import resolve
from schemas.asked_question import AskedQuestion
from schemas.catalog import Catalog, Class, Member
from schemas.days import DAY
from schemas.invalid import Invalid
from schemas.material import Material
from schemas.observation import Kind
from schemas.opening_check import EnteredResult
from schemas.timetable import Sizes, Timetable
from tests.support.classroom import NOW
from tests.support.planned_school import CLASS, KEYS, SKILLS, School


@pytest.fixture
def school(store: Store, tmp_path: Path) -> Iterator[School]:
    made = School(store, tmp_path)
    yield made
    made.log.close()


class Recorded:
    """Keeps the statements that a check records."""

    def __init__(self) -> None:
        self.statements: list[dict[str, Any]] = []

    async def __call__(self, tenant: str, statements: Sequence[bytes]) -> None:
        self.statements += [orjson.loads(one) for one in statements]


def checks_of(school: School) -> tuple[OpeningChecks, Recorded]:
    recorded = Recorded()
    return OpeningChecks(school.planner.store, school.catalogs, lambda: NOW, recorded), recorded


def enter(school: School, checks: OpeningChecks, id_: str, *results: tuple[str, int, bool | None]) -> dict[str, Any]:
    wanted = [EnteredResult(learner=learner, question=number, right=right) for learner, number, right in results]
    return asyncio.run(checks.enter(school.tenant, CLASS, id_, wanted, "Ms K"))


def test_questions_are_items_worked_on_alone_of_different_skills(school: School) -> None:
    checks, _ = checks_of(school)
    made = checks.make(school.tenant, CLASS, 3, "Ms K")
    assert len({one["skill"] for one in made["questions"]}) == len(SKILLS)
    assert all("/alone/" in one["item"] for one in made["questions"])
    assert [row["right"] for row in made["rows"]] == [[None] * 3] * len(KEYS)
    assert checks.listed(school.tenant, CLASS)["checks"][0]["id"] == made["id"]


def test_of_two_checks_made_at_once_one_is_made_and_the_other_is_refused(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks, _ = checks_of(school)
    together = Barrier(2)

    def choose(*of: Any) -> list[tuple[str, float]]:
        together.wait(60)
        return choose_questions(*of)

    monkeypatch.setattr(opening_checks, "choose_questions", choose)

    def make(by: str) -> str:
        try:
            return str(checks.make(school.tenant, CLASS, 2, by)["id"])
        except CheckMoved as error:
            return str(error)

    with ThreadPoolExecutor(2) as threads:
        made = list(threads.map(make, ("Ms K", "Mr L")))
    [kept] = [one["id"] for one in checks.listed(school.tenant, CLASS)["checks"]]
    assert sorted(one == kept for one in made) == [False, True]
    assert any(f"Check {kept} was made" in one for one in made)
    monkeypatch.undo()
    for known in ("", "another"):
        with pytest.raises(CheckMoved):
            checks.make(school.tenant, CLASS, 2, "Ms K", known)
    second = checks.make(school.tenant, CLASS, 2, "Ms K", kept)["id"]
    assert [one["id"] for one in checks.listed(school.tenant, CLASS)["checks"]] == [second, kept]


def test_the_sheet_has_the_texts_that_statements_gave_and_else_says_where_they_are(school: School) -> None:
    checks, _ = checks_of(school)
    made = checks.make(school.tenant, CLASS, 2, "Ms K")
    first, second = (one["item"] for one in made["questions"])
    choices = {"choices": [{"id": "a", "description": {"de": "ja", "en-GB": "yes"}}, {"id": "b"}]}
    said = [
        (first, "description", "de", "Was ist 1/2 + 1/4?"),
        (first, "description", "en", "What is 1/2 + 1/4?"),
        (first, "interaction", "", choices),
        (second, "name", "en", made["questions"][1]["name"]),  # which is no question
    ]
    types = {"tenant": "String", "activity": "String", "part": "String", "key": "String", "value": "String"}
    rows = [(school.tenant, *one[:3], orjson.dumps(one[3]).decode()) for one in said]
    columns = [*map(list, zip(*rows, strict=True)), [1] * len(rows)]
    school.planner.store.insert("definitions", [*types, "version"], [*types.values(), "UInt128"], columns)
    found = checks.sheet(school.tenant, CLASS, made["id"])["questions"]
    assert (found[0]["text"], found[0]["choices"]) == ("What is 1/2 + 1/4?", ["yes", "b"])
    assert (found[1]["text"], found[1]["choices"]) == ("", [])
    assert found[1]["opens"].endswith("/open")


def test_what_takes_long_is_not_asked(school: School) -> None:
    for skill in SKILLS:
        for screen in (True, False):
            minutes = LONGEST if screen else LONGEST + 1
            school.say(Material(id=f"https://a.example/{skill}/alone/{screen}", minutes=minutes, screen=screen))
    checks, _ = checks_of(school)
    made = checks.make(school.tenant, CLASS, 12, "Ms K")
    assert {one["item"] for one in made["questions"]} == {f"https://a.example/{skill}/alone/True" for skill in SKILLS}


def test_what_is_entered_becomes_statements_by_the_teacher(school: School) -> None:
    checks, recorded = checks_of(school)
    made = checks.make(school.tenant, CLASS, 2, "Ms K")
    found = enter(school, checks, made["id"], (KEYS[0], 0, True), (KEYS[0], 1, False), (KEYS[1], 0, None))
    assert found["rows"][0]["right"] == [True, False]
    first, second = recorded.statements
    assert first["actor"]["mbox"] == KEYS[0].removeprefix("mbox:")
    assert (first["result"]["success"], second["result"]["success"]) == (True, False)
    assert first["object"]["id"] == made["questions"][0]["item"]
    assert first["context"]["extensions"][BY] == f"account:{HOME}|Ms K"
    enter(school, checks, made["id"], (KEYS[0], 0, True))
    assert len(recorded.statements) == 2  # the same again says nothing


def test_a_correction_voids_what_was_entered(school: School) -> None:
    checks, recorded = checks_of(school)
    made = checks.make(school.tenant, CLASS, 2, "Ms K")
    enter(school, checks, made["id"], (KEYS[0], 0, True))
    [first] = recorded.statements
    found = enter(school, checks, made["id"], (KEYS[0], 0, False))
    assert found["rows"][0]["right"][0] is False
    _, second, void = recorded.statements
    assert (second["result"]["success"], void["object"]["id"]) == (False, first["id"])
    found = enter(school, checks, made["id"], (KEYS[0], 0, None))
    assert found["rows"][0]["right"][0] is None
    assert recorded.statements[-1]["object"]["id"] == second["id"]
    enter(school, checks, made["id"], (KEYS[0], 0, True))
    answers = [one["id"] for one in recorded.statements if one["verb"]["id"].endswith("answered")]
    assert len(set(answers)) == len(answers) == 3  # no statement that was voided is sent again


def standing(recorded: Recorded) -> list[bool]:
    """The answers that no statement voids."""
    voided = {one["object"]["id"] for one in recorded.statements if one["verb"]["id"].endswith("voided")}
    answers = {one["id"]: one["result"]["success"] for one in recorded.statements if "result" in one}
    return [right for id_, right in answers.items() if id_ not in voided]


def test_of_two_answers_in_one_request_the_last_counts(school: School) -> None:
    checks, recorded = checks_of(school)
    made = checks.make(school.tenant, CLASS, 1, "Ms K")
    found = enter(school, checks, made["id"], (KEYS[0], 0, True), (KEYS[1], 0, True), (KEYS[0], 0, False))
    assert [row["right"] for row in found["rows"][:2]] == [[False], [True]]
    assert sorted(standing(recorded)) == [False, True]


def test_of_two_who_enter_at_once_the_later_corrects_the_earlier(school: School) -> None:
    checks, recorded = checks_of(school)
    made = checks.make(school.tenant, CLASS, 1, "Ms K")

    async def both() -> None:
        one, other = (EnteredResult(learner=KEYS[0], question=0, right=right) for right in (True, False))
        await asyncio.gather(
            checks.enter(school.tenant, CLASS, made["id"], [one], "Ms K"),
            checks.enter(school.tenant, CLASS, made["id"], [other], "Mr L"),
        )

    asyncio.run(both())
    assert standing(recorded) == [False]


@pytest.mark.parametrize("right", [True, False, None])
def test_what_another_process_entered_meanwhile_is_voided(
    school: School, right: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks, recorded = checks_of(school)
    made = checks.make(school.tenant, CLASS, 1, "Ms K")
    other = OpeningChecks(checks.store, school.catalogs, checks.now, recorded)  # has locks of its own
    if right is None:
        enter(school, checks, made["id"], (KEYS[0], 0, False))
    meanwhile = [(KEYS[0], 0, True)]
    append = Catalogs.append

    def later(*args: Any) -> int:
        if meanwhile:  # of another process: what this one appends was made of what it had read before
            enter(school, checks, made["id"], meanwhile.pop())
        return append(*args)

    monkeypatch.setattr(Catalogs, "append", later)
    found = enter(school, other, made["id"], (KEYS[0], 0, right))
    assert found["rows"][0]["right"] == [right]
    assert standing(recorded) == ([] if right is None else [right])
    kept = school.catalogs.latest(school.tenant).planned.checks[CLASS][made["id"]]
    assert (kept.contradicting, kept.unrecorded) == ({}, {})


def test_what_cannot_be_asked_or_entered(school: School) -> None:
    checks, _ = checks_of(school)
    made = checks.make(school.tenant, CLASS, 2, "Ms K")
    for result, field in ((("mbox:mailto:z@z.example", 0, True), "learner"), ((KEYS[0], 7, True), "question")):
        with pytest.raises(Invalid) as refused:
            enter(school, checks, made["id"], result)
        assert refused.value.field == f"results.0.{field}"
    with pytest.raises(NoCheck):
        enter(school, checks, "none")
    with pytest.raises(NoClass):
        checks.make(school.tenant, "nope", 4, "Ms K")
    for skill in SKILLS:
        for screen in (True, False):
            school.say(Material(id=f"https://a.example/{skill}/alone/{screen}", removed=True))
    with pytest.raises(NoQuestions):
        checks.make(school.tenant, CLASS, 4, "Ms K")


def test_one_of_a_roster_without_a_key_is_named(school: School) -> None:
    school.say(Class(id=CLASS, learners=[Member(learner="person:42", name="Ada")], skills=SKILLS))
    checks, _ = checks_of(school)
    made = checks.make(school.tenant, CLASS, 1, "Ms K")
    with pytest.raises(Invalid, match="no key"):
        enter(school, checks, made["id"], ("person:42", 0, True))


@pytest.mark.parametrize("before", [True, False])
def test_an_answer_is_a_try_of_its_own_however_often_the_item_was_answered_before(school: School, before: bool) -> None:
    """It neither repeats nor judges again what was answered before."""
    checks, recorded = checks_of(school)
    made = checks.make(school.tenant, CLASS, 1, "Ms K")
    enter(school, checks, made["id"], (KEYS[0], 0, True))
    again = checks.make(school.tenant, CLASS, 1, "Ms K")
    enter(school, checks, again["id"], (KEYS[0], 0, False))
    first, second = recorded.statements
    earlier = {**first, "id": str(uuid.uuid4()), "result": {"success": before}, "timestamp": "2026-03-01T10:00:00Z"}
    earlier["context"] = {}  # a tool's
    second["object"] = first["object"]
    read = [o for n, one in enumerate([earlier, first, second]) for o in interpret(one, Catalog(), "t", 0, n)]
    found = [one.outcome for one in resolve(sorted(read, key=lambda o: o.order))[0] if one.kind is Kind.ATTEMPT]
    assert found[0] == float(before)
    assert set(found[1:]) == {0.0, 1.0}  # both checks are of one moment here
    assert len(found) == 3


def test_groups_follow_the_check(school: School) -> None:
    checks, _ = checks_of(school)
    groups = Groups(school.planner.store, school.catalogs.latest, lambda: NOW)
    made = checks.make(school.tenant, CLASS, 2, "Ms K")
    wrong = [(key, 0, False) for key in KEYS[:3]] + [(key, 1, True) for key in KEYS[:3]]
    other = [(key, 0, True) for key in KEYS[3:7]] + [(key, 1, False) for key in KEYS[3:7]]
    enter(school, checks, made["id"], *wrong, *other)
    found = groups.form(school.tenant, CLASS, Sizes(least=2, most=4), 2, KEYS[7:], made["id"])
    by_skill = {one["skill"]["id"]: {m["learner"] for m in one["members"]} for one in found["groups"]}
    assert by_skill == {made["questions"][0]["skill"]: set(KEYS[:3]), made["questions"][1]["skill"]: set(KEYS[3:7])}
    assert all(member["gain"] == 1.0 for one in found["groups"] for member in one["members"])
    assert {one["learner"] for one in found["left"] if not one["takes_part"]} == set(KEYS[7:])
    unsaid = groups.form(school.tenant, CLASS, Sizes(least=2, most=4), 2, KEYS[7:])
    assert unsaid == found  # without one, that of today, as on the page of the class
    newer = checks.make(school.tenant, CLASS, 2, "Ms K")  # which nobody has answered yet
    assert groups.form(school.tenant, CLASS, Sizes(least=2, most=4), 2, KEYS[7:], newer["id"]) == found
    later = Groups(school.planner.store, school.catalogs.latest, lambda: NOW + DAY)
    assert (found["check"], later.form(school.tenant, CLASS)["check"]) == (made["id"], "")
    school.say(Timetable(id=CLASS, apart=[(KEYS[0], KEYS[1])]))
    again = groups.form(school.tenant, CLASS, Sizes(least=2, most=4), 2, KEYS[7:], made["id"])
    assert not any({KEYS[0], KEYS[1]} <= {m["learner"] for m in one["members"]} for one in again["groups"])


def define(school: School, item: str, text: str, interaction: dict[str, Any]) -> None:
    """What statements said of an item."""
    rows = [(school.tenant, item, "description", "en", text), (school.tenant, item, "interaction", "", interaction)]
    types = {"tenant": "String", "activity": "String", "part": "String", "key": "String", "value": "String"}
    kept = [(*one[:4], orjson.dumps(one[4]).decode()) for one in rows]
    columns = [*map(list, zip(*kept, strict=True)), [1] * len(kept)]
    school.planner.store.insert("definitions", [*types, "version"], [*types.values(), "UInt128"], columns)


def test_a_check_keeps_what_a_page_can_ask_and_says_why_the_rest_is_on_paper(school: School) -> None:
    ids = [f"https://a.example/{skill}/alone/{screen}" for skill in SKILLS for screen in (True, False)]
    asked = AskedQuestion(type="true-false", text="1/2 is 0.5", correct=["true"])
    school.say(Material(id=ids[0], question=asked))
    define(school, ids[1], "What is a half of 3?", {"interactionType": "numeric", "correctResponsesPattern": ["1.5"]})
    define(school, ids[2], "Which?", {"interactionType": "choice", "choices": [{"id": "a"}, {"id": "b"}]})
    pairs = [{"id": "a"}]
    matching = {"interactionType": "matching", "source": pairs, "target": pairs}
    define(school, ids[3], "Match", matching | {"correctResponsesPattern": ["a[.]a"]})
    two = {"interactionType": "fill-in", "correctResponsesPattern": ["one[,]two"]}
    define(school, ids[4], "_ and _", two)
    checks, _ = checks_of(school)
    made = checks.make(school.tenant, CLASS, 12, "Ms K")
    found = {one["item"]: (one["asked"] and one["asked"]["text"], one["on_paper"]) for one in made["questions"]}
    assert found == {
        ids[0]: ("1/2 is 0.5", ""),
        ids[1]: ("What is a half of 3?", ""),
        ids[2]: (None, "answer"),
        ids[3]: (None, "type"),
        ids[4]: (None, "type"),
        ids[5]: (None, "text"),
    }


@pytest.fixture
def asked(school: School) -> tuple[OpeningChecks, Recorded, OwnCheck]:
    """A check of two questions for a device, as the first learner has it."""
    checks, recorded = checks_of(school)
    for skill in SKILLS:
        item = f"https://a.example/{skill}/alone/True"
        school.say(Material(id=item, question=AskedQuestion(type="numeric", text="1/2 + 1/4?", correct=["0.75"])))
        school.say(Material(id=f"https://a.example/{skill}/alone/False", removed=True))
    checks.make(school.tenant, CLASS, 2, "Ms K")
    [own] = open_checks(school.catalogs.latest(school.tenant), KEYS[0], NOW)
    return checks, recorded, own


def test_what_a_learner_answers_is_said_by_that_learner_and_only_once(
    school: School, asked: tuple[OpeningChecks, Recorded, OwnCheck]
) -> None:
    checks, recorded, own = asked
    assert (own.done, own.next and own.next[0], len(own.asked)) == (0, 0, 2)
    asyncio.run(checks.answer(school.tenant, own, 0, "0.75"))
    asyncio.run(checks.answer(school.tenant, own, 0, "3"))  # it was answered
    asyncio.run(checks.answer(school.tenant, own, 1, None))
    first, second = recorded.statements
    assert first["actor"] == {"objectType": "Agent", "mbox": KEYS[0].removeprefix("mbox:"), "name": "Ada"}
    assert first["result"] == {"success": True, "response": "0.75"}
    assert second["result"] == {"success": False}
    assert "instructor" not in first["context"]
    assert BY not in first["context"]["extensions"]
    enter(school, checks, own.id, (KEYS[1], 0, False))
    assert {one["context"]["registration"] for one in recorded.statements} == {first["context"]["registration"]}
    [now] = open_checks(school.catalogs.latest(school.tenant), KEYS[0], NOW)
    assert (now.done, now.next) == (2, None)
    assert checks.sheet(school.tenant, CLASS, own.id)["finished"] == (1, len(KEYS))


def test_a_teacher_corrects_what_a_learner_answered_and_may_let_them_answer_again(
    school: School, asked: tuple[OpeningChecks, Recorded, OwnCheck]
) -> None:
    checks, recorded, own = asked
    asyncio.run(checks.answer(school.tenant, own, 0, "3"))
    enter(school, checks, own.id, (KEYS[0], 0, True))
    assert standing(recorded) == [True]
    asyncio.run(checks.answer(school.tenant, own, 0, "0.75"))
    assert standing(recorded) == [True]
    assert len(recorded.statements) == 3
    enter(school, checks, own.id, (KEYS[0], 0, None))
    assert standing(recorded) == []
    asyncio.run(checks.answer(school.tenant, own, 0, "0.75"))
    assert standing(recorded) == [True]
    assert "instructor" not in recorded.statements[-1]["context"]


def test_a_check_is_open_on_its_day_for_the_class_until_there_is_a_newer_one(
    school: School, asked: tuple[OpeningChecks, Recorded, OwnCheck]
) -> None:
    checks, _, own = asked
    catalog = school.catalogs.latest(school.tenant)
    assert open_checks(catalog, KEYS[0], NOW + DAY) == []
    assert open_checks(catalog, "mbox:mailto:stranger@school.example", NOW) == []
    newer = checks.make(school.tenant, CLASS, 1, "Ms K")["id"]
    assert [one.id for one in open_checks(school.catalogs.latest(school.tenant), KEYS[0], NOW)] == [newer]
    assert newer != own.id
