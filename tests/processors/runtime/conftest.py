"""What tests of the runtime share."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from lrs.store.client import Store


@pytest.fixture
def table(store: Store) -> Iterator[str]:
    """A table of its own, whose rows checkpoints vouch for."""
    name = f"t_{uuid.uuid4().hex}"
    store.command(f"CREATE TABLE {name} (a UInt64, v UInt64) ENGINE = ReplacingMergeTree(v) ORDER BY a")
    yield name
    store.command(f"DROP TABLE IF EXISTS {name} SYNC")
