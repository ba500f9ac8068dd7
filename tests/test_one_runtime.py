"""Which runtime it is, is asked where a process is put together, and of commands where their options are read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TREE = Path(__file__).parents[1]
WIRING = "lrs/processes/modes.py"
READS_OPTIONS = ("lrs/processes/", "lrs/cli/", "lrs/backup/restore.py")  # a restore is into the one or the other
_LOGS = {"SqliteLog", "KafkaLog", "IndexedLog", "Embedded", "Distributed"}


def asked(source: str) -> Iterator[tuple[int, bool]]:
    """Each line that asks which runtime it is, and whether of a Runtime: else by the class of a log or a mode."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, classes]):
                if _LOGS & {name.id for name in ast.walk(classes) if isinstance(name, ast.Name)}:
                    yield node.lineno, False
            case ast.Attribute(value=ast.Name(id="runtime") | ast.Attribute(attr="runtime"), attr="kafka"):
                yield node.lineno, True


def test_nobody_asks_again() -> None:
    found = []
    for path in sorted(file for room in ("schemas", "lrs", "processors") for file in (TREE / room).rglob("*.py")):
        name = str(path.relative_to(TREE))
        for line, of_options in asked(path.read_text()):
            if name != WIRING and not (of_options and name.startswith(READS_OPTIONS)):
                found.append(f"{name}:{line}")
    assert not found, "what differs is a method of both logs (StoredLog), or of both modes (Mode)"


def test_what_asks() -> None:
    assert list(asked("isinstance(parts.log, SqliteLog)")) == [(1, False)]
    assert list(asked("isinstance(mode, (Embedded, int))")) == [(1, False)]
    assert list(asked("if parts.runtime.kafka is None: pass")) == [(1, True)]
    assert list(asked("isinstance(value, str)")) == []
