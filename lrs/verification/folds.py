"""The projections against the history: learners refolded, and compared with the rows that are served."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

from lrs.catalog.catalogs import Catalogs
from lrs.log import Log
from lrs.store.client import Store
from lrs.verification.finding import CheckProgress, VerifyFinding
from lrs.verification.log_records import chunks
from lrs.verification.readers import compare_learners
from processors.folds.interface import Fold, fold_of
from processors.stages.learner_history import read_histories
from processors.stages.refold import refold
from processors.stages.who_is_who import PeopleByTenant, PeopleSnapshot, TenantPerson, persons_of

LEARNERS = 200  # at a time: bounds the memory their histories take
WAIT_SECONDS = 30.0  # for a learner who is answering just now
_Rows = dict[tuple[str, str, str], tuple[Any, ...]]


def verify_folds(
    log: Log, store: Store, fold: Fold, sample: int | None, settled: Callable[[], object], progress: CheckProgress
) -> VerifyFinding:
    """Compare a sample of persons (None: all); `settled` waits until all is folded. Raises Transient, Refused."""
    finding = VerifyFinding(fold.name, "learners", advice=f"`lrs replay {fold.name}` rebuilds the table")
    catalogs = Catalogs(log)
    catalogs.follow()
    learners = _learners(store, fold, PeopleSnapshot(catalogs.people), sample)
    compare_learners(
        finding,
        chunks(learners, LEARNERS),
        lambda some: _differing_folds(store, fold, catalogs, some),
        settled,
        WAIT_SECONDS,
        progress,
    )
    return finding


def _learners(store: Store, fold: Fold, people: PeopleByTenant, sample: int | None) -> list[TenantPerson]:
    """Persons with observations; of all, also those who have rows and should have none."""
    identities = "SELECT DISTINCT tenant, person FROM observations"
    if sample is not None:
        rows = store.tuples(
            f"SELECT tenant, person FROM ({identities}) ORDER BY rand() LIMIT %(sample)s", {"sample": sample}
        )
        return persons_of(rows, people)
    served = store.tuples(f"SELECT DISTINCT tenant, learner FROM {fold.name} FINAL", {})
    return sorted({*persons_of(store.tuples(identities, {}), people), *served})


def _differing_folds(
    store: Store, fold: Fold, catalogs: Catalogs, learners: Sequence[TenantPerson]
) -> list[TenantPerson]:
    """The learners whose rows are not what their history says; the rows are asked for first, then the history."""
    catalogs.follow()
    served, refolded = (
        _served(store, fold, learners),
        _folded_rows(store, fold, PeopleSnapshot(catalogs.people), learners),
    )
    return sorted({key[:2] for key in served.keys() | refolded.keys() if served.get(key) != refolded.get(key)})


def _served(store: Store, fold: Fold, learners: Sequence[TenantPerson]) -> _Rows:
    names = ", ".join(f"`{name}`" for name in fold.columns)
    rows = store.tuples(
        f"SELECT tenant, learner, key, state, {names} FROM {fold.name} FINAL WHERE (tenant, learner) IN %(learners)s",
        {"learners": list(learners)},
    )
    return {(tenant, learner, key): _plain_row(columns) for tenant, learner, key, *columns in rows}


def _folded_rows(store: Store, fold: Fold, people: PeopleByTenant, learners: Sequence[TenantPerson]) -> _Rows:
    rows: _Rows = {}
    for (tenant, learner), observations in read_histories(store, learners, people).items():
        refolded = refold(fold_of(fold, tenant), observations, idle=people[tenant].idle)
        if refolded.count:
            for key, state, *columns in refolded.rows.values():
                rows[tenant, learner, key] = _plain_row((b64encode(state).decode(), *columns))
    return rows


def _plain_row(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(list(value) if isinstance(value, (tuple, list)) else value for value in row)
