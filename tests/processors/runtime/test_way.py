"""The way of an event: live rows = fold of the sorted set, byte for byte, whatever happens on the way."""

from __future__ import annotations

import shutil
import tempfile
import time as clocks
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from lrs.catalog.catalogs import Catalogs
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from lrs.store.client import Store
from processors.folds.registry import all_folds, fold_names
from processors.stages.admit import Admit
from processors.stages.announce_people import AnnouncePeople
from processors.stages.fold_learners import FoldLearners
from processors.stages.stage import Stage
from schemas.catalog import Change
from schemas.record import OBSERVATIONS, STATEMENTS, Bundle
from tests.support.examples import examples
from tests.support.rows import expected, live
from tests.support.statements import answered, voiding

Statement = dict[str, Any]
_TIMES = [f"2026-03-0{day}T09:{minute:02}:00Z" for day in (1, 2, 4) for minute in (0, 1, 45)]


@st.composite
def sets(draw: st.DrawFn) -> list[Statement]:
    """Statements of a few learners with ties in time, some of them voided before or after they come."""
    random = draw(st.randoms(use_true_random=False))
    statements = [
        answered(
            name=draw(st.sampled_from(["ada", "bo", "cy"])),
            item=draw(st.sampled_from(["i1", "i2", "i3"])),
            right=draw(st.booleans()),
            skills=draw(st.sampled_from([("a",), ("b",), ("a", "b"), ()])),
            timestamp=draw(st.sampled_from(_TIMES)),
            id_=str(uuid.UUID(int=random.getrandbits(128), version=4)),
        )
        for _ in range(draw(st.integers(1, 14)))
    ]
    targets = draw(st.lists(st.sampled_from(statements), max_size=4))
    voids = [voiding(s["id"], str(uuid.UUID(int=random.getrandbits(128), version=4))) for s in targets]
    return draw(st.permutations(statements + voids))


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Statement], list[int], list[tuple[str, int]]]:
    """A set, the sizes of its bundles, and what happens between: moves of a stage, restarts, rewinds."""
    statements = draw(sets())
    again = draw(st.lists(st.sampled_from(statements), max_size=4))  # the same bytes at another position, too
    sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=6))
    happenings = draw(
        st.lists(
            st.tuples(st.sampled_from(["admit", *fold_names(), "restart", "rewind"]), st.integers(1, 5)),
            max_size=16,
        )
    )
    return statements + again, sizes, happenings


class Way:
    """The stages over one log, moved by hand; a position may go back, as after a crash."""

    def __init__(self, store: Store, folder: Path, tenant: str) -> None:
        self.time: int | None = None  # that the log gives to what is appended; None: now
        self.log = SqliteLog(folder, lambda: clocks.time_ns() // 1000 if self.time is None else self.time)
        self.store = store
        self.tenant = tenant
        self.stages: dict[str, Stage] = {}
        self.restart()
        self.positions = dict.fromkeys(self.stages, 0)

    def restart(self) -> None:
        """Forget every cache."""
        stages: list[Stage] = [Admit(self.log, self.store, Catalogs(self.log))]
        stages += [FoldLearners(self.log, self.store, fold, Catalogs(self.log)) for fold in all_folds()]
        stages.append(AnnouncePeople(self.log, self.store))
        self.stages = {stage.group: stage for stage in stages}
        for stage in stages:
            stage.reassigned()

    def append(self, statements: Sequence[Statement], time: int | None = None) -> None:
        raw = [orjson.dumps(s) for s in statements]
        bundle = Bundle(self.tenant, "tool", 1, 0, [s["id"] for s in statements], raw)
        self.time = time
        self.log.append(STATEMENTS, Entry("", bundle.encode(), len(raw)))

    def change(self, *changes: Change) -> int:
        """Changes of the catalog, made together; gives the position of the last."""
        return Catalogs(self.log).append_all(self.tenant, "tool", changes, 1)

    def move(self, stage: str, most: int) -> bool:
        handler = self.stages[stage]
        records = self.log.read(handler.topic, self.positions[stage], most)
        if records:
            handler.handle(records)
            self.positions[stage] = records[-1].position + 1
        return bool(records)

    def finish(self) -> None:
        while any(self.move(stage, 1000) for stage in self.positions):
            pass


@examples(25)
@given(deliveries())
def test_live_rows_are_the_fold_of_the_sorted_set(
    store: Store, delivery: tuple[list[Statement], list[int], list[tuple[str, int]]]
) -> None:
    statements, sizes, happenings = delivery
    folder = Path(tempfile.mkdtemp())
    way = Way(store, folder, f"way-{uuid.uuid4()}")
    try:
        start = 0
        pending = iter(happenings)
        for index in range(len(statements)):
            size = sizes[index % len(sizes)]
            if start >= len(statements):
                break
            way.append(statements[start : start + size])
            start += size
            happening, how = next(pending, ("admit", 3))
            happen(way, happening, how)
        for happening, how in pending:
            happen(way, happening, how)
        way.finish()
        for fold in all_folds():
            assert live(store, fold, way.tenant) == expected(fold, way.tenant, statements)
        assert way.log.end("dead_letters") == 0
        assert way.log.end(OBSERVATIONS) > 0 or not any(expected(f, way.tenant, statements) for f in all_folds())
    finally:
        way.log.close()
        shutil.rmtree(folder)


def happen(way: Way, happening: str, how: int) -> None:
    if happening == "restart":
        way.restart()
    elif happening == "rewind":  # a crash before a position was committed: everything since comes again
        way.restart()
        way.positions = {stage: max(0, position - how) for stage, position in way.positions.items()}
    else:
        way.move(happening, how)
