"""SQLite's memory, of all connections of a process together.

Each connection has a cache of pages, and there is one for each thread and file. Near this limit SQLite uses the pages
of a cache again instead of taking more.
"""

from __future__ import annotations

from typing import Any

MOST_CACHED_BYTES = 128 << 20


def bound_memory(connection: Any) -> None:
    """Bound the memory of SQLite in this process; any connection says it for all."""
    connection.execute(f"PRAGMA soft_heap_limit = {MOST_CACHED_BYTES}")
