"""Record statements: check them, complete them, and put them durably into the log.

What a tool sent is kept byte for byte; what the store must add (id, stored, authority, …) is added behind it.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson

from lrs.attachments.signature import verify
from lrs.auth.credentials import Credential
from lrs.auth.scopes import Scope, allows
from lrs.catalog.catalogs import Catalogs
from lrs.errors import Conflict
from lrs.log import Entry, Exists, Id, Log
from schemas.record import INDEX_BITS, STATEMENTS, Bundle
from schemas.xapi import Checked, Invalid, check
from schemas.xapi.compare import same_statement
from schemas.xapi.statement import SIGNATURE

MOST_STATEMENTS = (1 << INDEX_BITS) - 1
HOME_PAGE = "https://pacer.example/credentials"


class Data(Protocol):
    """What came with a statement."""

    def content(self) -> bytes: ...

    def keep(self, tenant: str) -> None: ...


Guard = Callable[[Sequence[bytes], Credential], AbstractAsyncContextManager[None]]
_NO_DATA: Mapping[str, Data] = {}


class StatementConflict(Conflict):
    """A statement with this id exists already, and says something else."""

    def __init__(self, statement: str) -> None:
        super().__init__(f"id: a different statement with the id {statement} exists already", "id")
        self.statement = statement


class Recorder:
    """Takes statements in. One a process is enough; safe to use from one event loop at a time.

    `voided` is told (tenant, ids) of what was taken back, so that a client's next read knows at once; `find` gives
    what stands with (tenant, id), for a log that does not know ids; `guard` goes around every storing of statements:
    it may refuse them (with Invalid), and act once they are stored.
    """

    def __init__(
        self,
        log: Log,
        catalogs: Catalogs,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
        voided: Callable[[str, Sequence[str]], None] = lambda tenant, targets: None,
        find: Callable[[str, str], bytes | None] = lambda tenant, statement: None,
        guard: Guard = lambda raw, credential: nullcontext(),
    ) -> None:
        self._log = log
        self._find = find
        self._voided = voided
        self._catalogs = catalogs
        self._clock = clock
        self._guard = guard

    async def record(
        self,
        raw: Sequence[bytes],
        credential: Credential,
        version: str,
        data: Mapping[str, Data] = _NO_DATA,
        unique: bool = False,
    ) -> tuple[list[str], int]:
        """Check, complete and store statements, all or none; gives their ids and the position to read them after.

        `data`: what came with the statements, by SHA-2 sum; `keep` makes it durable before the statements are.
        `unique`: of one statement, see that its id is new before it is acknowledged, whatever the log.
        Raises Invalid (naming the field), StatementConflict, and the log's Busy and Unavailable, and Full.
        """
        bundle, voids = self.prepare(raw, credential, version, data)
        async with self._guard(raw, credential):
            for one in data.values():
                await asyncio.to_thread(one.keep, credential.tenant)
            position = await self.store(bundle, unique)
        self._voided(credential.tenant, voids)
        return list(bundle.ids), position

    def prepare(
        self,
        raw: Sequence[bytes],
        credential: Credential,
        version: str,
        data: Mapping[str, Data] = _NO_DATA,
        received: int | None = None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> tuple[Bundle, list[str]]:
        """Statements as they will stand in the log, and the ids of those they take back. Raises Invalid.

        `received`: when they came, µs since the epoch; now, unless it is given. `new_id`: for those without one.
        """
        if len(raw) > MOST_STATEMENTS:
            raise Invalid("", f"more than {MOST_STATEMENTS} statements in one request")
        received = self._clock() if received is None else received
        completion = Completion(credential, received, version)
        ids: list[str] = []
        statements: list[bytes] = []
        voids: list[str] = []
        used: set[str] = set()
        for index, statement in enumerate(raw):
            try:
                checked = check(statement, version)
                if checked.attachments:
                    used |= attached(statement, checked, data)
            except Invalid as error:
                if len(raw) == 1:
                    raise
                field = f"{index}.{error.field}" if error.field else str(index)
                raise Invalid(field, error.reason) from None
            id_ = checked.id or new_id()
            ids.append(id_)
            statements.append(completion(statement, checked, id_))
            if checked.voids:
                voids.append(checked.voids)
        if unused := data.keys() - used:
            raise Invalid("attachments", f"no statement has an attachment with the sum {min(unused)}")
        if len(set(ids)) < len(ids):
            again = next(i for i in ids if ids.count(i) > 1)
            raise Invalid("id", f"duplicate id {again} in one request")
        defines = allows(credential.scopes, {Scope.DEFINE}, reading=False)
        bundle = Bundle(
            credential.tenant, credential.key, received, self._catalogs.position, ids, statements, defines=defines
        )
        return bundle, voids

    async def store(self, bundle: Bundle, unique: bool = False) -> int:
        """Append what is new of a bundle; gives the position after it. Raises StatementConflict and the log's errors.

        Where the log does not know ids, those of many are left to admit, and one alone is looked up with `unique`.
        """
        if not self._log.unique_ids:
            await self._spread(bundle, unique)
            return 0
        while bundle.ids:
            ids = [Id(bundle.tenant, i) for i in bundle.ids]
            entry = Entry(bundle.ids[0], bundle.encode(), len(ids), ids)
            try:
                return 1 + await asyncio.wrap_future(self._log.submit(STATEMENTS, entry))
            except Exists as error:
                bundle = self._without(bundle, error)
        return 0

    async def _spread(self, bundle: Bundle, unique: bool) -> None:
        """Append each statement to its id's partition. If this fails half-way, sending again stores each once."""
        if unique and (standing := await asyncio.to_thread(self._find, bundle.tenant, bundle.ids[0])):
            if not same_statement(orjson.loads(standing), orjson.loads(bundle.statements[0])):
                raise StatementConflict(bundle.ids[0])
            return
        appending = [asyncio.wrap_future(each) for each in spread(self._log, bundle)]
        for done in await asyncio.gather(*appending, return_exceptions=True):
            if isinstance(done, BaseException):
                raise done

    def _without(self, bundle: Bundle, exists: Exists) -> Bundle:
        """The bundle without statements that stand already and say the same. Raises StatementConflict."""
        standing = {key.id: place for key, place in exists.ids.items()}
        kept: list[int] = []
        for index, id_ in enumerate(bundle.ids):
            if id_ not in standing:
                kept.append(index)
            elif not same_statement(
                orjson.loads(self._standing(*standing[id_])), orjson.loads(bundle.statements[index])
            ):
                raise StatementConflict(id_)
        return bundle.part(kept)

    def _standing(self, position: int, index: int) -> bytes:
        return Bundle.decode(self._log.read(STATEMENTS, position, 1)[0].value).statements[index]


