"""Databases that a test leaves open."""

from __future__ import annotations

from lrs.database import connection


def close_databases() -> None:
    """Close the SQLite files that this process has open: one that is used again is opened again."""
    for engine in list(connection._open):
        engine.dispose()
