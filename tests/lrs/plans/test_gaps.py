"""What the opening check changes of who is in which group, and that nobody works on what rests on what needs help."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.plans.gaps import all_before
from lrs.plans.groups import GROUP_SIZES, USUAL_GROUPS, lesson_groups
from schemas.catalog import Catalog, Skill
from schemas.decision import Decision
from schemas.lesson_asks import AskedLesson
from schemas.opening_check import Check, CheckResults, EnteredResult, Question
from tests.lrs.plans.test_groups import board, cell, learner

# Carrying requires halving, which requires adding; counting, which the class does not teach, comes before adding.
REQUIRED = {"a": ["z"], "b": ["a"], "c": ["b"]}
Answers = dict[str, list[bool]]  # to the questions of a check, by skill
UNTAUGHT = {"skill": "z", "name": "Counting", "mastery": 0.2, "decision": "help", "assumed": False, "overruled": False}


def catalog_of(required: dict[str, list[str]], rows: list[dict[str, Any]], answers: dict[str, Answers]) -> Catalog:
    """With a check C. answers: by name of a learner."""
    catalog = Catalog()
    for skill, before in required.items():
        catalog.apply(Skill(id=skill, name=skill, requires=before), 1, 1)
    of_skill = {
        skill: max((len(of[skill]) for of in answers.values() if skill in of), default=0) for skill in ("a", "b", "c")
    }
    questions = [skill for skill, many in of_skill.items() for _ in range(many)]
    asked = [Question(item=s, name=s, skill=s, skill_name=s, opens=s, bits=1.0) for s in questions]
    results = [
        EnteredResult(learner=row["learner"], question=questions.index(skill) + number, right=right)
        for row in rows
        for skill, of in answers.get(row["name"], {}).items()
        for number, right in enumerate(of)
    ]
    if results:
        catalog.apply(Check(id="C", class_id="7b", by="t", questions=asked), 1, 1)
        catalog.apply(CheckResults(id="C", class_id="7b", by="t", results=results), 2, 2)
    return catalog


def formed(
    found: dict[str, Any],
    answers: dict[str, Answers] | None = None,
    required: dict[str, list[str]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    catalog = catalog_of(REQUIRED if required is None else required, found["learners"], answers or {})
    return lesson_groups(found, catalog, check="C", **more)


def where(groups: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    """By name: the skill of the group, what it is for, and why."""
    return {
        member["name"]: (group["skill"]["id"], group["purpose"], member["why"])
        for group in groups["groups"]
        for member in group["members"]
    }


ONE_OF_THREE, TWO_OF_THREE = [True, False, False], [True, True, False]
ELSEWHERE = cell("a", "advance", 0.95)


@pytest.mark.parametrize(
    ("cells", "answers", "placed"),
    [
        pytest.param(
            [cell("b", "help", 0.2), cell("c", "practise", 0.6)],
            {"c": ONE_OF_THREE},
            ("b", "help", "8 wrong in a row in Halving · 2 days ago"),
            id="what the skill requires needs help",
        ),
        pytest.param(
            [cell("a", "help", 0.2), cell("b", "advance", 0.9), cell("c", "practise", 0.6)],
            {"c": TWO_OF_THREE},
            ("a", "help", "8 wrong in a row in Adding · 2 days ago"),
            id="what comes long before it needs help",
        ),
        pytest.param(
            [cell("b", "practise", 0.6), cell("c", "practise", 0.6)],
            {"c": ONE_OF_THREE},
            ("b", "help", "Carrying: 1 of 3 right in the check"),
            id="few right, and what it requires is not yet enough",
        ),
        pytest.param(
            [cell("b", "practise", 0.86), cell("c", "practise", 0.6)],
            {"c": ONE_OF_THREE},
            ("c", "help", "1 of 3 right in the check"),
            id="few right, and what it requires is nearly there",
        ),
        pytest.param(
            [cell("b", "practise", 0.6), cell("c", "practise", 0.6)],
            {"c": TWO_OF_THREE},
            ("c", "practise", "2 of 3 right in the check"),
            id="most right: it stays with its skill",
        ),
        pytest.param(
            [cell("b", "help", 0.2), cell("c", "practise", 0.6)],
            {"c": ONE_OF_THREE, "b": [True, True]},
            ("c", "help", "1 of 3 right in the check"),
            id="the check has all of what it requires right",
        ),
        pytest.param(
            [cell("b", "advance", 0.9), cell("c", "wait", None)],
            {"b": [False, False], "c": ONE_OF_THREE},
            ("c", "help", "1 of 3 right in the check"),
            id="a slip in what is known does not lead back",
        ),
        pytest.param(
            [cell("a", "help", 0.2, leads="z"), cell("c", "practise", 0.6)],
            {"c": ONE_OF_THREE},
            ("z", "help", "8 wrong in a row in Adding · 2 days ago"),
            id="help that leads back further",
        ),
        pytest.param(
            [{**cell("a", "practise", 0.6), "evidence": {"prerequisites": [UNTAUGHT]}}],
            {"a": TWO_OF_THREE},
            ("z", "help", "20% mastered"),
            id="what the class does not teach needs help",
        ),
        pytest.param(
            [{**cell("a", "practise", 0.6), "evidence": {"prerequisites": [UNTAUGHT]}}],
            {},
            ("z", "help", "20% mastered"),
            id="by the evidence alone, too",
        ),
    ],
)
def test_where_a_learner_begins_whom_the_check_shows_to_lack_something(
    cells: list[dict[str, Any]], answers: Answers, placed: tuple[str, str, str]
) -> None:
    found = board(learner("Ada", *cells), learner("Ben", *cells))
    assert where(formed(found, {"Ada": answers, "Ben": answers})) == {"Ada": placed, "Ben": placed}


def test_who_needs_a_person_keeps_that_group_before_a_smaller_gap_of_the_check() -> None:
    """Ada and Ben need help in halving; the check shows a gap in adding to them, too, as to all others."""
    both = (cell("a", "practise", 0.85), cell("b", "help", 0.3))
    found = board(
        *(learner(name, *both) for name in ("Ada", "Ben")),
        *(learner(name, cell("a", "practise", 0.85)) for name in ("Cem", "Dua", "Eva", "Fin")),
    )
    groups = where(formed(found, {row["name"]: {"a": TWO_OF_THREE} for row in found["learners"]}, {}))
    assert {name: group[:2] for name, group in groups.items()} == {
        **dict.fromkeys(("Ada", "Ben"), ("b", "help")),
        **dict.fromkeys(("Cem", "Dua", "Eva", "Fin"), ("a", "practise")),
    }


def test_who_alone_needs_help_is_joined_by_who_practises_the_same() -> None:
    """The check shows a larger gap elsewhere to those who would practise with Ada."""
    found = board(
        learner("Ada", cell("b", "help", 0.3)),
        *(learner(name, cell("a", "practise", 0.2), cell("b", "practise", 0.7)) for name in ("Ben", "Cem")),
    )
    answers = {name: {"a": [True, False]} for name in ("Ben", "Cem")}
    assert where(formed(found, answers, {}))["Ada"][:2] == ("b", "help")


def test_a_persons_word_comes_before_what_needs_help() -> None:
    said = {"decision": "practise", "by": "Ms K", "reason": "now", "at": 1, "until": None}
    cells = (cell("a", "help", 0.2), cell("b", "practise", 0.6))
    decided = ({**cells[1], "overruled": said},)
    found = board(learner("Ada", *decided), learner("Ben", *cells), learner("Cem", *cells))
    key = {row["name"]: row["learner"] for row in found["learners"]}
    assert {name: group[0] for name, group in where(formed(found)).items()} == {"Ben": "a", "Cem": "a"}
    asks = {key["Ben"]: {"b": AskedLesson(1)}}  # to ask is no reason to leave out what comes before
    assert {name: group[0] for name, group in where(formed(found, asks=asks)).items()} == {"Ben": "a", "Cem": "a"}
    asks = {key["Ben"]: {"b": AskedLesson(1, 2)}}
    assert {name: group[0] for name, group in where(formed(found, asks=asks)).items()} == {"Ada": "b", "Ben": "b"}


def test_what_requires_each_other_hides_nothing() -> None:
    found = board(*(learner(name, cell("a", "help", 0.2), cell("b", "help", 0.3)) for name in ("Ada", "Ben")))
    none = {"a": [False], "b": [False]}
    assert len(where(formed(found, {"Ada": none, "Ben": none}, {"a": ["b"], "b": ["a"]}))) == 2


_SKILLS = ("a", "b", "c")
_DECISIONS = st.sampled_from([str(decision) for decision in Decision])
_ROW = st.dictionaries(st.sampled_from(_SKILLS), st.tuples(_DECISIONS, st.none() | st.floats(0.0, 0.99)), max_size=3)
_ANSWERS = st.dictionaries(st.sampled_from(_SKILLS), st.lists(st.booleans(), min_size=1, max_size=3), max_size=2)
_GRAPH = st.sampled_from([{}, {"b": ["a"]}, REQUIRED, {"c": ["a", "b"]}])


@given(st.lists(st.tuples(_ROW, _ANSWERS), max_size=10), _GRAPH)
def test_help_comes_first_and_what_rests_on_it_waits(
    rows: list[tuple[dict[str, tuple[str, float | None]], Answers]], required: dict[str, list[str]]
) -> None:
    found = board(
        *(
            learner(f"L{number}", *(cell(skill, decision, now) for skill, (decision, now) in row.items()))
            for number, (row, _) in enumerate(rows)
        )
    )
    answers = {f"L{number}": of for number, (_, of) in enumerate(rows)}
    groups = formed(found, answers, required)["groups"]
    skill_of = {member["name"]: group["skill"]["id"] for group in groups for member in group["members"]}
    assert len(skill_of) == sum(len(group["members"]) for group in groups)  # everybody in one group at most

    def before(skill: str) -> set[str]:
        return set(all_before(skill, lambda one: required.get(one, ())))

    needs: dict[str, set[str]] = {}
    begins: dict[str, set[str]] = {}  # what help begins with, where the check has no word in it
    for number, (row, of) in enumerate(rows):
        helped = {skill for skill, (decision, _) in row.items() if decision == "help"}
        needs[f"L{number}"] = helped - {skill for skill, right in of.items() if all(right)}
        begins[f"L{number}"] = {s for s in helped if before(s).isdisjoint(helped) and not of.keys() & {s, *before(s)}}
    for name, skill in skill_of.items():
        assert needs[name].isdisjoint(before(skill))
    placed = {member["name"] for group in groups for member in group["members"] if member["help"]}
    has_room = {
        group["skill"]["id"]
        for group in groups
        if len(group["members"]) < GROUP_SIZES.most or not all(member["help"] for member in group["members"])
    }
    left = [skill for name in begins.keys() - placed for skill in begins[name]]
    assert has_room.isdisjoint(left), (rows, required)
    assert len(groups) == USUAL_GROUPS or len(left) == len({*left}), (rows, required)
