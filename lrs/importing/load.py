"""Put statements of files into the log, and know how far each file is in it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path

import orjson

from lrs.auth.credentials import Credential
from lrs.files import replace_file
from lrs.importing.attachments import AttachmentFiles
from lrs.importing.imported_line import ImportedLine
from lrs.log import Busy
from lrs.record.appender import StatementConflict
from lrs.record.recorder import Recorder
from schemas.xapi import Invalid

BATCH = 200  # statements a bundle
WAITING = 8  # bundles under way, so that checking and the disk overlap
_FINGERPRINT_BYTES = 1 << 16  # bytes that tell one file from another


@dataclass
class ImportCounts:
    """How many statements are in the log now (new ones, and identical ones from before), what was passed over because
    an import before had it, and what was refused. already: how many of a taken log were from before."""

    statements: int = 0
    already: int = 0
    resumed: int = 0
    refused: list[str] = field(default_factory=list)

    def add(self, more: ImportCounts) -> None:
        """Count what is in another file, too."""
        self.statements += more.statements
        self.already += more.already
        self.resumed += more.resumed
        self.refused += more.refused


class ImportMark:
    """How many statements of a file are in the log, kept in a file beside the log: an import that broke off goes on
    from there. A file that was written again counts as another, also where it is as long as before."""

    def __init__(self, folder: Path, path: Path, tenant: str, again: bool = False) -> None:
        """`again`: forget what is known."""
        with path.open("rb") as file:
            start = file.read(_FINGERPRINT_BYTES)
        about = path.stat()
        identity = f"{tenant}\0{path.name}\0{about.st_size}\0{about.st_mtime_ns}\0".encode() + start
        self._path = folder / f"{hashlib.sha256(identity).hexdigest()[:32]}.json"
        self.done = 0
        if again:
            self._path.unlink(missing_ok=True)
        elif self._path.exists():
            self.done = int(orjson.loads(self._path.read_bytes())["done"])

    def move(self, done: int) -> None:
        """Note that all statements before `done` are in the log, or refused."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self._path, orjson.dumps({"done": done}))
        self.done = done


class _BatchesInOrder:
    """Batches end in any order; the mark moves past those that have no gap before them."""

    def __init__(self, mark: ImportMark | None) -> None:
        self._mark = mark
        self._ended: dict[int, int] = {}
        self._next = mark.done if mark else 0

    def end(self, start: int, end: int) -> None:
        self._ended[start] = end
        moved = False
        while (range_end := self._ended.pop(self._next, None)) is not None:
            self._next, moved = range_end, True
        if moved and self._mark:
            self._mark.move(self._next)


async def load_statements(
    lines: Iterator[ImportedLine | Invalid],
    recorder: Recorder,
    credential: Credential,
    progress: Callable[[int], None] = lambda through: None,
    beside: AttachmentFiles | None = None,
    mark: ImportMark | None = None,
) -> ImportCounts:
    """Record every statement; one that is refused does not hold up the others. Raises Full, Unavailable."""
    done = ImportCounts()
    room = asyncio.Semaphore(WAITING)
    order = _BatchesInOrder(mark)

    async def put(batch: list[ImportedLine]) -> None:
        try:
            await _record_batch(batch, recorder, credential, beside)
            done.statements += len(batch)
        except (Invalid, StatementConflict) as error:
            if len(batch) == 1:
                done.refused.append(f"{batch[0].where}: {error}")
            else:  # one at a time, to find the one that is wrong
                for line in batch:
                    await put([line])

    async def release(batch: list[ImportedLine], start: int, end: int) -> None:
        try:
            for _, same in groupby(batch, lambda line: line.version):
                await put(list(same))
            order.end(start, end)
            if batch:
                progress(batch[-1].through)
        finally:
            room.release()

    if mark and mark.done:
        done.resumed = sum(1 for _ in islice(lines, mark.done))
    at = done.resumed
    async with asyncio.TaskGroup() as group:
        while batch := list(islice(lines, BATCH)):
            good = [line for line in batch if isinstance(line, ImportedLine)]
            done.refused += [str(line) for line in batch if isinstance(line, Invalid)]
            await room.acquire()
            group.create_task(release(good, at, at + len(batch)))
            at += len(batch)
    return done


async def _record_batch(
    batch: list[ImportedLine], recorder: Recorder, credential: Credential, beside: AttachmentFiles | None
) -> None:
    while True:
        data = await asyncio.to_thread(beside.of, batch) if beside else {}
        try:
            await recorder.record([line.raw for line in batch], credential, batch[0].version, data, imported=True)
            return
        except Busy:
            await asyncio.sleep(0.1)
        finally:
            for incoming in data.values():
                incoming.discard()
