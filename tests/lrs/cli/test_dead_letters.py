"""`lrs dead-letters` over dead letters that the stages wrote."""

from __future__ import annotations

import os
import uuid
import weakref
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from click.testing import CliRunner, Result

from lrs.cli import dead_letters as module
from lrs.cli import doctor
from lrs.cli.dead_letters import dead_letters
from lrs.deadletters import listing
from lrs.log import Entry, Record
from lrs.log.sqlite import SqliteLog
from lrs.store.client import Store
from processors.folds.registry import fold_names
from processors.stages import admit
from processors.stages.dead_letters import DeadLetters
from schemas.record import ADMIT, DIRECT, OBSERVATIONS, PROJECT, STATEMENTS, DeadLetter, decode_dead_letter
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


def test_however_many_there_are_few_are_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many, in_memory, most = 40, set[int](), 0

    class Payload(str):
        """The bytes of a letter, whose end is seen."""

    def counted(value: bytes) -> DeadLetter:
        nonlocal most
        letter = decode_dead_letter(value)
        payload = Payload(letter.payload)
        in_memory.add(id(payload))
        weakref.finalize(payload, in_memory.discard, id(payload))
        most = max(most, len(in_memory))
        return msgspec.structs.replace(letter, payload=payload)

    with closing(SqliteLog(tmp_path / "log")) as log:
        letters, record = DeadLetters(log, "api", STATEMENTS), Record(0, 0, "", b"{}")
        for number in range(many):
            letters.write(record, "t", f"no verb in {number}", b"{}")
        monkeypatch.setattr(listing, "decode_dead_letter", counted)
        [kind] = run(tmp_path, "list")
        assert (kind["count"], len(kind["dead_letters"])) == (many, many)
        groups = [(ADMIT, STATEMENTS), (PROJECT, OBSERVATIONS)]
        said = {found.part: found.found for found in doctor._log_findings(log, groups, 0)}
        assert said["dead letters"].startswith(f"{many} to decide on")
    assert len(run(tmp_path, "retry", *map(str, range(many)), code=1)["refused"]) == many
    assert run(tmp_path, "drop", "--reason", "no verb")["dropped"] == list(range(many))
    assert 0 < most <= 3, "letters that were looked at are kept"


def test_json_lists_some_of_each_kind_and_those_that_follow(
    way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [record] = way.log.read(STATEMENTS, 0, 1)
    for number in range(3):
        DeadLetters(way.log, "mastery", STATEMENTS).write(record, way.tenant, f"no number {number}", b"{}")
    monkeypatch.setattr(module, "SHOWN", 2)

    def listed(*more: str) -> dict[str, Any]:
        kinds = run(tmp_path, "list", *more)
        return {kind["stage"]: (kind["count"], [one["number"] for one in kind["dead_letters"]]) for kind in kinds}

    assert listed() == {"mastery": (3, [1, 2]), "admit": (1, [0])}
    assert listed("--after", "2") == {"mastery": (1, [3])}


def test_wrong_use(way: Way, tmp_path: Path) -> None:
    assert "give numbers, --reason or --stage" in run(tmp_path, "drop", code=2)
    assert "there is no dead letter 7" in run(tmp_path, "show", "7", code=5)
    assert "there is no log" in run(tmp_path / "none", "list", code=5)
    done = CliRunner().invoke(dead_letters, ["list", "--data", os.fspath(tmp_path)])
    assert "1  admit: statement" in done.stdout
    assert "(number 0)" in done.stdout
