"""Attachments that the last check or a request found missing: kept in a data folder for `lrs doctor`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from lrs.attachments import Attachments
from lrs.errors import LostData
from lrs.files import replace_file
from schemas.envelope import NOT_DECODABLE

MISSING = "attachments-missing.json"
REMEMBERED = 1_000  # of them, at most
_adding = threading.Lock()  # between processes an addition may be lost: the next request for it adds it again


class MissingAttachment(msgspec.Struct, frozen=True):
    """An attachment that a statement names and that is not there."""

    tenant: str
    owner: str
    sha2: str
    statement: str

    def __str__(self) -> str:
        return f"attachment {self.sha2} of statement {self.statement} of {self.tenant}"


_missing_decoder = msgspec.json.Decoder(list[MissingAttachment])


def remember(data: Path, missing: Sequence[MissingAttachment]) -> None:
    """Keep what was found to be missing in place of what was before; nothing where nothing is. Raises OSError."""
    path = data / MISSING
    if not missing:
        path.unlink(missing_ok=True)
        return
    replace_file(path, msgspec.json.encode(missing))


def remember_more(data: Path, missing: Sequence[MissingAttachment]) -> list[MissingAttachment]:
    """Keep these beside what was found before; gives those that were not known yet. Raises OSError and LostData."""
    with _adding:
        remembered_before = _read(data)
        more = [attachment for attachment in dict.fromkeys(missing) if attachment not in remembered_before][
            : max(REMEMBERED - len(remembered_before), 0)
        ]
        if more:
            remember(data, [*remembered_before, *more])
    return more


def remembered(data: Path, attachments: Callable[[], Attachments]) -> list[MissingAttachment]:
    """What was found to be missing, and still is. Raises AttachmentsUnavailable, LostData."""
    if not (missing := _read(data)):
        return []
    kept_attachments = attachments()
    return [
        attachment
        for attachment in missing
        if kept_attachments.size(attachment.tenant, attachment.owner, attachment.sha2) is None
    ]


def _read(data: Path) -> list[MissingAttachment]:
    try:
        return _missing_decoder.decode((data / MISSING).read_bytes())
    except FileNotFoundError:
        return []
    except NOT_DECODABLE:
        raise LostData(f"{MISSING} cannot be read: `lrs verify` writes it again") from None
