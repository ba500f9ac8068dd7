"""The tables that follow statements against those, and observations against the log."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from lrs.errors import LostData
from lrs.log import Log, record_at
from lrs.store.client import Store
from lrs.store.migrate import source_of_view
from lrs.verification.finding import CheckProgress, VerifyFinding
from lrs.verification.log_records import chunks, log_records
from lrs.verification.readers import still_wrong
from processors.stages.observation_table import PRESENT, RETRACTED, TYPES_OF_ROWS, observation_row
from schemas.envelope import Unreadable
from schemas.observation import Kind, Observation, decode_observations
from schemas.record import CATALOG, OBSERVATIONS, STATEMENTS, Bundle, position_of

IDS = 5_000  # asked for at a time
WAIT_SECONDS = 30.0  # for what is just being written
_NOT_FOLLOWING = frozenset(["written"])  # by ClickHouse's clock
_KEY_OF_REFERENCES = ("tenant", "target", "statement")


class _Following(NamedTuple):
    """What each row of statements brings with it in another table: from where, and the columns whose name differs."""

    table: str
    key: tuple[str, ...]
    brought: str
    names: Mapping[str, str]


_FOLLOWING = (
    _Following(
        "agent_statements",
        ("tenant", "partition", "sequence", "agent"),
        source_of_view("to_agent_statements"),
        {"related_activities": "kept_related", "statement": "kept"},
    ),
    _Following("voids", _KEY_OF_REFERENCES, "statements WHERE voids != ''", {"target": "voids", "statement": "id"}),
    _Following("refs", _KEY_OF_REFERENCES, "statements WHERE refers != ''", {"target": "refers", "statement": "id"}),
)
_SHOWN = 3  # of the columns of a key: an agent is personal data
_TABLE_COLUMNS = "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = %(table)s"


def verify_following_tables(store: Store) -> list[VerifyFinding]:
    """Every statement is in the other tables of the record, with every column, and nothing else is.

    Raises Transient, Refused.
    """
    return [_verify_following(store, *following) for following in _FOLLOWING]


def _verify_following(
    store: Store, table: str, key: Sequence[str], brought: str, names: Mapping[str, str]
) -> VerifyFinding:
    finding = VerifyFinding(table, "rows", advice="`lrs rebuild` makes the tables again from the log")
    [[finding.checked]] = store.tuples(f"SELECT count() FROM (SELECT 1 FROM {brought})", {})
    columns = [
        name for (name,) in store.tuples(_TABLE_COLUMNS, {"table": table}) if name not in {*key, *_NOT_FOLLOWING}
    ]
    # All that is compared is one number: whole rows of many statements would take their size of memory. A statement
    # that came twice may have brought its reference from either place: what is there is looked for, not the reverse.
    lacking = f"{_selected(key, brought, names)} EXCEPT DISTINCT {_selected(key, table, {})}"
    other = f"{_selected(key, table, {}, columns)} EXCEPT DISTINCT {_selected(key, brought, names, columns)}"
    for row in sorted({tuple(islice(row, _SHOWN)) for sql in (lacking, other) for row in _rows_still(store, sql)}):
        finding.add(" ".join(map(str, row)))
    return finding


def _selected(key: Sequence[str], source: str, names: Mapping[str, str], columns: Sequence[str] = ()) -> str:
    """The SQL that reads keys, each with a number that stands for other columns, if there are any."""
    read = [names.get(name, name) for name in key]
    if columns:
        read.append(f"sipHash64({', '.join(names.get(name, name) for name in columns)})")
    return f"SELECT {', '.join(read)} FROM {source}"


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


def verify_observations(log: Log, store: Store, sample: int | None, progress: CheckProgress) -> VerifyFinding:
    """Every observation of the log is in the history, unless its statement is in no log any more; of a sample (None: of
    all) every column is as it was read.

    Raises Transient, Refused, LostData.
    """
    gone = _GoneStatements(log)
    changes = max(log.ends(CATALOG), default=0)
    share = 1.0 if sample is None else sample / max(1, store.tuples("SELECT count() FROM observations", {})[0][0])
    finding = VerifyFinding("observations", "observations", advice="`lrs rebuild` makes the tables again from the log")
    other: set[_ObservationKey] = set()
    for chunk in chunks(_logged_observations(log), IDS):
        keys = {_observation_key(observed): observed for observed in chunk}
        present = set(map(_ObservationKey._make, _rows_of(store, _ObservationKey._fields, chunk)))
        for key in keys.keys() - present:
            if not gone(keys[key]):
                finding.add(_name_of(key))
        drawn = {key: keys[key] for key in keys.keys() & present if random.random() < share}
        other |= _other_than_logged(store, {key: [observed] for key, observed in drawn.items()}, changes)
        finding.checked += len(chunk)
        progress(finding.check, len(chunk))
    for key in sorted(_never_logged(log, store, other)):
        finding.add(f"{_name_of(key)}: its row says something else than the log")
    return finding


def _rows_of(store: Store, columns: Iterable[str], observed: Iterable[Observation]) -> list[tuple[Any, ...]]:
    """Some columns of the rows that the statements of observations have."""
    keys = list({(one.tenant, one.person, one.statement) for one in observed})
    asked = f"SELECT {', '.join(columns)} FROM observations WHERE (tenant, person, statement) IN %(keys)s"
    return store.tuples(asked, {"keys": keys}) if keys else []


def _other_than_logged(
    store: Store, logged: Mapping[_ObservationKey, Sequence[Observation]], changes: int
) -> set[_ObservationKey]:
    """Those that have a row which none of the observations of the log is."""
    other: set[_ObservationKey] = set()
    for row in _rows_of(store, TYPES_OF_ROWS, (observed for some in logged.values() for observed in some)):
        key = _ObservationKey(*map(row.__getitem__, _KEY_COLUMNS))
        if key in logged and not any(_is_as_logged(observed, row, changes) for observed in logged[key]):
            other.add(key)
    return other


def _is_as_logged(observed: Observation, row: Sequence[Any], changes: int) -> bool:
    """Whether a row is as it was first read, or has a version that a later reading, or its retraction, may have."""
    *_, version, deleted = row
    if (version, deleted) != PRESENT:
        return (version, deleted) == RETRACTED or 0 < version - 1 <= changes
    as_read = tuple(tuple(value) if isinstance(value, list) else value for value in row)
    return as_read == observation_row(observed, PRESENT)


def _never_logged(log: Log, store: Store, keys: set[_ObservationKey]) -> set[_ObservationKey]:
    """Those whose rows are no record's: a statement that was admitted twice may be read twice, each time otherwise."""
    if not keys:
        return keys
    logged: dict[_ObservationKey, list[Observation]] = {}
    for observed in _logged_observations(log):
        if (key := _observation_key(observed)) in keys:
            logged.setdefault(key, []).append(observed)
    changes = max(log.ends(CATALOG), default=0)  # for which some may have been read again meanwhile
    never: set[_ObservationKey] = set()
    for some in chunks(logged, IDS):
        never |= _other_than_logged(store, {key: logged[key] for key in some}, changes)
    return never


def _name_of(key: _ObservationKey) -> str:
    return f"statement {key.statement} of {key.tenant}: observation {key.ordinal}"  # a learner's key is not printed


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


class _ObservationKey(NamedTuple):
    tenant: str
    learner: str
    time: int
    statement: str
    ordinal: int


_KEY_COLUMNS = [list(TYPES_OF_ROWS).index(name) for name in _ObservationKey._fields]


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


def _observation_key(observation: Observation) -> _ObservationKey:
    return _ObservationKey(*(getattr(observation, name) for name in _ObservationKey._fields))
