"""Signs that somebody is unlikely to finish: what they have done of what most of their class has, and how well.

A piece of work is due once at least half of the class has done it; its date is the median of theirs. Nothing else is
known of a course: no plan, no dates, no clicks, and nothing of who the learners are. So the same signs are found in any
class, and weights that were fitted to some courses can be tried on others.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log1p
from statistics import fmean, median
from typing import NamedTuple

FEWEST_DUE, FEWEST_MEMBERS = 2, 8
MOST_DUE = 12  # more say no more about how much there was to see
SCALE = 0.2  # of results, in shares of the marks


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

    @property
    def features(self) -> dict[str, float]:
        """What weights are for, by name."""
        missing, latest = self.missing / self.due, float(self.latest_missing)
        off = (self.results or 0.0) / SCALE
        much = log1p(min(self.due, MOST_DUE)) - log1p(FEWEST_DUE)
        return {
            "always": 1.0,
            "missing": missing,
            "nothing done": float(self.missing == self.due),
            "latest missing": latest,
            "behind in results": min(off, 0.0),
            "results": off,
            "no results": float(self.results is None),
            "much due": much,
            "missing, of much": missing * much,
            "latest missing, of much": latest * much,
            "results, of much": off * much,
        }


def class_signs(work: Mapping[str, Mapping[str, WorkDone]]) -> dict[str, FinishingSigns]:
    """Of each member of a class, by what each has done of which work (of who did nothing: an empty one).

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
    latest = max(dates, key=lambda item: (dates[item], item))
    judged = {
        item: [work_done.result for work_done in its if work_done.result is not None] for item, its in done.items()
    }
    means = {item: fmean(results) for item, results in judged.items() if 2 * len(results) >= FEWEST_MEMBERS}
    signs = {}
    for learner, its in work.items():
        own = [
            work_done.result - means[item]
            for item, work_done in its.items()
            if item in means and work_done.result is not None
        ]
        missing = len(dates) - sum(item in dates for item in its)
        signs[learner] = FinishingSigns(len(dates), missing, latest not in its, fmean(own) if own else None)
    return signs
