"""Statements of a lenient credential: known faults are repaired, and what cannot be repaired holds up nothing else."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from lrs.auth.credentials import Credential
from lrs.log import Entry, Log
from lrs.record.appender import StatementConflict
from lrs.record.originals import Originals
from lrs.record.recorder import Data, Recorder
from schemas.envelope import VERSION, encode
from schemas.original import Original
from schemas.record import DEAD_LETTERS, STATEMENTS, DeadLetter
from schemas.xapi import Invalid
from schemas.xapi.repair import Repair, repair

STAGE = "api"  # of the dead letters


@dataclass(slots=True)
class LenientReceipt:
    """What became of a request: the statements' ids (None of one that was refused), and why, by index."""

    ids: list[str | None]
    position: int | None = None
    repairs: dict[int, list[Repair]] = field(default_factory=dict)
    refused: dict[int, Invalid] = field(default_factory=dict)


async def record(
    recorder: Recorder,
    originals: Originals,
    raw: Sequence[bytes],
    credential: Credential,
    version: str,
    data: Mapping[str, Data],
    now: int,
    unique: bool = False,
) -> LenientReceipt:
    """Repair and store what can be, the originals first. Raises what Recorder.record raises, but Invalid only where it
    is about the request as a whole."""
    taken = LenientReceipt([None] * len(raw))
    good: dict[int, bytes] = {}
    kept: dict[str, Original] = {}
    for index, statement in enumerate(raw):
        try:
            mended, repairs = repair(statement, version, credential.lenient or "")
        except Invalid as error:
            taken.refused[index] = error
            continue
        if repairs:
            id_, mended = _with_id(mended)
            taken.repairs[index] = repairs
            kept[id_] = Original(id_, [str(one) for one in repairs], statement.decode())
        good[index] = mended
    await originals.keep(credential, now, kept)
    while good:
        sums = {sha2 for statement in good.values() for sha2 in _sums(statement)}
        own = {sha2: part for sha2, part in data.items() if sha2 in sums}
        try:
            ids, taken.position = await recorder.record(list(good.values()), credential, version, own, unique)
        except Invalid as error:  # of one of them, for a reason that repair does not look at: its attachments
            wrong = _index(error, list(good))
            if wrong is None:
                raise
            field_ = error.field if len(good) == 1 else error.field.partition(".")[2]
            del good[wrong]
            taken.repairs.pop(wrong, None)
            taken.refused[wrong] = Invalid(field_, error.reason)
        except StatementConflict as error:  # unless the same was sent before, and other rules repaired it then
            before = await asyncio.to_thread(originals.sent, credential.tenant, error.statement)
            same = kept.get(error.statement)
            if before is None or same is None or before.sent != same.sent:
                raise
            index = next(index for index, statement in good.items() if _id(statement) == error.statement)
            taken.ids[index] = error.statement
            del good[index]
        else:
            for index, id_ in zip(good, ids, strict=True):
                taken.ids[index] = id_
            break
    return taken


def dead_letters(log: Log, tenant: str, raw: Sequence[bytes], taken: LenientReceipt, now: int) -> None:
    """Keep what was refused, each with its reason. Raises what Log.append raises."""
    for index, error in sorted(taken.refused.items()):
        text = raw[index].decode("utf-8", "backslashreplace")
        letter = DeadLetter(VERSION, STAGE, str(error), STATEMENTS, -1, tenant, now, text)
        log.append(DEAD_LETTERS, Entry(STAGE, encode(letter)))


def _index(error: Invalid, indexes: Sequence[int]) -> int | None:
    """Which statement an error is about, if its field names one."""
    if len(indexes) == 1:
        return indexes[0]
    first = error.field.partition(".")[0]
    return indexes[int(first)] if first.isdigit() and int(first) < len(indexes) else None


def _sums(raw: bytes) -> list[str]:
    """The sums of the attachments of a statement that passed, and of its SubStatement's."""
    if b'"sha2"' not in raw:
        return []
    statement = orjson.loads(raw)
    listed = [*statement.get("attachments", ()), *statement["object"].get("attachments", ())]
    return [attachment["sha2"].lower() for attachment in listed]


def _with_id(raw: bytes) -> tuple[str, bytes]:
    """A repaired statement's id, and the statement with it; one without an id gets one, as the original needs it."""
    statement = orjson.loads(raw)
    id_ = statement.get("id") or str(uuid.uuid4())
    return id_.lower(), raw if "id" in statement else orjson.dumps({"id": id_, **statement})


def _id(raw: bytes) -> str:
    return str(orjson.loads(raw).get("id", "")).lower()
