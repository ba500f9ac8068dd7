"""How well it went: the share of the marks, and whether that is right or wrong."""

from __future__ import annotations

from processors.meaning.duration import number
from processors.meaning.tool import Tool, library
from processors.meaning.vocabulary.facts import Facts
from processors.meaning.vocabulary.iris import ACROSSX_EXTENSIONS, CMI5_CONTEXT, STREAMS, iris
from processors.meaning.vocabulary.types import SCORM_CONTENT, ActivityRole

_MASTERY_SCORE = CMI5_CONTEXT + "masteryscore"
_PASS_SCORE = ACROSSX_EXTENSIONS + "pass-score"
_SLOTS = frozenset(iris(STREAMS, "review#slot"))
# Named once: Python 3.11 takes 0.1 µs to find a member through its class.
_MOODLE, _EDX, _H5P, _SURVEY = Tool.MOODLE, Tool.EDX, Tool.H5P, ActivityRole.SURVEY
_FULL_MARKS_ONLY = frozenset({"H5P.MarkTheWords", "H5P.DragQuestion"})


def share_of(facts: Facts, tool: Tool) -> float | None:
    """The share of the marks in [0, 1]: (raw - min) / (max - min), else the scaled score.

    A maximum that is no more than the minimum means nothing, and neither does the scaled score beside it. Moodle's
    scaled score runs from -1 to 1, so that half the marks are 0. SCORM 1.2 has 100 marks unless it says another number.
    """
    score = facts.score
    if not score or _of_another(facts):
        return None
    raw, most, least = number(score.get("raw")), number(score.get("max")), number(score.get("min"))
    if most is None and facts.type in SCORM_CONTENT:
        most = 100.0
    if most is not None and most <= (least or 0.0):
        return None
    if raw is not None and most is not None:
        return _clamped_share((raw - (least or 0.0)) / (most - (least or 0.0)))
    scaled = number(score.get("scaled"))
    if scaled is None:
        return None
    return _clamped_share((scaled + 1.0) / 2.0 if tool is _MOODLE and raw is None else scaled)


def _of_another(facts: Facts) -> bool:
    """Whether the marks are another question's: Moodle's grade of a slot of a quiz is always the first one's."""
    return facts.type in _SLOTS and not facts.id.endswith("slot=1")


def outcome_of(
    facts: Facts, share: float | None, tool: Tool, by_verb: float | None, threshold: float | None
) -> float | None:
    """1.0 right, 0.0 wrong, None not judged.

    A threshold of the catalog judges the share before anything else; then the verb itself (`by_verb`); then `success`
    where the tool means it; then the pass mark that the statement carries; then full marks or none.
    """
    return _judged_by_score(facts, share, tool, by_verb, threshold)[0]


def judged_by(facts: Facts, share: float | None, tool: Tool, by_verb: float | None, threshold: float | None) -> str:
    """What the outcome follows from, in words."""
    return _judged_by_score(facts, share, tool, by_verb, threshold)[1]


def _judged_by_score(
    facts: Facts, share: float | None, tool: Tool, by_verb: float | None, threshold: float | None
) -> tuple[float | None, str]:
    if share is not None and threshold is not None:
        return float(share >= threshold), "the catalog's threshold"
    if by_verb is not None:
        return by_verb, "by its verb"
    success = facts.result.get("success")
    if isinstance(success, bool) and _success_means_right(success, facts, share, tool):
        return float(success), "by result.success"
    if share is None:
        return None, ""
    needed = _pass_mark(facts)
    if needed is not None:
        return float(share >= needed), "the pass mark that the statement carries"
    if share >= 1.0:
        return 1.0, "full marks"
    return (0.0, "no marks") if share <= 0.0 else (None, "")


def _success_means_right(success: bool, facts: Facts, share: float | None, tool: Tool) -> bool:
    """Whether the sender means what `success` says (the tools' own code; see docs on tools)."""
    if tool is _MOODLE and facts.verb.endswith("/scored") and not facts.score:
        return False  # not graded yet: the grade is -1, which is sent as none, and passes no mark
    if tool is _MOODLE and success:
        # Where a teacher set no pass mark the pass mark is 0, and every grade passes.
        return not facts.score
    if tool is _EDX:
        if facts.verb.endswith("/earned") or facts.verb.endswith("/attempted"):
            return not facts.score and share is not None  # full marks only, and true for 0 of 0
        # The parent of several questions has the verdict of the first one; it says no response.
        return share is None or facts.interaction != "other" or "response" in facts.result
    if tool is _H5P and facts.score and not success:
        # Full marks only: a part of the marks is not a failure.
        return facts.interaction != "compound" and library(facts) not in _FULL_MARKS_ONLY
    return facts.role is not _SURVEY


def _pass_mark(facts: Facts) -> float | None:
    needed = number(facts.extensions.get(_MASTERY_SCORE))
    if needed is None:
        needed = number(facts.described.get(_PASS_SCORE))
    return needed if needed is not None and 0.0 <= needed <= 1.0 else None


def _clamped_share(share: float) -> float:
    return max(0.0, min(1.0, share))
