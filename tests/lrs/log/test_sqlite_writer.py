"""What the thread that appends promises to whoever asks for moments that are over."""

from __future__ import annotations

import threading
from pathlib import Path

from lrs.log import Entry
from lrs.log.sqlite import SqliteLog


def test_what_is_stored_before_a_moment_can_be_read_at_it(tmp_path: Path) -> None:
    """Whoever asks while another appends never hears of a moment whose records it cannot read yet."""
    log = SqliteLog(tmp_path / "log")
    done = threading.Event()
    moments: list[tuple[int, int]] = []  # a moment, and the end of the log when it was said

    def ask() -> None:
        while not done.is_set():
            end = log.end("t")
            moment = log.stored_before("t", end)
            moments.append((moment, log.end("t")))

    asking = threading.Thread(target=ask)
    asking.start()
    number = 0
    while number < 300 or len(moments) < 20:  # on a busy machine one of the two may wait long for its turn
        log.append("t", Entry("", str(number).encode()))
        number += 1
    done.set()
    asking.join()
    times = [record.time for record in log.read("t", 0, number)]
    log.close()
    assert len(times) == number
    for moment, end in moments:
        assert all(time > moment for time in times[end:])
