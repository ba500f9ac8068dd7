"""The store of a runtime while `lrs serve` does not run: with the embedded engine, for as long as it is needed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lrs.errors import Transient
from lrs.exits import as_parent
from lrs.processes.runtime import Runtime
from lrs.store.client import Store

_START_SECONDS = 60.0


@contextmanager
def engine_for(runtime: Runtime) -> Iterator[Store]:
    """The store; an engine that was started for it is stopped at the end. Raises the store's errors."""
    engine = None
    if not runtime.clickhouse:
        words = [sys.executable, "-m", "lrs.engine.serve", "--port", "0", "--die-with-parent"]
        engine = subprocess.Popen(words, env=os.environ | runtime.environment() | as_parent())
    try:
        store = runtime.store()
        _wait_for_engine(store, engine)
        yield store
        store.close()
    finally:
        if engine is not None:
            engine.terminate()
            engine.wait()


def _wait_for_engine(store: Store, engine: subprocess.Popen[bytes] | None) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            store.tuples("SELECT 1", {})
        except Transient:
            if time.monotonic() > deadline or (engine is not None and engine.poll() is not None):
                raise
            time.sleep(0.1)
        else:
            return
