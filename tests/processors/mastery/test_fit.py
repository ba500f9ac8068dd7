"""Which learners are held out of a fit, and what they are judged by."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from lrs.evaluation.tenant_fit import _without
from processors.mastery import fit as fitting
from processors.mastery.answers import Answer, Answers, from_log
from processors.mastery.fit import FittedWeights, fit


@pytest.fixture(scope="module")
def answers() -> Answers:
    rng = np.random.default_rng(1)

    def theirs(chance: float) -> list[Answer]:
        return [(str(at % 9), ("ab"[at % 2],), float(rng.random() < chance)) for at in range(40)]

    return from_log([(str(learner), theirs(rng.beta(3, 2))) for learner in range(24)])


def test_a_small_log_is_held_out_round_by_round(answers: Answers) -> None:
    found = fit(answers, "v", "")
    assert len(found.parts) == fitting.ROUNDS
    assert len(found.held_out.answers) == len(answers)
    assert len({id(part.weights) for part in found.parts}) == len(found.parts)


def test_of_a_large_one_two_halves_are_enough(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "ENOUGH", 200)
    one, other = fit(answers, "v", "").parts
    assert one.weights is other.weights
    assert [len(part.held_out.answers.learners) - 1 for part in (one, other)] == [3, 3]


def test_no_part_is_judged_by_its_own_scaling(answers: Answers) -> None:
    found = fit(answers, "v", "")
    again = FittedWeights(found.weights, list(found.parts))
    held_out = again.parts[1].held_out
    wrong = held_out.answers.outcomes.copy()
    held_out.answers.outcomes[:] = 0.0
    changed = _without(again, 1, 960), _without(again, 0, 960)
    held_out.answers.outcomes[:] = wrong
    assert changed[0] == _without(found, 1, 960)
    assert changed[1] != _without(found, 0, 960)
    assert_array_equal(found.parts[1].held_out.answers.outcomes, wrong)


@pytest.mark.parametrize("empty", [(0,), (0, 2), (1,), (0, 1, 2)])
def test_learners_without_answers_do_not_count(empty: tuple[int, ...]) -> None:
    logs = [
        (str(learner), [] if learner in empty else [("i", ("a",), float(at % 2)) for at in range(6)])
        for learner in range(3)
    ]
    if len(empty) < 2:
        assert len(fit(from_log(logs), "v", "").held_out.answers.learners) == 3
    else:
        with pytest.raises(ValueError, match="at least two learners"):
            fit(from_log(logs), "v", "")
