from __future__ import annotations

import threading
from pathlib import Path

import pytest

from lrs.store.gate import FileGate


def test_a_shut_gate_holds_the_writer_and_starts_a_generation(tmp_path: Path) -> None:
    gate = FileGate(tmp_path / "gates" / "mastery")
    passed: list[int] = []

    def write() -> None:
        with FileGate(tmp_path / "gates" / "mastery").passing() as generation:
            passed.append(generation)

    with gate.passing() as generation:
        assert generation == 0
    with gate.shut():
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(0.1)
        assert passed == []
    writer.join(5)
    assert passed == [1]


def test_a_swap_that_failed_starts_a_generation_too(tmp_path: Path) -> None:
    """It may have swapped before it failed: what the writer has cached must not be trusted."""
    gate = FileGate(tmp_path / "gate")
    with pytest.raises(RuntimeError), gate.shut():
        raise RuntimeError("the swap failed")
    with gate.passing() as generation:
        assert generation == 1
