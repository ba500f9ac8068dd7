"""`lrs materials import`, as an administrator uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lrs import exits
from lrs.catalog.catalogs import Catalogs
from lrs.cli.main import main
from lrs.log.sqlite import SqliteLog


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    SqliteLog(folder / "log").close()
    return folder


def lrs(data: Path, path: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["materials", "import", str(path), "--data", str(data), *more])


def minutes(data: Path) -> dict[str, float]:
    log = SqliteLog(data / "log")
    try:
        return {one.id: one.minutes for one in Catalogs(log).latest("default").materials.values()}
    finally:
        log.close()


def test_a_csv_of_materials(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "materials.csv"
    path.write_text("id,minutes\nhttps://a.example/1,5\nnowhere,5\n")
    dry = lrs(data, path, "--dry-run")
    assert (dry.exit_code, minutes(data)) == (exits.WRONG, {})
    assert dry.stdout == "1 added, 0 changed, 0 unchanged\n"
    assert "left out: materials.csv:3: opens: must be an http or https URL, as via is url" in dry.stderr
    found = json.loads(lrs(data, path, "--json").stdout)
    assert (found["written"], found["added"], found["problems"][0]["line"]) == (True, 1, 3)
    assert minutes(data) == {"https://a.example/1": 5}
    path.write_text("id,minutes\nhttps://a.example/1,6\n")
    assert (lrs(data, path).output, minutes(data)) == ("0 added, 1 changed, 0 unchanged\n", {"https://a.example/1": 6})
    path.write_text("minutes\n5\n")
    assert "id" in lrs(data, path).output
