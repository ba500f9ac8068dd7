"""Who is who in a tenant: which keys are one person's, by the keys alone, by rosters, and by merges. Pure.

It also holds what else the folds of a person depend on: the time zone of the days, and the idle limit.

An actor's key has an identity (see schemas.xapi.actor), which follows from the key. A person is that identity, or
`person:ID` where a roster has a person that the identity belongs to, or what either is merged into. A person's id is
opaque: nothing is to be read out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from schemas.account_templates import fill_account_name
from schemas.roster import PREFIX, AccountNaming, Person, canonical, rostered
from schemas.xapi.actor import identity, sha1, untrackable

if TYPE_CHECKING:
    from schemas.catalog import Catalog, Class, Member

MINUTE = 60 * 1_000_000  # µs
LONGEST_KEY = 2048  # characters of a key that a class names a member by


class People:
    """Everybody, at one position of the catalog; it does not change. `idle` is in µs."""

    def __init__(self, catalog: Catalog) -> None:
        self.idle = round(catalog.policy.idle_after * MINUTE)
        self._zone = catalog.reading.zone
        self._keys = {
            rostered_person.id: keys_of(rostered_person, catalog.accounts.values())
            for rostered_person in catalog.persons.values()
        }
        claims: dict[str, list[str]] = {}
        for id_, keys in self._keys.items():
            for identity_key in identities_of(keys):
                claims.setdefault(identity_key, []).append(id_)
        self.shared = {shared_key: ids for shared_key, ids in claims.items() if len(ids) > 1}
        """Identities that several persons' keys have: they are nobody's."""
        self._links = {own_key: rostered(ids[0]) for own_key, ids in claims.items() if len(ids) == 1}
        for alias in catalog.aliases.values():
            if alias.of:
                self._links[alias.id] = alias.of
            else:
                self._links.pop(alias.id, None)
        self._persons: dict[str, str] = {}
        self._identities: dict[str, list[str]] = {}
        for identity_key in self._links:
            owner = self._persons[identity_key] = self._follow(identity_key)
            self._identities.setdefault(owner, []).append(identity_key)
        self._zones = self._zones_of(catalog)
        classes: dict[str, list[Class]] = {}
        for class_ in catalog.classes.values():
            for person in dict.fromkeys(map(self.member, class_.learners)):
                classes.setdefault(person, []).append(class_)
        self.classes: Mapping[str, Sequence[Class]] = classes
        """Those that each person learns in."""
        self._names: dict[str, str] = {}
        for class_ in catalog.classes.values():
            for member in class_.learners:
                if member.name:
                    self._names.setdefault(self.member(member), member.name)
        for rostered_person in catalog.persons.values():
            if rostered_person.name:
                self._names.setdefault(self.person(rostered(rostered_person.id)), rostered_person.name)

    def name(self, person: str) -> str:
        """What the first class that names a person calls them, else the roster; "" where neither does."""
        return self._names.get(person, "")

    def person(self, key: str) -> str:
        """The id of the person whom a key names, or of whom a person's id is a part."""
        canonical_key = canonical(key)
        return self._persons.get(canonical_key, canonical_key)

    def member(self, member: Member) -> str:
        """The id of the person who is a class's member."""
        return self.person(rostered(member.person) if member.person in self._keys else member.learner)

    def rostered(self, key: str) -> str | None:
        """The id that a roster has for the person whom a key names; None where no roster has one."""
        person = self.person(key)
        return person[len(PREFIX) :] if person.startswith(PREFIX) else None

    def identities(self, person: str) -> tuple[str, ...]:
        """All that a person is known by: identities of keys, and persons' ids; none where it is another's part."""
        if person in self._persons and self._persons[person] != person:
            return ()
        return (person, *(other for other in self._identities.get(person, ()) if other != person))

    def zone(self, person: str) -> str:
        """The zone of a person's days: the school's (of the first class, for somebody in two schools), else the
        tenant's; "" for UTC."""
        return self._zones.get(person, self._zone) if self._zones else self._zone

    def keys(self, id_: str) -> list[str]:
        """The keys that name this rostered person and nobody else, the most certain first."""
        return [key for key in self._keys.get(id_, ()) if self.rostered(key) == id_]

    def choose(self, id_: str, statement_keys: Mapping[str, str]) -> str:
        """The key to show one of a roster by: one that statements name (`statement_keys`, by identity), else the first.

        The id of the person where no key names this person alone, or all are longer than a class may hold.
        """
        keys = [key for key in self.keys(id_) if len(key) <= LONGEST_KEY]
        for key in keys:
            for identity_key in identities_of([key]):
                if (statement_key := statement_keys.get(identity_key)) is not None and len(
                    statement_key
                ) <= LONGEST_KEY:
                    return statement_key
        return keys[0] if keys else rostered(id_)

    def _follow(self, start: str) -> str:
        """Where the links lead.

        A single change that would make a circle is refused; two at the same moment may still make one. Then the
        smallest id of the circle is the person.
        """
        passed = {start: None}
        at = start
        while (to := self._links.get(at)) is not None:
            if to in passed:
                return min(list(passed)[list(passed).index(to) :])
            passed[to] = None
            at = to
        return at

    def _zones_of(self, catalog: Catalog) -> dict[str, str]:
        zones: dict[str, str] = {}
        for class_ in catalog.classes.values():
            school = catalog.schools.get(class_.school)
            if school is not None and school.zone:
                for member in class_.learners:
                    zones.setdefault(self.member(member), school.zone)
        return zones


def by_identity(keys: Iterable[str]) -> dict[str, str]:
    """Keys that statements name, by their identity; of several keys with one identity the first in the alphabet, so
    that the order in which they are given does not matter."""
    keys_by_identity: dict[str, str] = {}
    for key in sorted(keys):
        keys_by_identity.setdefault(identity(key), key)
    return keys_by_identity


def keys_of(person: Person, accounts: Iterable[AccountNaming]) -> list[str]:
    """The keys that a roster, and the accounts of systems, say are a person's."""
    person_keys = list(person.aliases)
    for naming in accounts:
        name = naming.names.get(person.id) or (
            fill_account_name(naming.template, person.names) if naming.template else None
        )
        if name:
            person_keys.append(f"account:{naming.id}|{name}")
    return list(dict.fromkeys([*person_keys, *(f"mbox:mailto:{mail}" for mail in person.mailboxes)]))


def identities_of(keys: Iterable[str]) -> list[str]:
    """The identities of a person's keys; of a mailbox also the sum that Open edX makes: of the bare address, not of
    its mailto."""
    identities: dict[str, None] = {}
    for key in keys:
        if untrackable(key):
            continue
        identities[identity(key)] = None
        if key.startswith("mbox:mailto:"):
            identities["mbox_sha1sum:" + sha1(key[len("mbox:mailto:") :])] = None
    return list(identities)
