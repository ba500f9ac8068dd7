"""On Kafka: a version becomes active, and a table is replayed, while workers run and tools write."""

from __future__ import annotations

import time
from pathlib import Path

import orjson
import pytest
from msgspec.structs import replace

from lrs.catalog.catalogs import Catalogs
from lrs.catalog.versions import keep_version, versions_of
from processors.folds.mastery import Mastery
from processors.folds.registry import all_folds
from processors.mastery.weights import default_weights
from tests.support.district import District, district
from tests.support.eventually import LIMIT_SECONDS
from tests.support.kafka import Broker
from tests.support.load import acknowledged, compare, loading

HARSH = replace(default_weights(), version="harsh", mastery=replace(default_weights().mastery, shift=-3.0))


def made_with(parts: District) -> set[str]:
    """The versions with which learners' rows were made."""
    made = "SELECT DISTINCT JSONExtractString(mark, 'made_with') FROM mastery FINAL WHERE key = ''"
    found = parts.store().tuples(made, {})
    return {row[0] for row in found}


@pytest.mark.timeout(900)
def test_a_version_becomes_active_while_tools_write(tmp_path: Path, kafka: Broker) -> None:
    with district(tmp_path, kafka.address()) as parts:
        parts.start({"admit": 2, "project": 2, "decide": 1})
        with parts.log() as log:
            catalogs = Catalogs(log)
            keep_version(catalogs, "default", "op", HARSH, {}, time.time_ns() // 1000)
            with loading(parts, 2, pause=0.3) as senders:
                parts.wait_until(lambda: len(acknowledged(senders)) > 500, "api")
                before = len(acknowledged(senders))
                code, said = parts.command("activate", "harsh", "--yes", "--json", seconds=LIMIT_SECONDS)
                assert code == 0, said
                assert orjson.loads(said)["active"]
                code, said = parts.command("replay", "engagement", "--json", seconds=LIMIT_SECONDS)
                assert code == 0, said
                assert orjson.loads(said)["swapped"]
                during = len(acknowledged(senders))
                parts.wait_until(lambda: len(acknowledged(senders)) > during + 200, "api")  # and what comes after
            assert during > before
            assert versions_of(catalogs.latest("default")).active == "harsh"
        parts.wait()
        assert made_with(parts) == {"harsh"}
        compare(
            parts,
            acknowledged(senders),
            by=[Mastery(HARSH) if fold.name == Mastery.name else fold for fold in all_folds()],
        )
        code, said = parts.command("verify", "--all")
        assert code == 0, said
