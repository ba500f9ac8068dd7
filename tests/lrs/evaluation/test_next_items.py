"""Orders of items on simulated learners: each asks what it may, and the laws are learnt from as they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lrs.evaluation.course_laws import ITEMS, LAWS, SKILLS, Law, draw_course, mastery
from lrs.evaluation.next_items import (
    ALL,
    FIXED,
    MOST_ATTEMPTS,
    ORDERS,
    OWN,
    PACER,
    AskedItem,
    Bandit,
    Book,
    MasteryBook,
    Pacer,
    attempts,
    fitted,
    judge_orders,
)
from processors.mastery.weights import default_weights

COURSE = draw_course(np.random.default_rng(1))
LAW = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)


def rng(seed: int = 2) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_prerequisites_come_before_and_items_are_about_from_easy_to_hard() -> None:
    for seed in range(20):
        course = draw_course(rng(seed))
        assert all(before < skill for skill, some in enumerate(course.requires) for before in some)
        assert course.hardness.shape == (SKILLS, ITEMS)
        assert (course.hardness[:, :4].mean(axis=1) < course.hardness[:, -4:].mean(axis=1)).all()


@LAW
def test_practice_of_what_is_right_at_the_border_leads_to_mastery_and_nothing_else_does(law: Law) -> None:
    learner, chance = law(rng(), COURSE), rng(3)
    before = mastery(learner.chances())
    assert (before < 0.8).all()
    for _ in range(400):
        chances = learner.chances()[0]
        item = int(np.argmin(np.abs(chances - 0.6)))
        item = item if chances[item] < 0.9 else int(np.argmin(chances))
        learner.answer(0, item, bool(chance.random() < chances[item]), 1.0)
    after = mastery(learner.chances())
    assert after[0] >= 0.8
    assert after[1:] == pytest.approx(before[1:])


@LAW
def test_without_prerequisites_it_takes_longer(law: Law) -> None:
    def gained(speed: float) -> float:
        total = 0.0
        for seed in range(30):
            learner, chance = law(rng(seed), COURSE), rng(seed + 100)
            before = mastery(learner.chances())[0]
            for at in range(24):
                chances = learner.chances()[0]
                learner.answer(0, at % ITEMS, bool(chance.random() < chances[at % ITEMS]), speed)
            total += float(mastery(learner.chances())[0] - before)
        return total

    assert gained(1.0) > 1.3 * gained(1 / 3)


def test_the_book_goes_through_everything_and_begins_again() -> None:
    book, asked = Book(), []
    for _ in range(SKILLS * ITEMS + 1):
        asked.append(book.next())
        book.see(asked[-1], True)
    assert len(set(asked)) == SKILLS * ITEMS
    assert asked[0] == asked[-1] == AskedItem(0, 0)


def test_a_book_that_goes_on_by_mastery_stays_until_then() -> None:
    book = MasteryBook(COURSE, default_weights(), rng())
    asked = []
    for _ in range(60):
        asked.append(book.next())
        book.see(asked[-1], asked[-1].skill != 1)
    skills = [one.skill for one in asked]
    assert skills[0] == 0
    assert 3 <= skills.index(1) <= 36  # when the first was answered right so often
    assert skills.count(1) >= 20


def test_the_bandit_opens_what_the_graph_allows() -> None:
    bandit = Bandit(COURSE, rng())
    roots = {skill for skill, before in enumerate(COURSE.requires) if not before}
    for _ in range(50):
        asked = bandit.next()
        assert asked.skill in roots
        assert asked.item < ITEMS // 3
        bandit.see(asked, False)
    for _ in range(200):
        bandit.see(asked := bandit.next(), True)
    assert {bandit.next().skill for _ in range(50)} - roots


def test_pacer_asks_as_the_api_does_and_not_the_same_item_twice_in_a_row() -> None:
    pacer = Pacer(COURSE, default_weights(), rng())
    last = None
    for at in range(40):
        asked = pacer.next()
        assert asked != last
        assert all(0 <= one < SKILLS for one in COURSE.requires[asked.skill])
        pacer.see(asked, at % 4 != 0)
        last = asked


def test_pacer_does_not_stay_at_what_is_solved_though_the_shipped_weights_are_slow_to_see_it() -> None:
    pacer, book = Pacer(COURSE, default_weights(), rng()), Book()
    took = [attempts(COURSE, LAWS["steps"](rng(1), COURSE), order, rng(2)) for order in (pacer, book)]
    assert took[0] < 0.8 * took[1]


@LAW
def test_who_knows_all_needs_nothing_and_who_never_learns_counts_as_the_most(law: Law) -> None:
    class Knows:
        def chances(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
            return np.full((SKILLS, ITEMS), 0.9)

        def answer(self, skill: int, item: int, right: bool, speed: float) -> None:
            raise AssertionError("nothing is asked")

    assert attempts(COURSE, Knows(), Book(), rng()) == 0

    class Stays:
        def next(self) -> AskedItem:
            return AskedItem(0, 0)

        def see(self, asked: AskedItem, right: bool) -> None:
            pass

    assert attempts(COURSE, law(rng(), COURSE), Stays(), rng(), 50) == 50


def test_rows_of_every_law_and_of_all_are_the_same_again() -> None:
    few = {name: ORDERS[name] for name in (FIXED, "ZPDES-like bandit")}

    def judged() -> list[dict[str, Any]]:
        return judge_orders(2, 1, {"growth": LAWS["growth"]}, few, own_weights=lambda law, name: default_weights())

    rows = judged()
    assert [(row["law"], row["order"]) for row in rows] == [(law, order) for law in ("growth", ALL) for order in few]
    assert rows == judged()
    for row in rows:
        assert 0 < row["attempts"] <= row["slowest_tenth"] <= MOST_ATTEMPTS
    assert rows[0]["fewer"] == (0.0, 0.0, 0.0)
    assert f"{PACER}, {OWN}" in ORDERS


def test_own_weights_are_fitted_to_other_schools_of_the_law() -> None:
    found = fitted(LAWS["growth"], "growth", 1)
    assert found.source == "growth"
    assert found.bands != default_weights().bands
    assert found.mastery != default_weights().mastery
