"""Whom statements name: the keys in the record, and which of them match no person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lrs.errors import Transient
from lrs.store.client import Store
from schemas.catalog import Catalog
from schemas.roster import canonical
from schemas.xapi.actor_keys import home_page, is_browser

_KEYS = "SELECT DISTINCT learner FROM learners WHERE tenant = %(tenant)s"
_NAMES = "SELECT learner, argMaxIf(name, version, name != '') FROM learners WHERE tenant = %(tenant)s GROUP BY learner"
_SOME = "SELECT DISTINCT person FROM learners WHERE tenant = %(tenant)s AND person IN %(ids)s"
_SOME_SKILLS = "SELECT DISTINCT key FROM mastery WHERE tenant = %(tenant)s AND key IN %(ids)s"


class Unmatched(NamedTuple):
    """Keys of one home page that name no person in the catalog."""

    home_page: str
    keys: int
    browsers: int  # of them, those that look like H5P's for anonymous browsers: no person's, whatever a roster says
    like: str  # a home page that the catalog has accounts of, if only its scheme or its final slash differs


def seen(store: Store, tenant: str) -> list[str]:
    """The keys that a tenant's statements name learners by. Raises what Store.tuples raises."""
    return [row[0] for row in store.tuples(_KEYS, {"tenant": tenant})]


def seen_if_there(store: Store, tenant: str) -> list[str]:
    """The same; none where the store does not answer, as a roster may come before any statement is read."""
    try:
        return seen(store, tenant)
    except Transient:
        return []


def learners_seen(store: Store, tenant: str, keys: Sequence[str]) -> set[str]:
    """Those of the keys that statements name learners by, in this form or another."""
    asked = {"tenant": tenant, "ids": tuple(canonical(key) for key in keys)}
    found = {row[0] for row in store.tuples(_SOME, asked)}
    return {key for key in keys if canonical(key) in found}


def skills_seen(store: Store, tenant: str, ids: Sequence[str]) -> set[str]:
    """Those of the skills that somebody has worked at."""
    return {row[0] for row in store.tuples(_SOME_SKILLS, {"tenant": tenant, "ids": tuple(ids)})}


def strangers(keys: Iterable[str], catalog: Catalog) -> list[str]:
    """The keys that name no person of a roster, nor anybody who was put into a class by hand."""
    people = catalog.people
    by_hand = {people.member(m) for one in catalog.classes.values() for m in one.learners}
    return [key for key in keys if people.rostered(key) is None and people.person(key) not in by_hand]


def unmatched(keys: Iterable[str], catalog: Catalog) -> list[Unmatched]:
    """The keys that name no person, by home page, the most frequent first."""
    nobody = strangers(keys, catalog)
    pages = Counter(home_page(key) for key in nobody)
    browsers = Counter(home_page(key) for key in nobody if is_browser(key))
    bare = {_bare(page): page for page in catalog.accounts}
    found = []
    for page, count in pages.most_common():
        like = bare.get(_bare(page), "")
        found.append(Unmatched(page, count, browsers[page], "" if like == page else like))
    return found


def names_of(store: Store, tenant: str) -> dict[str, str]:
    """The keys that a tenant's statements name learners by, and the latest name of each. Raises as `seen`."""
    return dict(store.tuples(_NAMES, {"tenant": tenant}))


def _bare(page: str) -> str:
    return page.partition("://")[2].rstrip("/").lower()
