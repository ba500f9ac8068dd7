"""A real engine process for tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lrs.store import migrate, projections
from lrs.store.client import Store, StoreUnavailable
from lrs.store.dsn import dsn
from processors.folds.registry import folds


def start(data: Path) -> subprocess.Popen[bytes]:
    """An engine process on `data`; it answers a moment later."""
    return subprocess.Popen([sys.executable, "-m", "lrs.engine.serve", "--data", os.fspath(data), "--port", "0"])


@contextmanager
def running(data: Path) -> Iterator[Store]:
    """An engine on `data` with every table."""
    process = start(data)
    store = Store(dsn(data, None), embedded=True)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                migrate.up(store)
                projections.create_fold_tables(store, folds())
                break
            except StoreUnavailable:
                assert process.poll() is None, "the engine ended"
                assert time.monotonic() < deadline, "the engine did not start"
                time.sleep(0.05)
        yield store
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)
