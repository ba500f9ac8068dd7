"""Make a version active: build its rows beside the live ones, show what it would change, and swap the two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lrs.catalog.catalogs import Catalogs
from lrs.catalog.versions import MASTERY, ActiveWeights, weights_of
from lrs.models.decision_differences import DecisionDifferences, compare_tables
from lrs.store.client import Store
from lrs.store.projections import replay_table
from processors.folds.interface import Fold
from processors.folds.mastery import Mastery
from processors.mastery.model import Model
from processors.runtime.replay import AroundSwap, Replayed, ReplayProgress
from schemas.models import Activation


class Replaying(Protocol):
    """A runtime, as far as it replays."""

    @property
    def store(self) -> Store: ...

    def replay(self, fold: Fold, verify: bool, progress: ReplayProgress, swap: AroundSwap) -> Replayed: ...


@dataclass(frozen=True, slots=True)
class Activated:
    """What an activation found and did."""

    differences: DecisionDifferences
    replayed: Replayed


def activate_version(
    mode: Replaying,
    catalogs: Catalogs,
    tenant: str,
    version: str,
    by: str,
    now: Callable[[], int],
    agreed: Callable[[DecisionDifferences], bool] = lambda differences: True,
    progress: ReplayProgress = lambda done, of: None,
) -> Activated:
    """Make a tenant's version active if `agreed` accepts the decisions that it would change.

    The activation is appended while every writer is held, just before the tables are swapped: no row is made with one
    version in a table that is made with another. Where it fails in between, doing it again puts it right, and
    so does the next start of `lrs serve`.

    Raises UnknownVersion, Stalled, and the errors of store and log.
    """
    model = Model(weights_of(catalogs.latest(tenant), version))
    shown_differences: list[DecisionDifferences] = []

    def show() -> bool:
        differences = compare_tables(
            mode.store, catalogs.latest(tenant), tenant, Mastery.name, replay_table(Mastery()), now()
        )
        shown_differences.append(differences)
        return agreed(differences)

    def append() -> None:
        catalogs.append_all(tenant, by, [Activation(model=MASTERY, version=version, by=by)], now())

    replayed = mode.replay(fold_beside(catalogs, tenant, model), False, progress, AroundSwap(show, append))
    return Activated(shown_differences[0], replayed)


def fold_beside(catalogs: Catalogs, tenant: str, model: Model) -> Mastery:
    """The fold with another model for one tenant; every other tenant has its active weights."""
    active = ActiveWeights(catalogs)
    return Mastery(active=lambda each: model if each == tenant else active(each))
