"""What the two heads see of each answer of a log: `Model` in compiled code (a test holds the two equal)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from processors.mastery.answers import Answers, Floats, Ints
from processors.mastery.weights import CORE, ITEM, SLOPES
from schemas.days import DAY


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """A row for each answer, and `rows` for each of its skills.

    "before" is what was known just before the answer; "shown" what was known when the skill was last answered
    (just before, at a first answer): what a number frozen in between may use.
    """

    core: NDArray[np.float32]  # (answers, CORE): before, mean over skills
    item: NDArray[np.float32]  # (answers, ITEM): before
    codes: Ints  # (answers, 2): retry state, context
    places: Ints  # (rows, 2): bucket, history; before
    slopes: NDArray[np.float32]  # (rows, SLOPES): before
    shown: NDArray[np.float32]  # (rows, CORE)
    shown_places: Ints  # (rows, 3): bucket, history, context
    shown_slopes: NDArray[np.float32]  # (rows, SLOPES)
    previous: Ints  # (rows,): the row of the learner's answer before on the skill; -1 at the first
    gaps: Floats  # (rows,): days since then
    attempts: Ints  # (rows,): answers on the skill before
    days: Ints  # (rows,): distinct UTC days of these
    first: NDArray[np.bool_]  # (answers,): the learner's first on the item

    @classmethod
    def joined(cls, parts: Sequence[AnswerTable]) -> AnswerTable:
        """The tables of several logs one after the other."""
        columns = {f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)}
        offsets = np.cumsum([0, *(len(part.previous) for part in parts[:-1])])
        moved = [np.where(t.previous < 0, -1, t.previous + by) for t, by in zip(parts, offsets, strict=True)]
        return cls(**columns | {"previous": np.concatenate(moved)})


def tabulate(answers: Answers, of_item: Floats, of_skill: Floats) -> AnswerTable:
    """The table of a log under given base rates: of each answer's item and each row's skill."""
    n, r = len(answers), len(answers.skills)
    learner = answers.learner_of
    _, pair = np.unique(learner[answers.answer_of] * len(answers.skill_names) + answers.skills, return_inverse=True)
    _, met = np.unique(learner * len(answers.item_names) + answers.items, return_inverse=True)
    table = AnswerTable(
        np.zeros((n, CORE), np.float32), np.zeros((n, ITEM), np.float32), np.zeros((n, 2), np.int64),
        np.zeros((r, 2), np.int64), np.zeros((r, SLOPES), np.float32),
        np.zeros((r, CORE), np.float32), np.zeros((r, 3), np.int64), np.zeros((r, SLOPES), np.float32),
        np.full(r, -1), np.zeros(r), np.zeros(r, np.int64), np.zeros(r, np.int64), np.zeros(n, bool),
    )  # fmt: skip
    base = np.clip(of_skill, 0.02, 0.98)
    _walk(
        answers.learners, answers.items, answers.outcomes, answers.times, answers.rows, pair, met,
        np.log(of_item / (1 - of_item)), of_item, of_skill, np.log(base / (1 - base)),
        np.zeros((pair.max() + 1, 15)), np.full(pair.max() + 1, -1), np.zeros((met.max() + 1, 4)),
        table.core, table.item, table.codes, table.places, table.slopes, table.shown, table.shown_places,
        table.shown_slopes, table.previous, table.attempts, table.first,
    )  # fmt: skip
    since = answers.times[answers.answer_of]
    table.gaps[:] = np.where(table.previous < 0, 0.0, (since - since[table.previous]) / DAY)
    _count_days(table.previous, since // DAY, table.days)
    return table


# Columns of a skill's state: credit, attempts, streak, position, history, ability, residuals 3, levels 3, paced 2.
_CREDIT, _N, _STREAK, _POSITION, _HISTORY, _ABILITY, _RESIDUALS, _LEVELS, _PACED = 0, 1, 2, 3, 4, 5, 6, 9, 12
# Columns of a learner's state: credit, attempts, history, ability, residuals 4, paced 3.
_L_CREDIT, _L_N, _L_HISTORY, _L_ABILITY, _L_RESIDUALS, _L_PACED = 0, 1, 2, 3, 4, 8


@njit(cache=True)
def _count_days(previous: Any, day: Any, days: Any) -> None:
    for i in range(len(previous)):
        p = previous[i]
        if p >= 0:
            earlier = previous[p]
            days[i] = days[p] + (1 if earlier < 0 or day[earlier] != day[p] else 0)


@njit(cache=True)
def _sigmoid(z: float) -> Any:
    return 1.0 / (1.0 + np.exp(-z))


@njit(cache=True)
def _bucket(n: int) -> int:
    if n <= 2:
        return n
    if n <= 4:
        return 3
    if n <= 8:
        return 4
    return 5 if n <= 19 else 6


@njit(cache=True)
def _remember(history: float, right: bool, length: int) -> float:
    longer = int(history) << 1 | int(right)
    return longer if longer < 2 << length else longer & ((1 << length) - 1) | 1 << length


@njit(cache=True)
def _core(out: Any, learner: Any, s: Any, followed: bool, logit_s: float) -> None:
    """The features of one learner and skill that need no item; Model.see, in compiled code."""
    n, n_s = learner[_L_N], s[_N]
    u, u_s = 1.0 / np.sqrt(1.0 + n), 1.0 / np.sqrt(1.0 + n_s)
    history = int(learner[_L_HISTORY])
    last = (2.0 * (history & 1) - 1.0) if n >= 1 else 0.0
    before = (2.0 * (history >> 1 & 1) - 1.0) if n >= 2 else 0.0
    wins, fails = np.log1p(s[_CREDIT]), np.log1p(n_s - s[_CREDIT])
    out[0] = 1.0
    out[1] = np.log1p(learner[_L_CREDIT])
    out[2] = np.log1p(n - learner[_L_CREDIT])
    out[3:7] = learner[_L_RESIDUALS : _L_RESIDUALS + 4]
    out[7] = last
    out[8] = before
    out[9] = learner[_L_ABILITY]
    out[10] = u
    out[11] = learner[_L_RESIDUALS + 1] * (1.0 - u)
    out[12:15] = learner[_L_PACED : _L_PACED + 3]
    out[15:18] = learner[_L_PACED : _L_PACED + 3] * (1.0 - u)
    out[18] = wins
    out[19] = fails
    out[20:23] = s[_RESIDUALS : _RESIDUALS + 3]
    out[23] = min(max(s[_STREAK], 0.0), 6.0) / 6
    out[24] = min(max(-s[_STREAK], 0.0), 6.0) / 6
    out[25] = np.log1p(n - s[_POSITION]) / 5 if n_s else 0.0
    out[26] = (s[_CREDIT] + 1.5) / (n_s + 2) - 0.7
    out[27] = 1.0 * followed
    out[28] = 1.0 * (followed and last > 0)
    out[29] = s[_ABILITY]
    out[30] = u_s
    out[31] = s[_ABILITY] * (1.0 - u_s)
    out[32] = logit_s
    out[33] = logit_s * u
    out[34] = logit_s * u_s
    out[35:38] = s[_LEVELS : _LEVELS + 3]
    out[38:41] = s[_LEVELS : _LEVELS + 3] * (1.0 - u_s)
    out[41:43] = s[_PACED : _PACED + 2]
    out[43:45] = s[_PACED : _PACED + 2] * (1.0 - u_s)
    out[45] = learner[_L_ABILITY] * u_s
    out[46] = learner[_L_RESIDUALS + 1] * u_s


@njit(cache=True)
def _slopes(out: Any, learner: Any, s: Any, first: float) -> None:
    out[0] = np.log1p(s[_CREDIT])
    out[1] = np.log1p(s[_N] - s[_CREDIT])
    out[2] = s[_RESIDUALS + 1]
    out[3] = first
    out[4] = learner[_L_ABILITY]
    out[5] = s[_ABILITY]


@njit(cache=True)
def _retry(met: Any, again: bool) -> int:
    if met[2] < 0:
        return 0
    if met[2] == 1:
        return 1 if again else 2 + int(met[1] - met[0] > 0)
    return 4 + 2 * min(int(met[3]) - 1, 2) + int(again)


@njit(cache=True)
def _walk(
    learners: Any, items: Any, outcomes: Any, times: Any, rows: Any, pair: Any, met_of: Any, logit_b: Any, base: Any,
    rate: Any, logit_s: Any, skills: Any, last_row: Any, mets: Any,
    core: Any, item: Any, codes: Any, places: Any, slopes: Any, shown: Any, shown_places: Any, shown_slopes: Any,
    previous: Any, attempts: Any, firsts: Any,
) -> None:  # fmt: skip
    learner, mean = np.zeros(11), np.zeros(CORE)
    # What was known after the last answer on the skill, kept until the next one.
    kept_core, kept_slopes = np.zeros((len(skills), CORE)), np.zeros((len(skills), SLOPES))
    kept_places = np.zeros((len(skills), 3), np.int64)
    rates3, rates4 = np.array([0.1, 0.3, 0.6]), np.array([0.01, 0.05, 0.2, 0.5])
    paces, skill_paces = np.array([0.05, 0.2, 0.8]), np.array([0.2, 0.8])
    skills[:, _HISTORY] = 1.0
    mets[:, 2] = -1.0
    for who in range(len(learners) - 1):
        learner[:] = 0.0
        learner[_L_HISTORY] = 1.0
        last_item, last_answer = -1, -1
        for t in range(learners[who], learners[who + 1]):
            begin, end = rows[t], rows[t + 1]
            share = 1.0 / (end - begin)
            met = mets[met_of[t]]
            again = last_item == items[t] and met[2] >= 0
            first = met[2] < 0
            firsts[t] = first
            same = False
            core[t, :] = 0.0
            for i in range(begin, end):
                k = pair[i]
                s = skills[k]
                followed = False
                if last_answer >= 0:
                    for j in range(rows[last_answer], rows[last_answer + 1]):
                        followed = followed or pair[j] == k
                same = same or followed
                _core(mean, learner, s, followed, logit_s[i])
                for f in range(CORE):
                    core[t, f] += share * mean[f]
                _slopes(slopes[i], learner, s, 1.0 * first)
                places[i, 0] = _bucket(int(s[_N]))
                places[i, 1] = int(s[_HISTORY])
                attempts[i] = int(s[_N])
                previous[i] = last_row[k]
                if last_row[k] < 0:
                    shown[i] = mean
                    shown_slopes[i] = slopes[i]
                    shown_slopes[i, 3] = 0.0
                    shown_places[i, 0], shown_places[i, 1] = places[i, 0], places[i, 1]
                    shown_places[i, 2] = int(learner[_L_HISTORY]) << 1 | int(followed)
                else:
                    shown[i] = kept_core[k]
                    shown_slopes[i] = kept_slopes[k]
                    shown_places[i] = kept_places[k]
                last_row[k] = i
            codes[t, 0] = _retry(met, again)
            codes[t, 1] = int(learner[_L_HISTORY]) << 1 | int(same)
            n = learner[_L_N]
            item[t, 0] = np.log1p(met[0])
            item[t, 1] = np.log1p(met[1] - met[0])
            item[t, 2] = 1.0 * first
            item[t, 3] = 1.0 * (met[2] == 1)
            item[t, 4] = 1.0 * (met[2] == 0)
            item[t, 5] = 1.0 * (again and met[2] == 1)
            item[t, 6] = 1.0 * (again and met[2] == 0)
            item[t, 7] = np.log1p(met[3])
            item[t, 8] = logit_b[t]
            item[t, 9] = logit_b[t] / np.sqrt(1.0 + n)
            value, theta = outcomes[t], learner[_L_ABILITY]
            right = value >= 0.5
            mean_ability = 0.0
            for i in range(begin, end):
                s = skills[pair[i]]
                mean_ability += s[_ABILITY] * share
                step = 0.4 / (1 + 0.05 * s[_N])
                s[_ABILITY] += step * (value - _sigmoid(logit_b[t] + theta + s[_ABILITY]))
                s[_RESIDUALS : _RESIDUALS + 3] += rates3 * (value - base[t] - s[_RESIDUALS : _RESIDUALS + 3])
                s[_LEVELS : _LEVELS + 3] += rates3 * (value - rate[i] - s[_LEVELS : _LEVELS + 3])
                for j in range(2):
                    s[_PACED + j] += skill_paces[j] * (value - _sigmoid(logit_b[t] + s[_PACED + j]))
                s[_CREDIT] += value
                s[_N] += 1
                s[_STREAK] = max(s[_STREAK], 0.0) + 1 if right else min(s[_STREAK], 0.0) - 1
                s[_POSITION] = n
                s[_HISTORY] = _remember(s[_HISTORY], right, 4)
            learner[_L_ABILITY] += 0.4 / (1 + 0.05 * n) * (value - _sigmoid(logit_b[t] + theta + mean_ability))
            residuals = learner[_L_RESIDUALS : _L_RESIDUALS + 4]
            residuals += rates4 * (value - base[t] - residuals)
            for j in range(3):
                learner[_L_PACED + j] += paces[j] * (value - _sigmoid(logit_b[t] + learner[_L_PACED + j]))
            learner[_L_CREDIT] += value
            learner[_L_N] += 1
            learner[_L_HISTORY] = _remember(learner[_L_HISTORY], right, 5)
            last_item, last_answer = items[t], t
            met[0] += value
            met[1] += 1
            met[2] = 1.0 if right else 0.0
            met[3] = 0.0 if right else met[3] + 1
            for i in range(begin, end):
                k = pair[i]
                _core(kept_core[k], learner, skills[k], True, logit_s[i])
                _slopes(kept_slopes[k], learner, skills[k], 0.0)
                kept_places[k, 0] = _bucket(int(skills[k, _N]))
                kept_places[k, 1] = int(skills[k, _HISTORY])
                kept_places[k, 2] = int(learner[_L_HISTORY]) << 1 | 1
