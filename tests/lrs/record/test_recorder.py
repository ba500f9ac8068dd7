from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from lrs.auth.credentials import Credential
from lrs.catalog.catalogs import Catalogs
from lrs.log.sqlite import SqliteLog
from lrs.record.appender import IndexedAppender, StatementConflict
from lrs.record.completion import add_times
from lrs.record.recorder import Preparation, Recorder
from schemas.record import STATEMENTS, Bundle
from schemas.xapi import Invalid
from tests.support.statements import answered, voiding

TOOL = Credential("tool", "here")
NOW = 1_770_000_000_000_000


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    log = SqliteLog(tmp_path, lambda: NOW)
    yield log
    log.close()


@pytest.fixture
def recorder(log: SqliteLog) -> Recorder:
    return Recorder(IndexedAppender(log), Preparation(Catalogs(log)))


def record(recorder: Recorder, *statements: dict[str, Any], who: Credential = TOOL) -> list[str]:
    return asyncio.run(recorder.record([orjson.dumps(s) for s in statements], who, "1.0.3"))[0]


def kept(log: SqliteLog) -> list[bytes]:
    """What the log holds."""
    return [raw for record in log.read(STATEMENTS, 0, 1000) for raw in Bundle.decode(record.value).statements]


def stored(log: SqliteLog) -> list[dict[str, Any]]:
    """What a reader makes of it."""
    return [
        orjson.loads(add_times(raw, orjson.loads(raw), record.time + index))
        for record in log.read(STATEMENTS, 0, 1000)
        for index, raw in enumerate(Bundle.decode(record.value).statements)
    ]


def test_what_the_tool_left_out_is_added_and_the_rest_kept(recorder: Recorder, log: SqliteLog) -> None:
    sent = answered()
    del sent["id"], sent["timestamp"]
    ids = record(recorder, sent)
    statement = stored(log)[0]
    assert {k: statement[k] for k in sent} == sent
    assert statement["id"] == ids[0]
    assert statement["stored"] == statement["timestamp"] == "2026-02-02T02:40:00.000000Z"
    assert statement["authority"]["account"]["name"] == "tool"
    assert statement["version"] == "1.0.0"
    assert not {"stored", "timestamp"} & orjson.loads(kept(log)[0]).keys()  # they follow from the log


def test_those_of_one_request_are_stored_a_microsecond_apart(recorder: Recorder, log: SqliteLog) -> None:
    record(recorder, answered(), answered())
    record(recorder, answered())  # the clock stands still
    assert [s["stored"][-10:] for s in stored(log)] == ["00.000000Z", "00.000001Z", "00.000002Z"]


def test_a_tool_cannot_say_when_or_by_whom_it_was_stored(recorder: Recorder, log: SqliteLog) -> None:
    agent = {"mbox": "mailto:someone@school.example"}
    record(recorder, answered(stored="1999-01-01T00:00:00Z", authority=agent))
    statement = stored(log)[0]
    assert statement["stored"].startswith("2026-02-02")
    assert statement["authority"] != agent


def test_the_same_again_is_harmless_and_another_is_a_conflict(recorder: Recorder, log: SqliteLog) -> None:
    first, second = answered(), answered(item="i2")
    record(recorder, first)
    assert record(recorder, first, second) == [first["id"], second["id"]]
    assert [s["id"] for s in stored(log)] == [first["id"], second["id"]]
    with pytest.raises(StatementConflict, match=first["id"]):
        record(recorder, answered(item="i3"), {**first, "result": {"success": False}})
    assert len(stored(log)) == 2


def test_all_conflicts_are_named_at_once(recorder: Recorder, log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """And each record that holds them is read once."""
    old = [answered() for _ in range(12)]
    record(recorder, *old[:6])
    record(recorder, *old[6:])
    positions: list[int] = []
    read = SqliteLog.read

    def counted(self: SqliteLog, topic: str, start: int, most: int) -> Any:
        positions.append(start)
        return read(self, topic, start, most)

    monkeypatch.setattr(SqliteLog, "read", counted)
    changed = [statement | {"result": {"success": False}} for statement in old]
    with pytest.raises(StatementConflict, match=changed[11]["id"]) as error:
        record(recorder, old[0], *reversed(changed[3:]), answered())
    assert error.value.statements == [statement["id"] for statement in reversed(changed[3:])]
    assert sorted(positions) == [0, 1]


def test_ids_are_a_tenants_own(recorder: Recorder, log: SqliteLog) -> None:
    first = answered()
    record(recorder, first)
    record(recorder, {**first, "result": {"success": False}}, who=Credential("tool", "elsewhere"))
    assert len(stored(log)) == 2


def test_one_wrong_statement_keeps_all_out_and_is_named(recorder: Recorder, log: SqliteLog) -> None:
    with pytest.raises(Invalid) as error:
        record(recorder, answered(), {**answered(), "verb": {"id": "no iri"}})
    assert error.value.field.startswith("1.verb")
    assert stored(log) == []


def test_one_id_twice_in_a_request_is_refused(recorder: Recorder) -> None:
    first = answered()
    with pytest.raises(Invalid, match="duplicate id"):
        record(recorder, first, first)


def test_what_is_voided_is_said_at_once(log: SqliteLog) -> None:
    voided_ids: list[tuple[str, list[str], int | None]] = []
    recorder = Recorder(
        IndexedAppender(log),
        Preparation(Catalogs(log)),
        voided=lambda tenant, ids, position: voided_ids.append((tenant, list(ids), position)),
    )
    first = answered()
    record(recorder, first, voiding(first["id"]))
    assert voided_ids == [("here", [first["id"]], 1)]
