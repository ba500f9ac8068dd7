"""What a backup holds: one manifest a run. It is written last, so a run that was cut short never was."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from lrs.backup.target import BackupTarget
from lrs.errors import Conflict, LostData, Missing
from schemas.envelope import NOT_DECODABLE

MANIFEST_VERSION = 1
FOLDER = "manifests"


class Segment(msgspec.Struct, frozen=True):
    """Consecutive records of a partition: from position `first` up to before `end`."""

    file: str
    sha256: str
    first: int
    end: int
    checksum: int  # of the log's chain, after the last of them


class Gap(msgspec.Struct, frozen=True):
    """Positions of a partition that the log no longer held, and no run before had copied: from `first` up to before
    `end`."""

    first: int
    end: int


class PartitionManifest(msgspec.Struct, frozen=True):
    """A partition of a topic, from its first record on; intake had read it up to before `read`."""

    number: int
    segments: list[Segment]
    read: int = 0
    gaps: list[Gap] = []

    @property
    def end(self) -> int:
        return max([part.end for part in self.segments[-1:]] + [gap.end for gap in self.gaps[-1:]], default=0)


class LogEpoch(msgspec.Struct, frozen=True):
    """From which position on records are chained to an identity."""

    number: int
    identity: str
    position: int


class TopicManifest(msgspec.Struct, frozen=True):
    """A topic of the log; epochs is empty where Kafka keeps it."""

    name: str
    identity: str
    epochs: list[LogEpoch]
    partitions: list[PartitionManifest]

    @property
    def records(self) -> int:
        return sum(partition.end - sum(gap.end - gap.first for gap in partition.gaps) for partition in self.partitions)


class DatabaseManifest(msgspec.Struct, frozen=True):
    """The rows of one of the transactional stores, all of one moment (µs since the epoch)."""

    name: str
    file: str
    sha256: str
    rows: int
    time: int


class HistoryFile(msgspec.Struct, frozen=True):
    """Rows of the history of decisions."""

    file: str
    sha256: str
    rows: int


class HistoryManifest(msgspec.Struct, frozen=True):
    """The history of decisions, as of a time (µs since the epoch): that of an earlier run where it was not copied."""

    files: list[HistoryFile]
    time: int

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)


class Manifest(msgspec.Struct, frozen=True):
    """One run of `lrs backup`. `time` is when it ended, µs since the epoch."""

    version: int
    number: int
    time: int
    topics: list[TopicManifest]
    databases: list[DatabaseManifest]
    attachments: int
    history: HistoryManifest | None = None

    def topic(self, name: str) -> TopicManifest | None:
        return next((topic for topic in self.topics if topic.name == name), None)

    @property
    def gone(self) -> list[str]:
        """What the backup does not hold, as the log no longer held it."""
        return [
            f"positions {gap.first} to {gap.end - 1} of partition {partition.number} of {topic.name}"
            for topic in self.topics
            for partition in topic.partitions
            for gap in partition.gaps
        ]


_manifest_decoder = msgspec.json.Decoder(Manifest)


def latest_manifest(target: BackupTarget) -> Manifest | None:
    """The manifest of the last run; None where there was none. Raises LostData."""
    manifest_numbers = sorted(_segment_number(name) for name, _ in target.names(FOLDER))
    return load_manifest(target, manifest_numbers[-1]) if manifest_numbers else None


def load_manifest(target: BackupTarget, number: int) -> Manifest:
    """The manifest of a run. Raises Missing and LostData."""
    try:
        manifest_json = b"".join(target.read(_manifest_name(number)))
    except Missing:
        raise Missing(f"there is no backup number {number}") from None
    try:
        decoded = _manifest_decoder.decode(manifest_json)
    except NOT_DECODABLE as error:
        raise LostData(f"the manifest of backup {number} cannot be read: {error}") from error
    if decoded.version != MANIFEST_VERSION:
        raise LostData(f"backup {number} has version {decoded.version}; this release reads version {MANIFEST_VERSION}")
    return decoded


def save_manifest(target: BackupTarget, manifest: Manifest) -> None:
    """Write a manifest: with it, the run is a backup. Raises Conflict where another run has written that number."""
    with TemporaryDirectory(prefix="pacer-backup-") as folder:
        file = Path(folder) / "manifest"
        file.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        try:
            target.create(_manifest_name(manifest.number), file)
        except Conflict as error:
            raise Conflict(f"another run wrote backup {manifest.number} at the same time") from error


def _manifest_name(number: int) -> str:
    return f"{FOLDER}/{number:08}.json"


def _segment_number(name: str) -> int:
    return int(name.rpartition("/")[2].partition(".")[0])
