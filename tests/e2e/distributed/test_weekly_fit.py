"""On Kafka: a weekly fit becomes active while workers run, and what waits is taken up by the next start."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.catalog.versions import versions_of
from lrs.models.fit_reports import FEWEST_ANSWERS, FEWEST_LEARNERS
from schemas.models import Activation, ModelVersions
from tests.support.district import district
from tests.support.kafka import Broker
from tests.support.statements import answered

# Half of the items are always answered right, half never: own weights know that.
LEARNERS, ITEMS = FEWEST_LEARNERS, FEWEST_ANSWERS // FEWEST_LEARNERS


def answer(name: str, number: int) -> dict[str, Any]:
    right, timestamp = number % 2 == 0, f"2026-03-02T10:{number:02}:00Z"
    return answered(name, f"i{number}", right, ("easy",) if right else ("hard",), timestamp)


@pytest.mark.timeout(900)
def test_a_weekly_fit_waits_until_it_may_decide_and_then_does_while_workers_run(
    tmp_path: Path, kafka: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with district(tmp_path, kafka.address()) as parts:
        parts.start({"admit": 1, "project": 1, "decide": 1})
        with parts.client() as client, parts.log() as log:
            catalogs = Catalogs(log)

            def versions() -> ModelVersions:
                return versions_of(catalogs.latest("default"))

            for learner in range(LEARNERS):
                sent = [answer(f"pupil-{learner}", number) for number in range(ITEMS)]
                assert client.post("/xAPI/statements", json=sent).status_code == 200
            parts.wait()

            monkeypatch.setenv("PACER_FIT_WEEKLY", "1")
            parts.run("all-0")  # beside the single stages
            parts.wait_until(lambda: len(versions().known) == 1, "all-0")
            [version] = versions().known
            assert versions().active == ""
            assert f"{version} waits" in parts.command("doctor")[1]

            parts.end("all-0")
            monkeypatch.setenv("PACER_ACTIVATE_BETTER", "1")
            parts.run("weekly")
            parts.wait_until(lambda: f"{version} is active" in parts.said("weekly"), "weekly")  # its tables, too
            assert versions().active == version
            assert list(versions().known) == [version]  # and none was fitted beside it
            parts.end("weekly")
            catalogs.append("default", "op", Activation(version="", by="op"), time.time_ns() // 1000)
            code, said = parts.command("doctor")  # as if going back had been cut short
            assert code == 1, said
            assert "was cut short" in said
            catalogs.append("default", "op", Activation(version=version, by="op"), time.time_ns() // 1000)
            assert "was cut short" not in parts.command("doctor")[1]
            assert client.post("/xAPI/statements", json=answer("pupil-0", ITEMS)).status_code == 200
            parts.wait()
        code, said = parts.command("verify", "--all")
        assert code == 0, said
