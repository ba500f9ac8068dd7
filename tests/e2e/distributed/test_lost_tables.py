"""On Kafka: tables that are lost, or short of a part, are found, closed to readers, and rebuilt by themselves."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.support.district import District, district
from tests.support.kafka import Broker
from tests.support.load import compare
from tests.support.sent import VOIDED, listed, made, post

FOUND_SECONDS = 60.0  # promised


def send(parts: District, seed: int, many: int = 60) -> list[str]:
    """Post statements of some learners, a few of them voided, which come last; gives their ids."""
    sent = made(seed, many)
    return post(parts, sent[VOIDED:] + sent[:VOIDED])


WORKERS = ("admit-0", "admit-1", "project-0")


def lengths(parts: District) -> dict[str, int]:
    """How much each worker has said."""
    return {name: len(parts.said(name)) for name in WORKERS}


def rebuilt(parts: District, since: Mapping[str, int]) -> str:
    """Why a worker has begun to rebuild since then; empty where none has. Few rows are rebuilt between two looks."""
    lines = [line for name, said in since.items() for line in parts.said(name)[said:].splitlines()]
    return next((line for line in lines if "rebuilding" in line and "WARNING" in line), "")


def closed(parts: District, seconds: float = FOUND_SECONDS, since: Mapping[str, int] | None = None) -> str:
    """Why nothing may be read, once that is found; statements are accepted all the while."""
    deadline = time.monotonic() + seconds
    with parts.client(timeout=10) as client:
        while time.monotonic() < deadline:
            parts.heal()
            answer = client.get("/ready/read")
            said = answer.status_code == 503 and ("rebuilt" in answer.text or "halted" in answer.text)
            writable = client.get("/ready/write")
            if "the log does not answer" in writable.text:  # Kafka, on a busy machine: ask again
                time.sleep(0.1)
                continue
            assert writable.status_code == 200, writable.text
            if said:
                return " ".join(answer.json()["reasons"])
            if since and (why := rebuilt(parts, since)):
                return why
            time.sleep(0.1)
    raise AssertionError(f"not found in {seconds} s")


def never_empty(parts: District, wanted: set[str], seconds: float = 120) -> None:
    """Ask until all is there; meanwhile an answer may be refused, and is never one without what was acknowledged."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        parts.heal()
        try:
            found = listed(parts)
        except httpx.TransportError:
            continue
        if isinstance(found, set):
            assert wanted <= found, f"{len(wanted - found)} are missing from an answer with 200"
            return
        assert found == 503
        time.sleep(0.05)
    raise AssertionError(f"not rebuilt in {seconds} s")


@pytest.mark.timeout(1200)
def test_tables_are_lost_while_it_runs_and_while_it_does_not(tmp_path: Path, kafka: Broker) -> None:
    with district(tmp_path, kafka.address()) as parts:
        parts.start({"admit": 2, "project": 1})
        sent = send(parts, 0)
        found = set(sent[:-VOIDED])
        parts.wait()
        losses = {
            "TRUNCATE TABLE statements": "table statements lacks",
            "DROP TABLE mastery SYNC": "table mastery is missing",
        }
        for seed, (sql, reason) in enumerate(losses.items(), 1):
            began, before = time.monotonic(), lengths(parts)
            parts.store().command(sql, 60)
            more = send(parts, seed)  # writes go on; the stages meet what is not there any more
            said = closed(parts, since=before)
            print(f"{sql}: found in {time.monotonic() - began:.1f} s: {said}")
            assert reason in said, said
            never_empty(parts, found)
            parts.wait()
            sent += more
            found |= set(more[:-VOIDED])
            compare(parts, sent)
        # A part of a table, while nobody reads.
        for name in ("admit-0", "admit-1", "project-0"):
            parts.end(name)
        store = parts.store()
        [[part]] = store.tuples(
            "SELECT name FROM system.parts WHERE active AND table = 'engagement' AND database = currentDatabase() "
            "ORDER BY rows DESC LIMIT 1",
            {},
        )
        store.command(f"ALTER TABLE engagement DROP PART '{part}'")
        sent += send(parts, 9)
        for name in ("admit-0", "project-0"):
            parts.run(name)
        parts.wait()
        assert compare(parts, sent).logged == len(sent)
