"""The simulated school: the same each time, large enough, and statements that any LRS takes."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

import orjson
import pytest

from lrs.simulator.school import PupilKind, SimulatedSchool
from lrs.simulator.statements import BATCH, Delivery, deliveries
from schemas.catalog import CHANGES
from schemas.xapi import check

START = datetime(2026, 1, 5, tzinfo=UTC)


@cache
def default() -> tuple[SimulatedSchool, list[Delivery]]:
    school = SimulatedSchool.build(start=START)
    return school, deliveries(school)


def ids(found: list[Delivery]) -> set[str]:
    return {orjson.loads(raw)["id"] for delivery in found for raw in delivery.statements}


def test_the_same_seed_gives_the_same_bytes() -> None:
    small = [deliveries(SimulatedSchool.build(3, 1, 4, 1, START)) for _ in range(2)]
    assert small[0] == small[1]
    assert small[0] != deliveries(SimulatedSchool.build(4, 1, 4, 1, START))


@pytest.mark.parametrize(
    ("learners", "weeks", "start"), [(4, 1, START + timedelta(days=1)), (4, 2, START), (5, 1, START)]
)
def test_schools_that_differ_share_no_statement_id(learners: int, weeks: int, start: datetime) -> None:
    """So a folder that is kept takes another day's play: an id with other bytes would be a conflict."""
    assert not ids(deliveries(SimulatedSchool.build(3, 1, 4, 1, START))) & ids(
        deliveries(SimulatedSchool.build(3, 1, learners, weeks, start))
    )


def test_size_and_kinds() -> None:
    school, found = default()
    assert len(school.classes) == 4
    pupils = [pupil for class_ in school.classes.values() for pupil in class_]
    assert len(pupils) >= 100
    assert {pupil.kind for pupil in pupils} == set(PupilKind)
    assert sum(len(delivery.statements) for delivery in found if not delivery.again) >= 50_000
    assert max(len(delivery.statements) for delivery in found) <= BATCH


def test_statements_are_valid_and_unique() -> None:
    _, found = default()
    ids = Counter(check(raw, "1.0.3").id for d in found[::10] if not d.again for raw in d.statements)
    assert max(ids.values()) == 1


def test_every_verb_is_spoken_and_named_by_its_display() -> None:
    verbs = {
        (verb["id"].rsplit("/", 1)[1], verb["display"]["en"])
        for delivery in default()[1]
        for verb in (orjson.loads(raw)["verb"] for raw in delivery.statements)
    }
    names = "initialized watched experienced answered completed commented selected terminated voided"
    assert verbs == {(name, name) for name in names.split()}


def test_what_comes_again_is_what_came_before() -> None:
    _, found = default()
    came: set[bytes] = set()
    for delivery in found:
        assert delivery.again == (delivery.body in came)
        came.add(delivery.body)


def test_arrival_is_in_order_and_never_before_it_happened() -> None:
    _, found = default()
    assert all(a.at <= b.at for a, b in pairwise(found))
    for delivery in found[::10]:
        assert all(datetime.fromisoformat(orjson.loads(raw)["timestamp"]) <= delivery.at for raw in delivery.statements)


def test_a_void_is_of_a_statement_that_is_there() -> None:
    _, found = default()
    known = ids(found)
    voids = [orjson.loads(raw) for d in found for raw in d.statements if b"verbs/voided" in raw]
    assert {void["object"]["id"] for void in voids} <= known


def test_some_come_late_twice_or_are_voided() -> None:
    _, found = default()
    assert any(delivery.again for delivery in found)
    late = 0
    voids = 0
    for delivery in found:
        first = orjson.loads(delivery.statements[0])
        late += (delivery.at - datetime.fromisoformat(first["timestamp"])).days >= 1
        voids += sum(b"verbs/voided" in raw for raw in delivery.statements)
    assert late > 20
    assert voids > 20


def test_the_catalog_is_one_that_the_api_takes() -> None:
    school, _ = default()
    changes = [change.model_dump() for change in school.changes()]
    assert CHANGES.validate_json(orjson.dumps(changes)) == school.changes()
