"""Performance factors analysis (Pavlik, Cen & Koedinger 2009): logistic in each skill's ease, wins and fails."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log1p

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

Floats = NDArray[np.float64]
Count = tuple[str, int, int]  # skill, wins and fails on it so far


class Pfa:
    """Fitted on answers, each with the counts of its skills; the parameters of skills are summed over an answer's."""

    def __init__(self, answers: Sequence[Sequence[Count]], right: Sequence[bool]) -> None:
        names = sorted({skill for counts in answers for skill, _, _ in counts})
        self._places = {name: i for i, name in enumerate(names, 1)}
        answer, place, features = self._rows(answers)
        y = np.array(right, float)
        size = len(names) + 1

        def loss(flat: Floats) -> tuple[float, Floats]:
            w = flat.reshape(size, 3)
            z = np.bincount(answer, (w[place] * features).sum(axis=1), len(y))
            error = expit(z) - y
            pulled = error[answer][:, None] * features
            gradient = np.stack([np.bincount(place, pulled[:, j], size) for j in range(3)], axis=1)
            total = np.logaddexp(0.0, z).sum() - y @ z + 0.5 * (w**2).sum()
            return float(total), (gradient + w).ravel()

        minimum = minimize(loss, np.zeros(size * 3), jac=True, method="L-BFGS-B", options={"maxiter": 300})
        self._w = minimum.x.reshape(size, 3)
        self._w[0] = self._w[1:].mean(axis=0)  # of a skill that was not among them

    def predict(self, answers: Sequence[Sequence[Count]]) -> Floats:
        """P(right) of each answer."""
        answer, place, features = self._rows(answers)
        return np.asarray(expit(np.bincount(answer, (self._w[place] * features).sum(axis=1), len(answers))))

    def right(self, skill: str, wins: int, fails: int) -> float:
        """P(right) of an answer on one skill."""
        ease, win, fail = self._w[self._places.get(skill, 0)].tolist()
        return 1.0 / (1.0 + exp(-(ease + win * log1p(wins) + fail * log1p(fails))))

    def _rows(self, answers: Sequence[Sequence[Count]]) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
        answer = np.repeat(np.arange(len(answers)), [len(counts) for counts in answers])
        rows = [count for counts in answers for count in counts]
        place = np.array([self._places.get(skill, 0) for skill, _, _ in rows], np.int64)
        features = np.array([(1.0, np.log1p(wins), np.log1p(fails)) for _, wins, fails in rows])
        return answer, place, features
