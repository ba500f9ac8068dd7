"""What the catalog does not say anything of."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from lrs.catalog.unmapped import count_unmapped, unmapped_activities
from lrs.store.client import Store
from processors.stages import observation_table
from processors.stages.statement_table import insert_rows
from schemas.observation import Kind, Observation
from tests.processors.runtime.test_way import Way
from tests.support.statements import HOME, answered, key, voiding


def test_judged_answers_without_a_skill_are_counted_by_activity(store: Store) -> None:
    tenant = str(uuid.uuid4())

    def seen(n: int, item: str, outcome: float | None = 1.0, **more: Any) -> Observation:
        learner = more.pop("learner", "ada")
        return Observation(tenant, learner, n, f"s{n}", 0, Kind.ATTEMPT, "v", item, outcome=outcome, **more)

    known = [
        seen(1, "a"),
        seen(2, "a", 0.0, learner="bo"),
        seen(3, "a", None),  # not judged
        seen(4, "b", skills=("quiz",), provisional=True, parents=("try", "u", "c"), attempt="try"),
        seen(5, "c", skills=("s",)),
    ]
    rows = [observation_table.observation_row(o, observation_table.PRESENT) for o in known]
    insert_rows(store, "observations", observation_table.TYPES_OF_ROWS, rows)
    assert unmapped_activities(store, tenant, 10) == [
        ("a", 2, 2, 2, "s2", "", ""),
        ("b", 1, 1, 4, "s4", "quiz", "u"),
    ]
    assert len(unmapped_activities(store, tenant, 1)) == 1
    found = count_unmapped(store, tenant, 1)
    assert (found["answers"], found["activities"], [one["activity"] for one in found["listed"]]) == (3, 2, ["a"])


def test_what_is_nobodys_learning_is_counted_by_reason(store: Store, tmp_path: Path) -> None:
    way = Way(store, tmp_path / "log", f"nothing-{uuid.uuid4()}")
    enrolled = answered(verb={"id": "http://adlnet.gov/expapi/verbs/registered"})
    group = {"objectType": "Group", "account": {"homePage": HOME, "name": "team"}}
    gone = answered(actor=group)
    way.append([answered(), enrolled, answered(actor=group), gone, voiding(gone["id"])])
    way.finish()
    way.restart()
    way.positions = dict.fromkeys(way.positions, 0)  # delivered again, they count once
    way.finish()
    found = count_unmapped(store, way.tenant, 10)
    assert {one["reason"]: one["statements"] for one in found["nothing"]} == {
        "administration": 1,
        "nobody named": 1,
        "a voiding": 1,
    }
    assert [(one["group"], one["statements"]) for one in found["groups"]] == [(key("team"), 1)]
    way.log.close()
