"""Who is known by what: persons with several keys, suggestions of who may be one, and merging and splitting them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from lrs.catalog.catalogs import Catalogs
from lrs.catalog.person_names import names_said
from lrs.people.merging import merge, split
from lrs.store.client import Store
from schemas.catalog import Catalog
from schemas.people import People
from schemas.roster import PREFIX, Alias, rostered
from schemas.wording import worded
from schemas.xapi.actor import identity, sha1
from schemas.xapi.actor_keys import is_browser

MOST_SUGGESTIONS = 200  # suggestions
_KEYS_OBSERVED = """
SELECT person, argMax(learner, version), argMaxIf(name, version, name != ''), maxIf(version, name != '')
FROM learners WHERE tenant = %(tenant)s GROUP BY person ORDER BY person
"""
_MAILBOX = "mbox:mailto:"
_SHA1_PREFIX = "mbox_sha1sum:"


class SeenIdentity(NamedTuple):
    """An identity that statements name, a key with it, and what they called whoever it is last; of names, that of the
    highest version is the latest."""

    identity: str
    key: str
    name: str
    version: int = 0


class Suggestion(NamedTuple):
    """Two persons who may be one; `into` is the one that a roster knows, where only one of them is."""

    into: str
    other: str
    into_name: str
    other_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Identities:
    """Reads and changes who is who. Every method raises what the store and the log raise; `now` is in µs."""

    store: Store
    catalogs: Catalogs
    now: Callable[[], int]

    def show(self, tenant: str) -> dict[str, Any]:
        """The persons who were merged by hand or go by several keys in statements, and suggestions, as JSON."""
        catalog = self.catalogs.latest(tenant)
        seen_identities = [SeenIdentity(*row) for row in self.store.tuples(_KEYS_OBSERVED, {"tenant": tenant})]
        return {
            "persons": list(_several(catalog, seen_identities)),
            "suggestions": [
                suggestion._asdict() for suggestion in suggest(catalog, seen_identities)[:MOST_SUGGESTIONS]
            ],
        }

    def merge(self, tenant: str, credential: str, into: str, others: Sequence[str]) -> dict[str, Any]:
        """Make others the same person as `into`. Raises MergeRefused."""
        return self._write(tenant, credential, merge(self.catalogs.latest(tenant), into, others))

    def split(self, tenant: str, credential: str, key: str) -> dict[str, Any]:
        """Take one out of the person it is a part of. Raises MergeRefused."""
        return self._write(tenant, credential, split(self.catalogs.latest(tenant), key))

    def _write(self, tenant: str, credential: str, changes: Sequence[Alias]) -> dict[str, Any]:
        position = self.catalogs.append_all(tenant, credential, changes, self.now()) if changes else 0
        return {"changes": len(changes), "position": position}


def suggest(catalog: Catalog, seen: Iterable[SeenIdentity]) -> list[Suggestion]:
    """Who may be one person: the same mailbox; the same name in a class, or a name that one in a class alone has."""
    people = catalog.people
    suggestions: dict[frozenset[str], Suggestion] = {}
    names = _names_by_key(catalog, seen := list(seen))

    def add(candidate: str, duplicate: str, reason: str) -> None:
        if candidate != duplicate and frozenset((candidate, duplicate)) not in suggestions:
            into, duplicate = sorted((candidate, duplicate), key=lambda person: (not person.startswith(PREFIX), person))
            suggestions[frozenset((into, duplicate))] = Suggestion(
                into, duplicate, names.get(into, ""), names.get(duplicate, ""), reason
            )

    for mailbox_owner, same_person in _same_mailbox(catalog, seen):
        add(people.person(mailbox_owner), people.person(same_person), worded("the same mailbox"))
    persons_by_name: dict[str, set[str]] = defaultdict(set)  # members of classes, by name
    for class_ in catalog.classes.values():
        alike: dict[str, set[str]] = defaultdict(set)
        for member in class_.learners:
            person = people.member(member)
            if name := _bare_name(member.name or names.get(person, "")):
                alike[name].add(person)
                persons_by_name[name].add(person)
        for persons in alike.values():
            first_person, *namesakes = sorted(persons)
            for same_person in namesakes:
                add(first_person, same_person, worded("the same name in %(name)s", name=class_.name or class_.id))
    for stranger in seen:
        person = people.person(stranger.identity)
        alone = persons_by_name.get(_bare_name(stranger.name), set()) if not is_browser(stranger.key) else set()
        if len(alone) == 1 and not person.startswith(PREFIX):
            add(next(iter(alone)), person, worded("the same name, which nobody else in a class has"))
    return sorted(suggestions.values())


def _several(catalog: Catalog, seen: Sequence[SeenIdentity]) -> Iterator[dict[str, Any]]:
    people = catalog.people
    names = _names_by_key(catalog, seen)
    keys: dict[str, list[str]] = defaultdict(list)
    for seen_identity in seen:
        keys[people.person(seen_identity.identity)].append(seen_identity.key)
    merged = {people.person(alias.id) for alias in catalog.aliases.values()}
    for person in sorted(keys.keys() | merged):
        if len(keys[person]) > 1 or person in merged:
            alias_ids = [alias.id for alias in catalog.aliases.values() if people.person(alias.id) == person]
            yield {
                "person": person,
                "name": names.get(person, ""),
                "keys": sorted(keys[person]),
                "by_hand": sorted(alias_ids),
            }


def _names_by_key(catalog: Catalog, seen: Iterable[SeenIdentity]) -> dict[str, str]:
    """What each person is called, by the rule of lrs.catalog.person_names."""
    people: People = catalog.people
    seen = list(seen)
    said = names_said(people, [(one.identity, one.name, one.version) for one in seen])
    persons = {people.person(one.identity) for one in seen} | people.classes.keys()
    persons |= {people.person(rostered(id_)) for id_ in catalog.persons}
    return {person: name for person in persons if (name := people.name(person) or said.get(person, ""))}


def _same_mailbox(catalog: Catalog, seen: Iterable[SeenIdentity]) -> Iterator[tuple[str, str]]:
    """Identities that are the sum of a bare address, which some systems make, and that of the mailbox itself."""
    mailboxes = {
        seen_identity.key[len(_MAILBOX) :].lower() for seen_identity in seen if seen_identity.key.startswith(_MAILBOX)
    }
    mailboxes |= {mail for person in catalog.persons.values() for mail in person.mailboxes}
    sums = {seen_identity.identity for seen_identity in seen}
    for mail in sorted(mailboxes):
        if (bare := _SHA1_PREFIX + sha1(mail)) in sums:
            yield identity(_MAILBOX + mail), bare


def _bare_name(name: str) -> str:
    return " ".join(name.split()).casefold()
