"""The history of learners: their observations, in the order of folding."""

from __future__ import annotations

from collections.abc import Sequence

from lrs.store.client import Store
from processors.meaning.whose import on_local_day, once
from processors.stages import observation_table
from processors.stages.everybody import Everybody, Learner
from processors.stages.observation_table import FIELDS, KEY, TYPES_OF_ROWS
from schemas.observation import Observation

_OF = "(tenant, person) IN %(identities)s"
_SINCE = " AND time >= %(since)s"  # the sorting key's next column: what is before is not read


def read_histories(
    store: Store,
    learners: Sequence[Learner],
    people: Everybody,
    beside: str | None = None,
    since: int | None = None,
) -> dict[Learner, list[Observation]]:
    """What is observed of each person, under every identity, in the order of folding: each statement once, on the
    person's local days. Raises StoreUnavailable, StoreRefused.

    `beside`: a table of observations whose rows count as if they were in the live one. `since` (µs): only what happened
    then or later.
    """
    owners = _owners(learners, people)
    where = _OF if since is None else _OF + _SINCE
    live = f"SELECT {FIELDS} FROM observations FINAL WHERE {where}"
    parameters = {"identities": list(owners)} | ({} if since is None else {"since": since})
    histories: dict[Learner, list[Observation]] = {}
    if owners:
        for row in store.tuples(_with(beside, where) if beside else live, parameters):
            o = observation_table.from_row(row)
            histories.setdefault(owners[o.tenant, o.person], []).append(o)
    for (tenant, person), observations in histories.items():
        zone = people[tenant].zone(person)
        observations.sort(key=lambda o: o.order)  # which costs ClickHouse more than it costs here
        histories[tenant, person] = [on_local_day(o, zone) for o in once(observations)]
    return histories


def _with(beside: str, where: str) -> str:
    rows = " UNION ALL ".join(
        f"SELECT {', '.join(TYPES_OF_ROWS)} FROM {table} WHERE {where}" for table in ("observations", beside)
    )
    last = f"SELECT * FROM ({rows}) ORDER BY {KEY}, version DESC, deleted DESC LIMIT 1 BY {KEY}"
    return f"SELECT {FIELDS} FROM ({last}) WHERE deleted = 0"


def history_sizes(store: Store, learners: Sequence[Learner], people: Everybody) -> dict[Learner, int]:
    """About how many observations there are of each. Raises the store's errors."""
    owners = _owners(learners, people)
    sql = f"SELECT tenant, person, count() FROM observations WHERE {_OF} GROUP BY tenant, person"
    sizes: dict[Learner, int] = {}
    for tenant, identity, count in store.tuples(sql, {"identities": list(owners)}) if owners else []:
        person = owners[tenant, identity]
        sizes[person] = sizes.get(person, 0) + count
    return sizes


def _owners(learners: Sequence[Learner], people: Everybody) -> dict[Learner, Learner]:
    """Every identity of persons, and whose it is."""
    return {
        (tenant, identity): (tenant, person)
        for tenant, person in learners
        for identity in people[tenant].identities(person)
    }
