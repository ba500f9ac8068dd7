"""Deciding what can have changed gives what deciding everything does."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from lrs.pacing.decide import MasteryRow
from lrs.pacing.decision_rows import DecisionRow, Key, decisions_of
from processors.stages.decided_learners import REMEMBERED, WHOLE_AFTER, DecidedLearners, known_of
from schemas.catalog import Catalog, Class, Skill
from schemas.days import DAY
from schemas.decision import Decision
from schemas.overruling import Overrule
from tests.support.examples import examples

NOW = 1_900_000_000_000_000
SKILLS = ("a", "b", "c", "d", "e", "f")

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
_evidence = st.dictionaries(st.sampled_from(SKILLS), _rows)
_graphs: st.SearchStrategy[dict[str, list[str]]] = st.one_of(
    st.just({}),
    st.dictionaries(st.sampled_from(SKILLS), st.lists(st.sampled_from(SKILLS), unique=True, max_size=3)),
)
_orders = st.lists(st.lists(st.sampled_from(SKILLS), unique=True), max_size=2)
_words = st.dictionaries(
    st.sampled_from(SKILLS),
    st.tuples(st.sampled_from([None, Decision.ADVANCE, Decision.HELP, Decision.WAIT]), st.none() | st.integers(40, 60)),
    max_size=2,
)


def _school(
    requires: Mapping[str, list[str]], orders: list[list[str]], words: Mapping[str, tuple[Decision | None, int | None]]
) -> tuple[Catalog, list[Class]]:
    catalog = Catalog()
    for skill in SKILLS:
        catalog.apply(Skill(id=skill, requires=requires.get(skill, [])), 0, 0)
    for number, skills in enumerate(orders):
        catalog.apply(Class(id=f"class-{number}", skills=skills), 1, 0)
    for skill, (decision, days) in words.items():
        until = None if days is None else NOW + days * DAY  # what ends is looked at by itself
        catalog.apply(Overrule(learner="ada", skill=skill, decision=decision, reason="r", by="K", until=until), 2, 0)
    return catalog, list(catalog.classes.values())


def _merged(
    before: Mapping[Key, DecisionRow], again: Mapping[Key, DecisionRow], timeless: bool
) -> dict[Key, tuple[object, ...]]:
    """The rows in full, or without what the clock does to the numbers in a reason and to which skill is the weakest."""
    rows = {**before, **again}
    return {
        key: tuple(row)
        if timeless
        else (row.decision, row.computed, row.attempts, row.last_time, row.policy, row.until)
        + ((row.next_skill,) if row.decision == Decision.ADVANCE else ())
        for key, row in rows.items()
    }


_answers = st.dictionaries(st.sampled_from(SKILLS), st.none() | _rows, max_size=2)  # None: all of them were voided


@given(_graphs, _orders, _words, _evidence, _answers, st.data())
@examples(300, 3000)
def test_what_an_answer_can_have_changed_is_decided_again_and_nothing_else_need_be(
    requires: dict[str, list[str]],
    orders: list[list[str]],
    words: dict[str, tuple[Decision | None, int | None]],
    evidence: dict[str, MasteryRow],
    answered: dict[str, MasteryRow | None],
    data: st.DataObject,
) -> None:
    """Over random graphs, classes, overrulings, evidence, answers and voids, at once and when the clock went on."""
    catalog, classes = _school(requires, orders, words)
    after = {skill: row for skill, row in sorted({**evidence, **answered}.items()) if row is not None}
    before = decisions_of(catalog, "ada", classes, dict(sorted(evidence.items())), NOW)
    known = known_of(
        {key: row._asdict() for key, row in before.items()},
        {skill: 2 if skill in answered else 1 for skill in after},
        1,
    )
    wait = data.draw(st.sampled_from([0, DAY]) | st.integers(0, 39 * DAY))
    now = NOW + wait
    again = decisions_of(catalog, "ada", classes, after, now, known)
    whole = decisions_of(catalog, "ada", classes, after, now)
    assert _merged({} if known is None else before, again, not wait) == _merged(whole, {}, not wait)
    assert all(again[key] == whole[key] for key in again)


def test_an_answer_has_only_its_skill_and_what_requires_it_decided_again() -> None:
    catalog, classes = _school({"b": ["a"], "c": ["b"], "e": ["d"]}, [list(SKILLS)], {})
    poor = MasteryRow(0.5, 0.4, 0.6, 8, 4, 1, 0.1, NOW, 4, "i", "w")
    before = decisions_of(catalog, "ada", classes, {"a": poor}, NOW)
    known = known_of({key: row._asdict() for key, row in before.items()}, {"a": 2}, 1)
    more = {"a": poor._replace(attempts=9)}
    assert decisions_of(catalog, "ada", classes, more, NOW, known).keys() == {
        ("a", "class-0"),
        ("b", "class-0"),
    }


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
