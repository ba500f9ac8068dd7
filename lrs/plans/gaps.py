"""What a learner lacks of which skill, by the evidence of now and by an opening check: what groups are formed by. Pure.

The answers of a check count as evidence of the skill that they were of. Whoever needs a person in a skill begins with
the weakest of what it requires, where that is neither mastered nor expected to be enough. Nobody works on a skill while
something that it requires, however far before it, needs help. A person's word comes before both: whom a teacher
included, or a skill that somebody decided on, stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from lrs.pacing.group_lines import group_line
from lrs.pacing.saying import Says
from schemas.decision import MASTERED, Decision
from schemas.lesson_asks import AskedLesson

FEW_RIGHT = 0.5  # of the check's questions of a skill: whoever has fewer right needs a person, unless more is expected
UNSEEN = 0.5  # what a lesson gives a learner of whom nothing is known, as a share of the skill
# Groups are formed by the sum of these and the gains, each of which is at most 1: so what counts more comes first.
ASKED, INCLUDED, CHECKED, HELPED = 1.0, 2.0, 100.0, 10_000.0
SEEN = 1_000_000.0  # where some were not seen for long: whoever was seen lately comes first, whatever they need
_LACKING = (Decision.HELP, Decision.REVIEW, Decision.PRACTISE, Decision.START, Decision.UNKNOWN)
Enough = Callable[[str], float]  # by skill: the mastery with which nobody lacks it
Required = Callable[[str], Sequence[str]]  # by skill: what it requires
Answered = Mapping[str, tuple[int, int]]  # by skill that a check asked for: how many right, and how many in all


class Gap(NamedTuple):
    """What a learner lacks of a skill. gain: what a lesson would give, as a share of it; expected: None if never tried;
    answered: of the opening check, how many right and how many in all; shown_by: the skill whose evidence or answers
    show the gap, where it is not this one; decided: whether a person decided that it is worked on; asked: whether the
    learner asks to join; included: whether a teacher took them in."""

    gain: float
    help: bool = False  # a person is needed
    expected: float | None = None
    answered: tuple[int, int] | None = None
    shown_by: str = ""
    decided: bool = False
    asked: bool = False
    included: bool = False

    @property
    def needs_help(self) -> bool:
        return self.help and self.gain > 0.0

    @property
    def rank(self) -> int:
        """What comes first: help, then what the check shows, then whatever else is to be worked on."""
        return 0 if self.help else 1 if self.answered is not None else 2

    @property
    def precedence(self) -> float:
        """What groups are formed by."""
        wish = INCLUDED if self.included else ASKED if self.asked else 0.0
        return self.gain + wish + (HELPED, CHECKED, 0.0)[self.rank]


class _Known(NamedTuple):
    """What is known of a skill: expected is the mastery of now; overruled: whether a person decided."""

    expected: float | None
    decision: Decision
    overruled: bool


def gaps_of(
    row: Mapping[str, Any], answered: Answered, enough: Enough, required: Required, asks: Mapping[str, AskedLesson]
) -> dict[str, Gap]:
    """The gaps of a learner, a row of a board, by skill: where a teacher included them in groups, those alone."""
    known = _known(row)

    def is_sufficient(skill: str) -> bool:
        """Whether enough of a skill is expected, or the check found nothing missing."""
        right, questions = answered.get(skill, (0, 1))
        expected = known[skill].expected if skill in known else None
        return right == questions or (expected is not None and expected >= enough(skill))

    shown = _by_answers(_by_evidence(row, known, is_sufficient), known, answered, is_sufficient, required)
    gaps = _allowed(shown, known, required)
    for skill, asked_lesson in asks.items():
        if skill in gaps or asked_lesson.included is not None:
            gap = gaps.get(skill) or shown.get(skill) or _untouched(skill, known)
            gaps[skill] = gap._replace(asked=True, included=asked_lesson.included is not None)
    included = {skill: gap for skill, gap in gaps.items() if gap.included}
    return included or gaps


def _known(row: Mapping[str, Any]) -> dict[str, _Known]:
    """By skill; of what the class does not teach, what its skills rest on."""
    known: dict[str, _Known] = {}
    for cell in row["cells"]:
        for before in cell["evidence"].get("prerequisites", ()):
            known[before["skill"]] = _Known(before["mastery"], Decision(before["decision"]), before["overruled"])
    for cell in row["cells"]:
        known[cell["skill"]] = _Known(cell["estimate"], Decision(cell["decision"]), cell["overruled"] is not None)
    return known


def _untouched(skill: str, known: Mapping[str, _Known]) -> Gap:
    """A gap that nothing shows but what is expected."""
    expected = known[skill].expected if skill in known else None
    return Gap(UNSEEN if expected is None else 1.0 - expected, expected=expected)


def _by_evidence(
    row: Mapping[str, Any], known: Mapping[str, _Known], is_sufficient: Callable[[str], bool]
) -> dict[str, Gap]:
    gaps: dict[str, Gap] = {}
    for cell in row["cells"]:
        if cell["decision"] not in _LACKING or cell["next_skill"] is None:
            continue
        skill, needs_help, decided = (
            cell["next_skill"]["id"],
            cell["decision"] == Decision.HELP,
            bool(cell["overruled"]),
        )
        if is_sufficient(skill) and not decided:
            if not needs_help:
                continue
            skill = cell["skill"]  # what comes before it is nearly there
        shown_by = cell["skill"] if skill != cell["skill"] else ""
        gap = _untouched(skill, known)._replace(help=needs_help, shown_by=shown_by, decided=decided)
        before = gaps.get(skill, gap)
        shown = min(before, gap, key=lambda one: (not one.help, one.shown_by != ""))
        gaps[skill] = shown._replace(decided=before.decided or decided)
    return gaps


def _by_answers(
    gaps: dict[str, Gap],
    known: Mapping[str, _Known],
    answered: Answered,
    is_sufficient: Callable[[str], bool],
    required: Required,
) -> dict[str, Gap]:
    """The gaps with what the check's answers show instead of the evidence."""
    found = dict(gaps)
    for skill, (right, questions) in answered.items():
        gap, share = gaps.get(skill) or _untouched(skill, known), right / questions
        needs_help = gap.help or (share < FEW_RIGHT and not is_sufficient(skill))
        found[skill] = gap._replace(gain=1.0 - share, help=needs_help, answered=(right, questions), shown_by="")
    for skill in answered:
        gap = found[skill]
        begins_with = _begins_with(skill, found, known, is_sufficient, required)
        if gap.needs_help and not gap.decided and begins_with:
            first = found.get(begins_with) or _untouched(begins_with, known)
            if not first.help and not first.answered:
                first = first._replace(answered=gap.answered, shown_by=skill)
            found[begins_with] = first._replace(help=True)
    return found


