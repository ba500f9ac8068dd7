"""Damaged records that anybody met in the embedded log: kept in its folder for `/ready` and `lrs doctor`.

They stay until `lrs verify` has read the whole log and puts what it found in their place.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from lrs.errors import LostData
from lrs.files import replace_file
from lrs.log import Damaged
from schemas.envelope import NOT_DECODABLE

DAMAGED = "damaged.json"
REMEMBERED = 1_000  # of them, at most
NAMED_IDS = 5  # of a record, at most
SHOWN = 20  # of them, in an answer; `lrs doctor` says how many more there are
ADVICE = (
    "what reads it is answered with 503, and a rebuild stops there; stop `lrs serve`, then `lrs verify --log-only "
    "--repair BACKUP` (for statements also `--repair tables`) puts it back"
)
_adding = threading.Lock()  # between processes an addition may be lost: who meets the record next adds it again

logger = logging.getLogger(__name__)


class DamagedRecord(msgspec.Struct, frozen=True):
    """A record that cannot be read as it was appended. ids: of the statements it held, where that is known."""

    topic: str
    partition: int
    position: int
    reason: str
    ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"position {self.position} of partition {self.partition} of {self.topic} is damaged: {self.reason}"

    @property
    def place(self) -> tuple[str, int, int]:
        """Where it is."""
        return self.topic, self.partition, self.position


def damaged_record(damaged: Damaged, ids: Sequence[str]) -> DamagedRecord:
    """What is kept of a damage."""
    return DamagedRecord(damaged.topic, 0, damaged.position, damaged.reason, tuple(ids[:NAMED_IDS]))


def remember(folder: Path, damaged: Sequence[DamagedRecord]) -> None:
    """Keep what was found to be damaged in place of what was before; nothing where nothing is. Raises OSError."""
    path = folder / DAMAGED
    if not damaged:
        path.unlink(missing_ok=True)
        return
    replace_file(path, msgspec.json.encode(damaged[:REMEMBERED]))


def remember_met(folder: Path, damaged: Damaged, find_ids: Callable[[], list[str]]) -> None:
    """Keep a damage that somebody met beside what was found before, and log it once; find_ids is called for a new one.

    Raises nothing: who met it has the damage itself to tell.
    """
    try:
        with _adding:
            known = remembered(folder)
            if len(known) >= REMEMBERED or damaged_record(damaged, []).place in {one.place for one in known}:
                return
            remember(folder, [*known, damaged_record(damaged, find_ids())])
        logger.error("%s; %s", damaged, ADVICE)
    except (OSError, LostData) as error:
        logger.error("%s, which cannot be kept: %s; %s", damaged, error, ADVICE)


def remembered(folder: Path) -> list[DamagedRecord]:
    """What was found to be damaged. Raises LostData."""
    try:
        return msgspec.json.decode((folder / DAMAGED).read_bytes(), type=list[DamagedRecord])
    except FileNotFoundError:
        return []
    except (OSError, *NOT_DECODABLE):
        raise LostData(f"{DAMAGED} of the log cannot be read: `lrs verify` writes it again") from None
