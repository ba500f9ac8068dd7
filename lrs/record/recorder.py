"""Record statements: check them, complete them, and put them durably into the log."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import Protocol

import msgspec
import orjson

from lrs.attachments import owner_of
from lrs.attachments.signature import LARGEST, verify_signature
from lrs.auth.credentials import Credential
from lrs.auth.scopes import Scope, allows
from lrs.catalog.catalogs import Catalogs
from lrs.clock import system_time
from lrs.record.appender import BundleAppender
from lrs.record.completion import Completion
from schemas.record import INDEX_BITS, Bundle, ImportedFrom
from schemas.xapi import Checked, Invalid, check
from schemas.xapi.statement import SIGNATURE


class _ImportedProperties(msgspec.Struct):
    stored: str = ""
    authority: msgspec.Raw = msgspec.Raw(b"")


_imported_decoder = msgspec.json.Decoder(_ImportedProperties)
MOST_STATEMENTS = (1 << INDEX_BITS) - 1
INLINE_BYTES = 64 << 10  # of statements that are checked on the event loop: some ms


class AttachmentData(Protocol):
    """What came with a statement."""

    def content(self, most: int) -> bytes: ...

    def keep(self, tenant: str, owner: str) -> None: ...


_NO_DATA: Mapping[str, AttachmentData] = {}
Guard = Callable[[Sequence[bytes], frozenset[str], Credential], AbstractAsyncContextManager[None]]


def unguarded(
    statements: Sequence[bytes], made: frozenset[str], credential: Credential
) -> AbstractAsyncContextManager[None]:
    """The guard that lets everything pass."""
    return nullcontext()


class Preparation:
    """Makes bundles of what was sent. Safe to use from many threads.

    Args:
        clock: µs since the epoch.
    """

    def __init__(self, catalogs: Catalogs, clock: Callable[[], int] = system_time) -> None:
        self._catalogs = catalogs
        self._clock = clock

    def prepare(
        self,
        raw: list[bytes],
        credential: Credential,
        version: str,
        data: Mapping[str, AttachmentData] = _NO_DATA,
        time: int | None = None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
        imported: bool = False,
    ) -> tuple[Bundle, list[str]]:
        """Statements as the log will hold them, and the ids of those they void. Raises Invalid.

        `raw` is emptied: a request may be large, and of each statement there is one copy at a time.
        `time`: when they came, µs since the epoch; now, unless it is given. `new_id`: for those without one.
        `imported`: keep what another store said of them beside them.
        """
        if len(raw) > MOST_STATEMENTS:
            raise Invalid("", f"more than {MOST_STATEMENTS} statements in one request")
        completion = Completion(credential, version)
        ids: list[str] = []
        statements: list[bytes] = []
        voids: list[str] = []
        used_attachments: set[str] = set()
        imported_from: list[ImportedFrom | None] = []
        for index, statement in enumerate(raw):
            try:
                checked = check(statement, version)
                if checked.attachments:
                    used_attachments |= attached_data(statement, checked, data)
            except Invalid as error:
                if len(raw) == 1:
                    raise
                field = f"{index}.{error.field}" if error.field else str(index)
                raise Invalid(field, error.reason) from None
            id_ = checked.id or new_id()
            ids.append(id_)
            statements.append(completion(statement, checked, id_))
            raw[index] = b""
            if checked.voids:
                voids.append(checked.voids)
            if imported:
                imported_from.append(_stored_elsewhere(statement, checked))
        if unused := data.keys() - used_attachments:
            raise Invalid("attachments", f"no statement has an attachment with the sum {min(unused)}")
        if len(set(ids)) < len(ids):
            [(again, _)] = Counter(ids).most_common(1)
            raise Invalid("id", f"duplicate id {again} in one request")
        defines = allows(credential.scopes, {Scope.DEFINE}, reading=False)
        time = self._clock() if time is None else time
        bundle = Bundle(
            *(credential.tenant, credential.key, time, self._catalogs.position, ids, statements),
            defines=defines,
            imported=imported_from if any(imported_from) else None,
            kept=sorted(used_attachments) or None,
        )
        return bundle, voids


class Recorder:
    """Takes statements in. One a process is enough; safe to use from one event loop at a time.

    Args:
        guard: goes around every storing of statements; it may refuse them (with Invalid), and act once they are stored.
            It gets them as they are stored, and which ids they came without.
        voided: called with (tenant, ids, position after them) of what was voided, so that the next read knows at once.
    """

    def __init__(
        self,
        storing: BundleAppender,
        preparation: Preparation,
        guard: Guard = unguarded,
        voided: Callable[[str, Sequence[str], int | None], None] = lambda tenant, targets, position: None,
    ) -> None:
        self._storing = storing
        self._preparation = preparation
        self._guard = guard
        self._voided = voided

    async def record(
        self,
        raw: list[bytes],
        credential: Credential,
        version: str,
        data: Mapping[str, AttachmentData] = _NO_DATA,
        unique: bool = False,
        imported: bool = False,
    ) -> tuple[list[str], int | None]:
        """Check, complete and store statements, all or none; gives their ids and the position to read them after.

        `raw` is emptied, see Preparation.prepare.
        `data`: what came with the statements, by SHA-2 sum; `keep` makes it durable before the statements are.
        `unique`: of one statement, see that its id is new before it is acknowledged, whatever the log.
        `imported`: they come from another store, whose `stored` and `authority` are kept beside them.
        Raises Invalid (naming the field), StatementConflict, and the log's Busy, Full and Unavailable.
        """
        made: set[str] = set()

        def new_id() -> str:
            made.add(id_ := str(uuid.uuid4()))
            return id_

        prepare = partial(self._preparation.prepare, raw, credential, version, data, new_id=new_id, imported=imported)
        if data or sum(map(len, raw)) > INLINE_BYTES:  # it would hold up everybody else's requests
            bundle, voids = await asyncio.to_thread(prepare)
        else:
            bundle, voids = prepare()
        async with self._guard(bundle.statements, frozenset(made), credential):
            for attachment in data.values():
                await asyncio.to_thread(attachment.keep, credential.tenant, owner_of(credential.key))
            position = await self._storing.store(bundle, unique)
        if voids:
            self._voided(credential.tenant, voids, position)
        return list(bundle.ids), position


def _stored_elsewhere(raw: bytes, checked: Checked) -> ImportedFrom | None:
    """What another store said of a statement, as it came."""
    if checked.has.isdisjoint(("stored", "authority")):
        return None
    stored_before = _imported_decoder.decode(raw)
    return ImportedFrom(stored_before.stored, bytes(stored_before.authority).decode())


def attached_data(raw: bytes, checked: Checked, data: Mapping[str, AttachmentData]) -> set[str]:
    """The sums of the data that a statement's attachments need. Raises Invalid.

    The hash vouches for the data; `length` is the tool's word, and tools do send that of another encoding.
    """
    used_attachments: set[str] = set()
    for field, attachment in checked.attachments:
        sha2 = attachment["sha2"].lower()
        attachment_data = data.get(sha2)
        if attachment_data is None:
            if "fileUrl" not in attachment:
                raise Invalid(f"{field}.fileUrl", "is missing, and the request does not hold the data")
            continue
        used_attachments.add(sha2)
        if attachment["usageType"] == SIGNATURE:
            verify_signature(attachment_data.content(LARGEST + 1), orjson.loads(raw))
    return used_attachments
