"""What keeps the tables from being read, where processes on many machines share a transactional database."""

from __future__ import annotations

import time

import msgspec
from sqlalchemy import Column, MetaData, String, Table, Text, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from lrs.database.connection import LateEngine, database_errors
from lrs.store.closed_tables import Closure

LOOK_SECONDS = 1.0  # how old a look may be that a question goes by
OF_ALL_STAGES = "tables"  # who sees to the tables of all stages

_closed_metadata = MetaData()
_closed_tables = Table(
    "closed_tables",
    _closed_metadata,
    Column("stage", String(64), primary_key=True),  # which stage closed them
    Column("closure", Text, nullable=False),
)
_closure_decoder = msgspec.json.Decoder(Closure)


class SharedClosedTables:
    """The closures of all stages, and that of this one: each writes its own, and `clear` removes no other.

    Safe to use from many threads. Every method raises DatabaseUnavailable, and Full.
    """

    def __init__(self, database: str, stage: str = OF_ALL_STAGES) -> None:
        self._stage = stage
        self._engine = LateEngine(_closed_metadata, database, pool_size=2)
        self._found: dict[str, Closure] = {}
        self._looked = float("-inf")

    def read(self) -> Closure | None:
        closures = self._look()
        # A halt first: it takes a person.
        return min(closures.values(), key=lambda closure: closure.kind != "halt", default=None)

    def own(self) -> Closure | None:
        """What this stage says, looked up now."""
        self._looked = float("-inf")
        return self._look().get(self._stage)

    def write(self, closure: Closure) -> None:
        closure_json = msgspec.json.encode(closure).decode()
        for _ in range(2):  # another process may write the first row of this stage in the same moment
            try:
                with database_errors("closures'"), self._engine.open().begin() as connection:
                    update_closure = (
                        update(_closed_tables).where(_closed_tables.c.stage == self._stage).values(closure=closure_json)
                    )
                    if not connection.execute(update_closure).rowcount:
                        connection.execute(insert(_closed_tables).values(stage=self._stage, closure=closure_json))
                break
            except IntegrityError:
                continue
        self._looked = float("-inf")

    def replace(self, closure: Closure) -> None:
        with database_errors("closures'"), self._engine.open().begin() as connection:
            connection.execute(delete(_closed_tables))
        self.write(closure)

    def clear(self) -> None:
        with database_errors("closures'"), self._engine.open().begin() as connection:
            connection.execute(delete(_closed_tables).where(_closed_tables.c.stage == self._stage))
        self._looked = float("-inf")

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def _look(self) -> dict[str, Closure]:
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return self._found
        asked_at = time.monotonic()
        with database_errors("closures'"), self._engine.open().connect() as connection:
            closure_rows = connection.execute(select(_closed_tables).order_by(_closed_tables.c.stage)).all()
        self._found = {stage: _closure_decoder.decode(closure_json) for stage, closure_json in closure_rows}
        self._looked = asked_at
        return self._found
