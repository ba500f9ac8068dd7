"""States that are found without asking the table are those that the table has, whatever happens between."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import Transient
from lrs.store import recent_states
from lrs.store.gate import FileGate
from lrs.store.recent_states import RecentStates, StoredState
from tests.support.examples import examples

LEARNERS, KEYS = ("ada", "bo"), ("", "skill")
TENANT = "school"


def latest(rows: Sequence[StoredState]) -> dict[str, StoredState]:
    return {row.key: row for row in sorted(rows, key=lambda row: row.version)}


class Table:
    """A table with its writer and its readers, as processes that come and go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gate = FileGate(folder / "mastery")
        self.rows: list[tuple[str, StoredState]] = []
        self.version = 0
        self.asked = 0
        self.start_reader()
        self.start_writer()

    def start_reader(self) -> None:
        self.reader = RecentStates(self.folder, self.gate)

    def start_writer(self) -> None:
        self.writer = RecentStates(self.folder, self.gate)
        self.writer.begin()

    def insert(self, learner: str, keys: Sequence[str]) -> list[tuple[str, str, str, int, int, str, str, float, float]]:
        self.version += 1
        rows = [StoredState(key, self.version, 0, "w", f"state-{self.version}", 0.1, 1 / self.version) for key in keys]
        self.rows += [(learner, row) for row in rows]
        return [(TENANT, learner, *row) for row in rows]

    def write(self, learner: str, keys: Sequence[str]) -> None:
        with self.gate.passing() as generation:
            self.writer.write(generation, self.insert(learner, keys))

    def crash(self, learner: str, keys: Sequence[str]) -> None:
        """The writer is killed once the table has the rows."""
        self.insert(learner, keys)
        self.start_writer()

    def swap(self, learner: str, keys: Sequence[str]) -> None:
        with self.gate.shut():
            self.rows = []
            self.insert(learner, keys)

    def lose(self, *_: object) -> None:
        for path in self.folder.glob("states-*"):
            path.unlink()

    def restart(self, *_: object) -> None:
        self.start_reader()

    def read(self, learner: str, meanwhile: Callable[[], None] = lambda: None, late: bool = False) -> list[StoredState]:
        """Read, while something happens just before the table is asked, or just after it."""

        def ask() -> list[StoredState]:
            self.asked += 1
            if not late:
                meanwhile()
            rows = [row for of, row in self.rows if of == learner]
            if late:
                meanwhile()
            return rows

        return list(self.reader.read(TENANT, learner, ask))

    def check(self, learner: str) -> None:
        assert latest(self.read(learner)) == latest([row for of, row in self.rows if of == learner])


happenings = st.tuples(
    st.sampled_from([Table.write, Table.write, Table.write, Table.crash, Table.swap, Table.lose, Table.restart]),
    st.sampled_from(LEARNERS),
    st.lists(st.sampled_from(KEYS), min_size=1, unique=True),
)


