"""Deciding what can have changed gives what deciding everything does."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.pacing.decide import MasteryRow
from lrs.pacing.decision_rows import DecisionRow, Key, decisions_of
from processors.stages.decided_learners import REMEMBERED, WHOLE_AFTER, DecidedLearners, earlier_decisions
from schemas.catalog import Catalog, Class, Skill
from schemas.days import DAY
from schemas.decision import Decision
from schemas.narrowed_policy import NarrowedPolicy
from schemas.overruling import Overrule
from tests.support.examples import examples

NOW = 1_900_000_000_000_000
SKILLS = ("a", "b", "c", "d", "e", "f")
_CLASSES = ("class-0", "class-1")

_rows = st.builds(
    lambda mastery, low, attempts, streak, ago: MasteryRow(
        mastery, mastery - low, min(1.0, mastery + low), attempts, 0, streak, 0.1, NOW - round(ago * DAY), 4, "i", "w"
    ),
    st.floats(0.3, 1.0),
    st.floats(0.0, 0.3),
    st.sampled_from([0, 2, 5, 8, 20]),
    st.sampled_from([-5, 1]),
    st.floats(0, 20),
)
_tried = st.builds(lambda row, attempts: row._replace(attempts=attempts), _rows, st.sampled_from([5, 20]))
_evidence = st.one_of(
    st.dictionaries(st.sampled_from(SKILLS), _rows),
    st.fixed_dictionaries(dict.fromkeys("abc", _tried), optional=dict.fromkeys("def", _rows)),
)
_graphs: st.SearchStrategy[dict[str, list[str]]] = st.one_of(
    st.just({}),
    st.dictionaries(st.sampled_from(SKILLS), st.lists(st.sampled_from(SKILLS), unique=True, max_size=3)),
)
_orders = st.lists(st.lists(st.sampled_from(SKILLS), unique=True), max_size=2)
_schools = st.one_of(
    st.tuples(_graphs, _orders),
    st.tuples(  # much of what a class requires is not taught in it
        st.dictionaries(st.sampled_from("def"), st.lists(st.sampled_from("abc"), unique=True, min_size=2), min_size=1),
        st.lists(st.lists(st.sampled_from("def"), unique=True, min_size=1), min_size=2, max_size=2),
    ),
)
_words = st.dictionaries(
    st.sampled_from(SKILLS),
    st.tuples(st.sampled_from([None, Decision.ADVANCE, Decision.HELP, Decision.WAIT]), st.none() | st.integers(40, 60)),
    max_size=2,
)
# Thresholds of a class: a skill that it does not teach is judged by two policies.
_policies = st.fixed_dictionaries(
    {}, optional={class_: st.sampled_from([{"stale_after": 3.0}, {"stale_after": 20.0}]) for class_ in _CLASSES}
)


def _school(
    requires: Mapping[str, list[str]],
    orders: list[list[str]],
    words: Mapping[str, tuple[Decision | None, int | None]],
    policies: Mapping[str, dict[str, float]] | None = None,
) -> tuple[Catalog, list[Class]]:
    catalog = Catalog()
    for skill in SKILLS:
        catalog.apply(Skill(id=skill, requires=requires.get(skill, [])), 0, 0)
    for number, skills in enumerate(orders):
        catalog.apply(Class(id=_CLASSES[number], skills=skills), 1, 0)
    for skill, (decision, days) in words.items():
        until = None if days is None else NOW + days * DAY  # what ends is looked at by itself
        catalog.apply(Overrule(learner="ada", skill=skill, decision=decision, reason="r", by="K", until=until), 2, 0)
    for class_, thresholds in (policies or {}).items():
        catalog.apply(NarrowedPolicy(class_id=class_, thresholds=thresholds), 5, 0)
    return catalog, list(catalog.classes.values())


def _merged(rows: Mapping[Key, DecisionRow], timeless: bool, fading: bool) -> dict[Key, tuple[object, ...]]:
    """The rows in full, or without what the clock does to the numbers in a reason.

    Of rows that do not fade, what a wait names has no days in it.
    """
    compared: dict[Key, tuple[object, ...]] = {}
    for (skill, class_), row in rows.items():
        fields: tuple[object, ...] = (row.decision, row.computed, row.next_skill, row.attempts, row.last_time)
        fields += (row.policy, row.until)
        if not fading:
            fields += (row.estimate, row.low, row.high, row.reason if row.decision == Decision.WAIT else None)
        compared[skill, class_] = tuple(row) if timeless else fields
    return compared


_answers = st.dictionaries(st.sampled_from(SKILLS), st.none() | _rows, max_size=2)  # None: all of them were voided


@given(_schools, _words, _policies, _evidence, _answers, st.booleans(), st.data())
@examples(600, 6000)
def test_what_an_answer_can_have_changed_is_decided_again_and_nothing_else_need_be(
    school: tuple[dict[str, list[str]], list[list[str]]],
    words: dict[str, tuple[Decision | None, int | None]],
    policies: dict[str, dict[str, float]],
    evidence: dict[str, MasteryRow],
    answered: dict[str, MasteryRow | None],
    fading: bool,
    data: st.DataObject,
) -> None:
    """Over random graphs, classes and their policies, overrulings, evidence, answers and voids, at once and later."""
    catalog, classes = _school(*school, words, policies)
    if not fading:
        evidence = {skill: row._replace(forget_drop=0.0) for skill, row in evidence.items()}
        answered = {skill: row and row._replace(forget_drop=0.0) for skill, row in answered.items()}
    after = {skill: row for skill, row in sorted({**evidence, **answered}.items()) if row is not None}
    before = decisions_of(catalog, "ada", classes, dict(sorted(evidence.items())), NOW)
    known = earlier_decisions(
        {key: row._asdict() for key, row in before.items()},
        {skill: 2 if skill in answered else 1 for skill in after},
        1,
    )
    due = sorted({row.until - NOW for row in before.values() if row.until is not None and row.until < NOW + 39 * DAY})
    wait = data.draw(st.sampled_from([0, DAY, *due]) | st.integers(0, 39 * DAY))
    now = NOW + wait
    again = decisions_of(catalog, "ada", classes, after, now, known)
    whole = decisions_of(catalog, "ada", classes, after, now)
    table = again if known is None else {**before, **again}
    assert _merged(table, not wait, fading) == _merged(whole, not wait, fading)
    assert all(again[key] == whole[key] for key in again)


def test_an_answer_has_only_its_skill_and_what_requires_it_decided_again() -> None:
    catalog, classes = _school({"b": ["a"], "c": ["b"], "e": ["d"]}, [list(SKILLS)], {})
    poor = MasteryRow(0.5, 0.4, 0.6, 8, 4, 1, 0.1, NOW, 4, "i", "w")
    before = decisions_of(catalog, "ada", classes, {"a": poor}, NOW)
    known = earlier_decisions({key: row._asdict() for key, row in before.items()}, {"a": 2}, 1)
    more = {"a": poor._replace(attempts=9)}
    assert decisions_of(catalog, "ada", classes, more, NOW, known).keys() == {
        ("a", "class-0"),
        ("b", "class-0"),
    }


def test_what_the_clock_changed_has_what_requires_it_decided_again_in_a_class_that_does_not_teach_it() -> None:
    catalog, classes = _school({"f": ["c", "e"]}, [["f"]], {})
    weak = MasteryRow(0.5, 0.3, 0.7, 4, 2, 1, 0.1, NOW, 4, "i", "w", forget_drop=0.0)
    evidence = {"c": weak, "e": weak._replace(mastery=0.6, attempts=20)}  # few answers grow too old to count
    before = decisions_of(catalog, "ada", classes, evidence, NOW)
    known = earlier_decisions({key: row._asdict() for key, row in before.items()}, {"c": 1, "e": 1}, 1)
    due = before["c", ""].until
    assert due is not None
    again = decisions_of(catalog, "ada", classes, evidence, due, known)
    assert ("f", "class-0") in again
    assert [rows["f", "class-0"].next_skill for rows in (before, again)] == ["c", "e"]


_FIRM = MasteryRow(0.95, 0.85, 0.99, 20, 19, 5, 0.1, NOW, 4, "i", "w", forget_drop=0.0)
_WEAK = _FIRM._replace(mastery=0.5, low=0.3, high=0.7)


@pytest.mark.parametrize(
    ("order", "requires", "evidence", "skill", "leads"),
    [
        (["f"], ["c", "e"], {"c": _WEAK._replace(attempts=4), "e": _WEAK._replace(mastery=0.6)}, "f", ["c", "e"]),
        (["f", "d"], ["c"], {"c": _FIRM._replace(attempts=5), "d": _FIRM, "f": _WEAK}, "d", ["f", ""]),
    ],
    ids=["what waits, and for what", "what advances, and to what is open"],
)
def test_what_a_class_does_not_teach_changes_when_the_thresholds_of_the_class_say_so(
    order: list[str], requires: list[str], evidence: dict[str, MasteryRow], skill: str, leads: list[str]
) -> None:
    """The row of no class has it changed by the thresholds of the learner's first class."""
    catalog, classes = _school({"f": requires}, [["a"], order], {}, {"class-1": {"stale_after": 10.0}})
    before = decisions_of(catalog, "ada", classes, evidence, NOW)
    due = before[skill, "class-1"].until
    assert due == NOW + 10 * DAY
    known = earlier_decisions({key: row._asdict() for key, row in before.items()}, dict.fromkeys(evidence, 1), 1)
    again = decisions_of(catalog, "ada", classes, evidence, due, known)
    assert [rows[skill, "class-1"].next_skill for rows in (before, again)] == leads


