"""A load of statements on a deployment, and what must be true of it afterwards."""

from __future__ import annotations

import contextlib
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson

from lrs.catalog.catalogs import Catalogs
from lrs.log import Log
from lrs.store.client import Store
from processors.folds.interface import Fold
from processors.folds.registry import all_folds
from schemas.envelope import Unreadable
from schemas.record import DEAD_LETTERS, STATEMENTS, Bundle, DeadLetter, decode_dead_letter
from tests.support.district import District
from tests.support.rows import expected, live
from tests.support.statements import answered, voiding

BATCH = 20
LEARNERS = 40  # of each sender
_JSON = {"Content-Type": "application/json"}
_START = datetime(2026, 3, 2, 8, tzinfo=UTC)
_MOST = 20_000  # events read from the log at a time
Statement = dict[str, Any]


class Sender(threading.Thread):
    """Posts batches, each again and again until it is acknowledged: late events, ties, repeats and voids among them."""

    def __init__(self, district: District, number: int, stop: threading.Event, pause: float) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[str] = []
        self.refused = 0  # answers of 503, and connections that broke
        self.error: BaseException | None = None
        self._district = district
        self._random = random.Random(number)
        self._number = number
        self._stop_sending = stop
        self._pause = pause
        self._last: list[Statement] = []

    def run(self) -> None:
        try:
            self._run()
        except BaseException as error:  # noqa: BLE001 - raised by `loading`
            self.error = error

    def _run(self) -> None:
        with self._district.client(timeout=20) as client:
            for n in range(1_000_000):
                if self._stop_sending.is_set():
                    return
                batch = self._last if self._last and self._random.random() < 0.05 else self._batch(n)
                self._last = batch
                while not self._post(client, batch):
                    if self._stop_sending.is_set():
                        return
                    self.refused += 1
                    time.sleep(0.05)
                time.sleep(self._pause)

    def _batch(self, n: int) -> list[Statement]:
        draw = self._random
        batch = []
        for index in range(BATCH):
            late = timedelta(hours=draw.randint(0, 50)) if draw.random() < 0.03 else timedelta()
            at = _START + timedelta(seconds=(n * BATCH + index) // 2 * 30) - late
            batch.append(
                answered(
                    f"learner-{self._number}-{draw.randint(0, LEARNERS - 1)}",
                    f"i{draw.randint(0, 20)}",
                    draw.random() < 0.6,
                    (draw.choice("abc"),),
                    at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    self._id(),
                )
            )
        if self.acknowledged and draw.random() < 0.2:
            batch.append(voiding(draw.choice(self.acknowledged), self._id()))
        if draw.random() < 0.1:  # before the one that it voids, or with it
            batch.insert(0, voiding(batch[-1]["id"], self._id()))
        return batch

    def _id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def _post(self, client: httpx.Client, batch: list[Statement]) -> bool:
        with contextlib.suppress(httpx.TransportError):
            answer = client.post("/xAPI/statements", content=orjson.dumps(batch), headers=_JSON)
            if answer.status_code == 200:
                self.acknowledged += answer.json()
                return True
            assert answer.status_code == 503, answer.text
        return False


@contextlib.contextmanager
def loading(district: District, senders: int = 2, pause: float = 0.05) -> Iterator[list[Sender]]:
    """Senders at work; at the end each has stopped, between two posts."""
    stop = threading.Event()
    sending = [Sender(district, number, stop, pause) for number in range(senders)]
    for sender in sending:
        sender.start()
    try:
        yield sending
    finally:
        stop.set()
        for sender in sending:
            sender.join()
    for sender in sending:
        if sender.error is not None:
            raise sender.error


def acknowledged(senders: Sequence[Sender]) -> list[str]:
    """The ids that were acknowledged to senders."""
    return [id_ for sender in senders for id_ in sender.acknowledged]


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of a comparison."""

    acknowledged: int
    logged: int
    repeated: int  # records of a statement that exists already: a client's retries, and forwarded ones
    voided: int


def compare(
    district: District, said: Sequence[str], conflicts: bool = False, by: Sequence[Fold] | None = None
) -> Counts:
    """Acknowledged ⊆ log; each id of the log is one row; the rows of every fold are the fold of the log's statements.

    `said`: the ids that clients were told of. `conflicts`: whether different statements with one id were sent.
    `by`: the folds, where they have other weights than the shipped ones.
    """
    with district.log() as log:
        copies = statements(log)
        letters = dead(log)
        catalog = Catalogs(log).latest("default")
    if not conflicts:
        assert letters == []
    first = {s["id"]: s for s in reversed(copies)}
    lost = set(said) - first.keys()
    assert not lost
    store = district.store()
    rows = Counter(row[0] for row in store.tuples("SELECT id FROM statements FINAL", {}))
    assert first.keys() - rows.keys() == set(), "statements without a row"
    assert {id_: places(store, id_) for id_, count in rows.items() if count > 1} == {}, "statements with two rows"
    assert rows.keys() == first.keys()
    if not conflicts:
        for fold in by or all_folds():
            assert live(store, fold, "default") == expected(fold, "default", list(first.values()), whose=catalog)
    voids = {s["object"]["id"] for s in first.values() if s["object"].get("objectType") == "StatementRef"}
    return Counts(len(set(said)), len(first), len(copies) - len(first), len(voids & first.keys()))


def places(store: Store, id_: str) -> list[tuple[Any, ...]]:
    """The rows of one id: when it was stored, and where it stood first."""
    return store.tuples(
        "SELECT stored, partition, sequence FROM statements FINAL WHERE id = {id:String} ORDER BY stored", {"id": id_}
    )


def statements(log: Log) -> list[Statement]:
    """Every statement in every partition of the log, as often as it is there."""
    found: list[Statement] = []
    for partition in range(log.partitions(STATEMENTS, fresh=True)):
        position = log.starts(STATEMENTS)[partition]
        while records := log.partition(partition).read(STATEMENTS, position, _MOST):
            position = records[-1].position + 1
            for record in records:
                with contextlib.suppress(Unreadable):  # a test may have put it there
                    found += [orjson.loads(raw) for raw in Bundle.decode(record.value).statements]
    return found


def dead(log: Log) -> list[DeadLetter]:
    """Every dead letter."""
    found: list[DeadLetter] = []
    position = 0
    while records := log.read(DEAD_LETTERS, position, _MOST):
        position = records[-1].position + 1
        found += [decode_dead_letter(record.value) for record in records]
    return found
