"""Up to what each learner was decided, so that after an answer only what it can have changed is decided again.

Which skills that are is not chosen here but in `lrs/pacing`: by `LearnerAtMoment.differ` (`sequence.py`), which
`decisions_of` asks (`decision_rows.py`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from lrs.pacing.decision_rows import Earlier, EarlierRow

REMEMBERED = 20_000  # learners: of others all is decided again
# Numbers in reasons change with time: of who answers they are never much older.
WHOLE_AFTER = 3_600_000_000  # µs


class DecidedUpTo(NamedTuple):
    """What the decisions of a learner were made of.

    changes: how many of the tenant's catalog; version: the highest of the learner's rows of mastery, which grows with
    whatever is folded in; whole: when all was decided, µs since the epoch.
    """

    changes: int
    version: int
    whole: int


class DecidedLearners:
    """The learners decided last, by tenant and id, in memory."""

    def __init__(self) -> None:
        self._learners: OrderedDict[tuple[str, str], DecidedUpTo] = OrderedDict()

    def version(self, learner: tuple[str, str], changes: int, now: int) -> int | None:
        """Rows of mastery above this version are new since; None: decide all."""
        made = self._learners.get(learner)
        if made is None or made.changes != changes or not made.whole <= now < made.whole + WHOLE_AFTER:
            return None
        return made.version

    def keep(self, learner: tuple[str, str], changes: int, version: int, whole: int | None) -> None:
        """What is in the tables by now. whole: when all was decided; None if only a part was."""
        made = self._learners.pop(learner, None)
        if whole is None:
            assert made is not None
            whole = made.whole
        self._learners[learner] = DecidedUpTo(changes, version, whole)
        while len(self._learners) > REMEMBERED:
            self._learners.popitem(last=False)

    def forget(self, learners: Iterable[tuple[str, str]]) -> None:
        """Decide all of some learners the next time."""
        for learner in learners:
            self._learners.pop(learner, None)

    def clear(self) -> None:
        """Decide all of everybody the next time."""
        self._learners.clear()


def earlier_decisions(
    rows: Mapping[tuple[str, str], Mapping[str, Any]], versions: Mapping[str, int], upto: int
) -> Earlier | None:
    """What was decided before by rows of mastery up to a version; None where such a row is no more."""
    if any(
        skill not in versions and (row["weights"] or row["attempts"] or not class_)
        for (skill, class_), row in rows.items()
    ):
        return None
    earlier_rows = {key: EarlierRow(row["decision"], row["next_skill"], row["until"]) for key, row in rows.items()}
    return Earlier(earlier_rows, {skill for skill, version in versions.items() if version > upto})
