"""What the report of a fit says of a new version: whether it is better, not worse, or judged on too little."""

from __future__ import annotations

from typing import Any

JUDGED = ("all", "next item")  # slices of a report whose log loss must not be worse
# Held out, so that "not worse" says something of the version and little of chance, before it decides by itself. Answers
# of one learner resemble each other, so many answers of a few learners are not enough.
FEWEST_ANSWERS, FEWEST_LEARNERS = 1_000, 20


def better(report: dict[str, Any]) -> bool:
    """Whether a new version may decide by itself: it is not worse, and enough answers of enough learners show it."""
    return not_worse(report) and not too_little(report)


def too_little(report: dict[str, Any]) -> str:
    """What was held out, in words, where it is too little for a version to decide by itself; else empty."""
    answers, learners = report.get("held_out", 0), report.get("held_out_learners", 0)
    if answers >= FEWEST_ANSWERS and learners >= FEWEST_LEARNERS:
        return ""
    return (
        f"was judged on {answers:,} answers of {learners:,} learners held out, "
        f"and {FEWEST_ANSWERS:,} of {FEWEST_LEARNERS:,} are needed to decide by itself"
    )


def not_worse(report: dict[str, Any]) -> bool:
    """Whether a new version's log loss on learners held out is at most that of the version that was running."""
    return all(new <= old for new, old in losses(report).values())


def losses(report: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """(new, running) by slice."""
    return {
        row["slice"]: (row[report["version"]]["log_loss"], row[report["running"]]["log_loss"])
        for row in report["rows"]
        if row["slice"] in JUDGED
    }