def test_an_answer_in_what_a_class_does_not_teach_changes_until_when_what_advances_leads_nowhere() -> None:
    catalog, classes = _school({"d": ["a"]}, [["d", "e"]], {})
    advances = _FIRM._replace(mastery=1.0, low=1.0, high=1.0, attempts=8)
    stuck = advances._replace(attempts=5, streak=-5)
    before = decisions_of(catalog, "ada", classes, {"a": stuck, "e": advances}, NOW)
    known = earlier_decisions({key: row._asdict() for key, row in before.items()}, {"a": 2, "e": 1}, 1)
    evidence = {"a": stuck._replace(last_time=NOW - DAY), "e": advances}
    again = decisions_of(catalog, "ada", classes, evidence, NOW, known)
    assert again == decisions_of(catalog, "ada", classes, evidence, NOW)
    assert [rows["e", "class-0"].next_skill for rows in (before, again)] == ["", ""]


def test_a_first_answer_in_a_class_does_not_change_until_when_what_is_in_no_class_leads_somewhere() -> None:
    word = {"a": (Decision.ADVANCE, None), "c": (Decision.ADVANCE, 60)}
    catalog, classes = _school({"f": ["c"]}, [["d", "f"]], word)
    evidence = {"a": _WEAK._replace(attempts=2), "b": _WEAK}
    before = decisions_of(catalog, "ada", classes, evidence, NOW)
    known = earlier_decisions({key: row._asdict() for key, row in before.items()}, {"a": 1, "b": 1, "f": 2}, 1)
    more = {**evidence, "f": _WEAK}
    again = decisions_of(catalog, "ada", classes, more, NOW, known)
    assert {**before, **again} == decisions_of(catalog, "ada", classes, more, NOW)


