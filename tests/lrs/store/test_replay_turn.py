"""One process at a time rebuilds a table beside the live one: a second is refused, and a killed one blocks nobody."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest
from sqlalchemy import make_url, text

from lrs.database.connection import DatabaseUnavailable, open_engine
from lrs.store.replay_turn import ReplayUnderWay
from lrs.store.shared_replay_turn import shared_turn
from tests.support.eventually import eventually

_HOLDS = """
import sys, time
from lrs.store.shared_replay_turn import shared_turn
with shared_turn(sys.argv[1], "mastery"):
    print("held", flush=True)
    time.sleep(600)
"""


def free(database: str) -> bool:
    try:
        with shared_turn(database, "mastery"):
            return True
    except ReplayUnderWay:
        return False


def test_a_second_one_is_told_who_rebuilds_the_table_and_since_when(database: str) -> None:
    with shared_turn(database, "mastery") as still_mine:
        with pytest.raises(ReplayUnderWay) as refused, shared_turn(database, "mastery"):
            raise AssertionError("it is not its turn")
        assert re.fullmatch(
            rf"mastery has been rebuilt by \S+ on .+, process {os.getpid()} since \d{{4}}-\d\d-\d\dT[\d:]+\+00:00: "
            "wait until that process ends, or end it",
            str(refused.value),
        )
        with shared_turn(database, "engagement"):  # another table has a turn of its own
            still_mine()
    assert free(database)


def test_a_process_that_was_killed_has_no_turn(database: str) -> None:
    holder = subprocess.Popen([sys.executable, "-c", _HOLDS, database], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ReplayUnderWay, match=f"process {holder.pid} since"), shared_turn(database, "mastery"):
            raise AssertionError("it is not its turn")
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    eventually(lambda: free(database))  # PostgreSQL sees that the connection is gone


def test_one_that_failed_has_no_turn(database: str) -> None:
    with pytest.raises(ZeroDivisionError), shared_turn(database, "mastery"):
        raise ZeroDivisionError
    assert free(database)


def test_one_whose_session_ended_knows(postgresql: str) -> None:
    with shared_turn(postgresql, "mastery") as still_mine:
        engine = open_engine(postgresql)
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))
        engine.dispose()
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable):
                still_mine()
    assert free(postgresql)


def test_a_role_that_does_not_see_others_sessions_is_refused_all_the_same(postgresql: str) -> None:
    engine = open_engine(postgresql)
    with engine.begin() as connection:
        connection.execute(text("CREATE ROLE operators LOGIN"))
    engine.dispose()
    other = make_url(postgresql).set(username="operators", password=None)
    with shared_turn(postgresql, "mastery"):
        refused = pytest.raises(ReplayUnderWay, match=r"has been rebuilt by .+ since an unknown time")
        with refused, shared_turn(other.render_as_string(hide_password=False), "mastery"):
            raise AssertionError("it is not its turn")
