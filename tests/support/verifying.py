"""`lrs verify` in tests: on a data folder, without waiting for what a test took away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from lrs.cli.verify import verify
from lrs.processes.engine_for import engine_for
from lrs.processes.runtime import Runtime
from lrs.store.client import Store
from lrs.verification import decisions, folds, names, statements, tables
from tests.support.server import Server


def verified(runtime: Runtime, *more: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and by check what was found."""
    done = CliRunner().invoke(verify, ["--data", os.fspath(runtime.data), "--json", *more])
    assert not isinstance(done.exception, Exception) or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, {one["check"]: one for one in orjson.loads(done.stdout)}


@contextmanager
def stopped(server: Server) -> Iterator[tuple[Runtime, Store]]:
    """A server that is stopped when everything is there; its engine alone runs.

    A server would put right what a test puts wrong.
    """
    server.wait()
    runtime = Runtime(server.data)
    code, found = verified(runtime)  # which waits for the decisions, too
    assert code == 0, found
    server.stop()
    with engine_for(runtime) as store:
        yield runtime, store


def wait_briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the checks not wait for rows that do not come."""
    for module in (decisions, folds, names, statements, tables):
        monkeypatch.setattr(module, "WAIT_SECONDS", 0.5)
