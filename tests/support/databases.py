"""Databases that a test leaves open."""

from __future__ import annotations

from lrs.database import connection


def close_databases() -> None:
    """Close the SQLite files that this process has open: one that is used again is opened again.

    Nobody looks any more at those whose file went with the test, even where a connection was left in use.
    """
    for engine, database in list(connection._open.items()):
        engine.dispose()
        if not database._path.exists():
            connection._open.pop(engine, None)
