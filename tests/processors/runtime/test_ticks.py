"""What the clock changes shows within a minute, on both runtimes, while nothing else happens."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import faust
import pytest

from lrs.log.kafka_address import KafkaAddress
from lrs.store.client import Store
from processors.runtime import worker
from processors.runtime.idle import IDLE_SECONDS
from processors.runtime.runner import Runner
from processors.stages import decide
from tests.lrs.evaluation.test_history import MINUTE
from tests.processors.stages.test_decide import School


class MovedClocks:
    """The clock of a school and that of its machine, which only a test moves."""

    def __init__(self, school: School, patch: pytest.MonkeyPatch) -> None:
        self.school, self.machine = school, 1_000.0
        patch.setattr(decide, "time", SimpleNamespace(monotonic=lambda: self.machine, sleep=time.sleep))

    def move(self, seconds: float) -> None:
        self.machine += seconds
        self.school.now += round(seconds * 1_000_000)


class StillPosition:
    """A checkpoint at the end of the log: nothing is to be read."""

    def __init__(self, school: School) -> None:
        self.end = school.log.end(school.stage.topic)

    def resume(self) -> int:
        return self.end

    def check(self) -> None: ...


@pytest.fixture
def school(store: Store) -> Iterator[School]:
    new_school = School(store)
    yield new_school
    new_school.close()


def embedded(school: School, clocks: MovedClocks, until: int) -> None:
    """A runner whose stage has nothing to read: each wait takes as long as one can take."""
    stop = threading.Event()

    def wait() -> None:
        clocks.move(IDLE_SECONDS)
        if school.now >= until:
            stop.set()

    idle: Any = SimpleNamespace(wait=wait)
    position: Any = StillPosition(school)
    Runner(school.log, school.stage, position, stop, idle).run()


def distributed(school: School, clocks: MovedClocks, until: int) -> None:
    """A worker to whom Kafka gives nothing: its timer alone."""
    timers: list[tuple[float, Callable[[], Awaitable[None]]]] = []

    def timer(_: faust.App, interval: float) -> Callable[[Any], None]:
        return lambda tick: timers.append((interval, tick))

    nothing: Any = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faust.App, "timer", timer)
        worker.Worker(KafkaAddress.parse("127.0.0.1:9"), school.stage, nothing, nothing)
    [(interval, tick)] = timers

    async def run() -> None:
        while school.now < until:
            clocks.move(interval)
            await tick()

    asyncio.run(run())


@pytest.mark.parametrize("runtime", [embedded, distributed])
def test_what_the_clock_changes_shows_within_a_minute(
    school: School, monkeypatch: pytest.MonkeyPatch, runtime: Callable[[School, MovedClocks, int], None]
) -> None:
    school.now += MINUTE
    school.answer("ada", ("a",), *[True] * 12)
    clocks = MovedClocks(school, monkeypatch)
    with school.alone():
        school.stage.tick()
        [row] = school.rows()
        assert row["decision"] == "advance"
        due = row["until"]
        school.now = due - 1_000_000  # looked at just before
        school.stage.look()
        assert school.rows() == [row]
        clocks.machine += decide.TICK_SECONDS
        school.stage.tick()
        assert school.rows() == [row]
        runtime(school, clocks, due + MINUTE)
    assert school.now < due + 2 * MINUTE
    [after] = school.rows()
    assert (after["decision"], after["since"]) == ("review", due)
    assert after["decided"] <= due + MINUTE
    school.check()