def _begins_with(
    skill: str,
    gaps: Mapping[str, Gap],
    known: Mapping[str, _Known],
    is_sufficient: Callable[[str], bool],
    required: Required,
) -> str:
    """What help with a skill begins with: the weakest of what it requires and is missing; "" for the skill itself."""

    def standing(before: str) -> tuple[bool, bool, float]:
        shown = gaps.get(before)
        now = known.get(before)
        little_known = now is not None and now.decision == Decision.UNKNOWN
        return not (shown and shown.needs_help), little_known, (now.expected if now else None) or 0.0

    def is_missing(before: str) -> bool:
        if before in gaps and gaps[before].needs_help:
            return True
        now = known.get(before)
        return now is not None and not now.overruled and now.decision not in MASTERED and not is_sufficient(before)

    missing = [before for before in required(skill) if is_missing(before) and skill not in all_before(before, required)]
    return min(missing, key=standing, default="")


def _allowed(gaps: Mapping[str, Gap], known: Mapping[str, _Known], required: Required) -> dict[str, Gap]:
    """The gaps but those of skills before which another needs help; and that one, if the class does not teach it."""

    def needs_help(skill: str) -> bool:
        return gaps[skill].needs_help if skill in gaps else skill in known and known[skill].decision == Decision.HELP

    allowed: dict[str, Gap] = {}
    for skill, gap in gaps.items():
        before = [] if gap.decided or gap.gain <= 0.0 else all_before(skill, required)
        blocking = [one for one in before if needs_help(one) and skill not in all_before(one, required)]
        if not blocking:
            allowed.setdefault(skill, gap)
        for one in blocking:
            if one not in gaps and not any(map(needs_help, all_before(one, required))):
                allowed[one] = _untouched(one, known)._replace(help=True)
    return allowed


def all_before(skill: str, required: Required) -> list[str]:
    """All that a skill requires, over what that requires: the nearest first."""
    found: dict[str, None] = {}
    near = [skill]
    while near:
        near = [one for name in near for one in required(name) if one != skill and one not in found]
        found |= dict.fromkeys(near)
    return list(found)


def why(
    skill: str,
    gap: Gap,
    cells: Sequence[Mapping[str, Any]],
    name_of: Callable[[str], str],
    now: int,
    says: Says,
) -> str:
    """Why somebody is in a group of a skill, in one line. cells: of the learner; name_of: how a skill is called."""
    shown_by = gap.shown_by or skill
    cell = next((cell for cell in cells if cell["skill"] == shown_by and cell["decision"] == Decision.HELP), None)
    of_help = cell if gap.help else None
    return group_line(name_of(shown_by), gap.shown_by != "", gap.answered, gap.expected, of_help, now, says)
