"""The data of attachments against the log: what a statement names, and brought, is there, and is what its sum says."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any, NamedTuple

import orjson

from lrs.attachments import AttachmentKey, Attachments, owner_of
from lrs.attachments.incoming import SUMS
from lrs.attachments.missing import REMEMBERED, MissingAttachment
from lrs.log import Log
from lrs.log.damage_memory import REPAIR
from lrs.verification.finding import CheckProgress, VerifyFinding
from lrs.verification.log_records import log_records
from schemas.envelope import Unreadable
from schemas.record import STATEMENTS, Bundle

_REMEMBERED_SUMS = 1 << 16  # that are looked for once, however many statements name them
ATTACHMENTS_ADVICE = (
    f"{REPAIR} puts back what a backup has; a file that is not what its hash says has to be removed from the folder, "
    "or the bucket, before"
)


class NamedAttachment(NamedTuple):
    """An attachment that a statement brought with it. `length`: as its sender says, who may be wrong."""

    statement: str
    key: AttachmentKey
    length: int | None


class AttachmentCheck:
    """Looks for what the log names. After `verify`, `missing` has the first that are not there."""

    def __init__(self, log: Log, attachments: Attachments) -> None:
        self._log = log
        self._size = lru_cache(_REMEMBERED_SUMS)(lambda key: attachments.size(*key))
        self._is_whole = lru_cache(_REMEMBERED_SUMS)(partial(is_whole, attachments))
        self.missing: list[MissingAttachment] = []

    def verify(self, sample: int | None, progress: CheckProgress = lambda check, more: None) -> VerifyFinding:
        """Look for each, and read a sample of them (None: all; always those of another length than was said).

        Raises Transient, UnknownVersion.
        """
        finding = VerifyFinding("attachments", "attachments", advice=ATTACHMENTS_ADVICE)
        drawn: list[NamedAttachment] = []
        present = 0
        for named in named_attachments(self._log):
            finding.checked += 1
            progress(finding.check, 1)
            size = self._size(named.key)
            if size is None:
                finding.add(
                    f"statement {named.statement} of {named.key.tenant}: attachment {named.key.sha2} is missing"
                )
                if len(self.missing) < REMEMBERED:
                    self.missing.append(MissingAttachment(*named.key, named.statement))
            elif sample is None or size != named.length:
                self._read(named, finding)
            else:  # each is drawn with the same chance, however many there are
                present += 1
                if len(drawn) < sample:
                    drawn.append(named)
                elif (at := random.randrange(present)) < sample:
                    drawn[at] = named
        for named in drawn:
            self._read(named, finding)
        return finding

    def _read(self, named: NamedAttachment, finding: VerifyFinding) -> None:
        if not self._is_whole(named.key):
            wrong = f"attachment {named.key.sha2} is not what its hash says"
            finding.add(f"statement {named.statement} of {named.key.tenant}: {wrong}")


def missing_attachments(log: Log, attachments: Attachments) -> list[MissingAttachment]:
    """The first that the log names and that are not there. Raises Transient, UnknownVersion."""
    check = AttachmentCheck(log, attachments)
    check.verify(0)
    return check.missing


def named_attachments(log: Log) -> Iterator[NamedAttachment]:
    """Those whose data the store has taken in: that came with their statement, or that have no other address."""
    for _, record in log_records(log, STATEMENTS):
        try:
            bundle = Bundle.decode(record.value)
        except Unreadable:
            continue  # a dead letter
        with_data, owner = set(bundle.kept or ()), owner_of(bundle.credential)
        for id_, raw in zip(bundle.ids, bundle.statements, strict=True):
            for sha2, length, has_address in _attachments_of_statement(raw):
                if sha2 in with_data or not has_address:
                    yield NamedAttachment(id_, AttachmentKey(bundle.tenant, owner, sha2), length)


def is_whole(attachments: Attachments, key: AttachmentKey) -> bool:
    """Whether data that is kept has its sum. Raises AttachmentsUnavailable."""
    total = hashlib.new(SUMS[len(key.sha2)])
    for piece in attachments.read(*key):
        total.update(piece)
    return total.hexdigest() == key.sha2


def _attachments_of_statement(raw: bytes) -> Iterator[tuple[str, int | None, bool]]:
    """Sum, length and whether there is an address, of each attachment of a statement and of its SubStatement."""
    if b"sha2" not in raw and b"\\u" not in raw:
        return
    try:
        statement: Any = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return  # a dead letter
    for part in (statement, statement.get("object")) if isinstance(statement, dict) else ():
        listed = part.get("attachments") if isinstance(part, dict) else None
        for attachment in listed if isinstance(listed, list) else ():
            sha2 = attachment.get("sha2") if isinstance(attachment, dict) else None
            if isinstance(sha2, str) and len(sha2) in SUMS:
                length = attachment.get("length")
                yield sha2.lower(), length if isinstance(length, int) else None, "fileUrl" in attachment
