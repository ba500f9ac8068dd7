"""What a projection must be, and what it is."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lrs.store.client import Store
from processors.folds.interface import Fold
from processors.meaning.interpret import interpret
from processors.meaning.person_history import on_local_day, once
from processors.meaning.resolve import resolve
from schemas.catalog import Catalog, Change
from schemas.observation import Observation

Statement = dict[str, Any]


def catalog_of(changes: Iterable[Change]) -> Catalog:
    """A catalog after some changes."""
    found = Catalog()
    for position, change in enumerate(changes):
        found.apply(change, position, 0)
    return found


def expected(
    fold: Fold,
    tenant: str,
    statements: Sequence[Statement],
    catalog_of: Callable[[Statement], Catalog] = lambda statement: Catalog(),
    whose: Catalog | None = None,
) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Rows of the fold of the sorted set, with everybody as the catalog `whose` says."""
    people = (whose or Catalog()).people
    voided = {s["object"]["id"] for s in statements if s["object"].get("objectType") == "StatementRef"}
    by_person: dict[str, dict[Any, Observation]] = {}
    for statement in statements:
        if statement["id"] not in voided:
            for o in interpret(statement, catalog_of(statement), tenant, 0, 0):
                by_person.setdefault(people.person(o.person), {})[o.order] = o
    rows = {}
    for person, observations in by_person.items():
        state = fold.start()
        history = [on_local_day(o, people.zone(person)) for o in once(o for _, o in sorted(observations.items()))]
        for evidence in resolve(history, people.idle)[0]:
            fold.step(state, evidence)
        for key, *row in fold.drain(state):
            rows[person, key] = tuple(list(v) if isinstance(v, tuple) else v for v in row)
    return rows


def live(store: Store, fold: Fold, tenant: str) -> dict[tuple[str, str], tuple[Any, ...]]:
    """The rows in the fold's table."""
    columns = ", ".join(fold.columns)
    found = store.tuples(
        f"SELECT learner, key, state, {columns} FROM {fold.name} FINAL WHERE tenant = {{tenant:String}}",
        {"tenant": tenant},
    )
    return {(learner, key): (b64decode(state), *rest) for learner, key, state, *rest in found}
