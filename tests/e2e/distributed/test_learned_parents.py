"""On Kafka: what items are a part of is learned from statements, and earlier ones are read again for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.distributed.test_reinterpret import attempts
from tests.support.district import district
from tests.support.kafka import Broker
from tests.support.statements import HOME, answered


@pytest.mark.timeout(600)
def test_what_items_are_a_part_of_is_learned_from_statements(tmp_path: Path, kafka: Broker) -> None:
    """One answer names no unit, another does: the first goes to the unit's skill, without anybody asking for it."""
    with district(tmp_path, kafka.address()) as parts:
        parts.start()
        with parts.client() as client:
            unit = f"{HOME}/units/u7"
            assert (
                client.post(
                    "/catalog", json=[{"kind": "skill", "id": "s"}, {"kind": "activity", "id": unit, "skills": ["s"]}]
                ).status_code
                == 200
            )
            context = {"contextActivities": {"parent": [{"id": unit}]}}
            sent = [answered("ada", "i9", True, ()), answered("bo", "i9", True, (), context=context)]
            assert client.post("/xAPI/statements", json=sent).status_code == 200
            parts.wait()
            assert attempts(client, "bo") == {"s": 1}
            parts.run("reinterpret-0")
            parts.wait_until(lambda: attempts(client, "ada") == {"s": 1}, "reinterpret-0")
