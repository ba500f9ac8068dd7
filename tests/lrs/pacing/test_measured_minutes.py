"""How long activities take, by what statements say; and what only statements know."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest

from lrs.pacing.materials import list_materials
from lrs.pacing.measured_minutes import Measured, RecentMinutes, measured_minutes
from lrs.pacing.next_items import next_items
from lrs.plans.needs import needs_of_day, timetable_of
from lrs.store.client import Store, StoreUnavailable
from processors.stages import observation_table
from processors.stages.statement_table import insert_rows
from schemas.catalog import Activity, Pattern
from schemas.cmi5.course import Au, Course, activity_id
from schemas.material import Material
from schemas.observation import Kind, Observation
from tests.support.classroom import NOW, Classroom
from tests.support.eventually import eventually

HOME, MINUTE = "https://a.example", 60_000_000
ADA = "mbox:mailto:ada@school.example"


def observe(store: Store, tenant: str, item: str, *rows: dict[str, Any]) -> None:
    seen = []
    for n, row in enumerate(rows):
        time = NOW + row.pop("at", n) * MINUTE
        seen.append(Observation(tenant, ADA, time, f"{item}{n}", 0, Kind.SESSION, "v", item, **row))
    values = [observation_table.observation_row(one, observation_table.PRESENT) for one in seen]
    insert_rows(store, "observations", observation_table.TYPES_OF_ROWS, values)


def tries(*minutes: float) -> list[dict[str, Any]]:
    """Tries with their durations, each in a session of its own."""
    return [{"duration": 60 * took, "session": str(n)} for n, took in enumerate(minutes)]


def test_a_try_is_as_long_as_its_longest_duration_or_from_first_to_last(store: Store) -> None:
    tenant = uuid.uuid4().hex
    spans = [{"at": at + 100 * n, "session": str(n)} for n, took in enumerate((3, 5, 9)) for at in (0, took)]
    observe(store, tenant, "spans", *spans)
    observe(store, tenant, "said", *tries(1, 2, 30), {"duration": 1.0, "session": "2"})
    observe(store, tenant, "attempts", *({"at": n, "attempt": str(n // 2)} for n in range(6)))
    found = measured_minutes(store, tenant)
    assert found == {"spans": Measured(5, 3, 1), "said": Measured(2, 3, 1), "attempts": Measured(1, 3, 1)}
    assert measured_minutes(store, tenant, ["said"]) == {"said": Measured(2, 3, 1)}
    assert measured_minutes(store, tenant, []) == {}


def test_what_says_nothing_of_others_is_not_measured(store: Store) -> None:
    tenant = uuid.uuid4().hex
    observe(store, tenant, "few", *tries(1, 2))
    observe(store, tenant, "left open", *tries(1, 2, 241))
    observe(store, tenant, "moments", *({"session": str(n)} for n in range(5)))
    observe(store, tenant, "graded", *(row | {"by": "teacher"} for row in tries(1, 2, 3)))
    observe(store, tenant, "", *tries(1, 2, 3))
    assert measured_minutes(store, tenant) == {}
    observe(store, tenant, "short", *tries(0.01, 0.01, 0.01))
    assert measured_minutes(store, tenant)["short"].minutes == 0.1


def test_it_is_measured_again_after_a_while(store: Store) -> None:
    tenant, clock = uuid.uuid4().hex, [0.0]
    recent = RecentMinutes(lambda: clock[0])
    assert recent(store, tenant) == {}
    observe(store, tenant, "a", *tries(1, 2, 3))
    assert recent(store, tenant) == {}
    clock[0] = 601.0
    eventually(lambda: recent(store, tenant) == {"a": Measured(2, 3, 1)})


def test_nobody_waits_while_it_is_measured_again(store: Store) -> None:
    tenant, clock = uuid.uuid4().hex, [0.0]
    asked, go_on = threading.Event(), threading.Event()

    class Slow:
        def tuples(self, *question: Any) -> Any:
            asked.set()
            assert go_on.wait(60)
            return store.tuples(*question)

    recent = RecentMinutes(lambda: clock[0])
    observe(store, tenant, "a", *tries(1, 2, 3))
    assert recent(store, tenant) == {"a": Measured(2, 3, 1)}
    observe(store, tenant, "b", *tries(1, 2, 3))
    clock[0] = 601.0
    for _ in range(2):
        assert recent(Slow(), tenant) == {"a": Measured(2, 3, 1)}  # type: ignore[arg-type]
    assert asked.wait(60)
    go_on.set()
    eventually(lambda: recent(store, tenant).keys() == {"a", "b"})


def test_what_was_measured_before_stays_while_the_store_fails(store: Store) -> None:
    tenant, clock, failures = uuid.uuid4().hex, [0.0], list[str]()

    class Failing:
        def tuples(self, *_: Any) -> Any:
            failures.append("gone")
            raise StoreUnavailable("gone")

    recent = RecentMinutes(lambda: clock[0])
    observe(store, tenant, "a", *tries(1, 2, 3))
    measured = recent(store, tenant)
    clock[0] = 601.0

    def is_tried_again() -> bool:
        assert recent(Failing(), tenant) == measured  # type: ignore[arg-type]
        return len(failures) > 1

    eventually(is_tried_again)


def test_a_store_that_failed_is_asked_again(store: Store) -> None:
    class Failing:
        def tuples(self, *_: Any) -> Any:
            raise OSError("gone")

    tenant, recent = uuid.uuid4().hex, RecentMinutes()
    observe(store, tenant, "a", *tries(1, 2, 3))
    with pytest.raises(OSError, match="gone"):
        recent(Failing(), tenant)  # type: ignore[arg-type]
    assert recent(store, tenant) == {"a": Measured(2, 3, 1)}


@pytest.fixture
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({ADA: "Ada"}, {"halves": "Halves", "thirds": "Thirds"})
    made.change(Pattern(id=f"{HOME}/*", skills=["halves"]))
    return made


def test_next_items_and_plans_use_them_where_the_catalog_says_none(room: Classroom) -> None:
    for name, minutes in (("said", 5.0), ("measured", 0.0), ("unknown", 0.0)):
        room.change(Material(id=f"{HOME}/{name}", minutes=minutes))
    for name in ("said", "measured"):
        observe(room.store, room.tenant, f"{HOME}/{name}", *tries(6, 7, 8))
    items = next_items(room.store, room.catalog, room.tenant, ADA, 3, NOW)["items"]
    told = {item["activity"].rpartition("/")[2]: (item["minutes"], item["measured"]) for item in items}
    assert told == {"said": (5.0, False), "measured": (7.0, True), "unknown": (None, False)}
    timetable, _ = timetable_of(room.catalog, "7b")
    needs = needs_of_day(room.store, room.catalog, room.tenant, timetable, "2030-03-18", frozenset(), NOW)
    planned = {task.id.split()[0].rpartition("/")[2]: task.minutes for task in needs.tasks.values()}
    assert planned == {"said": 5.0, "measured": 7.0}  # two of a skill
    assert {task.minutes for task in needs.day.tasks.values()} == {5.0, 7.0}
    assert needs.without_material == ["Thirds"]


def test_what_only_statements_know_is_listed_and_not_planned(room: Classroom) -> None:
    observe(room.store, room.tenant, f"{HOME}/seen", *tries(6, 7, 8))
    observe(room.store, room.tenant, "urn:seen", *tries(1, 1, 1, 1))
    observe(room.store, room.tenant, "urn:opened", *({"session": str(n)} for n in range(2)))
    title = {"en": "Unit"}
    unit = Au(id="urn:au", title=title, description=title, url="https://c.example/a.html")
    room.change(Course(id="https://c.example/", title=title, description=title, children=[unit]))
    observe(room.store, room.tenant, activity_id("https://c.example/", "urn:au"), *tries(20, 20, 20))
    room.change(Material(id="page", via="page", opens="Workbook 7, page 12", minutes=3))
    room.change(Activity(id="page", skills=["nothing of a class"]))
    found = list_materials(room.store, room.catalog, room.tenant, 10)
    assert [(one["activity"], one["measured_minutes"], one["skills"]) for one in found["only_in_statements"]] == [
        ("urn:seen", 1.0, []),
        (f"{HOME}/seen", 7.0, ["halves"]),
        ("urn:opened", None, []),
    ]
    assert [(one["tries"], one["learners"]) for one in found["only_in_statements"]] == [(4, 1), (3, 1), (2, 1)]
    searched = list_materials(room.store, room.catalog, room.tenant, 10, "UNIT")
    assert ([one["name"] for one in searched["materials"]], searched["only_in_statements"]) == (["Unit"], [])
    assert {one["via"]: (one["name"], one["minutes"], one["measured_minutes"]) for one in found["materials"]} == {
        "cmi5": ("Unit", None, 20.0),
        "page": ("page", 3.0, None),
    }
    assert (found["count"], [one["id"] for one in found["without_material"]]) == (2, ["halves", "thirds"])
    assert next_items(room.store, room.catalog, room.tenant, ADA, 3, NOW)["items"] == []
    assert len(list_materials(room.store, room.catalog, room.tenant, 1)["materials"]) == 1
