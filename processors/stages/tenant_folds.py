"""A fold with the weights of each tenant."""

from __future__ import annotations

from processors.folds.interface import Fold, fold_of, version_of


class TenantFolds:
    """One fold, with the weights that a tenant has.

    They are asked for once, and again after `forget`: when a table is swapped, its weights may be others.
    """

    def __init__(self, fold: Fold) -> None:
        self.fold = fold
        self._folds_by_tenant: dict[str, tuple[Fold, str]] = {}  # with the version, as asking a fold for it is slow

    def of(self, tenant: str) -> Fold:
        """The fold as it folds a tenant's learners."""
        return self._fold_and_version(tenant)[0]

    def version(self, tenant: str) -> str:
        """The version of a tenant's weights; "" where the fold has none."""
        return self._fold_and_version(tenant)[1]

    def forget(self) -> None:
        """Ask for the weights again."""
        self._folds_by_tenant.clear()

    def _fold_and_version(self, tenant: str) -> tuple[Fold, str]:
        fold_and_version = self._folds_by_tenant.get(tenant)
        if fold_and_version is None:
            fold = fold_of(self.fold, tenant)
            fold_and_version = self._folds_by_tenant[tenant] = fold, version_of(fold)
        return fold_and_version
