"""Signs that somebody is unlikely to finish: what they have done of what most of their class has, when, and how well.

A piece of work is due once at least half of the class has done it; its date is the median of theirs. Nothing else is
known of a course: no plan, no dates, no clicks, and nothing of who the learners are. What weights are for is each
learner's less the class's mean, as courses differ in how much is missing and in how it is marked. So the same signs are
found in any class, and weights that were fitted to some courses can be tried on others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log1p
from statistics import fmean, median, pstdev
from typing import NamedTuple

FEWEST_DUE, FEWEST_MEMBERS = 2, 8
MOST_DUE = 12  # more say no more about how much there was to see
SCALE = 0.2  # of results, in shares of the marks
DAYS_SCALE, MOST_DAYS, SLOWEST_DAYS = 10.0, 20.0, 30.0  # of how late work is: what it counts in, and at most
LATE_DAYS = 2.0
PASS, GOOD = 0.4, 0.55  # of the marks
MOST_AHEAD = 6
ALWAYS = "always"


class WorkDone(NamedTuple):
    """What one learner did of one piece of work: when (in any unit), and the share of the marks, if it is known."""

    time: float
    result: float | None


class FinishingSigns(NamedTuple):
    """One learner's, beside the class."""

    due: int
    missing: int  # of what is due
    latest_missing: bool  # of what is due, the last that the class did
    results: float | None  # own less the class's mean, on the same work; shares of the marks
    features: Mapping[str, float] = {}  # what weights are for, by name; less the class's mean

    def less(self, means: Mapping[str, float]) -> FinishingSigns:
        """With the class's means off its features."""
        return self._replace(features={name: value - means[name] for name, value in self.features.items()})


def class_signs(work: Mapping[str, Mapping[str, WorkDone]], day: float = 1.0) -> dict[str, FinishingSigns]:
    """Of each member of a class, by what each has done of which work (of who did nothing: an empty one). day: a day, in
    the unit of times.

    Nothing where too few are in it, or too little is due.
    """
    if len(work) < FEWEST_MEMBERS:
        return {}
    done: dict[str, list[WorkDone]] = {}
    for its in work.values():
        for item, piece in its.items():
            done.setdefault(item, []).append(piece)
    dates = {
        item: median(work_done.time for work_done in its) for item, its in done.items() if 2 * len(its) >= len(work)
    }
    if len(dates) < FEWEST_DUE:
        return {}
    judged = {
        item: [work_done.result for work_done in its if work_done.result is not None] for item, its in done.items()
    }
    means = {item: fmean(results) for item, results in judged.items() if 2 * len(results) >= FEWEST_MEMBERS}
    due_items = sorted(dates, key=lambda item: (dates[item], item))
    signs = {learner: _signs(its, due_items, dates, means, day) for learner, its in work.items()}
    names = next(iter(signs.values())).features
    levels = {name: fmean(learner_signs.features[name] for learner_signs in signs.values()) for name in names} | {
        ALWAYS: 0.0
    }
    return {learner: learner_signs.less(levels) for learner, learner_signs in signs.items()}


def _signs(
    its: Mapping[str, WorkDone],
    due: Sequence[str],
    dates: Mapping[str, float],
    means: Mapping[str, float],
    day: float,
) -> FinishingSigns:
    handed = [item for item in due if item in its]
    beside = {
        item: work_done.result - means[item]
        for item, work_done in its.items()
        if item in means and work_done.result is not None
    }
    results = fmean(beside.values()) if beside else None
    late = [(its[item].time - dates[item]) / day for item in handed]
    offs = [beside[item] / SCALE for item in handed if item in beside]
    marks = [result for item in handed if (result := its[item].result) is not None]
    number, latest_missing = len(due) - len(handed), due[-1] not in its
    missing, latest = number / len(due), float(latest_missing)
    off, slow = (results or 0.0) / SCALE, _days(fmean(late), MOST_DAYS) if late else 0.0
    much = log1p(min(len(due), MOST_DUE)) - log1p(FEWEST_DUE)
    features = {
        ALWAYS: 1.0,
        "missing": missing,
        "nothing done": float(not handed),
        "latest missing": latest,
        "behind in results": min(off, 0.0),
        "results": off,
        "no results": float(results is None),
        "missing, of much": missing * much,
        "latest missing, of much": latest * much,
        "results, of much": off * much,
        "late": slow,
        "latest at most": _days(max(late), SLOWEST_DAYS) if late else 0.0,
        "late last": _days(late[-1], SLOWEST_DAYS) if late else 0.0,
        "late at all": float(any(days > LATE_DAYS for days in late)),
        "last result": offs[-1] if offs else 0.0,
        "behind in the last result": min(offs[-1], 0.0) if offs else 0.0,
        "change of results": offs[-1] - offs[0] if offs else 0.0,
        "worst result": min(offs) if offs else 0.0,
        "spread of results": pstdev(offs) if len(offs) > 1 else 0.0,
        "failed a piece": float(bool(marks) and min(marks) < PASS),
        "nearly failed a piece": float(bool(marks) and min(marks) < GOOD),
        "ahead": min(sum(item not in dates for item in its), MOST_AHEAD) / 3.0,
        "missing, by results": missing * off,
        "missing, by late": missing * slow,
        "results, squared": off * off,
        "results, by late": off * slow,
    }
    return FinishingSigns(len(due), number, latest_missing, results, features)


def _days(late: float, most: float) -> float:
    return min(max(late, -MOST_DAYS), most) / DAYS_SCALE
