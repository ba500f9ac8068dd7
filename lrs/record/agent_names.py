"""What agents are called in statements."""

from __future__ import annotations

from lrs.store.client import Store


class AgentNames:
    """Reads the table `names` (what `processors.stages.definitions` writes)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, tenant: str, agent: str) -> list[str]:
        """Every name of an agent (a canonical key), the latest first. Raises the store's errors."""
        name_rows = self._store.tuples(
            "SELECT name FROM names FINAL WHERE tenant = {tenant:String} AND agent = {agent:String} "
            "ORDER BY version DESC, name",
            {"tenant": tenant, "agent": agent},
        )
        return [name for (name,) in name_rows]
