"""Parts that cannot be read: found whichever byte is another, though ClickHouse names each mistake differently."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs.store.client import Store, StoreRefused
from lrs.store.unreadable_parts import UnreadableParts
from tests.support.engine import running

HEADER = 25  # bytes before the rows of a compressed block: checksum, codec, both sizes


def forget_what_was_read(store: Store) -> None:
    for cache in ("MARK CACHE", "UNCOMPRESSED CACHE", "QUERY CONDITION CACHE"):
        store.command(f"SYSTEM DROP {cache}")


def test_a_part_is_found_whichever_byte_of_a_block_is_another(tmp_path: Path) -> None:
    with running(tmp_path) as store:
        store.command("CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
        store.command("INSERT INTO t SELECT number, toString(number) FROM numbers(200)")
        ((name, path),) = store.tuples("SELECT name, path FROM system.parts WHERE table = 't' AND active", {})
        file = Path(path) / "data.bin"
        whole = file.read_bytes()
        for place in range(HEADER + 1):
            parts = UnreadableParts(store)
            assert parts.find(["t"]) == {}
            content = bytearray(whole)
            content[place] ^= 0xFF
            file.write_bytes(content)
            forget_what_was_read(store)
            with pytest.raises(StoreRefused):
                store.tuples("SELECT * FROM t", {})
            assert parts.find(["t"]) == {"t": [name]}, f"byte {place}"
            file.write_bytes(whole)
            forget_what_was_read(store)
