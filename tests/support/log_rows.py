"""The records of an embedded log's statements, as they are stored."""

from __future__ import annotations

from pathlib import Path

from lrs.log.sqlite import SqliteLog
from schemas.record import STATEMENTS


def rows(folder: Path) -> list[tuple[object, ...]]:
    """Every column of every record."""
    log = SqliteLog(folder)
    try:
        return [tuple(row) for row in log.rows(STATEMENTS, 0)]
    finally:
        log.close()
