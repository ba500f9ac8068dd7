"""A gate in the transactional database: on PostgreSQL as on SQLite."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from lrs.database.connection import DatabaseUnavailable, open_engine
from lrs.store import shared_gate
from lrs.store.gate import TableGate

_END_HOLDER = """
SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted
"""


def passes(gate: TableGate, seconds: float) -> bool:
    """Whether a batch passes within so many seconds; it passes later if not."""
    passed = threading.Event()

    def write() -> None:
        with gate.passing():
            passed.set()

    threading.Thread(target=write, daemon=True).start()
    return passed.wait(seconds)


def test_a_shut_gate_holds_whoever_passes_one_of_its_name(database: str) -> None:
    gates = [shared_gate.shared_gate(database, name) for name in ("admit", "admit", "other")]
    with gates[0].passing():
        assert passes(gates[1], 10)  # together with others
    with gates[0].shut():
        assert not passes(gates[1], 0.3)
        assert passes(gates[2], 10)
    assert passes(gates[1], 10)


def test_one_whose_session_ended_leaves_it_open_and_knows(postgresql: str) -> None:
    gate, other = (shared_gate.shared_gate(postgresql, "ended") for _ in range(2))
    holding = gate.shut()
    holding.__enter__()
    assert not passes(other, 0.3)
    engine = open_engine(postgresql)
    with engine.begin() as connection:
        connection.execute(text(_END_HOLDER))
    engine.dispose()
    assert passes(other, 10)
    with pytest.raises(DatabaseUnavailable):
        holding.__exit__(None, None, None)
    with gate.shut():  # by another session
        assert not passes(other, 0.3)


def test_whoever_is_in_the_way_for_long_is_waited_for_a_while(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_gate, "_PATIENCE_SECONDS", 1)
    writer, holder = (shared_gate.shared_gate(postgresql, "slow") for _ in range(2))
    with writer.passing():
        with pytest.raises(DatabaseUnavailable), holder.shut():
            raise AssertionError("it is not shut")
        assert passes(shared_gate.shared_gate(postgresql, "slow"), 10)  # nobody waits behind it any more
