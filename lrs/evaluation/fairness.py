"""Whether numbers and decisions are as true for one group of learners as for the others.

Each learner's answers are folded again under the tenant's active weights, and decided after each: so this judges what
boards showed. A decision is judged by what came next: the learner's next HORIZON answers on the skill. Start, wait and
review are judged as they stood when the learner came to the skill, the others as an answer left them.

| figure | is |
|---|---|
| auc, log_loss, ece | of the number shown just before each answer |
| bias | mean of the number shown less the share of right answers: above 0 it is too high |
| early | share of `advance` after which fewer than the threshold's part of the next answers were right |
| held_back | share of `practise` after which all of them were right |
| needless | share of `help` after which at least the threshold's part of them were right |
| needless_review | share of `review` after which at least the threshold's part of them were right |
| too_soon | share of `start` after which none of them was right |
| made_to_wait | share of `wait` after which at least the threshold's part of them were right |
| left_unknown | share of `unknown` after which all of them were right, or none |

Intervals (95 %) are over draws of learners. A group is warned of where its difference from the others is notable, and
the difference's interval does not hold 0. With many groups some of that is chance: one in twenty differences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lrs.evaluation.intervals import NAMES
from lrs.evaluation.metrics import BINS
from lrs.pacing.decide import MasteryRow, Prerequisite, decide
from processors.folds.mastery import Mastery
from processors.mastery.answers import Answer
from processors.mastery.calibrate import HORIZON
from processors.mastery.model import bucket_of
from processors.mastery.state import SkillHistory
from schemas.decision import Decision
from schemas.evidence import Evidence
from schemas.observation import Kind
from schemas.policy import Policy

FEWEST = 10  # learners in a group, and outside it: fewer say nothing, and could be recognised
DRAWS = 500
ERRORS = {  # by decision: the share of it that was wrong
    Decision.ADVANCE: "early",
    Decision.PRACTISE: "held_back",
    Decision.HELP: "needless",
    Decision.REVIEW: "needless_review",
    Decision.START: "too_soon",
    Decision.WAIT: "made_to_wait",
    Decision.UNKNOWN: "left_unknown",
}
NOTABLE = {"auc": 0.03, "bias": 0.03} | dict.fromkeys(ERRORS.values(), 0.05)
ATTEMPTS = "attempts so far"
_CELLS = 10 * BINS  # of predictions: wins, fails and the sum of predictions are counted in each
_PLACES = {decision: at for at, decision in enumerate(ERRORS)}
_ON_RETURN = (Decision.START, Decision.WAIT, Decision.REVIEW)
_LOSS = 3 * _CELLS
_WIDTH = _LOSS + 1 + 2 * len(ERRORS)

Floats = NDArray[np.float64]
Timed = Sequence[tuple[int, Answer]]  # one learner's answers with their times (µs since the epoch), in order
Groups = Mapping[str, Mapping[str, str]]  # by attribute: the group of each learner
Requires = Callable[[str], Sequence[str]]  # the skills that come before a skill


def _nothing(_: str) -> Sequence[str]:
    return ()


class JudgedAnswer(NamedTuple):
    """One answer on one skill: the number shown before it, the decision after it, and what stood when it was given."""

    skill: str
    attempts: int  # on the skill before it
    shown: float
    right: bool
    decision: Decision
    standing: Decision = Decision.UNKNOWN


def evaluate_fairness(
    log: Iterable[tuple[str, Timed]], fold: Mastery, policy: Policy, groups: Groups, requires: Requires = _nothing
) -> dict[str, Any]:
    """Figures of each group beside the others' as JSON: "rows", and "warnings" in words. requires: what comes before a
    skill.

    Learners who are in no group of an attribute are left out of it.
    """
    names, tallies = [], []
    for name, answers in log:
        sums = tally(steps(fold, policy, answers, requires), policy)
        if sums.any():
            names.append(name)
            tallies.append(sums)
    by_bucket = np.array(tallies).reshape(len(names), len(NAMES), _WIDTH)
    whole = by_bucket.sum(axis=1)
    rng = np.random.default_rng(0)
    rows = []
    for attribute, of in groups.items():
        theirs = np.array([of.get(name, "") for name in names])
        for group in sorted(set(theirs.tolist()) - {""}):
            inside, outside = theirs == group, (theirs != group) & (theirs != "")
            if min(inside.sum(), outside.sum()) >= FEWEST:
                row = compare_groups(whole * inside[:, None], whole * outside[:, None], rng)
                rows.append({"attribute": attribute, "group": group, "learners": int(inside.sum()), **row})
    for at, group in enumerate(NAMES):
        inside = by_bucket[:, at]
        if (learners := int((inside.sum(axis=1) > 0).sum())) >= FEWEST:
            row = compare_groups(inside, whole - inside, rng)
            rows.append({"attribute": ATTEMPTS, "group": group, "learners": learners, **row})
    answered = int(_right_and_wrong(whole).sum()) if names else 0
    return {"learners": len(names), "answers": answered, "rows": rows, "warnings": warnings(rows)}


def steps(fold: Mastery, policy: Policy, answers: Timed, requires: Requires = _nothing) -> list[JudgedAnswer]:
    """What was shown before each answer of one learner, and decided after it."""
    state, judged = fold.start(), []
    rows: dict[str, MasteryRow] = {}
    for at, (time, (item, skills, outcome)) in enumerate(answers):
        before = {}
        for skill in skills:
            row = rows.get(skill)
            new = fold.model.mastery(state.learner, skill, SkillHistory()) if row is None else 0.0
            standing = decide(row, policy, _before(requires(skill), rows, policy, time), None, time).computed
            numbers = (0, new) if row is None else (row.attempts, row.expected(row.mastery, time))
            before[skill] = (*numbers, standing)
        fold.step(state, Evidence(time, time, str(at), 0, Kind.ATTEMPT, item=item, skills=skills, outcome=outcome))
        for key, _, *values in fold.drain(state):
            if key:
                rows[key] = MasteryRow.of(dict(zip(fold.columns, values, strict=True)), policy)
        for skill, (attempts, shown_mastery, standing) in before.items():
            decided = decide(rows[skill], policy, (), None, time).computed
            judged.append(JudgedAnswer(skill, attempts, shown_mastery, outcome >= 0.5, decided, standing))
    return judged


def _before(
    required: Sequence[str], rows: Mapping[str, MasteryRow], policy: Policy, time: int
) -> tuple[Prerequisite, ...]:
    """What comes before a skill, as far as the learner was known at a time."""
    found = []
    for skill in required:
        decided = decide(rows.get(skill), policy, None, None, time)
        found.append(Prerequisite(skill, skill, decided.estimate, decided.computed))
    return tuple(found)


def tally(its: Sequence[JudgedAnswer], policy: Policy) -> Floats:
    """(buckets of attempts, what is summed) of one learner; every figure is of such sums."""
    sums = np.zeros((len(NAMES), _WIDTH))
    by_skill: dict[str, list[JudgedAnswer]] = {}
    for step in its:
        by_skill.setdefault(step.skill, []).append(step)
        row, cell = sums[bucket_of(step.attempts)], min(int(step.shown * _CELLS), _CELLS - 1)
        row[cell if step.right else _CELLS + cell] += 1
        row[2 * _CELLS + cell] += step.shown
        row[_LOSS] -= np.log(max(step.shown if step.right else 1.0 - step.shown, 1e-15))
    enough = policy.advance_at * HORIZON - 1e-9
    for of_skill in by_skill.values():
        for at, step in enumerate(of_skill):
            if step.standing in _ON_RETURN:
                _add(sums, step, step.standing, of_skill[at : at + HORIZON], enough)
            if step.decision not in _ON_RETURN:
                _add(sums, step, step.decision, of_skill[at + 1 : at + 1 + HORIZON], enough)
    return sums


def _add(sums: Floats, step: JudgedAnswer, decision: Decision, coming: Sequence[JudgedAnswer], enough: float) -> None:
    """A decision, and whether what came of it says that it was wrong; nothing where too few answers came."""
    if len(coming) < HORIZON:
        return
    wins = sum(later.right for later in coming)
    match decision:
        case Decision.ADVANCE:
            wrong = wins < enough
        case Decision.PRACTISE:
            wrong = wins == HORIZON
        case Decision.START:
            wrong = wins == 0
        case Decision.UNKNOWN:
            wrong = wins in (0, HORIZON)
        case _:
            wrong = wins >= enough
    place = _LOSS + 1 + 2 * _PLACES[decision]
    sums[bucket_of(step.attempts), place : place + 2] += (1.0, wrong)


def compare_groups(inside: Floats, outside: Floats, rng: np.random.Generator) -> dict[str, Any]:
    """Figures of the sums of learners inside, and their difference from those outside, each with its interval."""
    learners = len(inside)
    drawn = rng.multinomial(learners, np.full(learners, 1.0 / learners), size=DRAWS).astype(np.float64)
    weights = np.concatenate([np.ones((1, learners)), drawn])
    ours, theirs = figures(weights @ inside), figures(weights @ outside)
    return {
        "answers": int(_right_and_wrong(inside).sum()),
        "figures": {name: _interval(values) for name, values in ours.items()},
        "differences": {name: _interval(values - theirs[name]) for name, values in ours.items()},
    }


def figures(sums: Floats) -> dict[str, Floats]:
    """By name, of each row of sums; NaN where there is nothing to judge."""
    wins, fails, predicted = (sums[:, at * _CELLS : (at + 1) * _CELLS] for at in range(3))
    right, wrong = wins.sum(axis=1), fails.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        below = np.cumsum(fails, axis=1) - fails / 2
        predicted_share, came, n = (_in_bins(cells) for cells in (predicted, wins, wins + fails))
        figures_by_name = {
            "auc": (wins * below).sum(axis=1) / (right * wrong),
            "log_loss": sums[:, _LOSS] / (right + wrong),
            "ece": np.abs(predicted_share - came).sum(axis=1) / n.sum(axis=1),
            "bias": (predicted.sum(axis=1) - right) / (right + wrong),
        }
        for at, name in enumerate(ERRORS.values()):
            place = _LOSS + 1 + 2 * at
            figures_by_name[name] = sums[:, place + 1] / sums[:, place]
    return figures_by_name


def warnings(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is notably otherwise for a group than for the others, in words."""
    warned = []
    for row in rows:
        for name, least in NOTABLE.items():
            difference = row["differences"][name]
            value, low, high = difference["value"], difference["low"], difference["high"]
            if value is None or abs(value) < least or low <= 0.0 <= high:
                continue
            who = f"{row['attribute']} {row['group']}"
            if name == "auc":
                how = "worse" if value < 0 else "better"
                warned.append(
                    f"{who}: right and wrong answers are separated {how} than others', by {abs(value):.3f} of AUC."
                )
                continue
            more = "more" if value > 0 else "less"
            points = f"{abs(value) * 100:.1f} points {more} than the others' ({low * 100:+.1f} to {high * 100:+.1f})"
            finding = {
                "bias": "the number shown lies above what they get right by",
                "early": "those who move on fall short of the threshold in the next answers by",
                "held_back": "those who go on practising get all of the next answers right by",
                "needless": "those who are given help get the next answers right anyway by",
                "needless_review": "those who are to review get the next answers right anyway by",
                "too_soon": "those who start a skill get none of the first answers right by",
                "made_to_wait": "those who were to wait get the first answers right anyway by",
                "left_unknown": "those of whom too little is known get all of the next answers right, or none, by",
            }[name]
            warned.append(f"{who}: {finding} {points}.")
    return warned


def _interval(values: Floats) -> dict[str, float | None]:
    """The figure itself is the first value, the others are of draws."""
    drawn = values[1:][~np.isnan(values[1:])]
    if np.isnan(values[0]) or not len(drawn):
        return {"value": None, "low": None, "high": None}
    low, high = np.quantile(drawn, (0.025, 0.975))
    return {"value": float(values[0]), "low": float(low), "high": float(high)}


def _in_bins(cells: Floats) -> Floats:
    return np.asarray(cells.reshape(len(cells), BINS, -1).sum(axis=2))


def _right_and_wrong(sums: Floats) -> Floats:
    return sums[..., : 2 * _CELLS]
