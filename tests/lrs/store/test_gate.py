from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lrs.errors import Transient, UnreadableFile
from lrs.store.gate import FileGate


def generation(gate: FileGate) -> int:
    with gate.passing() as current:
        return current


def test_a_shut_gate_holds_the_writer_and_starts_a_generation(tmp_path: Path) -> None:
    gate = FileGate(tmp_path / "gates" / "mastery")
    passed: list[int] = []

    def write() -> None:
        passed.append(generation(FileGate(tmp_path / "gates" / "mastery")))

    first = generation(gate)
    with gate.shut():
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(0.1)
        assert passed == []
    writer.join(5)
    assert passed == [generation(gate)]
    assert passed != [first]


def test_a_swap_that_failed_starts_a_generation_too(tmp_path: Path) -> None:
    """It may have swapped before it failed: what the writer has cached must not be trusted."""
    gate = FileGate(tmp_path / "gate")
    first = generation(gate)
    with pytest.raises(RuntimeError), gate.shut():
        raise RuntimeError("the swap failed")
    assert generation(gate) != first


def remove_folder(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()


@pytest.mark.parametrize(
    "damage", [Path.unlink, remove_folder, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"\xa5x")]
)
def test_a_gate_that_is_lost_or_damaged_is_made_again_with_a_new_generation(
    damage: Callable[[Path], object], tmp_path: Path
) -> None:
    """Another may have swapped the table before."""
    gate = FileGate(tmp_path / "gates" / "mastery")
    known = generation(gate)
    for _ in range(2):
        damage(tmp_path / "gates" / "mastery")
        assert generation(gate) != known
        known = generation(gate)
        assert generation(gate) == known
        damage(tmp_path / "gates" / "mastery")
        with gate.shut():
            pass
        assert generation(gate) != known
        known = generation(gate)


def test_who_holds_a_gate_that_is_removed_does_it_again(tmp_path: Path) -> None:
    """A batch may have gone into the table that was swapped away, and a swap may have left one out."""
    gate = FileGate(tmp_path / "gate")
    with pytest.raises(Transient, match="gate was removed"), gate.passing():
        (tmp_path / "gate").unlink()
    shut = gate.shut()
    shut.__enter__()
    (tmp_path / "gate").unlink()
    between = generation(FileGate(tmp_path / "gate"))
    with pytest.raises(Transient, match="gate was removed"):
        shut.__exit__(None, None, None)
    assert generation(gate) != between


def test_a_gate_that_is_a_folder_is_named(tmp_path: Path) -> None:
    gate = FileGate(tmp_path / "gates" / "mastery")
    remove_folder(tmp_path / "gates" / "mastery")
    (tmp_path / "gates").write_bytes(b"")
    with pytest.raises(UnreadableFile, match="gates"):
        generation(gate)
    (tmp_path / "gates").unlink()
    (tmp_path / "gates" / "mastery").mkdir(parents=True)
    with pytest.raises(UnreadableFile, match="gates/mastery"):
        generation(gate)


def test_a_gate_that_is_shut_is_known_without_waiting(tmp_path: Path) -> None:
    made: list[FileGate] = []
    with FileGate(tmp_path / "gate").shut():
        other = threading.Thread(target=lambda: made.append(FileGate(tmp_path / "gate")), daemon=True)
        other.start()
        other.join(20)
        assert len(made) == 1


def test_a_swap_of_a_process_that_is_killed_starts_a_generation_too(tmp_path: Path) -> None:
    """It may have swapped, and its lock is gone with it."""
    gate = FileGate(tmp_path / "gate")
    first = generation(gate)
    swap = (
        "import os, pathlib, sys; from lrs.store.gate import FileGate\n"
        "with FileGate(pathlib.Path(sys.argv[1])).shut(): os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", swap, tmp_path / "gate"], timeout=60)
    assert generation(gate) != first


def test_whoever_only_asks_for_the_generation_does_not_wait(tmp_path: Path) -> None:
    gate = FileGate(tmp_path / "gate")
    with gate.passing() as current:
        assert gate.generation() == current
    with gate.shut():
        assert gate.generation() is None
    assert gate.generation() == generation(gate) != current
