"""Versions that do not decide yet: made by a weekly fit and not worse, or active in the log while rows are others'."""

from __future__ import annotations

from typing import Any

from lrs.catalog.versions import active_weights, complete_versions, versions_of
from lrs.store.client import Store
from schemas.catalog import Catalog

JUDGED = ("all", "next item")  # slices of a report whose log loss must not be worse


def waiting_version(catalog: Catalog) -> str:
    """The tenant's last version, where a weekly fit made it and it could decide from here on; else empty.

    It was judged beside the version that is active still, and nobody has activated any since.
    """
    last = max(complete_versions(catalog), key=lambda one: one.position, default=None)
    if last is None or not last.report.get("weekly") or last.position < versions_of(catalog).since:
        return ""
    judged = last.report["running"] == active_weights(catalog).version
    return last.version if judged and not_worse(last.report) else ""


def unfinished_version(store: Store, tenant: str, catalog: Catalog) -> str:
    """The tenant's active version, where rows are made with other weights: its activation was cut short; else empty.

    Only of those that somebody has activated. Raises the store's errors.
    """
    active = versions_of(catalog).active
    if not active or active_weights(catalog).version != active:
        return ""
    (row,) = store.tuples(
        "SELECT count() FROM mastery FINAL WHERE tenant = %(tenant)s AND key = '' "
        "AND JSONExtractString(mark, 'made_with') != %(version)s",
        {"tenant": tenant, "version": active},
    )
    return active if row[0] else ""


def not_worse(report: dict[str, Any]) -> bool:
    """Whether a new version's log loss on learners held out is at most that of the version that was running."""
    return all(new <= old for new, old in losses(report).values())


def losses(report: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """(new, running) by slice."""
    return {
        row["slice"]: (row[report["version"]]["log_loss"], row[report["running"]]["log_loss"])
        for row in report["rows"]
        if row["slice"] in JUDGED
    }
