"""Decisions judged by truth: simulated learners, whose true chance of a right answer is known, under several rules.

What is asked was fixed before the rules:

- advance is right if the true chance then is at least the threshold; its recall is the share of those truly above it
  (from some answer on, for good) who were advanced at most WITHIN answers later.
- help is right if the true chance would still be under the threshold AHEAD answers on; its delay counts from the first
  answer after which that is so, and the chance is under a half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrs.evaluation.laws import LAWS, Law, SkillPractice
from lrs.pacing.decide import MasteryRow, decide
from processors.folds.mastery import Mastery
from processors.mastery.answers import Answer, Answers, from_log
from processors.mastery.bkt import Bkt
from processors.mastery.fit import fit
from processors.mastery.weights import Weights
from schemas.decision import Decision
from schemas.evidence import Evidence
from schemas.observation import Kind
from schemas.policy import Policy

WITHIN = 5
FITTED = 400  # other learners of a law, to whose answers own weights are fitted
ANSWERS, SKILLS = 36, 3  # of each learner; skills come one after the other
SECOND = 1_000_000
ALL = "all laws"
SHIPPED, OWN = OWN_RULES = ("Pacer, shipped weights", "Pacer, own weights")

Rule = Callable[[list[SkillPractice]], list[list[Decision]]]  # of one learner: by skill, after each answer


def pacer(policy: Policy, weights: Weights | None = None) -> Rule:
    """Pacer's own: the fold, under the weights as shipped or others, and decide just after each answer."""
    fold = Mastery(weights)

    def rule(practices: list[SkillPractice]) -> list[list[Decision]]:
        state, begin, decided = fold.start(), 0, []
        for number, practice in enumerate(practices):
            skill, decisions = str(number), []
            for at, (second, right) in enumerate(zip(practice.times, practice.right, strict=True)):
                time = begin + round(second * SECOND)
                item = f"{skill}/{at}"
                answer = Evidence(time, time, item, 0, Kind.ATTEMPT, item=item, skills=(skill,), outcome=float(right))
                fold.step(state, answer)
                values = next(columns for key, _, *columns in fold.drain(state) if key == skill)
                row = dict(zip(fold.columns, values, strict=True))
                decisions.append(decide(MasteryRow.of(row, policy), policy, (), None, time).computed)
            begin = time + 3600 * SECOND
            decided.append(decisions)
        return decided

    return rule


def fixed(practices: list[SkillPractice]) -> list[list[Decision]]:
    """Fixed thresholds: 80 % right of at least five moves on, under 45 % is help."""

    def judge(right: list[bool]) -> Decision:
        if len(right) < 5:
            return Decision.UNKNOWN
        share = sum(right) / len(right)
        return Decision.ADVANCE if share >= 0.8 else Decision.HELP if share < 0.45 else Decision.PRACTISE

    return _by_outcomes(practices, judge)


def three_in_a_row(practices: list[SkillPractice]) -> list[list[Decision]]:
    """Three right in a row move on, three wrong in a row are help."""

    def judge(right: list[bool]) -> Decision:
        last = right[-3:]
        if len(last) < 3:
            return Decision.UNKNOWN
        return Decision.ADVANCE if all(last) else Decision.HELP if not any(last) else Decision.PRACTISE

    return _by_outcomes(practices, judge)


def tracing(practices: list[SkillPractice]) -> list[list[Decision]]:
    """BKT with the parameters that it starts from: .95 known moves on; ten answers without that are help."""
    bkt = Bkt()

    def judge(right: list[bool]) -> Decision:
        p_known = bkt.known
        for answer in right:
            p_known = bkt.after(p_known, answer)
        return Decision.ADVANCE if p_known >= 0.95 else Decision.HELP if len(right) >= 10 else Decision.PRACTISE

    return _by_outcomes(practices, judge)


def history(law: Law, learners: int) -> Answers:
    """The answers of other simulated learners than those that are judged."""
    rng, log, clock = np.random.default_rng(2**32), [], []
    for learner in range(learners):
        answers: list[Answer] = []
        times: list[int] = []
        for skill in range(SKILLS):
            practice, begin = law(rng, ANSWERS), times[-1] + 3600 * SECOND if times else 0
            answers += [(f"{skill}/{at}", (str(skill),), float(right)) for at, right in enumerate(practice.right)]
            times += [begin + round(second * SECOND) for second in practice.times]
        log.append((str(learner), answers))
        clock.append(times)
    return from_log(log, clock)


