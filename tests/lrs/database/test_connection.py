"""Tables that several processes make at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from lrs.accounts.account_tables import metadata
from lrs.database.connection import LateEngine, make_tables, open_engine


def test_tables_that_several_make_at_once(tmp_path: Path) -> None:
    for round_ in range(5):
        engines = [open_engine(f"sqlite:///{tmp_path / f'{round_}.db'}") for _ in range(8)]
        with ThreadPoolExecutor(len(engines)) as pool:
            list(pool.map(lambda engine: make_tables(engine, metadata), engines))
        for engine in engines:
            engine.dispose()


def test_a_late_engine_is_opened_once_and_asked_for_again_after_a_failure(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    late = LateEngine(metadata, f"sqlite:///{folder / 'late.db'}")
    late.dispose()  # of what was never opened
    assert not folder.exists()
    with pytest.raises(OperationalError):
        late.open()
    folder.mkdir()
    with ThreadPoolExecutor(8) as pool:
        engines = set(pool.map(lambda _: late.open(), range(8)))
    assert len(engines) == 1
    assert set(inspect(late.open()).get_table_names()) >= set(metadata.tables)
    late.dispose()