def test_all_is_decided_again_after_a_change_of_the_catalog_in_an_hour_and_of_whoever_is_forgotten() -> None:
    decided, ada, bo = DecidedLearners(), ("t", "ada"), ("t", "bo")
    assert decided.version(ada, 3, NOW) is None
    decided.keep(ada, 3, 7, NOW)
    decided.keep(ada, 3, 8, None)
    decided.keep(bo, 3, 9, NOW)
    assert decided.version(ada, 3, NOW + WHOLE_AFTER - 1) == 8
    assert decided.version(ada, 4, NOW) is None
    assert decided.version(ada, 3, NOW + WHOLE_AFTER) is None
    assert decided.version(ada, 3, NOW - 1) is None  # the clock was set back
    decided.forget([ada])
    assert [decided.version(learner, 3, NOW) for learner in (ada, bo)] == [None, 9]
    decided.clear()
    assert decided.version(bo, 3, NOW) is None


def test_the_learners_decided_last_are_remembered() -> None:
    decided = DecidedLearners()
    for number in range(REMEMBERED + 1):
        decided.keep(("t", str(number)), 1, number, NOW)
    assert decided.version(("t", "0"), 1, NOW) is None
    assert decided.version(("t", str(REMEMBERED)), 1, NOW) == REMEMBERED
