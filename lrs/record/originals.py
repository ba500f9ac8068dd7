"""The bytes that were sent of statements that were repaired, in a topic of their own beside the statements."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from lrs.auth.credentials import Credential
from lrs.log import Entry, Exists, Log, UniqueId, record_at
from schemas.original import ORIGINALS, Original, SentStatement, decode, encode_originals
from schemas.xapi import repair

_BEFORE, _AFTER = 60_000_000, 1_000_000  # µs around a statement's time in which its original was kept
_RECORD_BYTES = 1 << 20  # of what was sent, in a record
_ORIGINALS_READ = 1_000  # records at a time


class Originals:
    """Keeps originals before their statements are stored, and finds them again by id, where the log knows ids."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._find = getattr(log, "find", None)  # of a log that knows ids

    async def keep(self, credential: Credential, now: int, by_id: Mapping[str, SentStatement]) -> None:
        """Make originals durable, by their statements' ids; one that is kept already is not kept again.

        Raises the log's Busy and Unavailable, and Full.
        """
        for some in _in_records(by_id):
            await self._keep(credential, now, some)

    async def _keep(self, credential: Credential, now: int, to_keep: dict[str, SentStatement]) -> None:
        while to_keep:
            record = encode_originals(credential.tenant, credential.key, now, repair.RULES_VERSION, to_keep)
            ids = [UniqueId(credential.tenant, id_) for id_ in to_keep]
            try:
                await asyncio.wrap_future(self._log.submit(ORIGINALS, Entry(ids[0].id, record, len(ids), ids)))
            except Exists as error:
                for key in error.ids:
                    to_keep.pop(key.id, None)
            else:
                return

    def sent(self, tenant: str, id_: str, stored: int | None = None) -> Original | None:
        """The original that was kept first of a statement; None where none was.

        Where the log knows no ids it is looked for near the time when the statement was `stored` (µs).
        """
        if self._find is None:
            return self._near(tenant, id_, stored) if stored is not None else None
        return self.all_sent(tenant, [id_]).get(id_)

    def all_sent(self, tenant: str, ids: Sequence[str]) -> dict[str, Original]:
        """The originals of statements, by id, where the log knows ids: each record is read once."""
        if self._find is None:
            return {}
        places_of_originals = [self._find(ORIGINALS, UniqueId(tenant, id_)) for id_ in ids]
        positions = {place_of_original[0] for place_of_original in places_of_originals if place_of_original is not None}
        wanted_ids = set(ids)
        originals: dict[str, Original] = {}
        for position in positions:
            record = decode(record_at(self._log, ORIGINALS, position).value)
            originals |= {original.id: original for original in record.statements if original.id in wanted_ids}
        return originals

    def _near(self, tenant: str, id_: str, stored: int) -> Original | None:
        """An original is kept just before its statement, and that not long before it is stored."""
        position, end = self._log.at(ORIGINALS, stored - _BEFORE), self._log.at(ORIGINALS, stored + _AFTER)
        while position < end and (records := self._log.read(ORIGINALS, position, _ORIGINALS_READ)):
            for record in records:
                if id_.encode() in record.value and (originals_record := decode(record.value)).tenant == tenant:
                    for original in originals_record.statements:
                        if original.id == id_:
                            return original
            position = records[-1].position + 1
        return None


def _in_records(by_id: Mapping[str, SentStatement]) -> Iterator[dict[str, SentStatement]]:
    """The originals of each record: of large ones a few, as a record is made of copies of them."""
    some: dict[str, SentStatement] = {}
    size = 0
    for id_, statement in by_id.items():
        some[id_] = statement
        size += len(statement.sent)
        if size > _RECORD_BYTES:
            yield some
            some, size = {}, 0
    yield some
