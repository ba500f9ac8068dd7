from __future__ import annotations

import uuid

from hypothesis import given

from lrs.store.client import Store
from processors.stages import observation_table
from processors.stages.statement_table import insert_rows
from schemas.observation import Kind, Observation
from tests.schemas.test_observation import observations


def test_every_field_has_its_column_in_the_order_of_the_fields() -> None:
    assert tuple(observation_table.TYPES) == Observation.__struct_fields__


def test_the_columns_are_those_that_the_migrations_make(store: Store) -> None:
    columns = {name: type_ for name, type_, *_ in store.tuples("DESCRIBE TABLE observations", {})}
    assert columns == observation_table.TYPES_OF_ROWS


def test_a_row_comes_back_as_it_was(store: Store) -> None:
    tenant = str(uuid.uuid4())
    full = Observation(tenant, "l", -5, "s", 2, Kind.SCORE, "v", "i", ("a", "b"), -0.25, 1e300, "x", 3, 2**40)
    bare = Observation(tenant, "l", 6, "s", 0, Kind.ATTEMPT, "v")
    rows = [observation_table.observation_row(o, observation_table.PRESENT) for o in (full, bare)]
    insert_rows(store, "observations", observation_table.TYPES_OF_ROWS, rows)
    rows_read = store.tuples(
        f"SELECT {observation_table.FIELDS} FROM observations WHERE tenant = {{t:String}} ORDER BY time", {"t": tenant}
    )
    assert [observation_table.observation_of(row) for row in rows_read] == [full, bare]


@given(observations)
def test_rows_have_a_value_for_each_column(observation: Observation) -> None:
    row = observation_table.observation_row(observation, observation_table.RETRACTED)
    assert len(row) == len(observation_table.TYPES_OF_ROWS)
    assert observation_table.observation_of(row[:-2]) == observation