@dataclass(slots=True)
class RuleTally:
    """What came of one rule; one entry for each learner and skill that has any."""

    advanced: list[bool] = field(default_factory=list)  # whether it was right
    in_time: list[bool] = field(default_factory=list)  # of those truly above: whether advanced
    helped: list[bool] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)  # infinite: never

    def add(self, practice: SkillPractice, decisions: list[Decision], threshold: float) -> None:
        above, needs = practice.chance >= threshold, practice.later < threshold
        first = {decision: decisions.index(decision) for decision in set(decisions)}
        # A decision after answer i speaks of the next one.
        moved, called = first.get(Decision.ADVANCE), first.get(Decision.HELP)
        if moved is not None and moved + 1 < len(above):
            self.advanced.append(bool(above[moved + 1]))
        below = np.flatnonzero(~above)
        since = int(below[-1]) + 1 if len(below) else 0
        if since + WITHIN < len(above):
            self.in_time.append(moved is not None and moved <= since + WITHIN)
        if called is not None and called + 1 < len(needs):
            self.helped.append(bool(needs[called + 1]))
        stuck = np.flatnonzero(needs & (practice.chance < 0.5))
        if len(stuck) and needs[-1]:
            self.delays.append(float("inf") if called is None else max(called + 1 - int(stuck[0]), 0))


def judge_rules(
    seeds: int, learners: int = 10, policy: Policy | None = None, laws: dict[str, Law] | None = None
) -> list[dict[str, Any]]:
    """By law and rule, and over all laws: shares with their 95 % interval over seeds, and the median delay."""
    policy = policy or Policy()
    rows: list[dict[str, Any]] = []
    whole: dict[str, list[RuleTally]] = {}
    for law, practise in (laws or LAWS).items():
        own = fit(history(practise, FITTED), "simulated", law, apart=False).weights
        rules = {SHIPPED: pacer(policy), OWN: pacer(policy, own)}
        rules |= {"fixed thresholds": fixed, "three in a row": three_in_a_row, "BKT": tracing}
        tallies: dict[str, list[RuleTally]] = {name: [] for name in rules}
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            cohort = [[practise(rng, ANSWERS) for _ in range(SKILLS)] for _ in range(learners)]
            for name, rule in rules.items():
                tally = RuleTally()
                for practices in cohort:
                    for practice, decisions in zip(practices, rule(practices), strict=True):
                        tally.add(practice, decisions, policy.advance_at)
                tallies[name].append(tally)
        rows += [{"law": law, "rule": name, **_summary(its)} for name, its in tallies.items()]
        for name, its in tallies.items():
            whole.setdefault(name, []).extend(its)
    return [*rows, *({"law": ALL, "rule": name, **_summary(its)} for name, its in whole.items())]


def _summary(tallies: list[RuleTally]) -> dict[str, Any]:
    delays = np.array([delay for tally in tallies for delay in tally.delays])
    return {
        "advance_precision": _share_with_interval(tally.advanced for tally in tallies),
        "advance_recall": _share_with_interval(tally.in_time for tally in tallies),
        "help_precision": _share_with_interval(tally.helped for tally in tallies),
        "help_delay": float(np.median(delays)) if len(delays) else None,
    }


def _share_with_interval(of_seeds: Iterable[list[bool]]) -> tuple[float, float, float]:
    """(share, low, high) of all cases; the interval is by resampling seeds."""
    counts = np.array([(sum(its), len(its)) for its in of_seeds], float)
    drawn = counts[np.random.default_rng(0).integers(len(counts), size=(500, len(counts)))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / np.maximum(drawn[:, 1], 1.0), (0.025, 0.975))
    right, cases = counts.sum(axis=0)
    return float(right / max(cases, 1.0)), float(low), float(high)


def _by_outcomes(practices: list[SkillPractice], judge: Callable[[list[bool]], Decision]) -> list[list[Decision]]:
    return [
        [judge(right[: at + 1]) for at in range(len(right))]
        for right in (practice.right.tolist() for practice in practices)
    ]