def spread(log: Log, bundle: Bundle) -> list[Future[int]]:
    """Append each statement of a bundle to the partition of its id. Raises what Log.submit raises."""
    partitions: dict[int, list[int]] = {}
    for index, id_ in enumerate(bundle.ids):
        partitions.setdefault(log.partition_of(STATEMENTS, id_), []).append(index)
    return [
        log.submit(STATEMENTS, Entry(bundle.ids[found[0]], bundle.part(found).encode(), len(found)), partition)
        for partition, found in partitions.items()
    ]


class Completion:
    """Adds to a statement what its tool left to the store (xAPI 1.0.3, part 2, 2.1.3 and 2.4)."""

    def __init__(self, credential: Credential, received: int, version: str) -> None:
        stored = timestamp(received)
        authority = {"objectType": "Agent", "account": {"homePage": HOME_PAGE, "name": credential.key}}
        self._stored = f',"stored":"{stored}","authority":{orjson.dumps(authority).decode()}'.encode()
        self._timestamp = f',"timestamp":"{stored}"'.encode()
        self._version = b',"version":"2.0.0"' if version.startswith("2") else b',"version":"1.0.0"'

    def __call__(self, raw: bytes, checked: Checked, id_: str) -> bytes:
        has = checked.has
        if checked.single or "stored" in has or "authority" in has:  # the store's word replaces the tool's
            whole: dict[str, Any] = orjson.loads(raw)
            if checked.single:
                _listed(whole)
            raw = orjson.dumps({k: v for k, v in whole.items() if k not in ("stored", "authority")})
        parts = [raw.rstrip()[:-1], self._stored]
        if "id" not in has:
            parts.append(f',"id":"{id_}"'.encode())
        if "timestamp" not in has:
            parts.append(self._timestamp)
        if "version" not in has:
            parts.append(self._version)
        parts.append(b"}")
        return b"".join(parts)


def attached(raw: bytes, checked: Checked, data: Mapping[str, Data]) -> set[str]:
    """The sums of the data that a statement's attachments need. Raises Invalid.

    The hash vouches for the data; `length` is the tool's word, and tools do send that of another encoding.
    """
    used: set[str] = set()
    for field, attachment in checked.attachments:
        sha2 = attachment["sha2"].lower()
        found = data.get(sha2)
        if found is None:
            if "fileUrl" not in attachment:
                raise Invalid(f"{field}.fileUrl", "is missing, and the request does not hold the data")
            continue
        used.add(sha2)
        if attachment["usageType"] == SIGNATURE:
            verify(found.content(), orjson.loads(raw))
    return used


def _listed(statement: dict[str, Any]) -> None:
    """Context activities are given back in arrays (xAPI 1.0.3, part 2, 2.4.6.2)."""
    for part in (statement, statement["object"]):
        found = (part.get("context") or {}).get("contextActivities") or {}
        for kind, activities in found.items():
            if isinstance(activities, dict):
                found[kind] = [activities]


def timestamp(time_us: int) -> str:
    """ISO 8601 with µs, UTC."""
    return datetime.fromtimestamp(time_us / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
