"""What every fold must keep, so that its rows are the same whenever a worker writes, restarts or refolds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from processors.folds.interface import Fold
from schemas.evidence import Evidence

_Rows = dict[str, tuple[Any, ...]]


def check_laws(fold: Fold, history: Sequence[Evidence], cuts: Iterable[int] = ()) -> None:
    """Check a fold with one learner's evidence, in its order. Raises AssertionError, which says what does not hold.

    Args:
        cuts: after how many pieces of evidence, in order, a worker writes and another one goes on from the rows.
    """
    whole = _rows_after_cuts(fold, history, [])
    assert _rows_after_cuts(fold, history, []) == whole, "folding the same evidence again gives other rows"
    assert _rows_after_cuts(fold, history, range(1, len(history))) == whole, "rows depend on how often they are written"
    assert _rows_after_cuts(fold, history, list(cuts)) == whole, "rows depend on where a worker goes on from them"
    for key, (state, *columns) in whole.items():
        width = 1 + len(fold.columns)
        assert 1 + len(columns) == width, f"the row {key!r} has {1 + len(columns)} values behind its key, not {width}"
        assert isinstance(state, bytes), f"the state of the row {key!r} is not bytes"


def _rows_after_cuts(fold: Fold, history: Sequence[Evidence], cuts: Iterable[int]) -> _Rows:
    rows: _Rows = {}
    state = fold.start()
    ends = sorted({*(cut for cut in cuts if 0 < cut < len(history)), len(history)})
    start = 0
    for end in ends:
        for evidence in history[start:end]:
            fold.step(state, evidence)
        drained = fold.drain(state)
        rows_by_key = {key: tuple(values) for key, *values in drained}
        assert not history or "" in rows_by_key, 'drain left out the learner\'s own row, key ""'
        assert len(rows_by_key) == len(drained), "drain gave two rows with one key"
        rows |= rows_by_key
        state = fold.restore([(key, own_state) for key, (own_state, *_) in rows.items()])
        start = end
    return rows
