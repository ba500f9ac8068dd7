"""The compiled table says what the model says, answer by answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.mastery.answers import Answer, Answers, from_log
from processors.mastery.heads import Loss, clamp, parameters, score_next, score_shown
from processors.mastery.model import Model
from processors.mastery.rates import Rates, bases
from processors.mastery.state import LearnerHistory, SkillHistory
from processors.mastery.tabulate import AnswerTable, tabulate
from processors.mastery.weights import Weights, default_weights

DAY = 86_400_000_000

answers = st.lists(
    st.tuples(
        st.sampled_from(["i1", "i2", "i3"]),
        st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3, unique=True).map(tuple),
        st.sampled_from([0.0, 1.0, 0.3, 0.5, 0.9]),
    ),
    min_size=1,
    max_size=40,
)
logs = st.lists(answers, min_size=1, max_size=3)


def tabulated(history: list[list[Answer]], weights: Weights) -> tuple[Answers, AnswerTable]:
    log = from_log([(f"l{n}", its) for n, its in enumerate(history)])
    skills, items = len(log.skill_names), len(log.item_names)
    known = Rates(weights.rate, np.zeros(skills), np.zeros(items), np.zeros(skills, bool), np.zeros(items, bool))
    return log, tabulate(log, *bases(log, known))


@settings(max_examples=60, deadline=None)
@given(logs)
def test_both_heads_say_the_same_before_each_answer(history: list[list[Answer]]) -> None:
    weights = default_weights()
    model = Model(weights)
    log, table = tabulated(history, weights)
    mastery, of_next = parameters(weights, log)
    at_skill, at_item = np.arange(1, len(log.skill_names) + 1), np.arange(1, len(log.item_names) + 1)
    shown = score_shown(table, log, mastery, at_skill)
    nexts = score_next(table, log, of_next, at_skill, at_item)
    t = row = 0
    for its in history:
        learner, past = LearnerHistory(), dict[str, SkillHistory]()
        said: dict[str, float] = {}
        for item, skills, value in its:
            head = weights.next_item
            expected = model.next_item(learner, past, item, skills)
            assert 1 / (1 + np.exp(-head.shift - head.scale * nexts[t])) == pytest.approx(expected, abs=1e-4)
            for skill in skills:
                expected = said.get(skill) or model.mastery(learner, skill, SkillHistory())
                found = 1 / (1 + np.exp(-weights.mastery.shift - weights.mastery.scale * shown[row]))
                assert found == pytest.approx(expected, abs=1e-4)
                assert table.attempts[row] == (past[skill].attempts if skill in past else 0)
                row += 1
            model.update(learner, past, item, skills, value)
            said |= {skill: model.mastery(learner, skill, past[skill]) for skill in skills}
            t += 1


@settings(max_examples=60, deadline=None)
@given(logs)
def test_the_clamp_never_moves_against_an_answer(history: list[list[Answer]]) -> None:
    log, table = tabulated(history, default_weights())
    mastery, _ = parameters(default_weights(), log)
    z = score_shown(table, log, mastery, np.arange(1, len(log.skill_names) + 1))
    loss = Loss(np.full(len(z), 0.1), np.where(table.previous >= 0, 0.7, 0.0))
    shown = clamp(z, table, log, loss, 1.0, 0.0)
    before, once = z[shown.at] - shown.lost, z[shown.at] - shown.earlier
    assert shown.since == pytest.approx(loss.share * np.maximum(0.1 + once - z, 0.0))
    outcomes = log.outcomes[log.answer_of]
    for row, earlier in enumerate(table.previous):
        if earlier < 0 or table.previous[earlier] < 0:
            assert shown.at[row] == row
            continue
        said = 1 / (1 + np.exp(-before[earlier]))
        after = once[row]
        assert after >= before[earlier] - 1e-9 if outcomes[earlier] >= said else after <= before[earlier] + 1e-9


def test_gaps_and_days_are_of_the_skill() -> None:
    log = from_log(
        [("l", [("i", ("a",), 1.0), ("i", ("b",), 1.0), ("i", ("a",), 0.0), ("i", ("a",), 1.0)])],
        [[0, DAY, 2 * DAY, 2 * DAY + 1]],
    )
    weights = default_weights()
    known = Rates(weights.rate, np.zeros(2), np.zeros(1), np.zeros(2, bool), np.zeros(1, bool))
    table = tabulate(log, *bases(log, known))
    assert list(table.previous) == [-1, -1, 0, 2]
    assert table.gaps == pytest.approx([0, 0, 2, 1 / DAY])
    assert list(table.days) == [0, 0, 1, 2]
    assert list(table.first) == [True, False, False, False]


def test_joining_moves_what_refers_to_rows() -> None:
    log, table = tabulated([[("i", ("a",), 1.0), ("i", ("a",), 0.0)]], default_weights())
    assert len(log) == 2
    assert list(AnswerTable.joined([table, table]).previous) == [-1, 0, -1, 2]
