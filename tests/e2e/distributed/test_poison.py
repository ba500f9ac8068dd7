"""Unreadable records, in either topic, are a dead letter each; what follows them is folded."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs.log import Entry
from processors.folds.registry import all_folds
from schemas.record import OBSERVATIONS, STATEMENTS
from tests.support.district import district
from tests.support.kafka import Broker
from tests.support.load import dead
from tests.support.rows import expected, live
from tests.support.statements import answered

POISON = (b"no bundle at all", b"", bytes(range(256)), b'{"format":99}\n', b"[[1]]")


@pytest.mark.timeout(1200)
def test_poison_stops_no_partition(tmp_path: Path, kafka: Broker) -> None:
    with district(tmp_path, kafka.address()) as parts:
        parts.start()
        sent = []
        with parts.client() as client, parts.log() as log:
            for number in range(3):
                batch = [
                    answered(f"l{n}", f"i{number}", timestamp=f"2026-03-02T09:{number}{n % 10}:00Z") for n in range(20)
                ]
                sent += batch
                assert client.post("/xAPI/statements", json=batch).status_code == 200
                for topic in (STATEMENTS, OBSERVATIONS):
                    for partition in range(4):
                        for value in POISON:
                            log.submit(topic, Entry("", value), partition).result()
            parts.wait()
            letters = dead(log)
        store = parts.store()
        for fold in all_folds():
            assert live(store, fold, "default") == expected(fold, "default", sent)
        found = {(letter.topic, letter.partition, letter.position) for letter in letters}
        wanted = 3 * 4 * len(POISON)
        for topic in (STATEMENTS, OBSERVATIONS):
            assert len({place for place in found if place[0] == topic}) == wanted
        assert all(letter.reason for letter in letters)
        print(f"{2 * wanted} poisoned records, {len(letters)} dead letters, {len(sent)} statements folded")
