"""A real engine process for tests."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from lrs.store import migrate, projections
from lrs.store.client import Store, StoreUnavailable
from lrs.store.dsn import dsn
from processors.folds.registry import all_folds
from tests.support.eventually import LIMIT_SECONDS

_ONE_AT_A_TIME = threading.Lock()  # where tests start servers side by side: the umask is of the whole process


def start(data: Path) -> subprocess.Popen[bytes]:
    """An engine process on `data`; it answers a moment later."""
    return subprocess.Popen([sys.executable, "-m", "lrs.engine.serve", "--data", os.fspath(data), "--port", "0"])


def put_tables(data: Path) -> None:
    """Give a data folder that is empty every table, as empty: to copy them is quicker than to make them."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(data.iterdir()):
        return
    with _ONE_AT_A_TIME:
        before = os.umask(0o077)
        try:
            shutil.copytree(_tables(), data / "engine", symlinks=True, copy_function=shutil.copyfile)
        finally:
            os.umask(before)
    for folder in (data / "engine", *(data / "engine").rglob("*/")):
        folder.chmod(0o700)


@lru_cache
def _tables() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="pacer-tables-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with migrated(folder):
        pass
    return folder / "engine"


@contextmanager
def running(data: Path) -> Iterator[Store]:
    """An engine on `data` with every table."""
    put_tables(data)
    with migrated(data) as store:
        yield store


@contextmanager
def migrated(data: Path) -> Iterator[Store]:
    """An engine on `data` in which every table that it lacks is made."""
    process = start(data)
    store = Store(dsn(data, None), embedded=True)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                migrate.up(store)
                projections.create_fold_tables(store, all_folds())
                break
            except StoreUnavailable:
                assert process.poll() is None, "the engine ended"
                assert time.monotonic() < deadline, "the engine did not start"
                time.sleep(0.05)
        yield store
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(LIMIT_SECONDS)
