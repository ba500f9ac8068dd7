from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.mastery.calibrate import platt
from processors.mastery.fit import fit
from processors.mastery.model import (
    BUCKETS,
    CONTEXTS,
    HISTORIES,
    MASTERY_SLOPES,
    RETRIES,
    SIGNS,
    SLOPES,
    Learner,
    Model,
    Skill,
    Weights,
    bucket_of,
    default_weights,
    sigmoid,
)

Answers = list[tuple[str, tuple[str, ...], bool]]

answers = st.lists(
    st.tuples(
        st.sampled_from(["i1", "i2", "i3", "i4"]),
        st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3, unique=True).map(tuple),
        st.booleans(),
    ),
    max_size=60,
)


def synthetic(learners: int, seed: int) -> list[tuple[str, Answers]]:
    """Learners of unlike ability on easy and hard items of two skills."""
    chance = random.Random(seed)
    log = []
    for number in range(learners):
        ability = chance.gauss(0.0, 1.2)
        its: Answers = []
        for _ in range(25):
            item = chance.randrange(20)
            p = sigmoid(ability + (item - 10) / 5)
            its.append((f"i{item}", ("a" if item % 2 else "b",), chance.random() < p))
        log.append((f"l{number}", its))
    return log


@pytest.fixture(scope="module")
def fitted() -> Weights:
    return fit(synthetic(150, 1), synthetic(50, 2), "fitted", "made up")


def folded(model: Model, history: Answers) -> tuple[Learner, dict[str, Skill]]:
    learner, past = Learner(), dict[str, Skill]()
    for item, skills, right in history:
        model.update(learner, past, item, skills, right)
    return learner, past


def check_monotone(model: Model, history: Answers) -> None:
    learner, past = Learner(), dict[str, Skill]()
    for item, skills, right in history:
        before = [model.mastery(learner, skill, past.get(skill) or Skill()) for skill in skills]
        model.update(learner, past, item, skills, right)
        after = [model.mastery(learner, skill, past[skill]) for skill in skills]
        for was, now in zip(before, after, strict=True):
            assert now >= was - 1e-12 if right else now <= was + 1e-12


@given(answers)
def test_a_right_answer_never_lowers_mastery_and_a_wrong_one_never_raises_it(history: Answers) -> None:
    check_monotone(Model(default_weights()), history)


@settings(max_examples=50)
@given(history=answers)
def test_fitted_weights_are_monotone_too(fitted: Weights, history: Answers) -> None:
    check_monotone(Model(fitted), history)


@given(answers, st.sampled_from(["i1", "new"]))
def test_predictions_are_probabilities(history: Answers, item: str) -> None:
    model = Model(default_weights())
    learner, past = folded(model, history)
    assert 0.0 < model.predict(learner, past, item, ("a", "new")) < 1.0
    assert 0.0 < model.predict(learner, past, None, ("a",)) < 1.0
    assert 0.0 < model.mastery(learner, "a", past.get("a") or Skill()) < 1.0


@given(answers)
def test_the_features_of_mastery_move_by_their_signs(history: Answers) -> None:
    model = Model(default_weights())
    learner, past = folded(model, history)
    before = model.mastery_features(learner, "a", past.get("a") or Skill())
    model.update(learner, past, "i9", ("a",), True)
    after = model.mastery_features(learner, "a", past["a"])
    for sign, was, now in zip(SIGNS, before, after, strict=True):
        assert (now - was) * sign >= -1e-12 if sign else now == was


def test_rights_and_wrongs_tell_learners_apart() -> None:
    model = Model(default_weights())
    strong, its = folded(model, [(f"i{i}", ("a",), True) for i in range(6)])
    weak, others = folded(model, [(f"i{i}", ("a",), False) for i in range(6)])
    assert model.mastery(strong, "a", its["a"]) > model.mastery(weak, "a", others["a"]) + 0.3
    assert model.predict(strong, its, "new", ("a",)) > model.predict(weak, others, "new", ("a",)) + 0.3


def test_counts_streaks_and_histories() -> None:
    model = Model(default_weights())
    rights = [True, True, False, False, False, True, False]
    learner, past = folded(model, [("i", ("a",), right) for right in rights])
    assert (learner.wins, learner.fails, learner.history) == (3, 4, 0b100010)
    assert (past["a"].wins, past["a"].fails, past["a"].streak, past["a"].history) == (3, 4, -1, 0b10010)
    item = learner.items["i"]
    assert (item.wins, item.fails, item.last, item.failing) == (3, 4, 0, 1)


def test_an_answer_on_two_skills_counts_once_for_learner_and_item() -> None:
    model = Model(default_weights())
    learner, past = folded(model, [("i", ("a", "b"), True)])
    assert (learner.attempts, learner.items["i"].wins, past["a"].wins, past["b"].wins) == (1, 1, 1, 1)


@given(answers)
def test_table_places_are_in_bounds(history: Answers) -> None:
    model = Model(default_weights())
    learner, past = folded(model, history)
    for item in ("i1", "i2", None):
        seen = model.features(learner, past, item, ("a", "b"))
        assert 0 <= seen.retry < RETRIES
        assert 0 <= seen.context < CONTEXTS
        assert all(0 <= s.bucket < BUCKETS and 1 <= s.history < HISTORIES for s in seen.skills)


def test_buckets_of_attempts() -> None:
    found = [bucket_of(n) for n in (0, 1, 2, 3, 4, 5, 8, 9, 19, 20, 1000)]
    assert found == [0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6]


def test_default_weights_have_the_shapes_the_model_reads_and_nothing_of_any_item() -> None:
    weights = default_weights()
    learner = Learner()
    assert len(weights.next_item.shared) == len(Model(weights).features(learner, {}, "i", ("a",)).shared)
    assert len(weights.mastery.shared) == len(SIGNS)
    assert len(weights.mastery.any_skill.slopes) == len(MASTERY_SLOPES)
    assert len(weights.next_item.any_skill.slopes) == SLOPES
    assert len(weights.kappa) == BUCKETS
    assert not weights.skill_rates
    assert not weights.item_rates
    assert not weights.next_item.skills
    assert not weights.next_item.items
    assert all(weight * sign >= 0 for weight, sign in zip(weights.mastery.shared, SIGNS, strict=True) if sign)


def test_a_fit_learns_which_items_are_easy(fitted: Weights) -> None:
    model = Model(fitted)
    easy, hard = (model.predict(Learner(), {}, item, ("a",)) for item in ("i19", "i1"))
    assert easy > hard + 0.2
    assert fitted.item_rates["i19"] > fitted.item_rates["i1"]


def test_a_fit_is_reproducible(fitted: Weights) -> None:
    assert fit(synthetic(150, 1), synthetic(50, 2), "fitted", "made up") == fitted


def test_a_fit_of_what_all_share_keeps_no_names() -> None:
    weights = fit(synthetic(40, 1), synthetic(20, 2), "v", "made up", apart=False)
    assert not weights.skill_rates
    assert not weights.next_item.skills
    assert not weights.mastery.skills


def test_nothing_to_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="need answers"):
        fit([("l", [])], synthetic(5, 2), "v", "made up")


def test_platt_finds_the_scale_that_was_lost() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(0.5, 1.5, 40_000)
    right = (rng.random(len(z)) < 1 / (1 + np.exp(-z))).astype(float)
    scale, shift = platt(2 * z - 1, right)
    assert scale == pytest.approx(0.5, abs=0.03)
    assert shift == pytest.approx(0.5, abs=0.05)
