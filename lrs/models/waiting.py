"""Versions that do not decide yet: made by a weekly fit and better, or active in the log while rows are others'."""

from __future__ import annotations

from lrs.catalog.versions import active_weights, complete_versions, unusable_active, versions_of
from lrs.models.fit_reports import better, not_worse, too_little
from lrs.store.client import Store
from schemas.catalog import Catalog
from schemas.models import ModelVersion


def waiting_version(catalog: Catalog) -> str:
    """The tenant's last version, where a weekly fit made it and it could decide from here on; else empty.

    It was judged beside the version that is active still, and nobody has activated any since.
    """
    last = _last_weekly(catalog)
    return last.version if last is not None and better(last.report) else ""


def thin_version(catalog: Catalog) -> str:
    """As `waiting_version`, but of one that was judged on too little to decide by itself: it, and what it lacks."""
    last = _last_weekly(catalog)
    if last is None or not not_worse(last.report):
        return ""
    lacking = too_little(last.report)
    return f"{last.version} {lacking}" if lacking else ""


def _last_weekly(catalog: Catalog) -> ModelVersion | None:
    last = max(complete_versions(catalog), key=lambda model_version: model_version.position, default=None)
    if last is None or not last.report.get("weekly") or last.position < versions_of(catalog).since:
        return None
    return last if last.report["running"] == active_weights(catalog).version else None


def unfinished_version(store: Store, tenant: str, catalog: Catalog) -> str:
    """The tenant's active version, where rows are made with other weights: its activation was cut short; else empty.

    Only where somebody has activated any, be it the shipped one again. Raises the store's errors.
    """
    if not versions_of(catalog).activated or unusable_active(catalog):
        return ""
    active = active_weights(catalog).version
    (row,) = store.tuples(
        "SELECT count() FROM mastery FINAL WHERE tenant = %(tenant)s AND key = '' "
        "AND JSONExtractString(mark, 'made_with') != %(version)s",
        {"tenant": tenant, "version": active},
    )
    return active if row[0] else ""
