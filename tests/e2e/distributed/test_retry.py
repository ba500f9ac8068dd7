"""A dead letter on Kafka is retried: admitted as if it had been digested at first, and a rebuild gives the same."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from lrs.deadletters.listing import each_dead_letter
from processors.folds.registry import all_folds
from schemas.record import STATEMENTS, position_of
from tests.support.district import District, district
from tests.support.eventually import eventually
from tests.support.kafka import Broker
from tests.support.rows import expected, live
from tests.support.statements import answered

# What an older release could not digest: every Python process that finds this is one.
FAULT = """
from processors.stages import admit

whole = admit._Batch.add

def faulty(self, bundled, *read_with):
    if b"items/bad" in bundled.raw:
        raise ZeroDivisionError("it divides by 0")
    whole(self, bundled, *read_with)

admit._Batch.add = faulty
"""


def _rows(parts: District) -> list[tuple[str, int, int, int]]:
    return parts.store().tuples("SELECT id, partition, sequence, stored FROM statements FINAL ORDER BY id", {})


@pytest.mark.timeout(1200)
def test_a_statement_that_can_be_digested_now_is_retried(
    tmp_path: Path, kafka: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [
        answered(f"l{n}", "bad" if n % 3 == 0 else f"i{n}", timestamp=f"2026-03-02T09:{n:02}:00Z") for n in range(12)
    ]
    (tmp_path / "older").mkdir()
    (tmp_path / "older/sitecustomize.py").write_text(FAULT)
    with district(tmp_path, kafka.address()) as parts:
        with monkeypatch.context() as older:
            older.setenv("PYTHONPATH", str(tmp_path / "older"))
            parts.start()
        with parts.client() as client, parts.log() as log:
            assert client.post("/xAPI/statements", json=sent).status_code == 200
            parts.wait()
            letters = list(each_dead_letter(log))
            bad = {statement["id"] for statement in sent[::3]}
            assert {orjson.loads(letter.dead_letter.payload)["id"] for letter in letters} == bad
            parts.end("admit-0")
            parts.run("admit-0")  # the release that repairs it
            for number in (letters[0].number, letters[1].number):
                assert client.post(f"/dead-letters/{number}/retry").status_code == 200
            code, printed = parts.command("dead-letters", "retry", "--reason", "ZeroDivisionError", "--json")
            assert (code, len(orjson.loads(printed)["retried"])) == (0, 2)
            assert client.get("/dead-letters").json() == {"dead_letters": [], "more": False}
            again = client.post(f"/dead-letters/{letters[0].number}/retry")  # changes nothing
            assert again.status_code == 200
            eventually(lambda: len(_rows(parts)) == len(sent))
            parts.wait()
            for fold in all_folds():
                assert live(parts.store(), fold, "default") == expected(fold, "default", sent)
            rows = _rows(parts)
            for letter in letters:
                place, id_ = letter.dead_letter, orjson.loads(letter.dead_letter.payload)["id"]
                [(partition, sequence, stored)] = [row[1:] for row in rows if row[0] == id_]
                assert (partition, position_of(sequence)) == (place.partition, place.position)
                [record] = log.partition(partition).read(STATEMENTS, place.position, 1)[:1]
                assert 0 <= stored - record.time < 1_000  # when it was acknowledged, not now
            code, printed = parts.command("rebuild")
            assert code == 0, printed + parts.said("admit-0")[-3000:] + parts.said("project-0")[-3000:]
            parts.wait()
            assert _rows(parts) == rows
            assert len(list(each_dead_letter(log))) == len(letters)  # and none was added
