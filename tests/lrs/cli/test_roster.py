"""`lrs roster`, as an administrator uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lrs import exits
from lrs.catalog.catalogs import Catalogs
from lrs.cli.main import main
from lrs.log.sqlite import SqliteLog
from schemas.catalog import Catalog
from tests.support.rosters import ENROLLMENTS, GOOD, USERS, changed, packed, school


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    SqliteLog(folder / "log").close()
    return folder


def lrs(data: Path, *words: str | Path, input_: str | None = None) -> Result:
    command, *rest = map(str, words)
    return CliRunner().invoke(main, ["roster", command, *rest, "--data", str(data)], input=input_)


def catalog(data: Path) -> Catalog:
    log = SqliteLog(data / "log")
    try:
        return Catalogs(log).latest("default")
    finally:
        log.close()


def good(tmp_path: Path, **files: Any) -> Path:
    return packed(tmp_path / "roster.zip", {**GOOD, **files})


def test_preview_writes_nothing(tmp_path: Path, data: Path) -> None:
    preview = lrs(data, "preview", good(tmp_path))
    assert preview.exit_code == 0, preview.output
    assert "persons: 0 before, 3 to add, 0 changed, 0 removed" in preview.output
    assert catalog(data) == Catalog()


def test_import_and_show(tmp_path: Path, data: Path) -> None:
    imported = lrs(data, "import", good(tmp_path))
    assert imported.exit_code == 0, imported.output
    assert "classes: 0 before, 1 new" in imported.output
    assert [m.name for m in catalog(data).classes["7b"].learners] == ["Ada Lovelace", "Ben Bloom"]
    printed = lrs(data, "show")
    assert "3 persons, 1 school, 1 class" in printed.output
    assert "Maths 7b: 2 learners, taught by Tess Teacher" in printed.output


def test_rows_that_are_wrong_are_named_and_the_rest_counts(tmp_path: Path, data: Path) -> None:
    roster = good(tmp_path, enrollments=changed(ENROLLMENTS, 3, "userSourcedId", "u9"))
    previewed = lrs(data, "preview", roster, "--json")
    assert previewed.exit_code == exits.WRONG
    assert [problem["field"] for problem in json.loads(previewed.stdout)["problems"]] == ["userSourcedId"]
    imported = lrs(data, "import", roster)
    assert imported.exit_code == exits.WRONG
    assert "left out: enrollments.csv:3: userSourcedId: there is no person u9" in imported.output
    assert [m.name for m in catalog(data).classes["7b"].learners] == ["Ada Lovelace"]


def test_it_stops_before_it_needs_removal_confirmation(tmp_path: Path, data: Path) -> None:
    whole, short = good(tmp_path), packed(tmp_path / "short.zip", {**GOOD, "users": USERS[:3]})
    lrs(data, "import", whole)
    imported = lrs(data, "import", short)
    assert imported.exit_code == exits.UNCONFIRMED
    assert "would remove 1 of 3 persons, 1 of 3 enrollments: nothing was written" in imported.output
    assert len(catalog(data).persons) == 3
    imported = lrs(data, "import", short, "--yes", "--json")
    assert json.loads(imported.stdout)["persons"] == {"before": 3, "added": 0, "changed": 0, "removed": 1}
    assert len(catalog(data).persons) == 2


def test_what_cannot_be_read(tmp_path: Path, data: Path) -> None:
    (tmp_path / "notes.zip").write_bytes(b"no zip")
    imported = lrs(data, "import", tmp_path / "notes.zip")
    assert (imported.exit_code, imported.output) == (exits.WRONG, "lrs: notes.zip is not a zip file, or was cut off\n")


class TestAccounts:
    def test_a_template(self, tmp_path: Path, data: Path) -> None:
        lrs(data, "import", good(tmp_path))
        ended = lrs(data, "accounts", "https://moodle.example", "--template", "{username|lower}")
        assert ended.exit_code == 0, ended.output
        members = [m.learner for m in catalog(data).classes["7b"].learners]
        assert members == ["account:https://moodle.example|ada.l", "account:https://moodle.example|ben"]
        assert lrs(data, "import", good(tmp_path)).exit_code == 0
        assert [m.learner for m in catalog(data).classes["7b"].learners] == members

    def test_names_from_a_csv(self, tmp_path: Path, data: Path) -> None:
        lrs(data, "import", good(tmp_path))
        names = tmp_path / "names.csv"
        names.write_text("sourcedId,account\nu1,17\nu9,18\n")
        ended = lrs(data, "accounts", "https://moodle.example", "--names", names)
        assert "there is no person u9: kept until there is" in ended.output
        assert catalog(data).classes["7b"].learners[0].learner == "account:https://moodle.example|17"
        assert lrs(data, "accounts", "https://moodle.example", "--remove").exit_code == 0
        assert catalog(data).classes["7b"].learners[0].learner == "mbox:mailto:ada@school.example"

    def test_what_is_no_template(self, data: Path) -> None:
        ended = lrs(data, "accounts", "https://moodle.example", "--template", "{username")
        assert (ended.exit_code, ended.output[:16]) == (exits.USAGE, "lrs: a template ")
        assert lrs(data, "accounts", "https://moodle.example").exit_code == exits.USAGE


def test_a_school_of_five_thousand_is_imported_and_again_changes_nothing(tmp_path: Path, data: Path) -> None:
    path = packed(tmp_path / "school.zip", school(5_000))
    imported = lrs(data, "import", path, "--json")
    assert imported.exit_code == 0, imported.output[:2000]
    counts = json.loads(imported.stdout)
    assert (counts["persons"]["added"], counts["enrollments"]["added"]) == (5_000, 4_750 * 5 + 950)
    again = json.loads(lrs(data, "import", path, "--json").stdout)
    assert again["persons"]["changed"] == again["classes"]["changed"] == 0


def test_watch(tmp_path: Path, data: Path) -> None:
    path = good(tmp_path, users=USERS[:3], enrollments=ENROLLMENTS[:3])
    command = [sys.executable, "-m", "lrs.cli.main", "roster", "import", os.fspath(path), "--data", os.fspath(data)]
    with subprocess.Popen([*command, "--watch", "--every", "0.2"]) as process:
        try:
            _eventually(lambda: len(catalog(data).persons) == 2)
            half = packed(tmp_path / "next.zip", GOOD)
            half.replace(path)
            _eventually(lambda: len(catalog(data).persons) == 3)
            (tmp_path / "broken.zip").write_bytes(b"broken")
            (tmp_path / "broken.zip").replace(path)  # the next one may be right
            time.sleep(1)
            assert process.poll() is None
        finally:
            process.terminate()


def _eventually(holds: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)
