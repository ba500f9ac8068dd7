"""The answers behind a learner's numbers, and what was decided before."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.catalog.versions import active_weights
from lrs.pacing.answers import MOST_ANSWERS, answers_of, answers_on, said_before
from lrs.pacing.curve import last_of_weeks, mastery_by_week, of_other_work
from lrs.pacing.curve_events import SEEN
from lrs.store.client import Store
from processors.folds.mastery import LearnerMastery, Mastery
from processors.stages.decision_table import TYPES
from processors.stages.refold import refold
from schemas.days import DAY, day_name
from schemas.evidence import Evidence
from schemas.observation import Observation
from tests.lrs.evaluation.test_history import answer, keep
from tests.support.classroom import NOW, Classroom

ADA = "mbox:mailto:ada@school.example"
MONDAY = "2030-03-11"  # of the week before NOW, a Sunday


@pytest.fixture
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({ADA: "Ada"}, {"a": "Adding", "b": "Subtracting"})
    return made


def test_all_answers_by_week_and_the_last_one_by_one(room: Classroom) -> None:
    person = room.catalog.people.person(ADA)
    days = (0, 3, 13 * 7)
    told = [answer(room.tenant, person, NOW - day * DAY, f"i{day}", outcome=float(day != 3)) for day in days]
    other = [answer(room.tenant, person, NOW - 5, skills=("b",)), answer(room.tenant, "mailto:x@x.example", NOW - 6)]
    seen = answer(room.tenant, person, NOW - 7, outcome=None)
    keep(room.store, [*told, *other, seen])
    found = answers_of(room.store, room.catalog, room.tenant, ADA, "a", NOW)
    assert [(one["item"], one["outcome"]) for one in found["answers"]] == [("i0", 1.0), ("i3", 0.0), ("i91", 1.0)]
    weeks = found["weeks"]
    assert len(weeks) == 14
    assert weeks[-1] == {"week": MONDAY, "answers": 2, "right": 1}
    assert [week["answers"] for week in weeks[:-1]] == [1, *[0] * 12]
    assert found["more"] == 0


def test_more_than_are_shown_are_counted(room: Classroom) -> None:
    person = room.catalog.people.person(ADA)
    keep(room.store, [answer(room.tenant, person, NOW - number, f"i{number}") for number in range(MOST_ANSWERS + 5)])
    found = answers_of(room.store, room.catalog, room.tenant, ADA, "a", NOW)
    assert (len(found["answers"]), found["more"]) == (MOST_ANSWERS, 5)
    assert sum(week["answers"] for week in found["weeks"]) == MOST_ANSWERS + 5


def test_mastery_by_week_goes_back_to_the_first_answer_and_ends_where_the_row_does(room: Classroom) -> None:
    person = room.catalog.people.person(ADA)
    days = [7 * week + day for week in (0, 1, 20) for day in range(3)]
    told = [answer(room.tenant, person, NOW - day * DAY, f"i{day}", outcome=float(day % 3 > 0)) for day in days]
    other = [answer(room.tenant, person, NOW - 40 * DAY, "x", skills=("b",))]
    keep(room.store, [*told, *other])
    weeks = answers_of(room.store, room.catalog, room.tenant, ADA, "a", NOW)["weeks"]
    found = mastery_by_week(room.store, room.catalog, room.tenant, ADA, ["a"])["a"]
    assert [one.week for one in found] == [one["week"] for one in weeks if one["answers"]]
    rows = refold(Mastery(active_weights(room.catalog)), sorted(told + other, key=lambda one: one.order)).rows
    assert found[-1].mastery == rows["a"][2 + Mastery.columns.index("mastery")]
    assert len({one.mastery for one in found}) == 3
    assert found[-1].last == NOW
    assert mastery_by_week(room.store, room.catalog, room.tenant, ADA, ["c"]) == {}


def test_work_on_other_skills_is_a_step_of_its_own_and_only_of_who_came_back_from_it(room: Classroom) -> None:
    person = room.catalog.people.person(ADA)
    minute = 60_000_000

    def worked(skill: str, week: int, right: float, count: int = 6) -> list[Observation]:
        start = NOW - week * 7 * DAY
        return [
            answer(room.tenant, person, start + at * minute, f"{skill}{week}{at}", (skill,), outcome=right)
            for at in range(count)
        ]

    keep(room.store, [*worked("a", 3, 0.0), *worked("b", 2, 1.0, 30), *worked("a", 1, 1.0, 1), *worked("a", 0, 1.0)])
    found = mastery_by_week(room.store, room.catalog, room.tenant, ADA, ["a", "b"])
    first, back, after = found["a"]
    assert back.other_work > SEEN
    assert back.other_work <= back.mastery - first.mastery
    assert (first.other_work, after.other_work) == (0.0, 0.0)
    [lone] = found["b"]
    assert mastery_by_week(room.store, room.catalog, room.tenant, ADA, ["b"]) == {"b": [lone]}
    assert lone.other_work == 0.0


def test_an_answer_that_the_fold_cannot_digest_is_left_out_of_its_week(
    room: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = room.catalog.people.person(ADA)
    keep(room.store, [answer(room.tenant, person, NOW - n * DAY, f"i{n}", outcome=1.0) for n in (9, 8, 1)])
    step = Mastery.step

    def poisoned(fold: Mastery, state: LearnerMastery, evidence: Evidence) -> None:
        if evidence.item == "i8":
            raise ValueError
        step(fold, state, evidence)

    monkeypatch.setattr(Mastery, "step", poisoned)
    weeks = mastery_by_week(room.store, room.catalog, room.tenant, ADA, ["a"])["a"]
    assert [one.last for one in weeks] == [NOW - 9 * DAY, NOW - DAY]


def test_of_each_week_the_last_point_is_kept_by_the_days_of_the_zone() -> None:
    monday = 1_899_417_600_000_000  # 2030-03-11, 00:00 UTC
    points = [(monday - 2, 0.1), (monday - 1, 0.2), (monday, 0.3), (monday + 8 * DAY, 0.4)]
    assert last_of_weeks(points, "") == [points[1], points[2], points[3]]
    assert last_of_weeks(points, "Pacific/Kiritimati") == points[2:]  # where it was Monday for long


@given(*[st.floats(-1, 1)] * 2)
def test_other_work_is_never_more_than_is_shown_and_goes_the_same_way(estimate: float, shown: float) -> None:
    found = of_other_work(estimate, shown)
    assert abs(found) <= min(abs(estimate), abs(shown))
    assert found == 0 or (found > 0) == (shown > 0) == (estimate > 0)
    assert of_other_work(-estimate, -shown) == -found


def test_the_answers_of_a_day(room: Classroom) -> None:
    person = room.catalog.people.person(ADA)
    keep(
        room.store,
        [answer(room.tenant, person, NOW - day * DAY, f"i{day}", skills=(s,)) for day, s in ((0, "a"), (1, "b"))],
    )
    found = answers_on(room.store, room.catalog, room.tenant, ADA, day_name((NOW - DAY) // DAY))
    assert [(one["item"], one["skills"]) for one in found] == [("i1", ["b"])]
    with pytest.raises(ValueError, match="Invalid isoformat"):
        answers_on(room.store, room.catalog, room.tenant, ADA, "yesterday")


def test_a_first_attempt_at_an_item_says_so_whichever_skill_and_key_it_was_for(room: Classroom) -> None:
    person = room.catalog.people.person(ADA)
    told = [
        answer(room.tenant, person, NOW - 9 * DAY, "i", skills=("b",), outcome=0.0),
        answer(room.tenant, person, NOW - 8 * DAY, "i", outcome=1.0),
        answer(room.tenant, person, NOW - 7 * DAY, "j", outcome=0.0),
        answer(room.tenant, person, NOW - 7 * DAY + 60_000_000, "j", outcome=1.0),
        answer(room.tenant, person, NOW - 6 * DAY, "k", outcome=None),
        answer(room.tenant, person, NOW - 5 * DAY, "k", outcome=1.0),
    ]
    other = [answer(room.tenant, "mailto:x@x.example", NOW - 20 * DAY, "k")]
    keep(room.store, [*told, *other])
    found = answers_of(room.store, room.catalog, room.tenant, ADA, "a", NOW)["answers"]
    assert [(one["item"], one["first"]) for one in found] == [("k", 1), ("j", 0), ("j", 1), ("i", 0)]
    on_day = answers_on(room.store, room.catalog, room.tenant, ADA, day_name((NOW - 7 * DAY) // DAY))
    assert [one["first"] for one in on_day] == [0, 1]


def test_nothing_was_answered(room: Classroom) -> None:
    found = answers_of(room.store, room.catalog, room.tenant, ADA, "a", NOW)
    assert (found["answers"], found["weeks"], found["more"]) == ([], [], 0)


def test_what_was_said_before_is_there_once_and_the_latest_first(room: Classroom) -> None:
    row: dict[str, object] = dict.fromkeys(TYPES, 0) | {
        **{
            "tenant": room.tenant,
            "learner": room.catalog.people.person(ADA),
            "skill": "a",
            "reason": "r",
            "weights": "",
        },
        **{"computed": "help", "next_skill": "a", "estimate": 0.5, "attempts": 4},
    }
    said = [("7a", "help", 5), ("7b", "help", 5), ("7a", "practise", 9)]
    rows = [row | {"class": class_, "decision": decision, "since": since} for class_, decision, since in said]
    columns = [[one[name] for one in rows] for name in TYPES]
    room.store.insert("decision_history", list(TYPES), list(TYPES.values()), columns)
    found = said_before(room.store, room.catalog, room.tenant, ADA)
    assert [(one["decision"], one["since"]) for one in found] == [("practise", 9), ("help", 5)]
