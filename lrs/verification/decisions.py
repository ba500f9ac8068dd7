"""The table of decisions against what is decided now, from the rows of mastery and the catalog."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Failure
from lrs.log import HALTING, Log
from lrs.pacing.decide import MasteryRow
from lrs.pacing.decision_rows import decisions_of
from lrs.pacing.policies import policy_of
from lrs.pacing.sequence import LearnerAtMoment
from lrs.store.client import Store
from lrs.verification.finding import CheckProgress, VerifyFinding
from lrs.verification.log_records import chunks
from lrs.verification.readers import compare_learners
from processors.stages.decision_changes import has_estimates
from processors.stages.decision_table import CHANGING, TYPES, classes_of, evidence_of, last_of_history, rows_of
from processors.stages.who_is_who import TenantPerson
from schemas.catalog import Catalog, Class
from schemas.decision import Decision

LEARNERS = 500  # at a time
WAIT_SECONDS = 60.0  # what the clock changes shows within a minute
AS_SAID = ("reason", "next_skill")  # of help and wait, both name the weakest of what is missing, and its share
_MINUTE = 60_000_000  # µs: no sentence is looked for between two moments that are nearer
_CLOSE_LOOKS = 6  # so often a time is halved in which nothing that is said changes between its ends
_NUMBER = re.compile(r"\d+")
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
    compare_learners(
        finding,
        chunks(learners, LEARNERS),
        lambda some: differing(store, catalogs, clock, some),
        settled,
        WAIT_SECONDS,
        progress,
    )
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
    history = last_of_history(store, tenant, learners)
    catalog = catalogs.latest(tenant)
    classes = classes_of(catalog)
    evidence, _ = evidence_of(store, catalog, tenant, learners)
    now = clock()
    for learner in learners:
        its_classes, its_evidence = classes.get(learner, []), evidence[learner]
        decided = decisions_of(catalog, learner, its_classes, its_evidence, now)
        again = SaidAgain(catalog, learner, its_classes, its_evidence)
        if served[learner].keys() != decided.keys() or not all(
            follows_history(served[learner][key], history[learner].get(key))
            and _is_decided(served[learner][key], row._asdict(), again, now)
            for key, row in decided.items()
        ):
            yield learner


def follows_history(served: Mapping[str, Any], last: Mapping[str, Any] | None) -> bool:
    """Whether a row is the last one of the history, or the same one computed again, as after the table was lost."""
    if last is None or any(served[name] != last[name] for name in (*CHANGING, "since")):
        return False
    if served["decided"] == last["decided"]:
        return all(served[name] == last[name] for name in TYPES)
    return bool(served["version"] > last["version"]) and served["since"] <= served["decided"] <= served["version"]


def _is_decided(served: Mapping[str, Any], row: Mapping[str, Any], again: SaidAgain, now: int) -> bool:
    """Whether a row is what is decided now, but for what only the clock has changed since it was computed."""
    if any(served[name] != row[name] for name in CHANGING if name not in AS_SAID):
        return False
    if not has_estimates(served, again.evidence.get(served["skill"])):
        return False
    # Where an advance leads, others decide; which missing skill is the weakest changes as others are forgotten.
    if row["decision"] not in (Decision.WAIT, Decision.HELP) and served["next_skill"] != row["next_skill"]:
        return False
    if all(served[name] == row[name] for name in AS_SAID):
        return True
    begin, end = sorted((served["decided"], now))
    return again.has_said(served, begin, end)


class SaidAgain:
    """What is said of a learner's skills at other moments than now."""

    def __init__(
        self, catalog: Catalog, learner: str, classes: Sequence[Class], evidence: Mapping[str, MasteryRow]
    ) -> None:
        self._catalog, self._learner, self._classes = catalog, learner, classes
        self.evidence = evidence

    def has_said(self, served: Mapping[str, Any], begin: int, end: int) -> bool:
        """Whether the reason of a row, and where it leads, were right at a moment between two.

        Evidence that leaves a sentence as it was writes no row: so it may be of any moment since. Between two that are
        said in the same words, numbers only grow or only fall.
        """
        said = served["reason"], served["next_skill"]
        waiting = [(begin, self._say(served, begin), end, self._say(served, end), 0)]
        while waiting:
            start, first, stop, last, looks = waiting.pop()
            if said in (first, last) or _lies_between(said, first, last):
                return True
            if stop - start > _MINUTE and (looks < _CLOSE_LOOKS or _words(first) != _words(last)):
                middle = (start + stop) // 2
                then = self._say(served, middle)
                waiting += [(start, first, middle, then, looks + 1), (middle, then, stop, last, looks + 1)]
        return False

    def _say(self, served: Mapping[str, Any], moment: int) -> tuple[str, str]:
        skill, class_ = served["skill"], served["class"]
        where = [one for one in self._classes if one.id == class_] if class_ else self._classes
        order = where[0].skills if class_ else list(self.evidence)
        policy = policy_of(self._catalog, where)
        at_moment = LearnerAtMoment(self._catalog, self._learner, self.evidence, moment, [order], None, policy)
        decided, leads, *_ = at_moment.decide_all([skill])[skill]
        # Of what others decide: not looked for here.
        return decided.reason, served["next_skill"] if decided.decision == Decision.ADVANCE else leads


def _words(said: tuple[str, str]) -> tuple[str, str]:
    return _NUMBER.sub("#", said[0]), said[1]


def _lies_between(said: tuple[str, str], first: tuple[str, str], last: tuple[str, str]) -> bool:
    if not _words(said) == _words(first) == _words(last):
        return False
    numbers = ([int(number) for number in _NUMBER.findall(reason)] for reason, _ in (said, first, last))
    return all(min(one, other) <= number <= max(one, other) for number, one, other in zip(*numbers, strict=True))


def _learners(store: Store, catalogs: Catalogs, sample: int | None) -> list[TenantPerson]:
    """Whoever has rows, or should have some."""
    known = "SELECT tenant, learner FROM decisions FINAL UNION DISTINCT SELECT tenant, learner FROM mastery FINAL"
    rostered = [(tenant, learner) for tenant in catalogs.tenants() for learner in classes_of(catalogs.latest(tenant))]
    if sample is None:
        return sorted({*store.tuples(known, {}), *rostered})
    rows = store.tuples(f"SELECT * FROM ({known}) ORDER BY rand() LIMIT %(sample)s", {"sample": sample})
    some = sorted({*rows, *random.sample(rostered, min(sample, len(rostered)))})
    return random.sample(some, min(sample, len(some)))
