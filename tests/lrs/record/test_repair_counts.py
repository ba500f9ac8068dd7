"""Repairs are counted by credential and rule, each statement once, however often it is delivered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from lrs.cli.main import main
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from lrs.record.repair_counts import RepairCounts, RepairRule
from schemas.envelope import ENVELOPE_VERSION, encode
from schemas.original import ORIGINALS, Original, OriginalsRecord


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    sqlite_log = SqliteLog(tmp_path / "log")
    yield sqlite_log
    sqlite_log.close()


def keep(log: SqliteLog, credential: str, time: int, *originals: Original, tenant: str = "default") -> None:
    record = OriginalsRecord(ENVELOPE_VERSION, tenant, credential, time, 1, list(originals))
    log.append(ORIGINALS, Entry("k", encode(record)))


def test_by_credential_and_rule(log: SqliteLog) -> None:
    counts = RepairCounts(log)
    assert counts.by_rule() == {}
    keep(log, "edx", 5, Original("a", ["group-activity object", "bare-uuid object.id"], "{}"))
    keep(
        log,
        "edx",
        7,
        Original("b", ["bare-uuid object.id", "bare-uuid context"], "{}"),
        Original("c", ["home-page actor"], "{}"),
    )
    keep(log, "moodle", 9, Original("d", ["bare-uuid object.id"], "{}"), tenant="north")
    counts_by_rule = {rule: (count.statements, count.last) for rule, count in counts.by_rule().items()}
    assert counts_by_rule == {
        RepairRule("default", "edx", "bare-uuid"): (2, 7),
        RepairRule("default", "edx", "group-activity"): (1, 5),
        RepairRule("default", "edx", "home-page"): (1, 7),
        RepairRule("north", "moodle", "bare-uuid"): (1, 9),
    }
    assert [rule.rule for rule in counts.by_rule("default")] == ["bare-uuid", "group-activity", "home-page"]
    assert list(counts.by_rule("north")) == [RepairRule("north", "moodle", "bare-uuid")]


def test_what_is_delivered_again_counts_once(log: SqliteLog) -> None:
    counts = RepairCounts(log)
    for _ in range(3):
        keep(log, "edx", 5, Original("a", ["bare-uuid object.id"], "{}"))
        assert [count.statements for count in counts.by_rule().values()] == [1]


def test_the_command(log: SqliteLog, tmp_path: Path) -> None:
    keep(log, "edx", 1_772_442_000_000_000, Original("a", ["bare-uuid object.id"], "{}"))
    options = ["--data", str(tmp_path)]
    printed = CliRunner().invoke(main, ["repairs", *options], catch_exceptions=False)
    assert (printed.exit_code, "bare-uuid" in printed.output, "edx" in printed.output) == (0, True, True)
    as_json = CliRunner().invoke(main, ["repairs", *options, "--json"], catch_exceptions=False).output
    assert '"statements": 1' in as_json
    none = CliRunner().invoke(main, ["repairs", *options, "--tenant", "elsewhere"], catch_exceptions=False)
    assert none.output == "nothing was repaired\n"
