"""BKT and PFA as the model: the same state, clamp and rows, another idea of how mastery follows from answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec.structs import replace

from processors.mastery.answers import Answers
from processors.mastery.bkt import Bkt, fit_skills
from processors.mastery.forgetting import Forgetting
from processors.mastery.model import Model
from processors.mastery.pfa import Count, Pfa
from processors.mastery.state import LearnerHistory, SkillHistory
from processors.mastery.weights import Weights

BKT, PFA = "bkt", "pfa"


class Tracing(Model):
    """Bayesian knowledge tracing; `ability` of a skill is P(known). Nothing is forgotten, as BKT has it."""

    def __init__(self, weights: Weights, by_skill: Mapping[str, Bkt], others: Bkt) -> None:
        super().__init__(replace(weights, version=BKT, forgetting=Forgetting(drop=0.0)))
        self._by_skill, self._others = by_skill, others

    def mastery(self, learner: LearnerHistory, skill: str, past: SkillHistory) -> float:
        bkt = self._by_skill.get(skill, self._others)
        return bkt.right(past.ability if past.attempts else bkt.known)

    def update(
        self, learner: LearnerHistory, past: dict[str, SkillHistory], item: str, skills: Sequence[str], value: float
    ) -> None:
        after = {}
        for skill in skills:
            bkt, before = self._by_skill.get(skill, self._others), past.get(skill)
            after[skill] = bkt.after(before.ability if before and before.attempts else bkt.known, value >= 0.5)
        super().update(learner, past, item, skills, value)
        for skill, p_known in after.items():
            past[skill].ability = p_known


class Factors(Model):
    """Performance factors analysis: logistic in a skill's ease, and its wins and fails so far."""

    def __init__(self, weights: Weights, pfa: Pfa) -> None:
        super().__init__(replace(weights, version=PFA, forgetting=Forgetting(drop=0.0)))
        self._pfa = pfa

    def mastery(self, learner: LearnerHistory, skill: str, past: SkillHistory) -> float:
        return self._pfa.right(skill, past.wins, past.attempts - past.wins)


def fit_rival(name: str, answers: Answers, weights: Weights) -> Model:
    """BKT or PFA, fitted to answers; intervals and rates are those of `weights`."""
    right = (answers.outcomes >= 0.5).tolist()
    begins, rows, skills = answers.learners.tolist(), answers.rows.tolist(), answers.skills.tolist()
    sequences: dict[str, list[list[bool]]] = {}
    counts: list[list[Count]] = []
    for start, end in pairwise(begins):
        its: dict[str, list[bool]] = {}
        for at in range(start, end):
            named = [answers.skill_names[skill] for skill in skills[rows[at] : rows[at + 1]]]
            counts.append([(s, sum(its.get(s, ())), len(its.get(s, ())) - sum(its.get(s, ()))) for s in named])
            for skill in named:
                its.setdefault(skill, []).append(right[at])
        for skill, outcomes in its.items():
            sequences.setdefault(skill, []).append(outcomes)
    if name == BKT:
        return Tracing(weights, *fit_skills(sequences))
    return Factors(weights, Pfa(counts, right))
