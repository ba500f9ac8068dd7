"""Where stamps of servers are kept: a row in the transactional database, an object in the object store, and with who
writes them a copy, in the data folder or beside the topics of Kafka."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Protocol

import msgspec
from sqlalchemy import Column, MetaData, String, Table, Text, delete, insert, select
from sqlalchemy.exc import IntegrityError

from lrs.attachments.setting import parse_bucket
from lrs.database.connection import LateEngine, database_errors
from lrs.errors import Transient
from lrs.extras import needs
from lrs.files import replace_file
from lrs.log.kafka_address import KafkaAddress
from lrs.processes.runtime import Runtime
from lrs.processes.stamps import ATTACHMENTS
from schemas.envelope import NOT_DECODABLE
from schemas.record import CATALOG

DATABASE = "database"
FILE = "shared_stamp.json"
_GROUP = "stamps"  # of which Kafka keeps the copy
_metadata = MetaData()
_stamps = Table(
    "pacer_shared_stamp",
    _metadata,
    Column("installation", String, primary_key=True),
    Column("stamp", Text, nullable=False),
)


class SharedStamp(msgspec.Struct, frozen=True):
    """What each part carries of a round of an installation.

    time: µs since the epoch; parts: which were stamped; complete: the last round that reached all.
    """

    installation: str
    number: int
    time: int
    parts: list[str]
    complete: int


_stamp_decoder = msgspec.json.Decoder(SharedStamp)


class StampPlace(Protocol):
    """Keeps the last stamp of each installation. Methods raise Transient, Full and OSError."""

    def read(self, installation: str) -> SharedStamp | None:
        """None where there is none that can be read."""

    def write(self, stamp: SharedStamp) -> None: ...

    def close(self) -> None:
        """Let go of the connection."""


class StampKeeper(StampPlace, Protocol):
    """What is of one installation alone, and tells which it is."""

    part: str

    def installation(self) -> str:
        """Its name; "" if it has none yet. Raises Transient and OSError."""


def server_places(runtime: Runtime) -> dict[str, StampPlace]:
    """The parts of a runtime that stand on servers."""
    places: dict[str, StampPlace] = {}
    if runtime.database:
        places[DATABASE] = _InDatabase(runtime.database)
    if runtime.attachments and "://" in runtime.attachments:
        with needs("s3"):
            from lrs.processes.stamp_bucket import StampBucket

        places[ATTACHMENTS] = StampBucket(*parse_bucket(runtime.attachments))
    return places


def stamp_keeper(runtime: Runtime) -> StampKeeper:
    """Where a runtime's copy is."""
    return _InFolder(runtime.data) if runtime.kafka is None else _InKafka(runtime.kafka)


def new_installation() -> str:
    """A name for an installation that has none."""
    return str(uuid.uuid4())


class _InFolder:
    """A file in the data folder. A restored folder has none, and so gets a name of its own."""

    part = "data"

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def installation(self) -> str:
        stamp = self._read()
        return stamp.installation if stamp else ""

    def read(self, installation: str) -> SharedStamp | None:
        stamp = self._read()
        return stamp if stamp and stamp.installation == installation else None

    def write(self, stamp: SharedStamp) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self._path, msgspec.json.encode(stamp))

    def close(self) -> None:
        pass

    def _read(self) -> SharedStamp | None:
        try:
            return decode_stamp(self._path.read_bytes())
        except FileNotFoundError:
            return None


class _InKafka:
    """A text beside the topics. An installation is named by the topic of its catalog: another prefix has another."""

    part = "log"

    def __init__(self, kafka: KafkaAddress) -> None:
        with needs("kafka"):
            from lrs.log.kafka import KafkaLog

        self._log = KafkaLog(kafka)

    def installation(self) -> str:
        self._log.partitions(CATALOG)  # says it where the topic is not there
        return self._log.identity(CATALOG)

    def read(self, installation: str) -> SharedStamp | None:
        stamp = decode_stamp(self._log.recall(_GROUP))
        return stamp if stamp and stamp.installation == installation else None

    def write(self, stamp: SharedStamp) -> None:
        self._log.remember(_GROUP, msgspec.json.encode(stamp).decode())

    def close(self) -> None:
        self._log.close()


class _InDatabase:
    def __init__(self, url: str) -> None:
        self._engine = LateEngine(_metadata, url, pool_size=1)

    def read(self, installation: str) -> SharedStamp | None:
        wanted = select(_stamps.c.stamp).where(_stamps.c.installation == installation)
        with database_errors("stamps'"), self._engine.open().connect() as connection:
            return decode_stamp(connection.execute(wanted).scalar())

    def write(self, stamp: SharedStamp) -> None:
        values = {"installation": stamp.installation, "stamp": msgspec.json.encode(stamp).decode()}
        try:
            with database_errors("stamps'"), self._engine.open().begin() as connection:
                connection.execute(delete(_stamps).where(_stamps.c.installation == stamp.installation))
                connection.execute(insert(_stamps).values(values))
        except IntegrityError as error:
            raise Transient("another process stamps at this moment") from error

    def close(self) -> None:
        self._engine.dispose()


def decode_stamp(content: bytes | str | None) -> SharedStamp | None:
    """A stamp as it is kept; None for what is none."""
    if not content:
        return None
    try:
        return _stamp_decoder.decode(content)
    except NOT_DECODABLE:
        return None
