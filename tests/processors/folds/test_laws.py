"""Every fold keeps the laws, and the error names the law that a fold breaks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.folds.engagement import Engagement
from processors.folds.interface import Fold
from processors.folds.laws import check_laws
from processors.folds.registry import all_folds
from processors.meaning.interpret import interpret
from processors.meaning.resolve import resolve
from schemas.catalog import Catalog
from schemas.evidence import Evidence
from tests.support.statements import answered

TIMES = [f"2026-03-0{day}T09:{minute:02}:00Z" for day in (1, 2, 4) for minute in (0, 1, 45)]


@st.composite
def histories(draw: st.DrawFn) -> list[Evidence]:
    """What one learner answered."""
    statements: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 12))):
        statement = answered(
            item=draw(st.sampled_from(["i1", "i2", "i3"])),
            right=draw(st.booleans()),
            skills=draw(st.sampled_from([("a",), ("a", "b"), ()])),
            timestamp=draw(st.sampled_from(TIMES)),
        )
        statements.append(statement)
    return evidence(statements)


def evidence(statements: Iterable[dict[str, Any]]) -> list[Evidence]:
    observations = [
        observation for statement in statements for observation in interpret(statement, Catalog(), "t", 0, 0)
    ]
    return resolve(sorted(observations, key=lambda observation: observation.order))[0]


@given(histories(), st.lists(st.integers(0, 12)))
def test_every_fold_keeps_them(history: list[Evidence], cuts: list[int]) -> None:
    for fold in all_folds():
        check_laws(fold, history, cuts)


class Silent(Engagement):
    """Leaves the learner's own row out."""

    def drain(self, state: Any) -> list[tuple[Any, ...]]:
        return [row for row in super().drain(state) if row[0]]


class Forgetful(Engagement):
    """Does not go on from its rows."""

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> Any:
        return self.start()


class Short(Engagement):
    """Gives fewer columns than it has."""

    def drain(self, state: Any) -> list[tuple[Any, ...]]:
        return [row[:-1] for row in super().drain(state)]


class Drawn(Engagement):
    """Gives other rows each time."""

    calls = 0

    def drain(self, state: Any) -> list[tuple[Any, ...]]:
        Drawn.calls += 1
        return [(*row[:-1], Drawn.calls) for row in super().drain(state)]


@pytest.mark.parametrize(
    ("fold", "broken"),
    [
        (Silent(), "the learner's own row"),
        (Forgetful(), "how often they are written"),
        (Short(), "values behind its key"),
        (Drawn(), "folding the same evidence again"),
    ],
)
def test_a_fold_that_breaks_one(fold: Fold, broken: str) -> None:
    statements = [answered(item=f"i{n}", timestamp=TIMES[n]) for n in range(4)]
    with pytest.raises(AssertionError, match=broken):
        check_laws(fold, evidence(statements))
