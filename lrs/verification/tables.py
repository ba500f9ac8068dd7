"""The tables against the log: every id that the log holds is in every table that it belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from lrs.log import Log
from lrs.store.client import Store
from lrs.verification.finding import CheckProgress, VerifyFinding
from lrs.verification.log_records import log_records
from lrs.verification.readers import still_wrong
from schemas.envelope import Unreadable
from schemas.observation import Kind, Observation, decode_observations
from schemas.record import DEAD_LETTERS, OBSERVATIONS, STATEMENTS, Bundle, decode_dead_letter

IDS = 5_000  # asked for at a time
WAIT_SECONDS = 30.0  # for what is just being written
_T = TypeVar("_T")
# What each row of `verify_statements` brings with it in other tables: (table, its rows, those that there must be).
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


class _LoggedStatement(NamedTuple):
    """A statement that the log holds, and where."""

    tenant: str
    id: str
    partition: int
    position: int


def verify_statements(log: Log, store: Store, ends: Sequence[int], progress: CheckProgress) -> VerifyFinding:
    """Every statement that the log held when `ends` were taken is in `statements`, or a dead letter.

    Raises Transient, Refused, LostData.
    """
    finding = VerifyFinding("statements", "statements", advice="`lrs rebuild` makes the tables again from the log")
    absent: list[_LoggedStatement] = []
    for chunk in _chunks(_logged_statements(log, ends), IDS):
        absent += _absent(store, chunk)
        finding.checked += len(chunk)
        progress(finding.check, len(chunk))

    def look(_: list[_LoggedStatement]) -> list[_LoggedStatement]:
        nonlocal absent
        absent = [logged for chunk in _chunks(iter(absent), IDS) for logged in _absent(store, chunk)]
        return _without_dead_letters(log, absent)

    # On Kafka it may have been sent on to the partition of its id.
    for logged in still_wrong(_without_dead_letters(log, absent), look, WAIT_SECONDS):
        finding.add(
            f"statement {logged.id} of {logged.tenant} (partition {logged.partition}, position {logged.position})"
        )
    return finding


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
    """Every observation of the log is in the history. Raises Transient, Refused, LostData."""
    finding = VerifyFinding("observations", "observations", advice="`lrs rebuild` makes the tables again from the log")
    for chunk in _chunks(_logged_observations(log), IDS):
        keys = {_observation_key(observed): observed for observed in chunk}
        rows = store.tuples(
            "SELECT tenant, learner, time, statement, ordinal FROM observations "
            "WHERE (tenant, person, statement) IN %(keys)s",
            {"keys": list({(observed.tenant, observed.person, observed.statement) for observed in chunk})},
        )
        for key in keys.keys() - set(rows):
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


def _logged_statements(log: Log, ends: Sequence[int]) -> Iterator[_LoggedStatement]:
    for number, record in log_records(log, STATEMENTS, ends):
        try:
            bundle = Bundle.decode(record.value)
        except Unreadable:
            continue  # a dead letter
        yield from (_LoggedStatement(bundle.tenant, id_, number, record.position) for id_ in bundle.ids)


def _logged_observations(log: Log) -> Iterator[Observation]:
    for _, record in log_records(log, OBSERVATIONS):
        yield from (
            observation
            for observation in decode_observations(record.value).observations
            if observation.kind != Kind.VOID
        )


def _absent(store: Store, chunk: Sequence[_LoggedStatement]) -> list[_LoggedStatement]:
    rows = store.tuples(
        "SELECT DISTINCT tenant, id FROM statements WHERE (tenant, id) IN %(ids)s",
        {"ids": list({(logged.tenant, logged.id) for logged in chunk})},
    )
    there = set(rows)
    return [logged for logged in chunk if (logged.tenant, logged.id) not in there]


def _without_dead_letters(log: Log, absent: Sequence[_LoggedStatement]) -> list[_LoggedStatement]:
    """The absent statements that no dead letter accounts for; one of a record accounts for one of its statements."""
    if not absent:
        return []
    dead_letters: Counter[tuple[int, int]] = Counter()
    for _, record in log_records(log, DEAD_LETTERS):
        dead_letter = decode_dead_letter(record.value)
        if dead_letter.topic == STATEMENTS:
            dead_letters[dead_letter.partition, dead_letter.position] += 1
    lost = []
    for logged in absent:
        if dead_letters[logged.partition, logged.position]:
            dead_letters[logged.partition, logged.position] -= 1
        else:
            lost.append(logged)
    return lost


def _observation_key(observation: Observation) -> tuple[str, str, int, str, int]:
    return observation.tenant, observation.learner, observation.time, observation.statement, observation.ordinal


def _chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
