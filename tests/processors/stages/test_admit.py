"""What admitting writes beside statements and observations: learners' names."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from lrs.store.client import Store
from processors.stages.admit import Admit
from schemas.catalog import Catalog
from schemas.people import People
from schemas.record import STATEMENTS, Bundle

ADA = "mailto:ada@school.example"
Said = tuple[int, str]  # minute, name


class _NoCatalogs:
    position = 0

    def look(self) -> None:
        pass

    def reach(self, position: int) -> None:
        pass

    def at(self, tenant: str, position: int) -> Catalog:
        return Catalog()

    def reinterpreted_at(self, tenant: str, position: int) -> int | None:
        return None

    def people(self, tenant: str) -> People:
        return Catalog().people


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteLog]:
    sqlite_log = SqliteLog(tmp_path_factory.mktemp("log"))
    yield sqlite_log
    sqlite_log.close()


@pytest.fixture
def named(log: SqliteLog, store: Store) -> Callable[[list[list[Said]]], list[str]]:
    """Admit batches of statements of one learner; gives the names that the table then has for them."""

    def admit(batches: list[list[Said]]) -> list[str]:
        tenant = uuid.uuid4().hex
        stage = Admit(log, store, _NoCatalogs())
        for batch in batches:
            at = log.end(STATEMENTS)
            raw = [_statement(minute, name) for minute, name in batch]
            ids = [orjson.loads(statement)["id"] for statement in raw]
            log.append(STATEMENTS, Entry("", Bundle(tenant, "tool", 1, 0, ids, raw).encode(), len(raw)))
            stage.handle(log.read(STATEMENTS, at, 1))
        rows = store.tuples("SELECT name FROM learners FINAL WHERE tenant = %(tenant)s", {"tenant": tenant})
        return [row[0] for row in rows]

    return admit


def _statement(minute: int, name: str) -> bytes:
    actor = {"mbox": ADA, "name": name} if name else {"mbox": ADA}
    return orjson.dumps(
        {
            "id": str(uuid.uuid4()),
            "actor": actor,
            "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
            "object": {"id": "https://items.example/1"},
            "timestamp": f"2026-01-01T10:{minute:02}:00.000Z",
        }
    )


Admitted = Callable[[list[list[Said]]], list[str]]


@pytest.mark.parametrize("batches", [[[(0, "Nina")], [(1, "")]], [[(0, "Nina"), (1, "")]], [[(1, "")], [(0, "Nina")]]])
def test_a_statement_without_a_name_erases_none(named: Admitted, batches: list[list[Said]]) -> None:
    assert named(batches) == ["Nina"]


def test_who_has_no_name_is_known(named: Admitted) -> None:
    assert named([[(0, "")]]) == [""]


def test_a_later_name_that_came_first_is_kept(named: Admitted) -> None:
    assert named([[(5, "Nina Kay")], [(0, "Nina")]]) == ["Nina Kay"]
    assert named([[(0, "Nina")], [(5, "Nina Kay")]]) == ["Nina Kay"]


def test_of_two_at_one_moment_the_later_in_the_log_counts(named: Admitted) -> None:
    assert named([[(0, "Nina"), (0, "Nina Kay")]]) == ["Nina Kay"]
    assert named([[(0, "Nina")], [(0, "Nina Kay")]]) == ["Nina Kay"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(
        st.tuples(st.integers(0, 59), st.sampled_from(["", "A", "B"])),
        min_size=1,
        max_size=6,
        unique_by=lambda minute_and_name: minute_and_name[0],
    ),
    data=st.data(),
)
def test_any_order_and_any_batches_give_the_last_name_by_time(
    named: Admitted, said: list[Said], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(said))
    cut = data.draw(st.integers(0, len(order)))
    expected = max(((minute, name) for minute, name in said if name), default=(0, ""))[1]
    assert named([batch for batch in (order[:cut], order[cut:]) if batch]) == [expected]
