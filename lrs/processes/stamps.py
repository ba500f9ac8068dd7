"""Stamps in the files of a data folder: each says what its file has seen of the others, so that one that is older or
gone is found.

The tables are derived from the log, and their checkpoints verify them. The log, the transactional databases and the
attachments are derived from nothing: one that was lost, recreated or restored from an older copy looks intact. So the
processors write a stamp into each of them, a few seconds after something changed: its number, and where the log's
topics end. A part whose stamp is older than a round that was completed is older than the others; a log that does not
hold what a stamp names is another, or an older one. A restored folder counts its rounds anew and has a name of its own:
a part whose stamp has another name is from another folder.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec

from lrs.attachments.setting import folder_of
from lrs.clock import system_time
from lrs.database.in_use import FilesInUse
from lrs.errors import LostData, UnreadableFile
from lrs.files import replace_file
from lrs.log.sqlite import POSITIONS, SqliteLog
from lrs.log.sqlite_file import is_damage
from lrs.processes.runtime import Runtime
from schemas.envelope import NOT_DECODABLE

_FILE = "stamp.json"
_ATTACHMENTS_STAMP = ".seen"  # the stamp of the folder of attachments, beside its mark
DATABASE_FILES = ("accounts.db", "credentials.db", "documents.db", "sessions.db")
_BUSY_SECONDS = 30.0
_STAMP_TABLE = "CREATE TABLE IF NOT EXISTS pacer_stamp (only INTEGER PRIMARY KEY CHECK (only = 1), stamp BLOB NOT NULL)"
ATTACHMENTS = "attachments"
STAMPS_ADVICE = (
    "put the right files back, restore a backup, or go on without by `lrs accept` (the log: `lrs rebuild --accept-log`)"
)


class PartsLost(LostData):
    """Parts of a data folder are gone, or older than others have seen."""

    def __init__(self, lost: Sequence[LostPart]) -> None:
        super().__init__("; ".join(map(str, lost)))
        self.lost = list(lost)


class TopicEnd(msgspec.Struct, frozen=True):
    """Where a topic ended, and what proves which records are before that."""

    identity: str
    end: int
    checksum: int


class Stamp(msgspec.Struct, frozen=True):
    """A stamp that a file of the folder carries, of one round.

    time: µs since the epoch; files: which were there, the folder of attachments with its mark; complete: the last round
    that reached all; folder: the name of the folder whose rounds are counted.
    """

    number: int
    time: int
    files: dict[str, str] = msgspec.field(name="parts")  # the name that is stored
    topics: dict[str, TopicEnd]
    complete: int
    folder: str = ""


_stamp_decoder = msgspec.json.Decoder(Stamp)


@dataclass(frozen=True, slots=True)
class LostPart:
    """A part, and what became of it. `log`: it is a topic of the log."""

    part: str
    reason: str
    log: bool = False

    def __str__(self) -> str:
        return f"{self.part} {self.reason}"


class Stamps:
    """The stamps of one data folder."""

    def __init__(self, runtime: Runtime) -> None:
        self._data = runtime.data
        self._database_files = [] if runtime.database else list(DATABASE_FILES)
        self._attachments = folder_of(runtime.data, runtime.attachments)
        # A folder elsewhere may be that of a copy of this one, too, which has stamps of its own.
        self._seen = self._data / ATTACHMENTS / _ATTACHMENTS_STAMP if runtime.attachments is None else None

    @property
    def database_paths(self) -> list[Path]:
        """The paths of the folder's databases, whether they are there yet or not."""
        return [self._data / name for name in self._database_files]

    def lost(self, log: SqliteLog | None) -> list[LostPart]:
        """The parts that do not hold what others have seen. `log`: None where there is no folder of it."""
        read = {part: self._read(part) for part in (*self._files(log), _FILE, ATTACHMENTS)}
        all_stamps = [stamp for stamp in read.values() if stamp is not None]
        if not all_stamps:
            return []
        stamps = _of_one_folder(all_stamps)
        newest_stamp = max(stamps, key=lambda stamp: stamp.number)
        complete = max(stamp.complete for stamp in stamps)
        lost_parts = [
            LostPart(part, "is from another folder, or from another restore", part.startswith("log/"))
            for part, stamp in read.items()
            if stamp is not None and stamp.folder != newest_stamp.folder and part in newest_stamp.files
        ]
        foreign = {lost.part for lost in lost_parts}
        for part in [file for file in self._database_files if file in newest_stamp.files and file not in foreign]:
            stamp = read[part]
            if not (self._data / part).exists():
                lost_parts.append(LostPart(part, "is gone"))
            elif stamp is None:
                lost_parts.append(LostPart(part, self._why_unstamped(part)))
            elif stamp.number < complete:
                lost_parts.append(_older(part, stamp, newest_stamp))
        if (mark := newest_stamp.files.get(ATTACHMENTS)) is not None and self._attachments is not None:
            if not self._attachments.exists():
                lost_parts.append(LostPart(ATTACHMENTS, "is gone"))
            elif ATTACHMENTS not in foreign and self._mark() != mark:
                lost_parts.append(LostPart(ATTACHMENTS, "is another folder than it was"))
            elif (stamp := read[ATTACHMENTS]) is not None and stamp.number < complete:
                lost_parts.append(_older(ATTACHMENTS, stamp, newest_stamp))
        return lost_parts + [
            LostPart(f"log/{topic}.db", reason, True)
            for topic, end in sorted(newest_stamp.topics.items())
            if f"log/{topic}.db" not in foreign and (reason := self._what_differs(log, topic, end))
        ]

    def write(self, log: SqliteLog) -> Stamp:
        """Stamp all parts of the folder: one round.

        Raises PartsLost if parts are missing or older, sqlite3.Error, and the log's errors.
        """
        if lost := self.lost(log):
            raise PartsLost(lost)
        files = self._files(log)
        all_stamps = [stamp for part in (*files, _FILE, ATTACHMENTS) if (stamp := self._read(part)) is not None]
        stamps = _of_one_folder(all_stamps)
        number = max((stamp.number for stamp in stamps), default=0) + 1
        before = max((stamp.complete for stamp in stamps), default=0)
        folder = stamps[0].folder if stamps else str(uuid.uuid4())
        there = {part: "" for part in files if (self._data / part).exists()}
        if self._attachments is not None and self._attachments.exists():
            there[ATTACHMENTS] = self._mark() or self._make_mark()
        topics = {topic: _end_of_topic(log, topic) for topic in log.topics()}
        stamp = Stamp(number, system_time(), there, topics, before, folder)
        for part in there:
            self._write(part, stamp)
        stamp = msgspec.structs.replace(stamp, complete=number)
        replace_file(self._data / _FILE, msgspec.json.encode(stamp))
        return stamp

    def accept(self, log: SqliteLog) -> None:
        """Take every part as it is from now on, and forget what others have seen. Raises as `write`."""
        for part in self._files(log):
            if (self._data / part).exists():
                with closing(sqlite3.connect(self._data / part, timeout=_BUSY_SECONDS)) as connection, connection:
                    connection.execute("DROP TABLE IF EXISTS pacer_stamp")
        (self._data / _FILE).unlink(missing_ok=True)
        if self._seen is not None:
            self._seen.unlink(missing_ok=True)
        self.write(log)

    def _files(self, log: SqliteLog | None) -> list[str]:
        """The files that carry a stamp. Older topics are identified by their ends; positions follow from checkpoints,
        so they are never missed, but they have seen what the others may lack."""
        topics = log.topics() if log else []
        return [*self._database_files, *(f"log/{name}.db" for name in (*topics, *([POSITIONS] if log else [])))]

    def _read(self, part: str) -> Stamp | None:
        path = self._seen if part == ATTACHMENTS else self._data / part
        if path is None:
            return None
        try:
            if part in (_FILE, ATTACHMENTS):
                return _stamp_decoder.decode(path.read_bytes())
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=_BUSY_SECONDS)) as connection:
                row = connection.execute("SELECT stamp FROM pacer_stamp").fetchone()
                return _stamp_decoder.decode(row[0]) if row else None
        except IsADirectoryError as error:
            raise UnreadableFile(f"{path} is a folder, and was a file: move it away, it is written again") from error
        except (FileNotFoundError, NotADirectoryError, sqlite3.Error, *NOT_DECODABLE, TypeError):
            return None

    def _why_unstamped(self, part: str) -> str:
        try:
            with closing(sqlite3.connect(f"file:{self._data / part}?mode=ro", uri=True)) as connection:
                connection.execute("SELECT * FROM sqlite_master").fetchall()
                connection.execute("SELECT * FROM pacer_stamp").fetchall()
        except sqlite3.Error as error:
            if is_damage(error):
                return f"is damaged: {error}"
        return "is another than it was: it was created again"

    def _write(self, part: str, stamp: Stamp) -> None:
        if part == ATTACHMENTS:
            if self._seen is not None:
                replace_file(self._seen, msgspec.json.encode(stamp))
            return
        path = self._data / part
        in_use = FilesInUse(path)
        with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=_BUSY_SECONDS)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            with connection:
                connection.execute(_STAMP_TABLE)
                connection.execute("REPLACE INTO pacer_stamp VALUES (1, ?)", (msgspec.json.encode(stamp),))
            in_use.check()

    def _mark(self) -> str | None:
        assert self._attachments is not None
        try:
            return (self._attachments / ".stamp").read_text()
        except FileNotFoundError:
            return None

    def _make_mark(self) -> str:
        assert self._attachments is not None
        mark = str(uuid.uuid4())
        replace_file(self._attachments / ".stamp", mark.encode())
        return mark

    def _what_differs(self, log: SqliteLog | None, topic: str, stamped_end: TopicEnd) -> str:
        if log is None or topic not in log.topics():
            return "is gone"
        if log.identity(topic) != stamped_end.identity:
            return "is another than it was: it was created again"
        if (end := log.end(topic)) < stamped_end.end:
            return f"is older than the others: it holds nothing from position {end} on, and held {stamped_end.end - 1}"
        if log.checksum_before(topic, stamped_end.end) != stamped_end.checksum:
            return f"holds other records than it did before position {stamped_end.end}"
        return ""


def _of_one_folder(stamps: Sequence[Stamp]) -> list[Stamp]:
    """Those of the folder that was stamped last."""
    newest_stamp = max(stamps, key=lambda stamp: stamp.time, default=None)
    return [stamp for stamp in stamps if newest_stamp and stamp.folder == newest_stamp.folder]


def _older(part: str, stamp: Stamp, newest_stamp: Stamp) -> LostPart:
    ago = timedelta(seconds=round((newest_stamp.time - stamp.time) / 1e6))
    return LostPart(part, f"is older than the others, by {ago}")


def _end_of_topic(log: SqliteLog, topic: str) -> TopicEnd:
    end = log.end(topic)
    checksum = log.checksum_before(topic, end)
    return TopicEnd(log.identity(topic), end, checksum if checksum is not None else 0)
