"""Weights in the log: a version is kept as events of the catalog topic, and the active one is read from there."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import Any

import msgspec

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Conflict, Missing
from processors.mastery.bounds import OutOfBounds, check_weights, read_weights
from processors.mastery.weights import Weights, default_weights
from schemas.catalog import Catalog
from schemas.models import SHIPPED, Model, ModelVersion, ModelVersions, parts_of
from schemas.wording import worded

MASTERY: Model = "mastery"

logger = logging.getLogger(__name__)


class UnknownModelVersion(Missing):
    """The tenant has no such version."""

    def __init__(self, version: str) -> None:
        super().__init__(worded("there is no version %(version)s", version=repr(version)))


class BadWeights(Conflict):
    """The weights of a version are not what weights can be: they decide nothing."""

    def __init__(self, version: str, problem: str) -> None:
        super().__init__(
            worded(
                "the weights of version %(version)s cannot be used: %(problem)s", version=repr(version), problem=problem
            )
        )


class ActiveWeights:
    """The weights that make a tenant's rows of mastery, as the log says now. Safe to use from many threads."""

    def __init__(self, catalogs: Catalogs) -> None:
        self._catalogs = catalogs

    def __call__(self, tenant: str) -> Weights:
        """A tenant's active weights. Raises what Catalogs.latest raises."""
        return active_weights(self._catalogs.latest(tenant))


def own_version(now: int) -> str:
    """The name of weights that are fitted now (µs since the epoch) to a tenant's own history."""
    return time.strftime("own-%Y%m%d-%H%M%S", time.gmtime(now // 1_000_000))


def versions_of(catalog: Catalog) -> ModelVersions:
    """A tenant's versions of mastery."""
    return catalog.models.get(MASTERY) or ModelVersions()


def complete_versions(catalog: Catalog) -> list[ModelVersion]:
    """A tenant's own versions of mastery of which every part is known."""
    return [weights_version for weights_version in versions_of(catalog).known.values() if weights_version.complete]


def weights_of(catalog: Catalog, version: str) -> Weights:
    """The weights of a version. Raises UnknownModelVersion and BadWeights."""
    shipped = default_weights()
    if version in (SHIPPED, shipped.version):
        return shipped
    weights_version = versions_of(catalog).known.get(version)
    if weights_version is None or not weights_version.complete:
        raise UnknownModelVersion(version)
    if weights_version.read is None:
        try:
            weights_version.read = read_weights(weights_version.data)
        except OutOfBounds as error:
            weights_version.read = BadWeights(version, str(error))
            logger.error("%s", weights_version.read)
    if isinstance(weights_version.read, BadWeights):
        raise weights_version.read
    weights: Weights = weights_version.read
    return weights


def active_weights(catalog: Catalog) -> Weights:
    """The weights of a tenant's active version; where they cannot be used, those that were active before.

    No command activates such a version; if the log has one all the same, `lrs doctor` names it. Raises
    UnknownModelVersion.
    """
    versions = versions_of(catalog)
    for version in (versions.active, *(activation.version for activation in reversed(versions.activated))):
        with suppress(BadWeights):
            return weights_of(catalog, version)
    return default_weights()


def unusable_active(catalog: Catalog) -> str:
    """Why the version that was activated last does not decide; empty where it does."""
    try:
        weights_of(catalog, versions_of(catalog).active)
    except BadWeights as error:
        return str(error)
    return ""


def keep_version(
    catalogs: Catalogs, tenant: str, credential: str, weights: Weights, report: dict[str, Any], now: int
) -> int:
    """Put a version into the log, with its report; nothing changes by it.

    Raises BadWeights, with nothing written, and what Log.append raises.
    """
    try:
        check_weights(weights)
    except OutOfBounds as error:
        raise BadWeights(weights.version, str(error)) from None
    return catalogs.append_all(tenant, credential, parts_of(weights.version, msgspec.json.encode(weights), report), now)


def list_versions(catalog: Catalog) -> list[dict[str, Any]]:
    """The versions, the oldest first, as JSON; the shipped one is the first."""
    active = active_weights(catalog).version
    shipped = default_weights().version
    rows: list[dict[str, Any]] = [
        {
            "version": shipped,
            "position": None,
            "at": None,
            "active": active == shipped,
            "report": {},
        }
    ]
    for weights_version in complete_versions(catalog):
        rows.append(
            {
                "version": weights_version.version,
                "position": weights_version.position,
                "at": weights_version.at,
                "active": weights_version.version == active,
                "report": weights_version.report,
            }
        )
    return rows
