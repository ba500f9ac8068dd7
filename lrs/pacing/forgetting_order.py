"""When forgetting makes a learner's mastery of one skill lower than that of another."""

from __future__ import annotations

from bisect import bisect_left
from math import log2

from lrs.pacing.decide import FOREVER, MasteryRow
from schemas.days import DAY

_PAR = 1e-9  # of mastery: what is closer may be the same in the end


def falls_below(lower: MasteryRow, higher: MasteryRow, start: int, end: int | None, at_par: bool) -> int | None:
    """The first moment after `start`, and before `end` where there is one, at which less is expected of `lower` than of
    `higher`; None if that never comes. Moments in µs. at_par: equal counts as less.

    At `start` it must not be so yet. Both forget by `Forgetting`, so between the moments at which practice ends, or at
    which both forget equally fast, the difference on the logit only grows or only shrinks, and is searched by halves.
    """
    if _stays_ahead(lower, higher, start):
        return None
    last = start + round(FOREVER * DAY) if end is None else end - 1

    def is_below(moment: int) -> bool:
        of_lower, of_higher = lower.expected(lower.mastery, moment), higher.expected(higher.mastery, moment)
        return of_lower < of_higher or (at_par and of_lower == of_higher)

    turns = {lower.last_time, higher.last_time, _equally_fast(lower, higher)}
    since = start
    for upto in (*sorted(turn for turn in turns if turn is not None and start < turn < last), last):
        if upto > since and is_below(upto):
            return since + 1 + bisect_left(range(since + 1, upto + 1), True, key=is_below)
        since = upto
    return None


def _stays_ahead(one: MasteryRow, other: MasteryRow, start: int) -> bool:
    """Whether it is plain that more is always left of the one: there is more of it now and in the end, and the
    difference only grows or only shrinks. So it is usually, and then nothing is searched."""
    if not one.mastery > other.mastery + _PAR or one.forget_half_life != other.forget_half_life:
        return False
    if one.last_time > start or other.last_time > start:
        return False
    return one.forgetting.most(one.days, one.held) <= other.forgetting.most(other.days, other.held)


def _equally_fast(one: MasteryRow, other: MasteryRow) -> int | None:
    """When two skills are forgotten equally fast (µs); None if they never are, or always."""
    law, other_law = one.forgetting, other.forgetting
    most, other_most = law.most(one.days, one.held), other_law.most(other.days, other.held)
    if law.half_life == other_law.half_life or most == 0.0 or other_most == 0.0:
        return None
    # The speed is most · ln 2 / half_life · 2^(-days / half_life); days are counted from the last answer in `one`.
    ahead = log2(most / law.half_life) - log2(other_most / other_law.half_life)
    gap = (other.last_time - one.last_time) / DAY
    days = (ahead - gap / other_law.half_life) / (1.0 / law.half_life - 1.0 / other_law.half_life)
    return one.last_time + round(days * DAY) if abs(days) < FOREVER else None
