"""Back up all parts of a runtime while it works: the history of decisions, the log, the databases, then attachments.

In this order nothing in the copy names what the copy lacks: an attachment is kept before the statement that names it is
acknowledged, the history is older than the log that its decisions were made from, and the databases may only be newer.
The manifest is written last.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from lrs.attachments import Attachments
from lrs.attachments.setting import open_attachments
from lrs.backup import databases
from lrs.backup.decision_history import TABLE, copy_history, files_to_keep, open_history
from lrs.backup.lineage import goes_on
from lrs.backup.manifest import MANIFEST_VERSION, HistoryManifest, Manifest, latest_manifest, save_manifest
from lrs.backup.target import BackupTarget, kept_names
from lrs.backup.topics import copy_topics
from lrs.clock import system_time
from lrs.processes.runtime import Runtime
from lrs.store.client import StoreRefused, StoreUnavailable

ATTACHMENTS = "attachments"
BackupProgress = Callable[[str, int], None]  # which part, and how many more records, rows or files of it are copied


def back_up(
    runtime: Runtime,
    target: BackupTarget,
    progress: BackupProgress = lambda part, more: None,
    lacks_history: Callable[[str], None] = lambda reason: None,
    keeps_history: Callable[[int], None] = lambda number: None,
) -> Manifest:
    """Copy what changed since the last run, and what the target has lost since.

    Raises Conflict, LostData, Transient, Full.

    `lacks_history` is called with why the history of decisions could not be copied: then that of the last run stays.
    `keeps_history` with the number of the last run where the table lacks rows of it, which stay in this one.
    """
    manifest_before = latest_manifest(target)
    with TemporaryDirectory(prefix="pacer-backup-") as folder:
        scratch = Path(folder)
        history = _history(runtime, target, manifest_before, scratch, progress, lacks_history, keeps_history)
        opened = runtime.log()
        try:
            topics = copy_topics(
                opened,
                opened.topics(),
                target,
                lambda name: manifest_before.topic(name) if manifest_before else None,
                scratch,
                lambda records: progress("log", records),
            )
        finally:
            opened.close()
        there = kept_names(target, databases.FOLDER)
        copied = []
        for part in databases.PARTS:
            url = part.url(runtime.data, runtime.database)
            copied.append(databases.copy_database(part, url, target, there, scratch))
            progress(part.name, copied[-1].rows)
        source = open_attachments(runtime.data, runtime.attachments)
        attachments = _copy_attachments(source, target, scratch, lambda files: progress(ATTACHMENTS, files))
    number = manifest_before.number + 1 if manifest_before else 1
    manifest = Manifest(MANIFEST_VERSION, number, system_time(), topics, copied, attachments, history)
    save_manifest(target, manifest)
    return manifest


def _history(
    runtime: Runtime,
    target: BackupTarget,
    manifest_before: Manifest | None,
    scratch: Path,
    progress: BackupProgress,
    lacks_history: Callable[[str], None],
    keeps_history: Callable[[int], None],
) -> HistoryManifest | None:
    """Copy the history of decisions. Tables that nobody can read keep nobody from a copy of what they follow from.

    A table that was lost is made again without what was decided before: of the same log the last run's files stay.
    """
    before = manifest_before.history if manifest_before else None
    try:
        with open_history(runtime) as store:
            if store is not None:
                copied = copy_history(store, target, before, scratch, lambda rows: progress(TABLE, rows))
                if manifest_before and before and copied and (kept := files_to_keep(store, target, before, copied)):
                    with closing(runtime.log()) as log:
                        if goes_on(log, manifest_before):
                            keeps_history(manifest_before.number)
                            return HistoryManifest(copied.files + kept, copied.time)
                return copied
    except (StoreUnavailable, StoreRefused) as error:
        lacks_history(str(error))
        return before
    if runtime.has_unknown_tables:
        lacks_history("--clickhouse says where it is")
    return before


def _copy_attachments(source: Attachments, target: BackupTarget, scratch: Path, progress: Callable[[int], None]) -> int:
    """Copy what the target lacks; gives how many there are. What is kept never changes, so its name is enough."""
    there = kept_names(target, ATTACHMENTS)
    copied = 0
    for key in source.names():
        copied += 1
        name = f"{ATTACHMENTS}/{key.path()}"
        if name not in there:
            file = scratch / "attachment"
            with file.open("wb") as written:
                for piece in source.read(*key):
                    written.write(piece)
            target.put(name, file)
            progress(1)
    return copied
