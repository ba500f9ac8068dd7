"""Whether the tables hold what the log holds: until then, what they lack may only not be written yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeVar

from lrs.log import Log
from lrs.store.closed_tables import ClosedTables
from lrs.verification.finding import CheckProgress, VerifyFinding
from processors.runtime.lag import Groups, freshness, has_passed
from processors.stages.who_is_who import TenantPerson

STALLED_SECONDS = 60.0  # in which nothing was read: nobody reads on
REBUILD_SECONDS = 120.0  # in which a rebuild said nothing
ADVICE = "see what `lrs doctor` says; the tables can be compared once all is read"
_Wrong = TypeVar("_Wrong", bound=Collection[object])


def catch_up(log: Log, groups: Groups, closed: ClosedTables) -> str:
    """Wait until the tables hold what the log holds now; "", or why they do not come to it. Raises the log's errors."""
    while True:
        if why := _wait_until_open(closed):
            return why
        if not settle(log, groups, stalled=STALLED_SECONDS):
            behind = freshness(log, groups, 0)["behind"]
            return f"{behind:,} records are not read, and nobody read on for {STALLED_SECONDS:.0f} s"
        if closed.read() is None:
            return ""


def settle(
    log: Log, groups: Groups, progress: Callable[[int, int], None] = lambda done, of: None, stalled: float = 60.0
) -> bool:
    """Wait until all that the log holds now is read; False when nothing moved for `stalled` seconds.

    The first of the groups admits, and the others read what it writes, too.
    """
    (admit, statements), *others = groups
    end = log.ends(statements)
    before, moved = [-1], time.monotonic()
    while True:
        admitted = log.reached(admit, statements)
        ends = [log.ends(topic) for _, topic in others]
        reached = [log.reached(group, topic) for group, topic in others]
        progress(min(sum(admitted), sum(end)), sum(end))
        if has_passed(admitted, end) and all(map(has_passed, reached, ends)):
            return True
        now = [sum(admitted), *map(sum, reached)]
        if now != before:
            before, moved = now, time.monotonic()
        elif time.monotonic() - moved > stalled:
            return False
        time.sleep(0.05)


def still_wrong(wrong: _Wrong, look: Callable[[_Wrong], _Wrong], seconds: float) -> _Wrong:
    """What stays wrong when it is looked at again, for so long: it may have been written in between."""
    deadline = time.monotonic() + seconds
    while wrong and time.monotonic() < deadline:
        time.sleep(min(1.0, seconds))
        wrong = look(wrong)
    return wrong


def compare_learners(
    finding: VerifyFinding,
    learners: Iterable[Sequence[TenantPerson]],
    differing: Callable[[Sequence[TenantPerson]], list[TenantPerson]],
    settled: Callable[[], object],
    seconds: float,
    progress: CheckProgress,
) -> None:
    """Compare the rows of learners, some at a time, with what they must be.

    differing: those whose rows are otherwise; they are looked at again for some seconds once all is `settled`, as what
    they did since may not be written yet.
    """
    for some in learners:
        wrong = differing(some)
        if wrong:
            settled()
            wrong = still_wrong(wrong, differing, seconds)
        for tenant, _ in wrong:
            finding.add(f"a learner of {tenant}")  # whose key is personal data
        finding.checked += len(some)
        progress(finding.check, len(some))


def _wait_until_open(closed: ClosedTables) -> str:
    """Wait for a rebuild; "", or what keeps the tables closed."""
    before, moved = None, time.monotonic()
    while (state := closed.read()) is not None:
        if state != before:
            before, moved = state, time.monotonic()
        if state.kind == "halt" or time.monotonic() - moved > REBUILD_SECONDS:
            return str(state)
        time.sleep(0.2)
    return ""
