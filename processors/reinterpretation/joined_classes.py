"""Who has worked in a class since it was adopted becomes a member of it, by a change of the catalog."""

from __future__ import annotations

from lrs.catalog.catalogs import Catalogs
from lrs.pacing.provisional import joined_members
from lrs.store.client import Store


def join_classes(store: Store, catalogs: Catalogs, now: int) -> int:
    """Add members to the adopted classes of every tenant; gives how many classes. Raises the store's errors and the
    log's."""
    joined = 0
    catalogs.follow()
    for tenant in catalogs.tenants():
        position = catalogs.position
        changes = joined_members(
            store, catalogs.latest(tenant), tenant, (recorded.change for recorded in catalogs.changes(tenant))
        )
        catalogs.follow()
        if changes and catalogs.position == position:  # else somebody may have changed the class: the next look sees
            catalogs.append_all(tenant, "statements", changes, now)
            joined += len(changes)
    return joined
