"""Blended weights say a blend of the logits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from processors.mastery.blend_weights import PRIOR, blend
from processors.mastery.fit import fit
from processors.mastery.model import Model, logit
from processors.mastery.state import LearnerHistory, SkillHistory
from processors.mastery.weights import Weights, default_weights
from tests.processors.mastery.test_model import History, answers, synthetic


@pytest.fixture(scope="module")
def own() -> Weights:
    return fit(synthetic(60, 1), "own", "made up").weights


@settings(max_examples=30, deadline=None)
@given(history=answers)
def test_the_logits_are_blended(own: Weights, history: History) -> None:
    shipped = default_weights()
    # Under the same base rates, so that both see the same features.
    rated = replace(shipped, rate=own.rate, skill_rates=own.skill_rates, item_rates=own.item_rates)
    blended = replace(blend(own, shipped, 500), rate=own.rate, skill_rates=own.skill_rates, item_rates=own.item_rates)
    models = [Model(own), Model(rated), Model(blended)]
    share, learner, past = 500 / (500 + PRIOR), LearnerHistory(), dict[str, SkillHistory]()
    for item, skills, value in history:
        skill = skills[0]
        shown = [logit(m.mastery(learner, skill, past.get(skill) or SkillHistory())) for m in models]
        following = [logit(m.next_item(learner, past, item, skills)) for m in models]
        for ours, theirs, both in (shown, following):
            assert both == pytest.approx(share * ours + (1 - share) * theirs, abs=1e-3)
        models[0].update(learner, past, item, skills, value)


def test_much_history_is_its_own_and_none_is_the_others(own: Weights) -> None:
    shipped = default_weights()
    nothing, much = blend(own, shipped, 0), blend(own, shipped, 10**9)
    assert nothing.bands == shipped.bands
    assert nothing.mastery.core == pytest.approx([shipped.mastery.scale * w for w in shipped.mastery.core], abs=1e-5)
    assert much.mastery.core == pytest.approx([own.mastery.scale * w for w in own.mastery.core], abs=1e-5)
    assert (nothing.forgetting, nothing.version) == (own.forgetting, "own")
    assert nothing.rate == pytest.approx(shipped.rate, abs=1e-5)
    assert set(nothing.skill_rates.values()) == {nothing.rate}
    assert much.item_rates == pytest.approx(own.item_rates, abs=1e-3)
