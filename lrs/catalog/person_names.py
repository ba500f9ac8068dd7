"""What persons are called, the same wherever they are named: as the first class that names them says, else the roster,
else their statements."""

from __future__ import annotations

from collections.abc import Iterable

from lrs.store.client import Store
from schemas.people import People

_PERSON_NAMES = """
SELECT person, argMax(name, version), max(version)
FROM learners
WHERE tenant = %(tenant)s AND person IN %(identities)s AND name != ''
GROUP BY person
"""


def person_names(reader: Store, people: People, tenant: str, persons: Iterable[str]) -> dict[str, str]:
    """The names of persons, of those who have one. Raises the store's errors."""
    names = {person: people.name(person) for person in persons}
    identities = [identity for person, name in names.items() if not name for identity in people.identities(person)]
    parameters = {"tenant": tenant, "identities": tuple(identities)}
    said = names_said(people, reader.tuples(_PERSON_NAMES, parameters)) if identities else {}
    return {person: called for person, name in names.items() if (called := name or said.get(person, ""))}


def names_said(people: People, rows: Iterable[tuple[str, str, int]]) -> dict[str, str]:
    """What statements call persons: the last name, of whichever key. rows: an identity, a name of it, and the version
    of the row that has it."""
    latest: dict[str, tuple[int, str]] = {}
    for identity, name, version in rows:
        if name:
            person = people.person(identity)
            latest[person] = max(latest.get(person, (0, "")), (version, name))
    return {person: name for person, (_, name) in latest.items()}
