"""The table of decisions against what is decided now, from the rows of mastery and the catalog."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Failure
from lrs.log import HALTING, Log
from lrs.pacing.decision_rows import decisions_of
from lrs.store.client import Store
from lrs.verification.finding import CheckProgress, VerifyFinding
from lrs.verification.readers import still_wrong
from processors.stages.decision_table import CHANGING, classes_of, evidence_of, rows_of
from processors.stages.who_is_who import TenantPerson
from schemas.decision import Decision

LEARNERS = 500  # at a time
WAIT_SECONDS = 60.0  # what the clock changes shows within a minute
# `reason` and the numbers of its estimate say what was so when the row was computed.
COMPARED = tuple(name for name in CHANGING if name != "reason")
# Of whoever failed here, anything of the tenant's own catalog or rows may be the cause; these concern all.
_OTHERS: tuple[type[BaseException], ...] = (Failure, MemoryError, OSError, *HALTING)


def verify_decisions(
    log: Log,
    store: Store,
    clock: Callable[[], int],
    sample: int | None,
    settled: Callable[[], object],
    progress: CheckProgress,
) -> VerifyFinding:
    """Compare the rows of a sample of persons (None: all); `settled` waits until all is decided.

    Raises Transient, Refused.
    """
    advice = "the next start of `lrs serve`, or of the worker that decides, puts the table right"
    finding = VerifyFinding("decisions", "learners", advice=advice)
    catalogs = Catalogs(log)
    catalogs.follow()
    learners = _learners(store, catalogs, sample)
    for start in range(0, len(learners), LEARNERS):
        chunk = learners[start : start + LEARNERS]
        finding.checked += len(chunk)
        progress(finding.check, len(chunk))
        if wrong := differing(store, catalogs, clock, chunk):
            settled()  # what was answered since is not decided yet
            wrong = still_wrong(wrong, lambda some: differing(store, catalogs, clock, some), WAIT_SECONDS)
        for tenant, _ in wrong:
            finding.add(f"a learner of {tenant}")  # whose key is personal data
    return finding


def differing(
    store: Store, catalogs: Catalogs, clock: Callable[[], int], learners: Sequence[TenantPerson]
) -> list[TenantPerson]:
    """Those whose rows are not what is decided now, and those for whom it cannot be decided."""
    catalogs.follow()
    wrong: list[TenantPerson] = []
    for tenant, pairs in groupby(sorted(learners), key=itemgetter(0)):
        its = [learner for _, learner in pairs]
        try:
            wrong += ((tenant, learner) for learner in list(_differing(store, catalogs, clock, tenant, its)))
        except _OTHERS:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, other tenants are looked at
            wrong += ((tenant, learner) for learner in its)
    return wrong


def _differing(
    store: Store, catalogs: Catalogs, clock: Callable[[], int], tenant: str, learners: Sequence[str]
) -> Iterator[str]:
    served = rows_of(store, tenant, learners)
    catalog = catalogs.latest(tenant)
    classes = classes_of(catalog)
    evidence, _ = evidence_of(store, catalog, tenant, learners)
    now = clock()
    for learner in learners:
        decided = decisions_of(catalog, learner, classes.get(learner, []), evidence[learner], now)
        rows = {key: row._asdict() for key, row in decided.items()}
        if served[learner].keys() != rows.keys() or any(
            _differs(served[learner][key], row) for key, row in rows.items()
        ):
            yield learner


def _differs(served: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    # Which missing skill is the weakest changes as others are forgotten; that is decided again within an hour.
    leads_by_clock = row["decision"] in (Decision.WAIT, Decision.HELP)
    return any(served[name] != row[name] for name in COMPARED if not (leads_by_clock and name == "next_skill"))


def _learners(store: Store, catalogs: Catalogs, sample: int | None) -> list[TenantPerson]:
    """Whoever has rows, or should have some."""
    known = "SELECT tenant, learner FROM decisions FINAL UNION DISTINCT SELECT tenant, learner FROM mastery FINAL"
    rostered = [(tenant, learner) for tenant in catalogs.tenants() for learner in classes_of(catalogs.latest(tenant))]
    if sample is None:
        return sorted({*store.tuples(known, {}), *rostered})
    rows = store.tuples(f"SELECT * FROM ({known}) ORDER BY rand() LIMIT %(sample)s", {"sample": sample})
    some = sorted({*rows, *random.sample(rostered, min(sample, len(rostered)))})
    return random.sample(some, min(sample, len(some)))
