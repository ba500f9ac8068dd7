"""Which learners and skills statements name, and which of the learners' keys match no person of a roster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lrs.errors import Transient
from lrs.store.client import Store
from schemas.catalog import Catalog
from schemas.roster import canonical
from schemas.xapi.actor_keys import home_page, is_browser

_KEYS_SEEN = "SELECT DISTINCT learner FROM learners WHERE tenant = %(tenant)s"
_NAMES_SEEN = (
    "SELECT learner, argMaxIf(name, version, name != '') FROM learners WHERE tenant = %(tenant)s GROUP BY learner"
)
_SOME = "SELECT DISTINCT person FROM learners WHERE tenant = %(tenant)s AND person IN %(ids)s"
_SOME_SKILLS = "SELECT DISTINCT key FROM mastery WHERE tenant = %(tenant)s AND key IN %(ids)s"


class Unmatched(NamedTuple):
    """Keys of one home page that name no person in the catalog."""

    home_page: str
    keys: int
    browsers: int  # of them, those that look like H5P's for anonymous browsers: no person's, whatever a roster says
    like: str  # a home page that the catalog has accounts of, if only its scheme or its final slash differs


def keys_seen(store: Store, tenant: str) -> list[str]:
    """The keys that a tenant's statements name learners by. Raises what Store.tuples raises."""
    return [row[0] for row in store.tuples(_KEYS_SEEN, {"tenant": tenant})]


def keys_seen_if_there(store: Store, tenant: str) -> list[str]:
    """The keys as `keys_seen` gives them; none where the store does not answer, as a roster may come first."""
    try:
        return keys_seen(store, tenant)
    except Transient:
        return []


def learners_seen(store: Store, tenant: str, keys: Sequence[str]) -> set[str]:
    """Those of the keys that statements name learners by, in this form or another."""
    parameters = {"tenant": tenant, "ids": tuple(canonical(key) for key in keys)}
    seen_ids = {row[0] for row in store.tuples(_SOME, parameters)}
    return {key for key in keys if canonical(key) in seen_ids}


def skills_seen(store: Store, tenant: str, ids: Sequence[str]) -> set[str]:
    """Those of some skills (by id) that any learner's statements were about."""
    return {row[0] for row in store.tuples(_SOME_SKILLS, {"tenant": tenant, "ids": tuple(ids)})}


def keys_of_nobody(keys: Iterable[str], catalog: Catalog) -> list[str]:
    """The keys that name no person of a roster, nor anybody who was put into a class by hand."""
    people = catalog.people
    by_hand = {people.member(m) for class_ in catalog.classes.values() for m in class_.learners}
    return [key for key in keys if people.rostered(key) is None and people.person(key) not in by_hand]


def unmatched_by_home_page(keys: Iterable[str], catalog: Catalog) -> list[Unmatched]:
    """The keys that name no person, by home page, the most frequent first."""
    nobody = keys_of_nobody(keys, catalog)
    pages = Counter(home_page(key) for key in nobody)
    browsers = Counter(home_page(key) for key in nobody if is_browser(key))
    bare = {_bare_home_page(page): page for page in catalog.accounts}
    unmatched = []
    for page, count in pages.most_common():
        like = bare.get(_bare_home_page(page), "")
        unmatched.append(Unmatched(page, count, browsers[page], "" if like == page else like))
    return unmatched


def names_seen(store: Store, tenant: str) -> dict[str, str]:
    """The keys that a tenant's statements name learners by, and the latest name of each. Raises as `keys_seen`."""
    return dict(store.tuples(_NAMES_SEEN, {"tenant": tenant}))


def _bare_home_page(page: str) -> str:
    return page.partition("://")[2].rstrip("/").lower()
