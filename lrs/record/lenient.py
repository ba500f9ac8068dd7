"""Statements of a lenient credential: known faults are repaired, and what cannot be repaired holds up nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import orjson

from lrs.auth.credentials import Credential
from lrs.log import Entry, Log
from lrs.record.appender import StatementConflict
from lrs.record.originals import Originals
from lrs.record.recorder import INLINE_BYTES, AttachmentData, Recorder, attached_data
from schemas.envelope import ENVELOPE_VERSION, encode
from schemas.exact_json import exact_json
from schemas.original import SentStatement
from schemas.record import DEAD_LETTERS, STATEMENTS, DeadLetter
from schemas.xapi import Invalid
from schemas.xapi.repair import Repair, repair

STAGE = "api"  # of the dead letters
_LETTERS_HELD = 1 << 20  # bytes of dead letters that wait for the log
_NOTHING: frozenset[str] = frozenset()


@dataclass(slots=True)
class LenientReceipt:
    """What became of a request: the statements' ids (None of one that was refused), and why, by index."""

    ids: list[str | None]
    position: int | None = None
    repairs: dict[int, list[Repair]] = field(default_factory=dict)
    refused: dict[int, Invalid] = field(default_factory=dict)


class _RepairedStatement(NamedTuple):
    """A statement that passes: its id (None if it was sent without), and the sums of the data that came with it."""

    raw: bytes
    id: str | None
    needs: frozenset[str]


@dataclass(slots=True)
class _LookedThrough:
    """What a look through a request found; statements by index, originals of those that were repaired by id."""

    taken: LenientReceipt
    good: dict[int, _RepairedStatement] = field(default_factory=dict)
    originals: dict[str, SentStatement] = field(default_factory=dict)
    sums: dict[str, bytes] = field(default_factory=dict)  # of the originals, which are kept by now

    def forget_originals(self) -> None:
        self.sums = {id_: _sum_of(original.sent) for id_, original in self.originals.items()}
        self.originals = {}


async def record_leniently(
    recorder: Recorder,
    originals: Originals,
    raw: list[bytes],
    credential: Credential,
    version: str,
    data: Mapping[str, AttachmentData],
    now: int,
    unique: bool = False,
) -> LenientReceipt:
    """Repair and store what can be, the originals first; of `raw`, what was refused stays.

    Raises what Recorder.record raises, but Invalid only of the request as a whole.
    """
    looked = partial(_look_through, raw, credential, version, data)
    large = data or sum(map(len, raw)) > INLINE_BYTES
    looked_through = await asyncio.to_thread(looked) if large else looked()
    taken, good = looked_through.taken, looked_through.good
    await originals.keep(credential, now, looked_through.originals)
    for index in good:  # of a large request there is a copy less
        raw[index] = b""
    looked_through.forget_originals()
    while good:
        needed = _NOTHING.union(*(repaired.needs for repaired in good.values()))
        own = {sha2: part for sha2, part in data.items() if sha2 in needed}
        statements = [repaired.raw for repaired in good.values()]
        try:
            ids, taken.position = await recorder.record(statements, credential, version, own, unique)
        except StatementConflict as error:
            await asyncio.to_thread(_only_repaired_otherwise, originals, credential.tenant, looked_through, error)
            conflicts = set(error.statements)
            for index in [index for index, repaired in good.items() if repaired.id in conflicts]:
                taken.ids[index] = good.pop(index).id
        else:
            for index, id_ in zip(good, ids, strict=True):
                taken.ids[index] = id_
            break
    return taken


def _look_through(
    raw: Sequence[bytes], credential: Credential, version: str, data: Mapping[str, AttachmentData]
) -> _LookedThrough:
    """Look once through all statements: repair them, and refuse each that is wrong still or lacks an attachment."""
    looked_through = _LookedThrough(LenientReceipt([None] * len(raw)))
    for index, statement in enumerate(raw):
        try:
            mended, repairs, checked = repair(statement, version, credential.lenient or "")
            needs = frozenset(attached_data(mended, checked, data)) if checked.attachments else _NOTHING
        except Invalid as error:
            # The error itself holds all that was looked at.
            looked_through.taken.refused[index] = Invalid(error.field, error.reason)
            continue
        id_ = checked.id
        if repairs:
            id_, mended = _with_id(mended)
            looked_through.taken.repairs[index] = repairs
            looked_through.originals[id_] = SentStatement([str(change) for change in repairs], statement)
        looked_through.good[index] = _RepairedStatement(mended, id_, needs)
    return looked_through


def _only_repaired_otherwise(
    originals: Originals, tenant: str, looked_through: _LookedThrough, error: StatementConflict
) -> None:
    """See that what is in conflict was sent before as it was now, and that other rules repaired it then.

    Raises StatementConflict, of those that were not.
    """
    now = looked_through.sums
    sent_before = originals.all_sent(tenant, [id_ for id_ in error.statements if id_ in now])
    truly_conflicting = [
        id_ for id_ in error.statements if id_ not in sent_before or _sum_of(sent_before[id_].sent.encode()) != now[id_]
    ]
    if truly_conflicting:
        raise StatementConflict(truly_conflicting)


async def keep_refused(log: Log, tenant: str, raw: Sequence[bytes], taken: LenientReceipt, now: int) -> None:
    """Keep what was refused, each with its reason. Raises what Log.submit raises."""
    waiting: list[Future[int]] = []
    waiting_bytes = 0
    for index, error in sorted(taken.refused.items()):
        statement_text = raw[index].decode("utf-8", "backslashreplace")
        letter = DeadLetter(ENVELOPE_VERSION, STAGE, str(error), STATEMENTS, -1, tenant, now, statement_text)
        entry = Entry(STAGE, encode(letter))
        waiting.append(log.submit(DEAD_LETTERS, entry))
        waiting_bytes += len(entry.value)
        if waiting_bytes > _LETTERS_HELD:
            await asyncio.gather(*map(asyncio.wrap_future, waiting))
            waiting, waiting_bytes = [], 0
    await asyncio.gather(*map(asyncio.wrap_future, waiting))


def _with_id(raw: bytes) -> tuple[str, bytes]:
    """A repaired statement's id, and the statement with it; one without an id gets one, as the original needs it."""
    statement = orjson.loads(raw)
    id_ = statement.get("id") or str(uuid.uuid4())
    return id_.lower(), raw if "id" in statement else exact_json({"id": id_, **statement})


def _sum_of(sent: bytes) -> bytes:
    return hashlib.sha256(sent).digest()
