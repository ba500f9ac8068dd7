"""Back up all parts of a runtime while it works: first the log, then the databases, then attachments.

In this order nothing in the copy names what the copy lacks: an attachment is kept before the statement that names it is
acknowledged, and the databases may only be newer than the log. The manifest is written last.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from lrs.attachments import Attachments
from lrs.attachments.setting import open_attachments
from lrs.backup import databases
from lrs.backup.manifest import VERSION, Manifest, latest_manifest, save_manifest
from lrs.backup.target import BackupTarget
from lrs.backup.topics import copy_topics
from lrs.clock import system_time
from lrs.processes.runtime import Runtime

ATTACHMENTS = "attachments"
Progress = Callable[[str, int], None]  # which part, and how many more records, rows or files of it are copied


def back_up(runtime: Runtime, target: BackupTarget, progress: Progress = lambda part, more: None) -> Manifest:
    """Copy what changed since the last run. Raises Conflict, LostData, Transient, Full."""
    before = latest_manifest(target)
    with TemporaryDirectory(prefix="pacer-backup-") as folder:
        scratch = Path(folder)
        opened = runtime.log()
        try:
            topics = copy_topics(
                opened,
                opened.topics(),
                target,
                lambda name: before.topic(name) if before else None,
                scratch,
                lambda records: progress("log", records),
            )
        finally:
            opened.close()
        earlier = {database.name: database for database in before.databases} if before else {}
        copied = []
        for part in databases.PARTS:
            url = part.url(runtime.data, runtime.database)
            copied.append(databases.copy_database(part, url, target, earlier.get(part.name), scratch))
            progress(part.name, copied[-1].rows)
        source = open_attachments(runtime.data, runtime.attachments)
        attachments = _attachments(source, target, scratch, lambda files: progress(ATTACHMENTS, files))
    number = before.number + 1 if before else 1
    manifest = Manifest(VERSION, number, system_time(), topics, copied, attachments)
    save_manifest(target, manifest)
    return manifest


def _attachments(source: Attachments, target: BackupTarget, scratch: Path, progress: Callable[[int], None]) -> int:
    """Copy what the target lacks; gives how many there are. What is kept never changes, so its name is enough."""
    there = {name for name, _ in target.names(ATTACHMENTS)}
    count = 0
    for key in source.names():
        count += 1
        name = f"{ATTACHMENTS}/{key.path()}"
        if name not in there:
            file = scratch / "attachment"
            with file.open("wb") as written:
                for piece in source.read(*key):
                    written.write(piece)
            target.put(name, file)
            progress(1)
    return count
