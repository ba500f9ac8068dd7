"""The example of docs/how-to/write-a-projection.md: installed as a package, found, and its table filled end to end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PathDistribution
from pathlib import Path

import orjson
import pytest

from lrs.store.client import Store
from lrs.store.dsn import dsn
from processors.folds.laws import check_laws
from processors.meaning.interpret import interpret
from processors.meaning.resolve import resolve
from schemas.catalog import Catalog
from tests.e2e.test_serve import lrs
from tests.support.engine_process import reader
from tests.support.server import serving
from tests.support.statements import HOME, answered, key, voiding

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "pacer-tries"
HISTORY = [
    answered("ada", "i1", False, timestamp="2026-03-02T09:00:00Z"),
    answered("ada", "i1", True, timestamp="2026-03-02T09:01:00Z"),
    answered("ada", "i2", True, timestamp="2026-03-02T09:02:00Z"),
    answered("ada", "i1", True, timestamp="2026-03-02T09:03:00Z"),
    answered("bo", "i1", False, timestamp="2026-03-02T09:00:00Z"),
]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the example in it, as `pip install` leaves it; every process that is started here finds it."""
    folder = tmp_path_factory.mktemp("installed")
    source = tmp_path_factory.mktemp("source")
    for file in EXAMPLE.iterdir():
        if file.is_file():
            (source / file.name).write_bytes(file.read_bytes())
    uv = [os.fspath(Path(sys.executable).parent / "uv"), "pip", "install", "--quiet", "--offline", "--no-deps"]
    options = ["--no-build-isolation", "--python", sys.executable, "--target", os.fspath(folder)]
    subprocess.run([*uv, *options, os.fspath(source)], check=True, timeout=120)
    [info] = folder.glob("*.dist-info")
    assert [point.value for point in PathDistribution(info).entry_points] == ["pacer_tries:Tries"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([os.fspath(folder), os.fspath(ROOT)]))
        yield folder


def test_it_keeps_the_laws(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(installed)
    import pacer_tries

    observations = [one for statement in HISTORY[:4] for one in interpret(statement, Catalog(), "t", 0, 0)]
    history, _ = resolve(observations)
    assert len(history) == 4
    for cut in range(1, 4):
        check_laws(pacer_tries.Tries(), history, [cut])


def test_its_table_is_filled(installed: Path, tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        with server.client() as client:
            gone = answered("bo", "i9", True, timestamp="2026-03-02T09:00:00Z")
            for one in [*HISTORY, gone, voiding(gone["id"])]:
                assert client.post("/xAPI/statements", json=one).status_code == 200
        server.wait()  # until nothing is behind, and the installed fold counts, too
        store = Store(dsn(tmp_path, None, reader(tmp_path)))
        asked = "SELECT learner, key, attempts, solved_after FROM tries FINAL WHERE key != '' ORDER BY learner, key"
        wanted = [
            (key("ada"), f"{HOME}/items/i1", 3, 2),
            (key("ada"), f"{HOME}/items/i2", 1, 1),
            (key("bo"), f"{HOME}/items/i1", 1, None),
        ]
        assert store.tuples(asked, {}) == wanted
        replayed = lrs("replay", "tries", "--data", tmp_path, "--verify", "--json")
        assert replayed.returncode == 0, replayed.stderr
        assert {"learners": 2, "swapped": True, "differing": 0}.items() <= orjson.loads(replayed.stdout).items()
        assert store.tuples(asked, {}) == wanted
