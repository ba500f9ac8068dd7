"""Forgetting: what can be expected after days without practice."""

from __future__ import annotations

from math import exp, log, log2

import msgspec

_LEAST = 1e-9  # a mastery of 0 or 1 has no logit


class Forgetting(msgspec.Struct, frozen=True):
    """A drop between sittings, on the logit: (drop · practised_days^-spacing + held) · (1 - 2^(-days / half_life)).

    `held` is by how much the number shown is above what the model said after the last answer, as no answer may move it
    the other way: time lets go of that as well, and what is below it is lost later by as much. Nothing is ever lost
    below 0, nor by a law without a drop.

    It saturates: after some days, further ones cost next to nothing. On algebra05 the drop measured was .29 half a
    day to two days after practice, .42 after 16 to 32 days, .59 beyond 64. Its size differs from school to school, so
    `drop` is fitted to a tenant's own returns and the defaults stay below what one tutor's data say; `half_life`
    hardly matters and stays. `spacing` above 0 (practice on more days loses less) comes from own data alone: carried
    to another tutor it did harm.
    """

    drop: float = 0.35  # logits
    half_life: float = 0.7  # days
    spacing: float = 0.0

    def lost(self, days_since: float, practised_days: int = 1, held: float = 0.0) -> float:
        """Logits lost so many days after the last practice; the future counts as now."""
        if days_since <= 0.0:
            return 0.0
        return float(self.most(practised_days, held) * (1.0 - 2.0 ** (-days_since / self.half_life)))

    def most(self, practised_days: int, held: float) -> float:
        """Logits that a long time takes off."""
        if self.drop == 0.0:
            return 0.0
        drop = self.drop if self.spacing == 0.0 else self.drop * max(practised_days, 1) ** -self.spacing
        return max(drop + held, 0.0)

    def expected(self, mastery: float, days_since: float, practised_days: int = 1, held: float = 0.0) -> float:
        """What to expect now of a mastery in [0, 1] when last practised; more mastery never means less later."""
        lost = self.lost(days_since, practised_days, held)
        if lost == 0.0 or not _LEAST < mastery < 1.0 - _LEAST:
            return mastery
        return min(1.0 / (1.0 + exp(lost - _logit(mastery))), mastery)

    def days_until(self, mastery: float, target: float, practised_days: int = 1, held: float = 0.0) -> float | None:
        """Days after the last practice at which no more than `target` is to be expected; None if that never comes."""
        if target >= mastery:
            return 0.0
        most = self.most(practised_days, held)
        if target <= _LEAST or mastery >= 1.0 - _LEAST or most == 0.0:
            return None
        share = (_logit(mastery) - _logit(target)) / most
        return None if share >= 1.0 else -self.half_life * log2(1.0 - share)


def held(mastery: float, estimate: float) -> float:
    """Logits by which the number shown is above the model's own estimate; below 0 where it is under it."""
    return _logit(mastery) - _logit(estimate)


def _logit(share: float) -> float:
    share = min(max(share, _LEAST), 1.0 - _LEAST)
    return log(share / (1.0 - share))
