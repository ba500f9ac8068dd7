"""The tables that follow statements against those, and observations against the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lrs.errors import LostData
from lrs.log import Log, record_at
from lrs.store.client import Store
from lrs.verification.finding import CheckProgress, VerifyFinding
from lrs.verification.log_records import chunks, log_records
from lrs.verification.readers import still_wrong
from schemas.envelope import Unreadable
from schemas.observation import Kind, Observation, decode_observations
from schemas.record import OBSERVATIONS, STATEMENTS, Bundle, position_of

IDS = 5_000  # asked for at a time
WAIT_SECONDS = 30.0  # for what is just being written
# What each row of statements brings with it in other tables: (table, its rows, those that there must be).
_FOLLOWING = (
    (
        "agent_statements",
        "SELECT tenant, partition, sequence, agent FROM agent_statements",
        "SELECT tenant, partition, sequence, agent FROM statements ARRAY JOIN agents AS agent",
    ),
    (
        "voids",
        "SELECT tenant, target, statement FROM voids",
        "SELECT tenant, voids, id FROM statements WHERE voids != ''",
    ),
    (
        "refs",
        "SELECT tenant, target, statement FROM refs",
        "SELECT tenant, refers, id FROM statements WHERE refers != ''",
    ),
)


def verify_following_tables(store: Store) -> list[VerifyFinding]:
    """Every statement is in the other tables of the record. Raises Transient, Refused."""
    findings = []
    for table, present, expected in _FOLLOWING:
        finding = VerifyFinding(table, "rows", advice="`lrs rebuild` makes the tables again from the log")
        [[finding.checked]] = store.tuples(f"SELECT count() FROM ({expected})", {})
        for row in _rows_still(store, f"{expected} EXCEPT DISTINCT {present}"):
            finding.add(" ".join(map(str, row)))
        findings.append(finding)
    return findings


def verify_observed_statements(store: Store) -> VerifyFinding:
    """Every observation in the history is of a statement of the record. Raises Transient, Refused.

    One that is not says that the topic of observations is newer than that of statements, as after a restore of parts
    that do not belong together.
    """
    finding = VerifyFinding(
        "history", "statements", advice="restore all parts of one backup; `lrs rebuild` rebuilds the tables"
    )
    [[finding.checked]] = store.tuples("SELECT uniqExact(tenant, statement) FROM observations", {})
    of_none = (
        "SELECT DISTINCT tenant, statement FROM observations FINAL EXCEPT DISTINCT SELECT tenant, id FROM statements"
    )
    for tenant, statement in _rows_still(store, of_none):
        finding.add(f"statement {statement} of {tenant} is observed, and not in the record")
    return finding


def verify_observations(log: Log, store: Store, progress: CheckProgress) -> VerifyFinding:
    """Every observation of the log is in the history, unless its statement is in no log any more.

    Raises Transient, Refused, LostData.
    """
    gone = _GoneStatements(log)
    finding = VerifyFinding("observations", "observations", advice="`lrs rebuild` makes the tables again from the log")
    for chunk in chunks(_logged_observations(log), IDS):
        keys = {_observation_key(observed): observed for observed in chunk}
        rows = store.tuples(
            "SELECT tenant, learner, time, statement, ordinal FROM observations "
            "WHERE (tenant, person, statement) IN %(keys)s",
            {"keys": list({(observed.tenant, observed.person, observed.statement) for observed in chunk})},
        )
        for key in keys.keys() - set(rows):
            if gone(keys[key]):
                continue
            finding.add(f"statement {key[3]} of {key[0]}: observation {key[4]}")  # a learner's key is not printed
        finding.checked += len(chunk)
        progress(finding.check, len(chunk))
    return finding


def _rows_still(store: Store, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a question that should have none, but for those that are so while a batch is written."""

    def look(before: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        now = set(store.tuples(sql, {}))
        return [row for row in before if row in now]

    return still_wrong(list(store.tuples(sql, {})), look, WAIT_SECONDS)


def _logged_observations(log: Log) -> Iterator[Observation]:
    for _, record in log_records(log, OBSERVATIONS):
        yield from (
            observation
            for observation in decode_observations(record.value).observations
            if observation.kind != Kind.VOID
        )


class _GoneStatements:
    """Says of which observations the log no longer holds the statement, which a rebuild leaves out.

    It was removed, or a restored log has an empty record in its place.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._starts = dict(enumerate(log.starts(STATEMENTS)))
        self._last: tuple[tuple[int, int], frozenset[str]] | None = None

    def __call__(self, observed: Observation) -> bool:
        at = (observed.partition, position_of(observed.sequence))
        if at[1] < self._starts.get(at[0], 0):
            return True
        if self._last is None or self._last[0] != at:
            try:
                record = record_at(self._log.partition(at[0]), STATEMENTS, at[1])
                self._last = at, frozenset(Bundle.decode(record.value).ids)
            except (LostData, Unreadable):  # the checks of the log name it
                return False
        return observed.statement not in self._last[1]


def _observation_key(observation: Observation) -> tuple[str, str, int, str, int]:
    return observation.tenant, observation.learner, observation.time, observation.statement, observation.ordinal
