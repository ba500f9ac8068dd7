"""Fit the model's weights to a log of answers.

Shuffled Adagrad for both heads. The head of the mastery shown is fitted through the clamp: after four ordinary epochs,
each answer is predicted by the number that the fold would have shown before it, found again before each epoch. What
turns z into probabilities (Platt), what time costs and how wide intervals are is fitted on learners held out, round by
round; the weights then are fitted to all.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from processors.mastery.answers import Answers, Floats, Ints
from processors.mastery.calibrate import HeldOut, calibrate, loss_in
from processors.mastery.forgetting import Forgetting
from processors.mastery.heads import (
    HeadParameters,
    ShownLogits,
    clamp,
    epoch_next,
    epoch_shown,
    score_next,
    score_shown,
)
from processors.mastery.rates import Rates, bases, crossed, smoothed_rates
from processors.mastery.tabulate import AnswerTable, tabulate
from processors.mastery.weights import Weights

FitProgress = Callable[[float], None]  # share done, in [0, 1]

FOLDS = 5  # of learners, for rates that have not seen the answer they help to predict
ROUNDS = 4  # at most so many times are some learners held out
ENOUGH = 200_000  # no more rounds once so many answers were held out
MOST_FITTED_ANSWERS = (
    250_000  # answers that heads are fitted to; of a larger log, those of some learners. Base rates see all
)
ADAGRAD_STEPS = (0.1, 0.05, 0.03, 0.02, 0.02, 0.01, 0.01)  # one an epoch
FREE_STEPS = (0.1, 0.05, 0.03, 0.02)
CLAMPED_STEPS = (0.05, 0.04, 0.03, 0.03, 0.02, 0.02, 0.015, 0.01)


@dataclass(frozen=True, slots=True)
class JudgedWeights:
    """Weights that are not calibrated, and what they said of learners whom they have not seen."""

    weights: Weights
    held_out: HeldOut


@dataclass(frozen=True, slots=True)
class FittedWeights:
    """Weights, and the parts of the learners that were held out, each judged by weights fitted without it."""

    weights: Weights
    parts: list[JudgedWeights]

    @property
    def held_out(self) -> HeldOut:
        """All parts."""
        return HeldOut.joined([part.held_out for part in self.parts])


def fit(
    answers: Answers,
    version: str,
    source: str,
    *,
    apart: bool = True,
    seed: int = 0,
    progress: FitProgress = lambda done: None,
) -> FittedWeights:
    """Weights fitted on all the learners of a log.

    apart: with weights and rates for each skill and item; else only what all share, for a deployment of its own.
    Raises ValueError where there are fewer than two learners with answers.
    """
    answers = answers.of(np.diff(answers.learners) > 0)
    if len(answers.learners) < 3:
        raise ValueError("answers of at least two learners are needed")
    rng = np.random.default_rng(seed)
    rounds = min(ROUNDS, len(answers.learners) - 1)
    round_of = rng.permutation(len(answers.learners) - 1) % rounds
    parts: list[JudgedWeights] = []
    for at in range(rounds):
        out = round_of == at
        heads = _FittedHeads(answers.of(~out), apart, rng)
        raw = heads.weights(version, source)
        parts += [JudgedWeights(raw, heads.judge(some)) for some in _halves_of_answers(answers.of(out))]
        progress((at + 1) / (rounds + 1))
        if sum(len(part.held_out.answers) for part in parts) >= ENOUGH:
            break
    whole = _FittedHeads(answers, apart, rng)
    fitted = FittedWeights(whole.weights(version, source), parts)
    progress(1.0)
    return replace(fitted, weights=calibrate(fitted.weights, fitted.held_out))


def _halves_of_answers(others: Answers) -> list[Answers]:
    """Two halves of the learners where one round is enough, so that none is judged by its own scaling."""
    if len(others) < ENOUGH:
        return [others]
    even = np.arange(len(others.learners) - 1) % 2 == 0
    return [others.of(even), others.of(~even)]


class _FittedHeads:
    """Both heads and the rates, fitted on some learners and not yet calibrated."""

    def __init__(self, answers: Answers, apart: bool, rng: np.random.Generator) -> None:
        self.answers, self.apart = answers, apart
        self.rates = self._rates(answers)
        fold_of = rng.permutation(len(answers.learners) - 1) % FOLDS
        of_item, of_skill = crossed(answers, fold_of, FOLDS)
        if not apart:
            of_item, of_skill = np.full(len(answers), self.rates.rate), np.full(len(answers.skills), self.rates.rate)
        some = _drawn_answers(answers, rng)
        if not some.all():
            drawn_answers = some[answers.learner_of]
            self.answers = answers.of(some)
            of_item, of_skill = of_item[drawn_answers], of_skill[drawn_answers[answers.answer_of]]
        table = tabulate(self.answers, of_item, of_skill)
        self.skill_at, self.item_at = _table_places(self.rates)
        # Compiled code lets go of the interpreter: the heads are fitted side by side.
        with ThreadPoolExecutor(2) as threads:
            heads = [
                threads.submit(fit_head, table, own)
                for fit_head, own in zip((self._fit_shown, self._fit_next), rng.spawn(2), strict=True)
            ]
            self.shown, self.next_item = (head.result() for head in heads)

    def judge(self, others: Answers) -> HeldOut:
        """What the heads say of other learners' answers."""
        of_item, of_skill = bases(others, self.rates)
        table = tabulate(others, of_item, of_skill)
        return HeldOut(
            others,
            table,
            score_shown(table, others, self.shown, self.skill_at),
            score_next(table, others, self.next_item, self.skill_at, self.item_at),
            of_item,
        )

    def weights(self, version: str, source: str) -> Weights:
        skills = self.answers.skill_names if self.apart else []
        items = self.answers.item_names if self.apart else []
        return Weights(
            version,
            source,
            round(self.rates.rate, 6),
            self.shown.head(skills),
            self.next_item.head(skills),
            self.next_item.item_head(items),
            [],
            Forgetting(),
            _rates_by_name(skills, self.rates.skills),
            _rates_by_name(items, self.rates.items),
        )

    def _rates(self, answers: Answers) -> Rates:
        rates = smoothed_rates(answers)
        if self.apart:
            return rates
        none, no_item = np.zeros(len(rates.skills), bool), np.zeros(len(rates.items), bool)
        return Rates(rates.rate, rates.skills, rates.items, none, no_item)

    def _fit_shown(self, table: AnswerTable, rng: np.random.Generator) -> HeadParameters:
        answers = self.answers
        p, sums = self._start(item_known=False)
        skills = self.skill_at[answers.skills]
        outcomes, share = answers.outcomes[answers.answer_of], (1.0 / np.diff(answers.rows))[answers.answer_of]
        loss = loss_in(table, Forgetting())
        logits = ShownLogits(np.arange(len(skills)), np.zeros(len(skills)), loss.drop * loss.share)
        for at, step in enumerate((*FREE_STEPS, *CLAMPED_STEPS)):
            if at >= len(FREE_STEPS):
                logits = clamp(score_shown(table, answers, p, self.skill_at), table, answers, loss, 1.0, 0.0)
            epoch_shown(rng.permutation(len(skills)), step, table, answers, logits, p, sums, skills, share, outcomes)
        p.settle(sums)
        return p

    def _fit_next(self, table: AnswerTable, rng: np.random.Generator) -> HeadParameters:
        answers = self.answers
        p, sums = self._start(item_known=True)
        skills, items = self.skill_at[answers.skills], self.item_at[answers.items]
        for step in ADAGRAD_STEPS:
            epoch_next(rng.permutation(len(answers)), step, table, answers, p, sums, skills, items)
        p.settle(sums)
        return p

    def _start(self, item_known: bool) -> tuple[HeadParameters, HeadParameters]:
        skills, items = len(self.answers.skill_names), len(self.answers.item_names)
        p = HeadParameters.start(skills, items if item_known else 0, item_known)
        return p, HeadParameters(*(np.ones_like(table) for table in p.all))


def _drawn_answers(answers: Answers, rng: np.random.Generator) -> NDArray[np.bool_]:
    """A mask of randomly drawn learners who together have about MOST answers; of all where there are no more."""
    learners = len(answers.learners) - 1
    order = rng.permutation(learners)
    before = np.cumsum(np.diff(answers.learners)[order]) - np.diff(answers.learners)[order]
    some = np.zeros(learners, bool)
    some[order[before < MOST_FITTED_ANSWERS]] = True
    return some


def _table_places(rates: Rates) -> tuple[Ints, Ints]:
    """Places in tables of skills and items, by index: 0 for what was not seen."""

    def at(was_seen: NDArray[np.bool_]) -> Ints:
        return np.where(was_seen, np.arange(1, len(was_seen) + 1), 0)

    return at(rates.seen_skills), at(rates.seen_items)


def _rates_by_name(names: list[str], values: Floats) -> dict[str, float]:
    """Rates by name; none where there are no names, as nothing is fitted apart."""
    return {name: round(float(value), 6) for name, value in zip(names, values, strict=False)}
