"""Holding the stages: nothing that is on its way between partitions is taken for folded."""

from __future__ import annotations

from typing import cast

import pytest

from lrs.log import Log
from processors.runtime.hold import Stalled, catch_up


class Forwarding:
    """A log to which the group sends a record on as soon as somebody looks, and then says that it has read its own."""

    def __init__(self) -> None:
        self.end, self.at, self.asked = 1, 0, 0

    def ends(self, topic: str) -> list[int]:
        ends = [self.end]
        self._work()
        return ends

    def reached(self, group: str, topic: str) -> list[int]:
        reached = [self.at]
        self._work()
        return reached

    def _work(self) -> None:
        self.asked += 1
        if self.asked == 1:
            self.end, self.at = 2, 1  # sent on, and only then acknowledged
        elif self.asked > 4:
            self.at = self.end


def test_what_was_sent_on_is_waited_for_too() -> None:
    log = Forwarding()
    catch_up(cast(Log, log), "project", 30.0)
    assert (log.at, log.end) == (2, 2)


def test_a_group_that_does_not_move_is_said() -> None:
    log = Forwarding()
    log.asked = -1_000_000
    with pytest.raises(Stalled, match="project did not catch up in 0 s"):
        catch_up(cast(Log, log), "project", 0.0)
