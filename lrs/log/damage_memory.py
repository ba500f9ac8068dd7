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
SHOWN_DAMAGES = 20  # of them, in an answer; `lrs doctor` says how many more there are
REPAIR = "stop `lrs serve`, then `lrs verify --log-only --repair BACKUP`"  # as the runbooks and the how-to have it
REPAIR_ADVICE = f"{REPAIR} (for statements that the tables hold also `--repair tables`) puts it back"
DAMAGE_ADVICE = (
    f"what reads it is answered with 503, and a rebuild stops there; {REPAIR_ADVICE}; where nothing has it, `lrs "
    "rebuild --without TOPIC:POSITION` goes on without it"
)
_MENDED = "whole again"  # the reason of a record that the tables still lack
_adding = threading.Lock()  # between processes an addition may be lost: who meets the record next adds it again

logger = logging.getLogger(__name__)


class DamagedRecord(msgspec.Struct, frozen=True):
    """A record that cannot be read as it was appended.

    ids: of the statements it held, where that is known. left_out: the tables were rebuilt without it.
    """

    topic: str
    partition: int
    position: int
    reason: str
    ids: tuple[str, ...] = ()
    left_out: bool = False

    def __str__(self) -> str:
        where = f"position {self.position} of partition {self.partition} of {self.topic}"
        if self.reason == _MENDED:
            return f"{where} was damaged and is whole again; the tables are without it until `lrs rebuild` was run"
        left_out = "; the tables are without it until it is mended and `lrs rebuild` was run" if self.left_out else ""
        return f"{where} is damaged: {self.reason}{left_out}"

    @property
    def place(self) -> tuple[str, int, int]:
        """Where it is."""
        return self.topic, self.partition, self.position


_damaged_decoder = msgspec.json.Decoder(list[DamagedRecord])


def damaged_record(damaged: Damaged, ids: Sequence[str]) -> DamagedRecord:
    """What is kept of a damage."""
    return DamagedRecord(damaged.topic, 0, damaged.position, damaged.reason, tuple(ids[:NAMED_IDS]))


def remember(folder: Path, damaged: Sequence[DamagedRecord]) -> None:
    """Replace the list of damaged records; without any, remove it. Raises OSError."""
    path = folder / DAMAGED
    if not damaged:
        path.unlink(missing_ok=True)
        return
    replace_file(path, msgspec.json.encode(damaged[:REMEMBERED]))


def remember_all(folder: Path, damaged: Sequence[DamagedRecord]) -> None:
    """Replace the list by what a check of the whole log found, but keep records that the tables were rebuilt without:
    the tables lack them even where the log has them whole again. Raises OSError."""
    try:
        left_out = {record.place: record for record in remembered(folder) if record.left_out}
    except LostData:  # it cannot be read, and is written again
        left_out = {}
    records_by_place = {record.place: record for record in damaged}
    records_to_keep = [
        msgspec.structs.replace(record, left_out=place in left_out) for place, record in records_by_place.items()
    ]
    mended = [
        msgspec.structs.replace(record, reason=_MENDED)
        for place, record in left_out.items()
        if place not in records_by_place
    ]
    remember(folder, [*mended, *records_to_keep])


def leave_out(folder: Path, places: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Have readers pass over these damaged records, and no others; gives those that are not known to be damaged, and
    then changes nothing. Raises OSError and LostData."""
    with _adding:
        known_damage = remembered(folder)
        if unknown := [place for place in places if place not in {record.place for record in known_damage}]:
            return unknown
        remember(folder, [msgspec.structs.replace(record, left_out=record.place in places) for record in known_damage])
    return []


def is_left_out(folder: Path, damaged: Damaged) -> bool:
    """Whether somebody decided that readers pass over it."""
    try:
        known_damage = remembered(folder)
    except LostData:
        return False
    return any(record.left_out for record in known_damage if record.place == (damaged.topic, 0, damaged.position))


def remember_met(folder: Path, damaged: Damaged, find_ids: Callable[[], list[str]]) -> None:
    """Keep a damage that somebody met beside what was found before, and log it once; find_ids is called for a new one.

    Raises nothing: who met it has the damage itself to tell.
    """
    try:
        with _adding:
            known_damage = remembered(folder)
            if len(known_damage) >= REMEMBERED or damaged_record(damaged, []).place in {
                damaged_before.place for damaged_before in known_damage
            }:
                return
            remember(folder, [*known_damage, damaged_record(damaged, find_ids())])
        logger.error("%s; %s", damaged, DAMAGE_ADVICE)
    except (OSError, LostData) as error:
        logger.error("%s, which cannot be kept: %s; %s", damaged, error, DAMAGE_ADVICE)


def remembered(folder: Path) -> list[DamagedRecord]:
    """What was found to be damaged. Raises LostData."""
    try:
        return _damaged_decoder.decode((folder / DAMAGED).read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, *NOT_DECODABLE):
        raise LostData(f"{DAMAGED} of the log cannot be read: `lrs verify` writes it again") from None
