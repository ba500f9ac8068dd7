"""How much of the catalog is applied to the past: the checkpoint of whoever reinterprets."""

from __future__ import annotations

from lrs.catalog.catalogs import Catalogs
from lrs.log import Log
from lrs.store.checkpoints import Checkpoint, Checkpoints
from schemas.record import CATALOG, REINTERPRET


def applied_position(checkpoints: Checkpoints) -> int:
    """The position of the catalog whose changes are applied to the past as far as they ask for it (exclusive)."""
    last = checkpoints.read(REINTERPRET, CATALOG).get(0)
    return last.position if last else 0


def is_change_waiting(catalogs: Catalogs, checkpoints: Checkpoints) -> bool:
    """Whether a change of the catalog is to be applied to the past, and is not yet. Raises the store's errors."""
    catalogs.look()
    return catalogs.reread_asked_at > 0 and applied_position(checkpoints) < catalogs.reread_asked_at


def write_checkpoint(log: Log, checkpoints: Checkpoints, position: int, reader: str = REINTERPRET) -> None:
    """Say that the tables are as the catalog wants them, up to a position (exclusive)."""
    last = checkpoints.read(reader, CATALOG).get(0)
    version = (last.version if last else 0) + 1
    checksum = log.checksum_before(CATALOG, position) or 0
    checkpoints.write([Checkpoint(reader, CATALOG, 0, position, log.identity(CATALOG), checksum, {}, version)])
