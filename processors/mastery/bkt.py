"""Bayesian knowledge tracing (Corbett & Anderson 1995), fitted by EM: one hidden bit a skill, no forgetting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_FEWEST = 5  # learners of a skill; fewer take the parameters of all
_TOP_GUESS_OR_SLIP = 0.4  # beyond it "knows" and "does not" are exchanged


@dataclass(frozen=True, slots=True)
class Bkt:
    """P(known at first), P(learned at an answer), P(right | not known), P(wrong | known)."""

    known: float = 0.4
    learn: float = 0.1
    guess: float = 0.2
    slip: float = 0.1

    def right(self, p_known: float) -> float:
        """P(right) at a P(known)."""
        return p_known * (1.0 - self.slip) + (1.0 - p_known) * self.guess

    def after(self, p_known: float, right: bool) -> float:
        """P(known) after an answer and what was learned by it."""
        if_known, if_not = (1.0 - self.slip, self.guess) if right else (self.slip, 1.0 - self.guess)
        p_given_answer = p_known * if_known / (p_known * if_known + (1.0 - p_known) * if_not)
        return p_given_answer + (1.0 - p_given_answer) * self.learn


def fit_bkt(sequences: Sequence[Sequence[bool]], rounds: int = 25) -> Bkt:
    """Parameters for learners' answers on one skill, by Baum-Welch over all of them at once."""
    longest = max(len(s) for s in sequences)
    answered = np.zeros((len(sequences), longest), bool)
    right = np.zeros((len(sequences), longest), bool)
    for i, sequence in enumerate(sequences):
        answered[i, : len(sequence)] = True
        right[i, : len(sequence)] = sequence
    bkt = Bkt()
    for _ in range(rounds):
        bkt = _round(bkt, right, answered)
    return bkt


def fit_skills(sequences: dict[str, list[list[bool]]]) -> tuple[dict[str, Bkt], Bkt]:
    """Parameters by skill, and those of all skills together for the skills that are not among them."""
    every = fit_bkt([s for its in sequences.values() for s in its])
    return {skill: fit_bkt(its) for skill, its in sequences.items() if len(its) >= _FEWEST}, every


def _round(bkt: Bkt, right: NDArray[np.bool_], answered: NDArray[np.bool_]) -> Bkt:
    learners, longest = right.shape
    emitted = np.empty((longest, learners, 2))  # P(answer | not known, known); 1 past the end
    emitted[..., 0] = np.where(right, bkt.guess, 1.0 - bkt.guess).T
    emitted[..., 1] = np.where(right, 1.0 - bkt.slip, bkt.slip).T
    emitted[~answered.T] = 1.0
    move = np.array([[1.0 - bkt.learn, bkt.learn], [0.0, 1.0]])
    forward, backward = np.empty_like(emitted), np.ones_like(emitted)
    state = np.tile([1.0 - bkt.known, bkt.known], (learners, 1))
    for t in range(longest):
        forward[t] = state * emitted[t]
        forward[t] /= forward[t].sum(axis=1, keepdims=True)
        state = forward[t] @ move
    for t in range(longest - 2, -1, -1):
        backward[t] = (backward[t + 1] * emitted[t + 1]) @ move.T
        backward[t] /= backward[t].sum(axis=1, keepdims=True)
    joint = forward * backward
    p_known = (joint / joint.sum(axis=2, keepdims=True))[..., 1].T
    ahead = backward[1:] * emitted[1:]
    stays, moves = (forward[:-1, :, 0] * move[0, k] * ahead[..., k] for k in (0, 1))
    from_known = forward[:-1, :, 1] * ahead[..., 1]
    total, counted = stays + moves + from_known, answered[:, 1:].T
    learned = float((moves / total)[counted].sum())
    could = float(((stays + moves) / total)[counted].sum())
    weight, against = p_known * answered, (1.0 - p_known) * answered
    return Bkt(
        _share(float(p_known[:, 0].sum()), learners, 0.4, 0.99),
        _share(learned, could, 0.1, 0.9),
        _share(float((against * right).sum()), float(against.sum()), 0.2, _TOP_GUESS_OR_SLIP),
        _share(float((weight * ~right).sum()), float(weight.sum()), 0.1, _TOP_GUESS_OR_SLIP),
    )


def _share(part: float, whole: float, prior: float, top: float) -> float:
    """A share that leans on a prior worth two answers, kept off the ends."""
    return min(max((part + 2 * prior) / (whole + 2), 0.01), top)
