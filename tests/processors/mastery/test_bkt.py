from __future__ import annotations

import random

import pytest

from processors.mastery.bkt import Bkt, fit_bkt, fit_skills


def sample(truth: Bkt, learners: int, length: int) -> list[list[bool]]:
    chance = random.Random(4)
    sequences = []
    for _ in range(learners):
        known = chance.random() < truth.known
        answers = []
        for _ in range(length):
            answers.append(chance.random() < (1 - truth.slip if known else truth.guess))
            known = known or chance.random() < truth.learn
        sequences.append(answers)
    return sequences


def test_an_answer_is_weighed_by_bayes() -> None:
    bkt = Bkt(known=0.5, learn=0.0, guess=0.2, slip=0.1)
    assert bkt.right(0.5) == pytest.approx(0.55)
    assert bkt.after(0.5, True) == pytest.approx(0.45 / 0.55)
    assert bkt.after(0.5, False) == pytest.approx(0.05 / 0.45)
    assert Bkt(learn=1.0).after(0.1, False) == pytest.approx(1.0)


def test_em_finds_the_parameters_that_made_the_answers() -> None:
    truth = Bkt(known=0.3, learn=0.15, guess=0.2, slip=0.08)
    found = fit_bkt(sample(truth, 1500, 12), rounds=80)
    assert found.known == pytest.approx(truth.known, abs=0.06)
    assert found.learn == pytest.approx(truth.learn, abs=0.04)
    assert found.guess == pytest.approx(truth.guess, abs=0.05)
    assert found.slip == pytest.approx(truth.slip, abs=0.03)


def test_sequences_may_differ_in_length() -> None:
    same = fit_bkt([[True, False, True], [True]])
    assert same == fit_bkt([[True], [True, False, True]])


def test_a_rare_skill_takes_the_parameters_of_all() -> None:
    by_skill, every = fit_skills({"often": sample(Bkt(), 20, 5), "rare": [[True]]})
    assert set(by_skill) == {"often"}
    assert 0 < every.known < 1
