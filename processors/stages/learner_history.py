"""The history of learners: their observations, in the order of folding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lrs.store.client import Store
from processors.meaning.person_history import on_local_day, once
from processors.meaning.resolve import Doubt
from processors.stages import observation_table
from processors.stages.observation_table import FIELDS, KEY, TYPES_OF_ROWS
from processors.stages.who_is_who import PeopleByTenant, TenantPerson
from schemas.observation import Observation

_NO_ID = "\0"  # that nothing has: a list in a query must not be empty
_OF_IDENTITIES = "(tenant, person) IN %(identities)s"
_SINCE = " AND time >= %(since)s"  # the sorting key's next column: what is before is not read


def read_histories(
    store: Store,
    learners: Sequence[TenantPerson],
    people: PeopleByTenant,
    beside: str | None = None,
    since: int | None = None,
) -> dict[TenantPerson, list[Observation]]:
    """What is observed of each person, under every identity, in the order of folding: each statement once, on the
    person's local days. Raises StoreUnavailable, StoreRefused.

    `beside`: a table of observations whose rows count as if they were in the live one. `since` (µs): only what happened
    then or later.
    """
    owners = _owners(learners, people)
    where = _OF_IDENTITIES if since is None else _OF_IDENTITIES + _SINCE
    live = f"SELECT {FIELDS} FROM observations FINAL WHERE {where}"
    parameters = {"identities": list(owners)} | ({} if since is None else {"since": since})
    histories: dict[TenantPerson, list[Observation]] = {}
    if owners:
        for row in store.tuples(_with_beside(beside, where) if beside else live, parameters):
            o = observation_table.observation_of(row)
            histories.setdefault(owners[o.tenant, o.person], []).append(o)
    for (tenant, person), observations in histories.items():
        zone = people[tenant].zone(person)
        observations.sort(key=lambda o: o.order)  # which costs ClickHouse more than it costs here
        histories[tenant, person] = [on_local_day(o, zone) for o in once(observations)]
    return histories


def _with_beside(beside: str, where: str) -> str:
    rows_of_both = " UNION ALL ".join(
        f"SELECT {', '.join(TYPES_OF_ROWS)} FROM {table} WHERE {where}" for table in ("observations", beside)
    )
    last_of_each = f"SELECT * FROM ({rows_of_both}) ORDER BY {KEY}, version DESC, deleted DESC LIMIT 1 BY {KEY}"
    return f"SELECT {FIELDS} FROM ({last_of_each}) WHERE deleted = 0"


def confirmed(
    store: Store,
    doubts: Mapping[TenantPerson, Sequence[Doubt]],
    until: Mapping[TenantPerson, int],
    people: PeopleByTenant,
    beside: str | None = None,
) -> dict[TenantPerson, set[int]]:
    """The keys of those doubts of which something was observed `until` a time (µs), of each person. A row that is no
    more confirms one, too: that makes a refold longer, not wrong. Raises StoreUnavailable, StoreRefused."""
    owners = _owners(list(doubts), people)
    all_doubts = [doubt for doubts_of_person in doubts.values() for doubt in doubts_of_person]
    doubted_rows = " UNION ALL ".join(
        f"SELECT tenant, person, item, attempt, session, min(time) FROM {table} WHERE {_OF_IDENTITIES} "
        "AND time <= %(until)s AND (item IN %(items)s OR session IN %(sessions)s) "
        "GROUP BY tenant, person, item, attempt, session"
        for table in ("observations", *([beside] if beside else []))
    )
    parameters = {
        "identities": list(owners),
        "until": max(until[learner] for learner in doubts),
        "items": sorted({doubt.item for doubt in all_doubts if doubt.item}) or [_NO_ID],
        "sessions": sorted({doubt.session for doubt in all_doubts if doubt.session}) or [_NO_ID],
    }
    confirmed_keys: dict[TenantPerson, set[int]] = {learner: set() for learner in doubts}
    for tenant, identity, item, attempt, session, first_time in store.tuples(doubted_rows, parameters):
        learner = owners[tenant, identity]
        if first_time > until[learner]:
            continue
        for doubt in doubts[learner]:
            if doubt.is_about(item, attempt, session):
                confirmed_keys[learner].add(doubt.key)
    return confirmed_keys


def history_sizes(store: Store, learners: Sequence[TenantPerson], people: PeopleByTenant) -> dict[TenantPerson, int]:
    """About how many observations there are of each. Raises the store's errors."""
    owners = _owners(learners, people)
    sql = f"SELECT tenant, person, count() FROM observations WHERE {_OF_IDENTITIES} GROUP BY tenant, person"
    sizes: dict[TenantPerson, int] = {}
    for tenant, identity, count in store.tuples(sql, {"identities": list(owners)}) if owners else []:
        person = owners[tenant, identity]
        sizes[person] = sizes.get(person, 0) + count
    return sizes


def _owners(learners: Sequence[TenantPerson], people: PeopleByTenant) -> dict[TenantPerson, TenantPerson]:
    """Every identity of persons, and whose it is."""
    return {
        (tenant, identity): (tenant, person)
        for tenant, person in learners
        for identity in people[tenant].identities(person)
    }
