"""`lrs skills import`, as an administrator uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lrs import exits
from lrs.catalog.catalogs import Catalogs
from lrs.cli.main import main
from lrs.log.sqlite import SqliteLog
from tests.lrs.catalog.test_case import item, link, package, uid


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    SqliteLog(folder / "log").close()
    return folder


def lrs(data: Path, path: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["skills", "import", str(path), "--data", str(data), *more])


def requires(data: Path) -> dict[str, list[str]]:
    log = SqliteLog(data / "log")
    try:
        return {skill.id: skill.requires for skill in Catalogs(log).latest("default").skills.values()}
    finally:
        log.close()


def test_a_framework_and_its_prerequisites(tmp_path: Path, data: Path) -> None:
    framework, csv = tmp_path / "maths.json", tmp_path / "requires.csv"
    framework.write_bytes(package(item(1), item(2), links=(link("precedes", uid(1), uid(2)),)))
    csv.write_text("skill,requires\nM.2,M.1\n")
    dry = lrs(data, framework, "--dry-run")
    assert (dry.output, requires(data)) == ("2 added, 0 changed, 0 removed\n", {})
    assert lrs(data, framework).exit_code == 0
    assert lrs(data, csv).output == "0 added, 1 changed, 0 removed\n"
    assert requires(data) == {uid(1): [], uid(2): [uid(1)]}
    assert json.loads(lrs(data, framework, "--json").stdout)["changed"] == 0


def test_it_stops_before_it_needs_removal_confirmation(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "maths.json"
    path.write_bytes(package(item(1), item(2)))
    lrs(data, path)
    path.write_bytes(package(item(1)))
    imported = lrs(data, path)
    assert (imported.exit_code, len(requires(data))) == (exits.UNCONFIRMED, 2)
    assert "would remove 1 of 2 skills" in imported.output
    assert lrs(data, path, "--yes").exit_code == 0
    assert len(requires(data)) == 1


def test_what_is_no_framework(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "maths.json"
    path.write_bytes(b"{}")
    assert lrs(data, path).output == "lrs: the file has no CFDocument: it is not a CASE package\n"
