"""Who is who while observations are folded: as it is known here, and which persons identities belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from lrs.store.client import Store
from schemas.people import People

TenantPerson = tuple[str, str]  # tenant, person
PeopleByTenant = Mapping[str, People]  # by tenant
_OBSERVED = "SELECT DISTINCT tenant, person FROM observations ORDER BY tenant, person"


class WhoIsWho(Protocol):
    """Who is who, as far as the catalog is known here."""

    def reach(self, position: int) -> None:
        """Read the catalog up to a position at least (exclusive)."""

    def follow(self) -> None:
        """Read all changes that the catalog has now."""

    def people(self, tenant: str) -> People:
        """Who is who in a tenant, by the changes that were read."""

    @property
    def position(self) -> int:
        """The position up to which changes were read (exclusive)."""


class FoldedByNewerCatalog(Exception):
    """A learner's row was folded by a newer catalog than is known here: one up to `position`."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


class PeopleSnapshot(dict[str, People]):
    """Who is who in each tenant, as it was when the tenant was first asked for; by the catalog up to `position` at
    least."""

    def __init__(self, people: Callable[[str], People], position: int = 0) -> None:
        self._ask = people
        self.position = position

    def __missing__(self, tenant: str) -> People:
        people = self[tenant] = self._ask(tenant)
        return people


def seen(store: Store) -> list[TenantPerson]:
    """The identities of whom something was observed, or whose observations were retracted."""
    return [(tenant, person) for tenant, person in store.tuples(_OBSERVED, {})]


def persons_of(identities: Iterable[TenantPerson], people: PeopleByTenant) -> list[TenantPerson]:
    """The persons whose identities these are."""
    return sorted({(tenant, people[tenant].person(identity)) for tenant, identity in identities})


def persons_to_refold(
    identities: Iterable[TenantPerson], before: PeopleByTenant, after: PeopleByTenant
) -> list[TenantPerson]:
    """The persons to fold again because the catalog changed who has one of these identities, or how they are read."""
    persons: set[TenantPerson] = set()
    for tenant, identity in identities:
        once, now = before[tenant], after[tenant]
        if once is now:
            continue
        was, is_ = once.person(identity), now.person(identity)
        if was != is_ or once.zone(was) != now.zone(is_) or once.idle != now.idle:
            persons |= {(tenant, was), (tenant, is_)}
    return sorted(persons)
