"""What the fold keeps of learners: rows and state, by the cheapest question that gives them.

The columns of a row follow from its state and the weights that made it. So little more than the state is asked for,
which spares ClickHouse a dozen columns, and which row wins is decided here, which spares it FINAL: together two thirds
of its time. Where other weights than the active ones made a row, as while a new version is folded in, that learner's
columns are asked for.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from lrs.pacing.decide import MasteryRow
from lrs.store.client import Store
from lrs.store.recent_states import RecentStates, StoredState
from processors.folds.mastery import LearnerMastery, Mastery
from schemas.policy import Policy

FEW = 30  # learners: what is read of so many is read by one thread sooner than several are started

EVIDENCE = """mastery, low, high, attempts, wins, streak, trend, last_time, days, item, weights, stalled,
  arrayAvg(arraySlice(curve, -%(advance_answers)s)),
  arrayMax(arraySlice(curve, -%(spinning_after)s)),
  forget_drop, forget_half_life, forget_spacing, held, provisional, first_attempts, first_wins"""

_STATES = f"""
SELECT learner, {", ".join(StoredState._fields)}
FROM mastery
WHERE tenant = %(tenant)s AND learner IN %(learners)s
"""
_ROWS = f"""
SELECT learner, key, state, next_item, curve_times, curve, {EVIDENCE}
FROM mastery FINAL
WHERE tenant = %(tenant)s AND learner IN %(learners)s
"""


class Curve(NamedTuple):
    """How mastery went on one skill: after each of the last attempts, and what the next one is expected to give."""

    next_item: float
    times: Sequence[int]
    values: Sequence[float]

    def points(self) -> list[tuple[int, float]]:
        """(time, mastery), the earliest first."""
        return list(zip(self.times, self.values, strict=True))


class _ColumnsRow(NamedTuple):
    key: str  # a skill; "" is the learner's own row
    state: str
    curve: Curve
    evidence: MasteryRow


class Kept(NamedTuple):
    """The rows of one learner's skills and their curves, and the state of the fold."""

    evidence: Mapping[str, MasteryRow]
    curves: Mapping[str, Curve]
    state: LearnerMastery


def windows(policy: Policy) -> dict[str, int]:
    """How many attempts back the policy looks."""
    return {"advance_answers": policy.advance_answers, "spinning_after": policy.spinning_after}


def kept_of(
    reader: Store,
    fold: Mastery,
    policy: Policy,
    tenant: str,
    learners: Sequence[str],
    recent: RecentStates | None = None,
) -> dict[str, Kept]:
    """By learner, of those who have rows. `fold` has the tenant's active weights; recent: where the states of the
    table are found sooner, if only one learner is asked for. Raises what Store.tuples raises."""
    if not learners:
        return {}
    rows: dict[str, dict[str, StoredState]] = {}
    for learner, row in _states(reader, tenant, learners, recent):
        learner_rows = rows.setdefault(learner, {})
        latest_row = learner_rows.get(row.key)
        if latest_row is None or row.version > latest_row.version:  # written twice, it is the same twice
            learner_rows[row.key] = row
    present = {
        learner: {key: row for key, row in learner_rows.items() if not row.deleted}
        for learner, learner_rows in rows.items()
    }
    outdated = {learner for learner, its in present.items() if any(row.weights != fold.version for row in its.values())}
    return rows_of(reader, fold, policy, tenant, sorted(outdated)) | {
        learner: _restored(fold, policy, its) for learner, its in present.items() if its and learner not in outdated
    }


def _states(
    reader: Store, tenant: str, learners: Sequence[str], recent: RecentStates | None
) -> Iterable[tuple[str, StoredState]]:
    def ask() -> list[tuple[str, StoredState]]:
        sql = _STATES + "SETTINGS max_threads = 1" if len(learners) <= FEW else _STATES
        return [
            (learner, StoredState(*values))
            for learner, *values in reader.tuples(sql, {"tenant": tenant, "learners": tuple(learners)})
        ]

    if recent is None or len(learners) > 1:
        return ask()
    reader.check_open()
    [learner] = learners
    return [(learner, row) for row in recent.read(tenant, learner, lambda: [row for _, row in ask()])]


def rows_of(reader: Store, fold: Mastery, policy: Policy, tenant: str, learners: Sequence[str]) -> dict[str, Kept]:
    """The same by the columns as they were written, whichever weights made them."""
    if not learners:
        return {}
    rows: dict[str, list[_ColumnsRow]] = {}
    parameters = {"tenant": tenant, "learners": tuple(learners), **windows(policy)}
    for learner, key, state, next_item, times, values, *evidence in reader.tuples(_ROWS, parameters):
        row = _ColumnsRow(key, state, Curve(next_item, times, values), MasteryRow(*evidence))
        rows.setdefault(learner, []).append(row)
    return {
        learner: Kept(
            {row.key: row.evidence for row in sorted(learner_rows, key=attrgetter("key")) if row.key},
            {row.key: row.curve for row in learner_rows if row.key},
            fold.restore((row.key, b64decode(row.state)) for row in learner_rows),
        )
        for learner, learner_rows in rows.items()
    }


def _restored(fold: Mastery, policy: Policy, rows: Mapping[str, StoredState]) -> Kept:
    state = fold.restore((key, b64decode(row.state)) for key, row in rows.items())
    evidence: dict[str, MasteryRow] = {}
    curves: dict[str, Curve] = {}
    for skill, skill_evidence in sorted(state.evidence.items()):
        evidence[skill] = MasteryRow.of(fold.columns_of(skill_evidence, rows[skill].low, rows[skill].high), policy)
        curves[skill] = Curve(skill_evidence.next_item, skill_evidence.curve_times, skill_evidence.curve)
    return Kept(evidence, curves, state)
