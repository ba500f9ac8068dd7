"""`lrs rebuild --accept-log`: a halt that a worker found by the old tables does not outlive them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from lrs.cli import rebuild as module
from lrs.store.closed_tables import ClosedTables, ClosedTablesFile, Closure


@pytest.mark.parametrize(("accept", "kind"), [(True, "rebuild"), (False, "halt")])
def test_a_worker_that_starts_while_tables_are_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, accept: bool, kind: str
) -> None:
    condition, waited = ClosedTablesFile(tmp_path), []

    mode, log = SimpleNamespace(accept_log=dict), SimpleNamespace(starts=lambda topic: [0])

    @contextmanager
    def opened(runtime: Any) -> Iterator[Any]:
        yield SimpleNamespace(store=SimpleNamespace(clustered=False), mode=mode, log=log)

    def drop(store: Any, tables: list[str]) -> None:
        condition.write(Closure("halt", "admit: statements is another log"))

    def wait(store: Any, condition: ClosedTables, tables: list[str], as_json: bool) -> None:
        waited.append(condition.read())

    monkeypatch.setattr(module, "open_parts", opened)
    monkeypatch.setattr(module, "_export", lambda mode, folder: ({}, {}))
    monkeypatch.setattr(module, "_drop_tables", drop)
    monkeypatch.setattr(module, "_wait_for_tables", wait)
    ended = CliRunner().invoke(module.rebuild, ["--data", str(tmp_path), *(["--accept-log"] if accept else [])])
    assert ended.exit_code == 0, ended.output
    assert [state.kind for state in waited if state] == [kind]
