"""Who is who: the keys that name each person, by the catalog's persons and accounts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from schemas.catalog import Catalog
from schemas.roster import Person
from schemas.xapi.actor_keys import normal, sha1, untrackable

_HOLE = re.compile(r"\{([^{}|]+(?:\[[^\]]+\])?)(\|lower)?\}")


class BadTemplate(ValueError):
    """A template that no account's name can be made of."""


def check_template(template: str) -> None:
    """Raises BadTemplate."""
    if template and (not _HOLE.search(template) or re.search(r"[{}]", _HOLE.sub("", template))):
        raise BadTemplate("a template names a column in braces: {username}, {identifier|lower}, {userIds[LTI]}")


def fill(template: str, names: Mapping[str, str]) -> str | None:
    """An account's name; None where the person lacks what it is made of."""
    missing = False

    def value(hole: re.Match[str]) -> str:
        nonlocal missing
        found = names.get(hole[1], "")
        missing = missing or not found
        return found.lower() if hole[2] else found

    made = _HOLE.sub(value, template)
    return None if missing or not made else made


class Directory:
    """The persons of a catalog by every key that names one of them, and no other."""

    def __init__(self, catalog: Catalog) -> None:
        self._keys = {person.id: _keys(catalog, person) for person in catalog.persons.values()}
        self._persons: dict[str, str] = {}
        self.shared: dict[str, list[str]] = {}  # keys that would name several, and so name none
        owners: dict[str, list[str]] = {}
        for id_, keys in self._keys.items():
            for key in {normal(key): key for key in (*keys, *_sums(keys))}:
                owners.setdefault(key, []).append(id_)
        for key, ids in owners.items():
            if len(ids) == 1:
                self._persons[key] = ids[0]
            else:
                self.shared[key] = ids

    def person(self, key: str) -> str | None:
        """The id of the person that a key names; None: no person's, or several persons'."""
        return None if untrackable(key) else self._persons.get(normal(key))

    def keys(self, person: str) -> list[str]:
        """The keys that name a person alone, the most certain first."""
        return [key for key in self._keys.get(person, ()) if self.person(key) == person]

    def choose(self, person: str, seen: Mapping[str, str]) -> str:
        """The key to show a person by: one that statements name (`seen`: keys by their normal form), else the first."""
        keys = self.keys(person)
        for key in keys:
            for form in (key, *_sums([key])):
                if (found := seen.get(normal(form))) is not None:
                    return found
        return keys[0] if keys else nameless(person)


def nameless(person: str) -> str:
    """The key of a person whom no statement can name yet."""
    return f"person:{person}"


def by_normal(keys: Iterable[str]) -> dict[str, str]:
    """Keys that statements name, by their normal form."""
    return {normal(key): key for key in keys}


def _keys(catalog: Catalog, person: Person) -> list[str]:
    found = list(person.aliases)
    for accounts in catalog.accounts.values():
        name = accounts.names.get(person.id) or (fill(accounts.template, person.names) if accounts.template else None)
        if name:
            found.append(f"account:{accounts.id}|{name}")
    return list(dict.fromkeys([*found, *(f"mbox:mailto:{mail}" for mail in person.mailboxes)]))


def _sums(keys: Iterable[str]) -> list[str]:
    """The sums that Open edX makes of mailboxes: of the bare address, not of its mailto."""
    mails = (key[len("mbox:mailto:") :] for key in keys if key.startswith("mbox:mailto:"))
    return [f"mbox_sha1sum:{sha1(mail)}" for mail in mails]
