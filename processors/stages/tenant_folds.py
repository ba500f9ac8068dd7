"""A fold as each tenant's weights make it."""

from __future__ import annotations

from processors.folds.interface import Fold, fold_of, version_of


class TenantFolds:
    """Gives a fold with a tenant's weights: the same ones until they are forgotten, as when the table is swapped."""

    def __init__(self, fold: Fold) -> None:
        self.fold = fold
        self._tenants: dict[str, Fold] = {}

    def of(self, tenant: str) -> Fold:
        """The fold as it folds a tenant's learners."""
        found = self._tenants.get(tenant)
        if found is None:
            found = self._tenants[tenant] = fold_of(self.fold, tenant)
        return found

    def version(self, tenant: str) -> str:
        """The version of a tenant's weights; "" where the fold has none."""
        return version_of(self.of(tenant))

    def forget(self) -> None:
        """Ask for the weights again."""
        self._tenants.clear()
