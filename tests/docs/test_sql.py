"""The page on SQL: its commands make a login of a running engine, and its queries have answers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.store.client import Store
from lrs.store.dsn import dsn
from processors.stages.decide import Decide
from tests.processors.runtime.test_way import Way
from tests.support.engine import running
from tests.support.engine_process import reader
from tests.support.statements import answered

PAGE = Path(__file__).parents[2] / "docs/how-to/query-with-sql.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which an engine runs on `data`, with a few answers of one school."""
    folder = tmp_path_factory.mktemp("sql")
    with running(folder / "data") as store:
        way = Way(store, folder / "log", "default")
        for n in range(24):
            at = f"2026-03-0{1 + n % 3}T09:{n:02}:00Z"
            way.append(
                [answered(f"learner{n % 3}", f"item{n % 2}", n % 3 > 0, timestamp=at, id_=str(uuid.uuid4()))],
                time=1_772_900_000_000_000 + n,
            )
        way.finish()
        Decide(way.log, store, Catalogs(way.log), "mastery", lambda: 1_772_900_000_000_000).look()
        way.log.close()
        yield folder


def blocks(language: str) -> list[str]:
    """The page's blocks in a language, without their indentation."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", PAGE.read_text(), re.M | re.S)
    return [re.sub(rf"^{indent}", "", text, flags=re.M) for indent, text in found]


def test_every_query_has_an_answer(folder: Path) -> None:
    school = Store(dsn(folder / "data", None, reader(folder / "data")))
    queries = [query for block in blocks("sql") for query in block.split(";\n") if query.strip()]
    assert len(queries) >= 3
    for query in queries:
        assert school.tuples(query.rstrip().removesuffix(";"), {}), query


def test_the_commands_connect(folder: Path) -> None:
    [commands] = blocks("sh")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"no_proxy": "127.0.0.1", "PATH": path}
    done = subprocess.run(
        ["bash", "-euc", commands], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "24"
