"""Tables that several processes make at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lrs.accounts.account_tables import metadata
from lrs.database.connection import make_tables, open_engine


def test_tables_that_several_make_at_once(tmp_path: Path) -> None:
    for round_ in range(5):
        engines = [open_engine(f"sqlite:///{tmp_path / f'{round_}.db'}") for _ in range(8)]
        with ThreadPoolExecutor(len(engines)) as pool:
            list(pool.map(lambda engine: make_tables(engine, metadata), engines))
        for engine in engines:
            engine.dispose()
