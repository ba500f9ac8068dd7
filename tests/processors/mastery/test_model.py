from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.mastery.answers import Answer, Answers, from_log
from processors.mastery.calibrate import platt
from processors.mastery.fit import fit
from processors.mastery.model import Model, bucket_of, sigmoid
from processors.mastery.state import LearnerHistory, SkillHistory
from processors.mastery.weights import BUCKETS, CONTEXTS, CORE, HISTORIES, ITEM, SLOPES, Weights, default_weights

History = list[Answer]

answers = st.lists(
    st.tuples(
        st.sampled_from(["i1", "i2", "i3", "i4"]),
        st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3, unique=True).map(tuple),
        st.sampled_from([0.0, 1.0, 0.4, 0.8]),
    ),
    max_size=60,
)


def synthetic(learners: int, seed: int) -> Answers:
    """Learners of unlike ability on easy and hard items of two skills."""
    chance = random.Random(seed)
    log = []
    for number in range(learners):
        ability = chance.gauss(0.0, 1.2)
        its: History = []
        for _ in range(25):
            item = chance.randrange(20)
            p = sigmoid(ability + (item - 10) / 5)
            its.append((f"i{item}", ("a" if item % 2 else "b",), float(chance.random() < p)))
        log.append((f"l{number}", its))
    return from_log(log)


@pytest.fixture(scope="module")
def fitted() -> Weights:
    return fit(synthetic(200, 1), "fitted", "made up").weights


def folded(model: Model, history: History) -> tuple[LearnerHistory, dict[str, SkillHistory]]:
    learner, past = LearnerHistory(), dict[str, SkillHistory]()
    for item, skills, value in history:
        model.update(learner, past, item, skills, value)
    return learner, past


@given(answers, st.sampled_from(["i1", "new"]))
def test_predictions_are_probabilities(history: History, item: str) -> None:
    model = Model(default_weights())
    learner, past = folded(model, history)
    assert 0.0 < model.next_item(learner, past, item, ("a", "new")) < 1.0
    assert 0.0 < model.mastery(learner, "a", past.get("a") or SkillHistory()) < 1.0


def test_rights_and_wrongs_tell_learners_apart() -> None:
    model = Model(default_weights())
    strong, its = folded(model, [(f"i{i}", ("a",), 1.0) for i in range(6)])
    weak, others = folded(model, [(f"i{i}", ("a",), 0.0) for i in range(6)])
    assert model.mastery(strong, "a", its["a"]) > model.mastery(weak, "a", others["a"]) + 0.3
    assert model.next_item(strong, its, "new", ("a",)) > model.next_item(weak, others, "new", ("a",)) + 0.3


def test_half_right_lies_between_right_and_wrong() -> None:
    model = Model(default_weights())
    found = []
    for value in (0.0, 0.45, 0.55, 1.0):
        learner, past = folded(model, [(f"i{i}", ("a",), value) for i in range(6)])
        found.append(model.mastery(learner, "a", past["a"]))
    assert found == sorted(found)
    assert found[1] > found[0] + 0.05
    assert found[3] > found[2] + 0.05


def test_counts_streaks_and_histories() -> None:
    model = Model(default_weights())
    learner, past = folded(model, [("i", ("a",), value) for value in (1.0, 0.6, 0.0, 0.4, 0.0, 1.0, 0.0)])
    skill, item = past["a"], learner.items["i"]
    assert (learner.attempts, learner.wins, learner.history) == (7, 3, 0b100010)
    assert (skill.attempts, skill.wins, skill.streak, skill.history) == (7, 3, -1, 0b10010)
    assert (item.attempts, item.last, item.failing) == (7, 0, 1)
    assert learner.credit == skill.credit == item.credit == pytest.approx(3.0)


def test_an_answer_on_two_skills_counts_once_for_learner_and_item() -> None:
    model = Model(default_weights())
    learner, past = folded(model, [("i", ("a", "b"), 1.0)])
    assert (learner.attempts, learner.items["i"].credit, past["a"].wins, past["b"].wins) == (1, 1.0, 1, 1)


@given(answers)
def test_places_in_tables_are_in_bounds(history: History) -> None:
    model = Model(default_weights())
    learner, past = folded(model, history)
    for skill in ("a", "b"):
        seen = model.see(learner, skill, past.get(skill) or SkillHistory(), 1.0)
        assert len(seen.core) == CORE
        assert 0 <= seen.bucket < BUCKETS
        assert 1 <= seen.history < HISTORIES
        assert 2 <= learner.history << 1 | seen.followed < CONTEXTS


def test_buckets_of_attempts() -> None:
    found = [bucket_of(n) for n in (0, 1, 2, 3, 4, 5, 8, 9, 19, 20, 1000)]
    assert found == [0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6]


def test_default_weights_have_the_shapes_the_model_reads_and_nothing_of_any_item() -> None:
    weights = default_weights()
    for head in (weights.mastery, weights.next_item):
        assert (len(head.core), len(head.context), len(head.any_skill.slopes)) == (CORE, CONTEXTS, SLOPES)
        assert (len(head.any_skill.attempts), len(head.any_skill.history)) == (BUCKETS, HISTORIES)
        assert head.scale > 0
        assert not head.skills
    assert len(weights.item.item) == ITEM
    assert len(weights.bands) == BUCKETS
    assert not weights.item.items
    assert not weights.skill_rates
    assert not weights.item_rates


def test_a_fit_learns_which_items_are_easy(fitted: Weights) -> None:
    model = Model(fitted)
    easy, hard = (model.next_item(LearnerHistory(), {}, item, ("a",)) for item in ("i19", "i1"))
    assert easy > hard + 0.2
    assert fitted.item_rates["i19"] > fitted.item_rates["i1"]


def test_a_fit_is_reproducible(fitted: Weights) -> None:
    assert fit(synthetic(200, 1), "fitted", "made up").weights == fitted


def test_a_shared_fit_knows_no_names() -> None:
    shared = fit(synthetic(60, 1), "shared", "made up", apart=False).weights
    assert not shared.skill_rates
    assert not shared.mastery.skills
    assert not shared.item.items
    assert not shared.item_rates


def test_one_learner_alone_cannot_be_fitted() -> None:
    with pytest.raises(ValueError, match="two learners"):
        fit(synthetic(1, 2), "v", "made up")


def test_platt_finds_the_scale_that_was_lost() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(0.5, 1.5, 40_000)
    right = (rng.random(len(z)) < 1 / (1 + np.exp(-z))).astype(float)
    scale, shift = platt(2 * z - 1, right)
    assert scale == pytest.approx(0.5, abs=0.03)
    assert shift == pytest.approx(0.5, abs=0.05)


def test_platt_takes_what_was_forgotten_as_given() -> None:
    rng = np.random.default_rng(0)
    z, lost = rng.normal(0.5, 1.5, 40_000), rng.exponential(0.5, 40_000)
    right = (rng.random(len(z)) < 1 / (1 + np.exp(lost - z))).astype(float)
    scale, shift = platt(z, right, lost)
    assert scale == pytest.approx(1.0, abs=0.04)
    assert shift == pytest.approx(0.0, abs=0.05)
