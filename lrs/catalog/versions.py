"""Weights in the log: a version is kept as events of the catalog topic, and the active one is read from there."""

from __future__ import annotations

from typing import Any

import msgspec

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Missing
from processors.mastery.weights import Weights, default_weights
from schemas.catalog import Catalog
from schemas.models import SHIPPED, Model, ModelVersions, parts_of
from schemas.wording import worded

MASTERY: Model = "mastery"


class UnknownModelVersion(Missing):
    """The tenant has no such version."""

    def __init__(self, version: str) -> None:
        super().__init__(worded("there is no version %(version)s", version=repr(version)))


class ActiveWeights:
    """The weights that make a tenant's rows of mastery, as the log says now. Safe to use from many threads."""

    def __init__(self, catalogs: Catalogs) -> None:
        self._catalogs = catalogs

    def __call__(self, tenant: str) -> Weights:
        """A tenant's active weights. Raises what Catalogs.latest raises."""
        return active_weights(self._catalogs.latest(tenant))


def versions_of(catalog: Catalog) -> ModelVersions:
    """A tenant's versions of mastery."""
    return catalog.models.get(MASTERY) or ModelVersions()


def weights_of(catalog: Catalog, version: str) -> Weights:
    """The weights of a version. Raises UnknownVersion."""
    shipped = default_weights()
    if version in (SHIPPED, shipped.version):
        return shipped
    found = versions_of(catalog).known.get(version)
    if found is None or not found.complete:
        raise UnknownModelVersion(version)
    if found.read is None:
        found.read = msgspec.json.decode(found.data, type=Weights)
    weights: Weights = found.read
    return weights


def active_weights(catalog: Catalog) -> Weights:
    """The weights of a tenant's active version. Raises UnknownVersion."""
    return weights_of(catalog, versions_of(catalog).active)


def keep_version(
    catalogs: Catalogs, tenant: str, credential: str, weights: Weights, report: dict[str, Any], now: int
) -> int:
    """Put a version into the log, with its report; nothing changes by it. Raises what Log.append raises."""
    return catalogs.append_all(tenant, credential, parts_of(weights.version, msgspec.json.encode(weights), report), now)


def list_versions(catalog: Catalog) -> list[dict[str, Any]]:
    """The versions, the oldest first, as JSON; the shipped one is the first."""
    versions = versions_of(catalog)
    shipped = default_weights().version
    rows: list[dict[str, Any]] = [
        {
            "version": shipped,
            "position": None,
            "at": None,
            "active": versions.active in (SHIPPED, shipped),
            "report": {},
        }
    ]
    for one in versions.known.values():
        if one.complete:
            rows.append(
                {
                    "version": one.version,
                    "position": one.position,
                    "at": one.at,
                    "active": one.version == versions.active,
                    "report": one.report,
                }
            )
    return rows