@given(steps=st.lists(st.tuples(happenings, st.sampled_from(LEARNERS), st.sampled_from(["", "early", "late"]))))
@examples(100)
def test_what_is_kept_is_what_the_table_has(steps: list[tuple[tuple[object, str, list[str]], str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        table = Table(Path(folder))
        for (happens, learner, keys), reads, when in steps:

            def happen(
                happens: Callable[..., None] = happens,  # type: ignore[assignment]
                learner: str = learner,
                keys: Sequence[str] = keys,
            ) -> None:
                happens(table, learner, keys)

            if when:
                asked = table.asked
                table.read(reads, happen, when == "late")
                if table.asked == asked:
                    happen()
            else:
                happen()
            for name in LEARNERS:
                table.check(name)


def test_the_table_is_asked_once_and_not_again_after_what_is_written(tmp_path: Path) -> None:
    table = Table(tmp_path)
    table.write("ada", KEYS)
    for _ in range(3):
        table.check("ada")
        table.write("ada", KEYS)
    table.check("nobody")
    table.check("nobody")
    assert table.asked == 2


def test_while_the_gate_is_shut_the_table_is_asked(tmp_path: Path) -> None:
    table = Table(tmp_path)
    table.write("ada", KEYS)
    table.check("ada")
    for times in (2, 3):
        with table.gate.shut():
            table.rows = []
            table.insert("ada", KEYS)
            table.check("ada")
        assert table.asked == times


def test_who_was_asked_for_first_is_forgotten_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_states, "_KEPT_LEARNERS", 2)
    table = Table(tmp_path)
    for learner in ("a", "b", "c"):
        table.write(learner, KEYS)
        table.check(learner)
    for learner, more in (("c", 0), ("b", 0), ("a", 1)):
        asked = table.asked
        table.check(learner)
        assert table.asked == asked + more


def test_files_of_earlier_generations_go(tmp_path: Path) -> None:
    table = Table(tmp_path)
    for _ in range(3):
        table.write("ada", KEYS)
        table.check("ada")
        table.start_writer()
    table.write("ada", KEYS)
    table.check("ada")
    assert len(list(tmp_path.glob("states-*.db"))) == 1


def test_a_reader_asks_the_table_where_the_file_is_damaged_and_a_writer_begins_again(tmp_path: Path) -> None:
    table = Table(tmp_path)
    table.write("ada", KEYS)
    table.check("ada")
    for path in tmp_path.glob("states-*"):
        path.unlink()
    path.with_name(path.name.partition(".db")[0] + ".db").write_bytes(b"no database" * 1000)
    table.check("ada")
    with pytest.raises(Transient):
        table.write("ada", KEYS)
    table.writer.begin()
    table.check("ada")
    asked = table.asked
    table.write("ada", KEYS)
    table.check("ada")
    assert table.asked == asked


def test_another_who_writes_there_for_long_holds_up_no_reader(tmp_path: Path) -> None:
    table = Table(tmp_path)
    table.write("ada", KEYS)
    table.check("bo")
    [path] = tmp_path.glob("states-*.db")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    table.check("ada")
    other.close()
    table.check("ada")


def test_all_who_are_asked_for_at_once_are_kept(tmp_path: Path) -> None:
    rows = [StoredState(f"skill {n}", 1, 0, "w", "state", 0.1, 0.9) for n in range(100)]
    with FileGate(tmp_path / "mastery").shut():
        pass
    reader, asked = RecentStates(tmp_path, FileGate(tmp_path / "mastery")), list[int]()

    def read(n: int) -> None:
        def ask() -> list[StoredState]:
            asked.append(n)
            return rows

        reader.read(TENANT, f"learner {n}", ask)

    for _ in range(2):
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(read, range(100)))
    assert sorted(asked) == list(range(100))


def test_a_row_that_is_not_as_it_was_written_is_not_served(tmp_path: Path) -> None:
    table = Table(tmp_path)
    table.write("ada", KEYS)
    table.check("ada")
    [path] = tmp_path.glob("states-*.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        [(whole,)] = database.execute("SELECT content FROM states WHERE key = 'skill'").fetchall()
        for position in range(len(whole)):
            content = bytearray(whole)
            content[position] ^= 1
            database.execute("UPDATE states SET content = ? WHERE key = 'skill'", (bytes(content),))
            table.check("ada")
        for damage in ("content = x'00'", "version = version + 1"):
            database.execute("UPDATE states SET content = ? WHERE key = 'skill'", (whole,))
            database.execute(f"UPDATE states SET {damage} WHERE key = 'skill'")
            table.check("ada")


@pytest.mark.parametrize("name", ["states-old", "states-0.db", "states-{}.db"])
def test_what_cannot_be_removed_keeps_no_writer_up(tmp_path: Path, name: str) -> None:
    table = Table(tmp_path)
    table.write("ada", KEYS)
    table.check("ada")
    generation = table.gate.generation()
    for path in tmp_path.glob(f"states-{generation}.db*"):
        path.unlink()
    (tmp_path / name.format(generation)).mkdir()
    with suppress(Transient):  # then it begins again
        table.write("ada", KEYS)
    table.writer.begin()
    table.write("ada", KEYS)
    table.check("ada")
