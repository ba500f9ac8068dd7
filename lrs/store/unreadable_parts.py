"""Parts of tables that ClickHouse cannot read: a file of theirs is cut, gone, or has other bytes than were written.

To read every part takes long, so that is done where ClickHouse has met one: it counts its errors by their codes.
"""

from __future__ import annotations

from collections.abc import Sequence

from lrs.store.client import Store, StoreRefused

# Checksums, marks, compressed blocks and files of parts. The message counted with 32, 33 and 39 names no file.
_OF_FILES = (32, 33, 39, 40, 74, 226, 227, 228, 246, 271, 432)
# General errors of reading and opening: they count only if the message names a part.
_OF_ANYTHING = (27, 76, 79, 107, 117)
_ERRORS = (
    f"SELECT sum(value) FROM system.errors WHERE NOT remote AND (code IN {_OF_FILES} "
    f"OR code IN {_OF_ANYTHING} AND match(last_error_message, 'reading from part|/store/'))"
)
_PARTS_READ = (
    "SELECT table, name, path FROM system.parts "
    "WHERE database = currentDatabase() AND active AND table IN %(tables)s ORDER BY table, name"
)


class UnreadableParts:
    """The parts of a server's tables that cannot be read. What was found so stays so."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: dict[tuple[str, ...], int] = {}  # errors at the last look at these tables
        self._paths: set[str] = set()

    def find(self, tables: Sequence[str]) -> dict[str, list[str]]:
        """By table, the names of its parts that cannot be read. Raises the store's errors."""
        errors = self._errors()
        look = errors != self._seen.get(tuple(tables), 0)
        unreadable: dict[str, list[str]] = {}
        if look or self._paths:
            for table, name, path in self._store.tuples(_PARTS_READ, {"tables": [*tables]}):
                if look and path not in self._paths and not self._reads(table, name):
                    self._paths.add(path)
                if path in self._paths:
                    unreadable.setdefault(table, []).append(name)
        self._seen[tuple(tables)] = errors
        return unreadable

    def _errors(self) -> int:
        return int(self._store.tuples(_ERRORS, {})[0][0])

    def _reads(self, table: str, part: str) -> bool:
        """Whether a part has the bytes that were written."""
        try:
            part_rows = self._store.tuples(
                f"CHECK TABLE {table} PART '{part}' SETTINGS check_query_single_value_result = 0", {}
            )
        except StoreRefused as error:
            if "NO_SUCH_DATA_PART" not in str(error):
                raise
            return True  # it was merged meanwhile
        return all(str(passed) == "1" for _, passed, _ in part_rows)  # embedded, columns of CHECK come as text

    def set_aside(self, tables: Sequence[str]) -> dict[str, str]:
        """Detach the parts that cannot be read of tables that do without; gives, by table, what was done."""
        done: dict[str, str] = {}
        for table, names in self.find(tables).items():
            for name in names:
                self._store.command(f"ALTER TABLE {table} DETACH PART '{name}'")
            done[table] = f"had parts that cannot be read ({', '.join(names)}), which are set aside"
        return done
