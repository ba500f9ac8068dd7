"""What is to be written of decisions that were made again: into the table, into its history, or into both.

A row stays as long as it is what would be decided at the moment that it names. So `lrs verify` can decide it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose
from typing import Any

from lrs.pacing.decide import MasteryRow
from lrs.pacing.decision_rows import DecisionRow, estimates_at
from processors.stages.decision_table import CHANGING, ESTIMATES, NUMBERS

Row = dict[str, Any]
NEAR = 1e-9  # the last digits of an estimate may be another machine's


class DecisionChanges:
    """The rows to write. new: into both; repeated: into the table alone, as the history has them; unentered: into the
    history alone."""

    def __init__(self) -> None:
        self.new: list[Row] = []
        self.repeated: list[Row] = []
        self.unentered: list[Row] = []

    def add(
        self,
        key: Mapping[str, str],
        decision: DecisionRow,
        evidence: MasteryRow | None,
        earlier: Row | None,
        last: Row | None,
        now: int,
        knows_history: bool,
    ) -> None:
        """Take in what is decided of a learner, skill and class; `earlier`: the row of the table.

        last: that of the history, where `knows_history`; else the table has what the history has.
        """
        row: Row = {**key, **decision._asdict()}
        is_ahead = last is not None and (earlier is None or last["version"] > earlier["version"])
        before = last if is_ahead else earlier  # ahead where the table was lost, or not reached
        if before is None or not (_same(row, before) and has_estimates(before, evidence)):
            self.new.append(row | {"since": _since(row, before, now)} | stamp(before, now))
        elif before is not earlier:
            self.repeated.append(row | {"since": before["since"]} | stamp(before, now))
        elif knows_history and last is None:
            self.unentered.append(before)
        elif last is not None and last["since"] != before["since"]:
            if _same(last, before):
                self.repeated.append(row | {"since": last["since"]} | stamp(before, now))
            else:
                self.unentered.append(before)
        elif last is not None and not (_same(last, before) and has_estimates(last, evidence)):  # it was changed
            self.new.append(row | {"since": before["since"]} | stamp(before, now))


def has_estimates(row: Mapping[str, Any], evidence: MasteryRow | None) -> bool:
    """Whether a row's estimates are those of the evidence when it was computed."""
    expected = estimates_at(evidence, row["decided"])
    return all(_near(row[name], value) for name, value in zip(ESTIMATES, expected, strict=True))


def stamp(before: Mapping[str, Any] | None, now: int) -> dict[str, int]:
    """When it was computed; the version wins over the row before, however the machine's clock was set meanwhile."""
    return {"decided": now, "version": max(now, before["version"] + 1 if before else 0)}


def _same(row: Row, other: Row) -> bool:
    """Whether two rows differ in nothing but what the clock does to the numbers."""
    return all(row[name] == other[name] for name in CHANGING)


def _near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=NEAR, abs_tol=NEAR)


def _since(row: Row, before: Row | None, now: int) -> int:
    if before is None:
        return now
    since: int = before["since"]
    if row["decision"] == before["decision"]:
        return since
    due: int | None = before["until"]  # where the clock did it, and nothing else
    clock = all(row[name] == before[name] for name in NUMBERS)
    return due if clock and due is not None and since < due <= now else now
