"""Many partitions and workers: live rows = fold of the set, whatever dies, stalls or is delivered again meanwhile."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any, TypeVar, cast
from unittest import mock

import orjson
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Full, Transient
from lrs.log import Entry, Log, Record, Unavailable
from lrs.record.appender import submit_by_id
from lrs.record.stored_times import PartitionTimes
from lrs.store.client import Store, StoreUnavailable
from processors.folds.registry import all_folds
from processors.stages import admit
from processors.stages.admit import Admit
from processors.stages.announce_people import AnnouncePeople
from processors.stages.dead_letters import DeadLetters
from processors.stages.deduplicate import Deduplicate
from processors.stages.project import Project
from processors.stages.stage import Stage
from schemas.catalog import Change
from schemas.policy import Policy
from schemas.reading import ReadingRules
from schemas.record import ADMIT, DEAD_LETTERS, OBSERVATIONS, PEOPLE, PROJECT, STATEMENTS, Bundle
from schemas.roster import Alias, Person
from schemas.xapi.actor import identity
from tests.support.examples import examples
from tests.support.partitions import Cluster, PartitionsLog
from tests.support.rows import catalog_of, expected, live
from tests.support.statements import answered, key, voiding

Statement = dict[str, Any]
Answer = TypeVar("Answer")
STAGES = (ADMIT, PROJECT, PEOPLE)
_TIMES = [f"2026-03-0{day}T09:{minute:02}:00Z" for day in (1, 2, 4) for minute in (0, 1, 45)]
_PATIENCE = 240.0


class Death(BaseException):
    """The process ends here."""


@dataclass
class Fate:
    """What happens at the n-th thing that a worker asks of log and store, counted from now.

    With `topic`, only appends to that topic count.
    """

    way: str = ""  # "die", "fail" (the answer is an error), "pause"
    left: int = 0
    landed: bool = False  # whether the operation happened nevertheless
    topic: str = ""
    paused: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def meet(self, do: Callable[[], Answer], error: type[Exception], topic: str = "") -> Answer:
        if self.topic and topic != self.topic:
            return do()
        self.left -= 1
        if self.left != 0 or not self.way:
            return do()
        if self.way == "pause":
            self.paused.set()
            assert self.go.wait(_PATIENCE)
            return do()
        if self.landed:
            do()
        raise Death if self.way == "die" else error("as the test wants it")


class FatedStore:
    """The store as a worker with a fate sees it."""

    def __init__(self, store: Store, worker: Worker) -> None:
        self._store = store
        self._worker = worker

    def tuples(self, *query: Any) -> Any:
        return self._worker.fate.meet(lambda: self._store.tuples(*query), StoreUnavailable)

    def columns(self, *query: Any) -> Any:
        return self._worker.fate.meet(lambda: self._store.columns(*query), StoreUnavailable)

    def command(self, *query: Any) -> None:
        self._worker.fate.meet(lambda: self._store.command(*query), StoreUnavailable)

    def insert(self, *query: Any) -> None:
        self._worker.fate.meet(lambda: self._store.insert(*query), StoreUnavailable)


class FatedLog(PartitionsLog):
    """The log as a worker with a fate sees it: an append that fails leaves those after it be."""

    worker: Worker

    def submit(self, topic: str, entry: Entry, partition: int | None = None) -> Future[int]:
        try:
            return self.worker.fate.meet(
                lambda: PartitionsLog.submit(self, topic, entry, partition), Unavailable, topic
            )
        except Unavailable as error:
            failed: Future[int] = Future()
            failed.set_exception(error)
            return failed


def partitioned_admit(log: Log, store: Store) -> Admit:
    """Admit as it is distributed."""
    deduplicate = Deduplicate(log, store, DeadLetters(log, ADMIT, STATEMENTS))
    return Admit(log, store, Catalogs(log), PartitionTimes(log, store), deduplicate)


class Worker:
    """A member of a group: a stage with caches of its own, and where it reads on in the partitions that are its own."""

    def __init__(self, school: School, name: str) -> None:
        self.fate = Fate()
        self.name = name
        self.log = FatedLog(school.cluster)
        self.log.worker = self
        store = cast(Store, FatedStore(school.store, self))
        stages: dict[str, Callable[[], Stage]] = {
            ADMIT: lambda: partitioned_admit(self.log, store),
            PROJECT: lambda: Project(self.log, store, all_folds(), Catalogs(self.log)),
            PEOPLE: lambda: AnnouncePeople(self.log, store),
        }
        self.stage = stages[name]()
        self.next: dict[int, int] = {}
        self._fresh = False
        self.generation = 0

    def assign(self, partitions: Sequence[int], generation: int) -> None:
        """Partitions, from where the group has committed them."""
        self.generation = generation
        self.next = {n: self.log.partition(n).committed(self.name, self.stage.topic) for n in partitions}
        self._fresh = True

    def take(self, partition: int, most: int) -> list[Record]:
        """What comes next in a partition."""
        return self.log.partition(partition).read(self.stage.topic, self.next[partition], most)

    def handle(self, records: Sequence[Record]) -> bool:
        """Handle a batch as processors.runtime.worker does; whether it went well. Raises Death."""
        try:
            if self._fresh:
                self.log.partitions(self.stage.topic, fresh=True)
                self.stage.reassigned(self.generation)
                self._fresh = False
            self.stage.handle(records)
        except (Transient, Full):
            self.stage.reset()
            return False
        return True

    def commit(self, records: Sequence[Record]) -> None:
        for record in records:
            self.next[record.partition] = record.position + 1
            self.log.partition(record.partition).commit(self.name, self.stage.topic, record.position + 1)


class School:
    """Workers over one log, moved by hand."""

    def __init__(self, store: Store, tenant: str) -> None:
        self.cluster = Cluster(count=2, counts={"catalog": 1, DEAD_LETTERS: 1})
        self.store = store
        self.tenant = tenant
        self.api = PartitionsLog(self.cluster)
        self.sent: list[Statement] = []
        self.changes: list[Change] = []
        self.workers: dict[str, list[Worker]] = {}
        self.generations: dict[str, int] = {}  # of groups: grows with every assignment
        self.asleep: list[tuple[Worker, threading.Thread]] = []
        for stage in STAGES:
            self.rebalance(stage, 1)

    def append(self, statements: Sequence[Statement]) -> None:
        raw = [orjson.dumps(s) for s in statements]
        for each in submit_by_id(self.api, Bundle(self.tenant, "tool", 1, 0, [s["id"] for s in statements], raw)):
            each.result()

    def change(self, *changes: Change) -> None:
        """Changes of the catalog, made together."""
        self.changes += changes
        Catalogs(self.api).append_all(self.tenant, "tool", changes, 1)

    def rebalance(self, stage: str, members: int) -> None:
        """So many workers of a stage; those that were stay, with their caches."""
        standing = self.workers.get(stage, [])[:members]
        standing += [Worker(self, stage) for _ in range(members - len(standing))]
        self.workers[stage] = standing
        self.generations[stage] = self.generations.get(stage, 0) + 1
        partitions = range(len(self.cluster.of(standing[0].stage.topic)))
        for index, worker in enumerate(standing):
            mine = [partition for partition in partitions if partition % members == index]
            worker.assign(mine, self.generations[stage])

    def lose(self, worker: Worker) -> None:
        """It is taken for dead: others read its partitions."""
        workers = self.workers[worker.name]
        members = len(workers)
        workers.remove(worker)
        self.rebalance(worker.name, members)

    def move(self, stage: str, which: int, most: int, fate: Fate | None = None) -> bool:
        """Have a worker handle a batch of its partitions; False if there is nothing to handle."""
        worker = self.workers[stage][which % len(self.workers[stage])]
        records = [record for partition in list(worker.next) for record in worker.take(partition, most)]
        if not records:
            return False
        worker.fate = fate or Fate()
        if worker.fate.way == "pause":
            self._sleep(worker, records)
            return True
        try:
            if worker.handle(records):
                worker.commit(records)
        except Death:
            self.lose(worker)
        finally:
            worker.fate = Fate()
        return True

    def _sleep(self, worker: Worker, records: Sequence[Record]) -> None:
        """Handle a batch up to its fate, and hang there: for the group it is dead, but it will go on."""
        done = threading.Event()

        def handle() -> None:
            while not worker.handle(records):  # it retries, as a worker does
                pass
            done.set()
            worker.fate.paused.set()

        thread = threading.Thread(target=handle, daemon=True)
        thread.start()
        assert worker.fate.paused.wait(_PATIENCE)
        if done.is_set():  # its fate was too far
            thread.join()
            worker.commit(records)
            return
        self.asleep.append((worker, thread))
        self.lose(worker)

    def wake(self) -> None:
        """Let the one that has slept longest finish its batch; it cannot commit."""
        if self.asleep:
            worker, thread = self.asleep.pop(0)
            worker.fate.go.set()
            thread.join(_PATIENCE)
            assert not thread.is_alive()

    def finish(self) -> None:
        """Move until nothing is left, with all that sleep woken at the last."""
        self.settle()
        while self.asleep:
            self.wake()
            self.settle()

    def settle(self) -> None:
        for stage in STAGES:  # as consumers see to it within seconds of a partition being added
            self.rebalance(stage, len(self.workers[stage]))
        moved = True
        while moved:
            moved = False
            for stage in STAGES:
                for which in range(len(self.workers[stage])):
                    moved |= self.move(stage, which, 1000)


ADA, BO, CY = (identity(key(name)) for name in ("ada", "bo", "cy"))
CHANGES: list[Change] = [
    Alias(id=BO, of=ADA),
    Alias(id=BO, removed=True),
    Alias(id=ADA, of=CY),
    Alias(id=ADA, removed=True),
    Alias(id=CY, of=BO),  # in a circle, as two write who do not know of each other
    Alias(id=CY, removed=True),
    Alias(id=BO),
    Person(id="1", aliases=[ADA]),
    Person(id="1", aliases=[ADA, BO, CY]),
    Person(id="1", removed=True),
    Person(id="2", aliases=[BO]),
    Person(id="2", removed=True),
    Alias(id="person:2", of="person:1"),
    Alias(id="person:2", removed=True),
    ReadingRules(zone="Pacific/Auckland"),
    Policy(idle_after=0.5),
]
Happening = tuple[str, str, int, int, int, bool]


@st.composite
def sets(draw: st.DrawFn) -> list[Statement]:
    """Statements of a few learners with ties in time; some are voided before or after they come; some come again."""
    random = draw(st.randoms(use_true_random=False))

    numbers = count()

    def new() -> str:
        return str(uuid.UUID(int=random.getrandbits(96) << 32 | next(numbers), version=4))

    statements = [
        answered(
            name=draw(st.sampled_from(["ada", "bo", "cy"])),
            item=draw(st.sampled_from(["i1", "i2"])),
            right=draw(st.booleans()),
            skills=draw(st.sampled_from([("a",), ("b",), ("a", "b")])),
            timestamp=draw(st.sampled_from(_TIMES)),
            id_=new(),
        )
        for _ in range(draw(st.integers(2, 12)))
    ]
    voids = [voiding(s["id"], new()) for s in draw(st.lists(st.sampled_from(statements), max_size=3))]
    again = draw(st.lists(st.sampled_from(statements + voids), max_size=4))
    return draw(st.permutations(statements + voids + again))


happenings = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("send", "move", "move", "move", "die", "fail", "pause", "wake", "rebalance", "raise", "look"),
                *("look-api", "change", "change"),
            ]
        ),
        st.sampled_from(STAGES),
        st.integers(0, 1),  # which worker
        st.integers(1, 4),  # how many events, workers or statements
        st.integers(1, 14),  # at the how manieth thing that it asks for
        st.booleans(),
    ),
    min_size=4,
    max_size=40,
)


@pytest.mark.timeout(1800)
@examples(25)
@given(sets(), happenings)
def test_live_rows_are_the_fold_of_the_set(
    store: Store, statements: list[Statement], happening: list[Happening]
) -> None:
    school = School(store, f"partitions-{uuid.uuid4()}")
    note("\n".join(f"{s['id'][:8]} {s['actor']} {s['object']['id']} {s['timestamp']}" for s in statements))
    note(str(happening))
    with mock.patch.object(admit, "MOST_OBSERVATIONS", 2):
        waiting = iter(statements)
        for happened in happening:
            _happen(school, waiting, happened)
        school.append(list({s["id"]: s for s in waiting}.values()))
        school.finish()
    check(school, statements)


def _happen(school: School, waiting: Iterator[Statement], happening: Happening) -> None:
    kind, stage, which, many, at, landed = happening
    if kind == "change":
        school.change(CHANGES[(many * at) % len(CHANGES)])
    elif kind == "send":
        school.append(list({s["id"]: s for s in islice(waiting, many)}.values()))
    elif kind == "move":
        school.move(stage, which, many)
    elif kind in ("die", "fail", "pause"):
        school.move(stage, which, many, Fate(kind, at, landed))
    elif kind == "wake":
        school.wake()
    elif kind == "rebalance":
        school.rebalance(stage, 1 + which)
    elif kind == "raise":
        topic = STATEMENTS if stage == "admit" else OBSERVATIONS
        school.cluster.counts[topic] = min(8, len(school.cluster.of(topic)) + many)
    elif kind == "look":  # a worker looks at the partitions by itself, as every few seconds
        worker = school.workers[stage][which % len(school.workers[stage])]
        for topic in (STATEMENTS, OBSERVATIONS):
            worker.log.partitions(topic, fresh=True)
    else:
        school.api.partitions(STATEMENTS, fresh=True)


def check(school: School, statements: Sequence[Statement]) -> None:
    """Each id is one row, and the folds' rows are what they should be."""
    rows = school.store.tuples("SELECT id FROM statements FINAL WHERE tenant = {t:String}", {"t": school.tenant})
    assert sorted(row[0] for row in rows) == sorted({s["id"] for s in statements})
    catalog = catalog_of(school.changes)
    for fold in all_folds():
        assert live(school.store, fold, school.tenant) == expected(fold, school.tenant, statements, whose=catalog)
    assert school.api.end(DEAD_LETTERS) == 0
