"""What makes several keys or persons one, and what takes one out again, as changes of the catalog. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.catalog import Catalog
from schemas.roster import PREFIX, Alias, canonical
from schemas.wording import worded, words_of
from schemas.xapi.actor import untrackable
from schemas.xapi.actor_keys import actor_key


class MergeRefused(ValueError):
    """A merge or a split that would say nothing, or what is not so."""


def node(text: str, catalog: Catalog) -> str:
    """What somebody means with an actor in any form, or with a person's id. Raises MergeRefused."""
    if text.startswith(PREFIX):
        if text[len(PREFIX) :] not in catalog.persons:
            raise MergeRefused(worded("there is no %(text)s on a roster", text=text))
        return text
    try:
        key = actor_key(text)
    except ValueError as error:
        raise MergeRefused(worded("%(text)s %(error)s", text=text, error=words_of(error))) from None
    if untrackable(key):
        raise MergeRefused(worded("%(text)s names a browser that asked not to be recognised, and no person", text=text))
    return canonical(key)


def merge(catalog: Catalog, into: str, others: Sequence[str]) -> list[Alias]:
    """Changes that make others the same person as `into`: all that they are known by. Raises MergeRefused."""
    people = catalog.people
    owner = people.person(node(into, catalog))
    parts = dict.fromkeys(people.person(node(identity, catalog)) for identity in others)
    parts.pop(owner, None)
    return [Alias(id=part, of=owner) for part in parts]


def split(catalog: Catalog, text: str) -> list[Alias]:
    """Changes that take one out of the person it is a part of, as it was before. Raises MergeRefused.

    What was merged into it stays together without it.
    """
    people, person_id = catalog.people, node(text, catalog)
    its_alias = catalog.aliases.get(person_id)
    if its_alias is not None and its_alias.of:
        return [Alias(id=person_id, removed=True)]
    parts = [alias.id for alias in catalog.aliases.values() if alias.of == person_id]
    if parts:
        new_owner, *other_parts = parts
        return [Alias(id=new_owner, removed=True), *(Alias(id=part, of=new_owner) for part in other_parts)]
    if people.person(person_id) == person_id:
        raise MergeRefused(worded("%(text)s is not a part of another person", text=text))
    return [Alias(id=person_id)]  # whatever a roster says
