"""The history of learners: their observations, in the order of folding."""

from __future__ import annotations

from collections.abc import Sequence

from lrs.store.client import Store
from processors.stages import observation_table
from processors.stages.observation_table import FIELDS, KEY, TYPES_OF_ROWS
from schemas.observation import Observation

Learner = tuple[str, str]  # tenant, canonical actor
_OF = "(tenant, learner) IN %(learners)s"
_SINCE = " AND time >= %(since)s"  # the sorting key's next column: what is before is not read
_ORDER = "ORDER BY tenant, learner, time, ifNull(sent, time), statement, ordinal"


def read_histories(
    store: Store, learners: Sequence[Learner], beside: str | None = None, since: int | None = None
) -> dict[Learner, list[Observation]]:
    """Observations of each learner, in the order of folding. Raises StoreUnavailable, StoreRefused.

    `beside`: a table of observations whose rows count as if they were in the live one. `since` (µs): only what happened
    then or later.
    """
    where = _OF if since is None else _OF + _SINCE
    live = f"SELECT {FIELDS} FROM observations FINAL WHERE {where} {_ORDER}"
    parameters = {"learners": list(learners)} | ({} if since is None else {"since": since})
    histories: dict[Learner, list[Observation]] = {}
    for row in store.tuples(_with(beside, where) if beside else live, parameters):
        o = observation_table.from_row(row)
        histories.setdefault((o.tenant, o.learner), []).append(o)
    return histories


def _with(beside: str, where: str) -> str:
    rows = " UNION ALL ".join(
        f"SELECT {', '.join(TYPES_OF_ROWS)} FROM {table} WHERE {where}" for table in ("observations", beside)
    )
    last = f"SELECT * FROM ({rows}) ORDER BY {KEY}, version DESC, deleted DESC LIMIT 1 BY {KEY}"
    return f"SELECT {FIELDS} FROM ({last}) WHERE deleted = 0 {_ORDER}"


def history_sizes(store: Store, learners: Sequence[Learner]) -> dict[Learner, int]:
    """About how many observations there are of each. Raises the store's errors."""
    sql = f"SELECT tenant, learner, count() FROM observations WHERE {_OF} GROUP BY tenant, learner"
    return {(tenant, learner): count for tenant, learner, count in store.tuples(sql, {"learners": list(learners)})}
