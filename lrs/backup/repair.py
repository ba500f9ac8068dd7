"""Put back from a backup: damaged records of the log, where they fit the chain, and the history of decisions."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from lrs.backup.decision_history import check_history, history_rows, restore_history
from lrs.backup.from_tables import remake_records
from lrs.backup.manifest import Manifest
from lrs.backup.rewrite import copy_with_epochs, rewrite_topic
from lrs.backup.segments import read_segment
from lrs.backup.target import BackupTarget
from lrs.errors import LostData
from lrs.log import DamagedFile
from lrs.log.sqlite import SqliteLog
from lrs.log.sqlite_file import page_problem
from lrs.log.stored_log import StoredLog, StoredRecord
from lrs.processes.engine_for import engine_for
from lrs.processes.runtime import Runtime
from lrs.store.client import Store
from schemas.record import STATEMENTS


def repair_topic(folder: Path, topic: str, target: BackupTarget, manifest: Manifest) -> int:
    """Rewrite a topic's file, with the backup's records where its own are damaged; gives how many those are.

    Nobody may write meanwhile. The file that was there is kept beside, as TOPIC.damaged.
    Raises LostData where the backup lacks a record, or has another than the chain wants: then nothing is changed.
    """
    put_epochs_back(folder, topic, manifest)
    log = SqliteLog(folder)
    damaged = {damaged_record.position for damaged_record in log.damage(topic)}
    log.close()
    if damaged or page_problem(folder / f"{topic}.db"):  # also a page that holds no record
        rewrite_topic(folder, topic, _backed_up(target, manifest, topic, damaged) if damaged else {})
    return len(damaged)


def put_epochs_back(folder: Path, topic: str, manifest: Manifest) -> None:
    """Rewrite a topic's file whose epochs cannot be read, with those of the backup. Raises LostData.

    Where the log has begun an epoch since the backup, the chain does not fit: then nothing is changed.
    """
    log = SqliteLog(folder)
    try:
        log.epochs(topic)
    except DamagedFile:
        backed_up = manifest.topic(topic)
        if backed_up is None:
            raise
        copy_with_epochs(folder, topic, [(epoch.number, epoch.identity, epoch.position) for epoch in backed_up.epochs])
    finally:
        log.close()


def repair_from_tables(folder: Path, store: Store) -> int:
    """Repair the topic of statements from the tables; gives how many were damaged.

    Raises LostData, the store's errors.
    """
    log = SqliteLog(folder)
    damaged = [damaged_record.position for damaged_record in log.damage(STATEMENTS)]
    try:
        remade = remake_records(log, store, damaged)
    finally:
        log.close()
    if damaged:
        rewrite_topic(folder, STATEMENTS, remade)
    return len(damaged)


def repair_history(runtime: Runtime, target: BackupTarget, manifest: Manifest) -> int:
    """Put rows back that the history of decisions lacks; gives how many. Nobody may serve the folder meanwhile.

    Raises LostData and Missing where the backup is of another log, or its files are not whole: then nothing is changed;
    and the store's errors.
    """
    if manifest.history is None or not manifest.history.files:
        return 0
    with closing(runtime.log()) as log:
        _check_lineage(log, manifest)
    check_history(target, manifest.history)
    with engine_for(runtime) as store:
        before = history_rows(store)
        restore_history(store, target, manifest.history)
        return history_rows(store) - before


def _check_lineage(log: StoredLog, manifest: Manifest) -> None:
    """See that a backup is of this log, and not of another store. Raises LostData."""
    for topic in manifest.topics:
        if topic.name not in log.topics():
            continue
        known = {identity for _, identity, _ in log.epochs(topic.name)} or {log.identity(topic.name)}
        if not known.issuperset([epoch.identity for epoch in topic.epochs] or [topic.identity]):
            raise LostData(f"backup {manifest.number} is of another log: its {topic.name} has begun otherwise")


def _backed_up(target: BackupTarget, manifest: Manifest, topic: str, positions: set[int]) -> dict[int, StoredRecord]:
    """The backup's records at these positions."""
    backed_up_records: dict[int, StoredRecord] = {}
    backed_up = manifest.topic(topic)
    for segment in backed_up.partitions[0].segments if backed_up else []:
        if any(segment.first <= position < segment.end for position in positions):
            backed_up_records |= {
                record.position: record for record in read_segment(target, segment) if record.position in positions
            }
    if lacking := sorted(positions - backed_up_records.keys()):
        raise LostData(f"the backup lacks position {', '.join(map(str, lacking[:10]))} of {topic}")
    return backed_up_records
