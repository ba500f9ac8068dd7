from __future__ import annotations

import random

import pytest

from processors.mastery.pfa import Count, Pfa


def test_it_learns_the_ease_of_skills_and_what_wins_tell() -> None:
    chance = random.Random(1)
    answers: list[list[Count]] = []
    right: list[bool] = []
    for _ in range(6000):
        skill, wins, fails = chance.choice(["easy", "hard"]), chance.randrange(6), chance.randrange(6)
        p = (0.6 if skill == "easy" else 0.3) + 0.05 * wins - 0.04 * fails
        answers.append([(skill, wins, fails)])
        right.append(chance.random() < p)
    pfa = Pfa(answers, right)
    easy, hard, won, failed = pfa.predict([[("easy", 0, 0)], [("hard", 0, 0)], [("hard", 5, 0)], [("hard", 0, 5)]])
    assert easy == pytest.approx(0.6, abs=0.08)
    assert hard == pytest.approx(0.3, abs=0.08)
    assert failed < hard < won


def test_a_skill_it_never_saw_is_an_average_one() -> None:
    pfa = Pfa([[("a", 0, 0)]] * 50 + [[("b", 0, 0)]] * 50, [True] * 50 + [False] * 50)
    low, middle, high = pfa.predict([[("b", 0, 0)], [("new", 0, 0)], [("a", 0, 0)]])
    assert low < middle < high
