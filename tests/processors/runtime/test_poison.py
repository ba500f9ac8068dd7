"""What cannot be processed goes to dead letters with its reason, and holds up no other event."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Full
from lrs.log import Entry
from lrs.store.checkpoints import Checkpoints
from lrs.store.client import Store, StoreRefused, StoreUnavailable
from lrs.store.gate import FileGate
from processors.folds.engagement import Engagement, LearnerEngagement
from processors.folds.registry import all_folds, fold_names
from processors.meaning.resolve import Resolver
from processors.runtime.checkpoint import Position, Positions
from processors.runtime.delivery import pause
from processors.runtime.idle import Idle
from processors.runtime.runner import Runner
from processors.stages.fold_learners import FoldLearners
from processors.stages.fold_mark import FoldMark
from processors.stages.project import Project
from processors.stages.shared_reading import FoldedLearner
from schemas.envelope import UnknownVersion
from schemas.evidence import Evidence
from schemas.record import DEAD_LETTERS, OBSERVATIONS, STATEMENTS, Bundle, DeadLetter, decode_dead_letter
from tests.processors.runtime.test_way import Way
from tests.support.rows import expected, live
from tests.support.statements import answered, key, voiding

POISON = "https://school.example/items/poison"


class Picky(Engagement):
    """A fold that fails on one item."""

    def step(self, state: LearnerEngagement, evidence: Evidence) -> None:
        super().step(state, evidence)  # half done already, as a real fault would be
        if evidence.item == POISON:
            raise ZeroDivisionError("this item divides by nothing")


@pytest.fixture
def way(store: Store, tmp_path: Path) -> Iterator[Way]:
    whole_way = Way(store, tmp_path, f"poison-{uuid.uuid4()}")
    yield whole_way
    whole_way.log.close()


def letters(way: Way) -> list[DeadLetter]:
    return [decode_dead_letter(record.value) for record in way.log.read(DEAD_LETTERS, 0, 1000)]


def at(minute: int) -> str:
    return f"2026-03-02T09:{minute:02}:00Z"


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2)])
def test_an_observation_that_a_fold_cannot_digest(way: Way, store: Store, order: tuple[int, ...]) -> None:
    way.stages["engagement"] = FoldLearners(way.log, store, Picky(), Catalogs(way.log))
    sent = [
        answered("ada", "i1", timestamp=at(1)),
        answered("ada", "poison", timestamp=at(2)),
        answered("ada", "i2", timestamp=at(3)),
        answered("bo", "i1", timestamp=at(2)),
    ]
    for index in order:
        way.append([sent[index]])
        way.move("admit", 10)
        way.move("engagement", 10)
    good = [statement for statement in sent if statement is not sent[1]]
    assert live(store, Engagement(), way.tenant) == expected(Engagement(), way.tenant, good)
    (letter,) = letters(way)
    assert sent[1]["id"] in letter.reason
    assert "ZeroDivisionError: this item divides by nothing" in letter.reason
    assert (letter.stage, letter.tenant) == ("engagement", way.tenant)


def test_a_record_that_nobody_can_read(way: Way, store: Store) -> None:
    way.append([answered("ada")])
    way.log.append(STATEMENTS, Entry("", b"no bundle at all"))
    way.log.append(OBSERVATIONS, Entry("", b"no observations"))
    way.append([answered("bo")])
    way.finish()
    assert sorted(learner for learner, _ in live(store, Engagement(), way.tenant)) == sorted(
        [key("ada")] * 2 + [key("bo")] * 2
    )
    assert next(letter.payload for letter in letters(way)) == "no bundle at all"
    assert {letter.topic for letter in letters(way)} == {STATEMENTS, OBSERVATIONS}


def test_a_statement_that_cannot_be_interpreted(way: Way, store: Store) -> None:
    good, bad = answered("ada"), answered("bo", timestamp="the day after")
    way.append([good, bad])
    way.finish()
    assert [learner for learner, k in live(store, Engagement(), way.tenant) if k == ""] == [key("ada")]
    (letter,) = letters(way)
    assert bad["id"] in letter.reason
    assert orjson.loads(letter.payload) == bad


def test_a_learner_whose_every_event_is_voided_has_no_rows_and_comes_back(way: Way, store: Store) -> None:
    sent = answered("ada")
    way.append([sent])
    way.finish()
    way.append([voiding(sent["id"])])
    way.finish()
    assert live(store, Engagement(), way.tenant) == {}
    way.restart()
    again = answered("ada", timestamp=at(40))
    way.append([again])
    way.finish()
    assert live(store, Engagement(), way.tenant) == expected(Engagement(), way.tenant, [again])


def test_a_stale_worker_cannot_overwrite_a_newer_row(way: Way, store: Store) -> None:
    stale = FoldLearners(way.log, store, Engagement(), Catalogs(way.log))
    way.append([answered("ada", timestamp=at(1))])
    way.move("admit", 10)
    first = way.log.read(OBSERVATIONS, 0, 10)
    way.append([answered("ada", timestamp=at(5))])
    way.finish()
    newer = live(store, Engagement(), way.tenant)
    stale._cache[way.tenant, key("ada")] = FoldedLearner(
        Engagement().start(), FoldMark(), Resolver()
    )  # as it was before anything happened
    stale.handle(first)
    assert live(store, Engagement(), way.tenant) == newer


def test_a_swap_of_the_table_empties_the_cache(way: Way, store: Store, tmp_path: Path) -> None:
    gate = FileGate(tmp_path / "gates" / "engagement")
    project = FoldLearners(way.log, store, Engagement(), Catalogs(way.log), gate=gate)
    way.append([answered("ada")])
    way.move("admit", 10)
    records = way.log.read(OBSERVATIONS, 0, 10)
    project.handle(records)
    assert project._cache
    with gate.shut():
        pass
    project.handle([])
    assert not project._cache


def test_a_swap_of_one_folds_table_empties_its_cache_alone(way: Way, store: Store, tmp_path: Path) -> None:
    gates = {fold.name: FileGate(tmp_path / "gates" / fold.name) for fold in all_folds()}
    project = Project(way.log, store, all_folds(), Catalogs(way.log), gates)
    way.append([answered("ada")])
    way.move("admit", 10)
    project.handle(way.log.read(OBSERVATIONS, 0, 10))
    with gates["engagement"].shut():
        pass
    way.append([answered("ada", "i2", timestamp=at(5))])
    way.move("admit", 10)
    project.handle([])
    assert [bool(fold._cache) for fold in project._folds] == [True, False]
    project.handle(way.log.read(OBSERVATIONS, 1, 10))
    sent = [answered("ada"), answered("ada", "i2", timestamp=at(5))]
    for fold in all_folds():
        assert live(store, fold, way.tenant).keys() == expected(fold, way.tenant, sent).keys()


class Flaky:
    """A stage that fails on demand, and keeps what it was given."""

    topic = STATEMENTS

    def __init__(self, failures: list[Exception]) -> None:
        self.group = f"flaky-{uuid.uuid4()}"  # a checkpoint of its own
        self.failures = failures
        self.seen: list[int] = []
        self.resets = 0

    def handle(self, records: Any) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.seen += [record.position for record in records]

    def reset(self) -> None:
        self.resets += 1

    def reassigned(self, generation: int = 0) -> None: ...


def runner(way: Way, stage: Flaky) -> Runner:
    stop = threading.Event()
    position = Position(Positions(way.log, Checkpoints(way.store, way.store.embedded), stage.group, STATEMENTS, []))
    return Runner(way.log, stage, position, stop, Idle(stop, way.log.folder, STATEMENTS))


@pytest.mark.parametrize(
    "error", [StoreUnavailable("down"), StoreRefused("the table was renamed"), ValueError("anything"), Full("no room")]
)
def test_whatever_a_stage_raises_is_tried_again_and_blames_no_record(way: Way, error: Exception) -> None:
    for value in (b"0", b"1", b"2"):
        way.log.append(STATEMENTS, Entry("", value))
    stage = Flaky([error, error])
    moving = runner(way, stage)
    for resets in (1, 2):
        with pytest.raises(type(error)):
            moving.once()
        assert (way.log.committed(stage.group, STATEMENTS), stage.resets) == (0, resets)
    assert moving.once()
    assert stage.seen == [0, 1, 2]
    assert way.log.committed(stage.group, STATEMENTS) == 3
    assert letters(way) == []


def test_a_record_of_a_newer_release_halts_the_stage_by_name(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    way.append([answered("ada")])
    newer = Bundle(way.tenant, "tool", 1, 0, ["x"], [b"{}"]).encode().replace(b'"version":1', b'"version":7')
    way.log.append(STATEMENTS, Entry("", newer))
    way.log.append(OBSERVATIONS, Entry("", b'{"version":7,"in":"another form"}'))
    stages = ["admit", *fold_names()]
    for stage in stages:
        with pytest.raises(UnknownVersion, match="has version 7; this release reads version 1") as raised:
            way.move(stage, 1000)
        assert pause(stage, raised.value, 1) >= 1
    assert [record.message.split(" is halted")[0] for record in caplog.records] == stages
    assert letters(way) == []


def test_what_becomes_poison_in_a_refold_is_a_dead_letter_once(way: Way, store: Store) -> None:
    way.append([answered("ada", "poison", timestamp=at(2))])
    way.finish()
    way.stages["engagement"] = FoldLearners(
        way.log, store, Picky(), Catalogs(way.log)
    )  # a newer fold, which cannot digest it
    sent = [answered("ada", "i1", timestamp=at(1)), answered("ada", "i2", timestamp=at(0))]
    for answer in sent:
        way.append([answer])  # late: the learner is refolded
        way.finish()
        way.stages["engagement"].reset()
    (letter,) = letters(way)
    assert "ZeroDivisionError" in letter.reason
    assert letter.topic == STATEMENTS
    assert live(store, Engagement(), way.tenant) == expected(Engagement(), way.tenant, sent)


def test_bundles_survive_encoding() -> None:
    bundle = Bundle("t", "c", 5, 2, ["a", "b"], [b'{"x":"\n"}', b"{}"])
    assert Bundle.decode(bundle.encode()) == bundle
