"""`lrs dead-letters` over dead letters that the stages wrote."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from lrs.cli.dead_letters import dead_letters
from lrs.log import Entry
from lrs.store.client import Store
from processors.folds.registry import fold_names
from processors.stages import admit
from processors.stages.dead_letters import DeadLetters
from schemas.record import DIRECT, OBSERVATIONS, STATEMENTS
from tests.processors.runtime.test_way import Way
from tests.support.rows import expected, live
from tests.support.statements import answered

BAD = "https://school.example/items/bad"


@pytest.fixture
def way(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    """Three statements, of which an interpretation of before could not digest one."""
    whole_way = Way(store, tmp_path / "log", f"letters-{uuid.uuid4()}")
    sent = [answered("ada", "i1"), answered("ada", "bad"), answered("ada", "i3")]
    add = admit._Batch.add

    def faulty(self: Any, bundled: Any, *read_with: Any) -> None:
        if b"items/bad" in bundled.raw:
            raise ZeroDivisionError(f"it divides {bundled.id} by 0")
        add(self, bundled, *read_with)

    whole_way.sent = sent  # type: ignore[attr-defined]
    with monkeypatch.context() as before:
        before.setattr(admit._Batch, "add", faulty)
        whole_way.append(sent)
        whole_way.finish()
    yield whole_way
    whole_way.log.close()


def run(way_folder: Path, *arguments: str, code: int = 0) -> Any:
    done: Result = CliRunner().invoke(dead_letters, [*arguments, "--data", os.fspath(way_folder), "--json"])
    assert done.exit_code == code, (done.stderr, done.exception)
    return orjson.loads(done.stdout) if done.stdout else done.stderr


def test_a_statement_that_can_be_digested_now_is_retried(way: Way, tmp_path: Path) -> None:
    sent = way.sent  # type: ignore[attr-defined]
    [kind] = run(tmp_path, "list")
    assert (kind["stage"], kind["count"]) == ("admit", 1)
    assert kind["reason"] == "statement …: ZeroDivisionError: it divides … by …"
    letter = run(tmp_path, "show", "0")
    assert orjson.loads(letter["payload"]) == sent[1]
    assert sent[1]["id"] in letter["reason"]
    assert run(tmp_path, "retry", "0") == {"retried": [0], "already": [], "refused": {}}
    assert run(tmp_path, "list") == []
    assert run(tmp_path, "list", "--all")[0]["dead_letters"][0]["outcome"] == "retried"
    way.finish()
    for stage in fold_names():
        fold = way.stages[stage]._folds.fold  # type: ignore[attr-defined]
        assert live(way.store, fold, way.tenant) == expected(fold, way.tenant, sent)
    rows = way.store.tuples(
        "SELECT partition, sequence, stored FROM statements FINAL WHERE tenant = {tenant:String} ORDER BY sequence",
        {"tenant": way.tenant},
    )
    time = way.log.read(STATEMENTS, 0, 1)[0].time
    assert rows == [(0, index, time + index) for index in range(3)]  # as if it had been digested at first
    # Once more changes nothing.
    run(tmp_path, "retry", "0")
    way.finish()
    assert len(way.store.tuples("SELECT id FROM statements FINAL WHERE tenant = {t:String}", {"t": way.tenant})) == 3


def test_one_that_still_cannot_becomes_another_dead_letter(
    way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(self: Any, bundled: Any, *read_with: Any) -> None:
        raise ValueError("still not")

    run(tmp_path, "retry", "--reason", "ZeroDivisionError")
    monkeypatch.setattr(admit._Batch, "add", faulty)
    way.finish()
    [kind] = run(tmp_path, "list")
    assert (kind["reason"], kind["dead_letters"][0]["number"]) == ("statement …: ValueError: still not", 1)
    monkeypatch.undo()
    run(tmp_path, "retry", "1")
    way.finish()
    assert len(way.store.tuples("SELECT id FROM statements FINAL WHERE tenant = {t:String}", {"t": way.tenant})) == 3


def test_what_to_try_again_would_not_help_says_what_would(way: Way, tmp_path: Path) -> None:
    way.log.append(STATEMENTS, Entry("", b"no record"))
    way.finish()
    record = way.log.read(STATEMENTS, 0, 1)[0]
    DeadLetters(way.log, "mastery", STATEMENTS).write(record, way.tenant, "folds not", b"{}")
    DeadLetters(way.log, "intake", DIRECT).write(record, way.tenant, "not JSON", b"{")
    DeadLetters(way.log, "admit", STATEMENTS).write(record, way.tenant, "of nobody", b"{}")
    DeadLetters(way.log, "engagement", OBSERVATIONS).write(record, way.tenant, "no observations", b"{}")
    DeadLetters(way.log, "api", STATEMENTS).write_at(STATEMENTS, 0, -1, way.tenant, "no verb", b"{}")
    DeadLetters(way.log, "project", OBSERVATIONS).write(record, way.tenant, "no observations", b"{}")
    answer = run(tmp_path, "retry", "1", "2", "3", "4", "5", "6", "7", code=1)
    assert answer["retried"] == []
    assert "not a record of statements" in answer["refused"]["1"]
    assert "`lrs replay mastery`" in answer["refused"]["2"]
    assert "its sender has to" in answer["refused"]["3"]
    assert "does not hold it" in answer["refused"]["4"]
    assert "`lrs replay engagement`" in answer["refused"]["5"]
    assert "api stored no statement of it" in answer["refused"]["6"]
    assert "`lrs dead-letters drop 6`" in answer["refused"]["6"]
    assert "`lrs rebuild`" in answer["refused"]["7"]
    assert len(run(tmp_path, "list")) == 8
    printed = CliRunner().invoke(dead_letters, ["show", "6", "--data", os.fspath(tmp_path)]).stdout
    assert "position   none: it was refused before it was stored" in printed
    assert "outcome    nothing yet" in printed


def test_what_is_dropped_is_listed_no_more_and_stays(way: Way, tmp_path: Path) -> None:
    assert run(tmp_path, "drop", "--stage", "admit") == {"dropped": [0], "already": [], "refused": {}}
    assert run(tmp_path, "list") == []
    assert run(tmp_path, "show", "0")["outcome"] == "dropped"
    assert run(tmp_path, "drop", "--stage", "admit") == {"dropped": [], "already": [], "refused": {}}
    assert run(tmp_path, "drop", "0") == {"dropped": [], "already": [0], "refused": {}}
    again = CliRunner().invoke(dead_letters, ["drop", "0", "--data", os.fspath(tmp_path)])
    assert (again.exit_code, again.stdout) == (0, "0 dropped, 1 already\n")


def test_wrong_use(way: Way, tmp_path: Path) -> None:
    assert "give numbers, --reason or --stage" in run(tmp_path, "drop", code=2)
    assert "there is no dead letter 7" in run(tmp_path, "show", "7", code=5)
    assert "there is no log" in run(tmp_path / "none", "list", code=5)
    done = CliRunner().invoke(dead_letters, ["list", "--data", os.fspath(tmp_path)])
    assert "1  admit: statement" in done.stdout
    assert "(number 0)" in done.stdout
