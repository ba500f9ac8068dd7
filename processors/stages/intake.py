"""Intake: statements that tools write to the topic `direct` themselves, checked like any, then put to `statements`.

A record of the topic `direct` holds a statement or an array of them, as JSON. Its headers say whose they are:
`tenant`, `credential` (its key; Kafka's own access control keeps others from writing here), and `version` (of xAPI,
1.0.3 unless it is there). What is delivered again gives the same statements: times and missing ids follow from the
record and its position; `pacer-origin` says which those were of what is handed in again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import NamedTuple

from lrs.auth.credentials import Credential
from lrs.auth.scopes import Scope, allows
from lrs.catalog.catalogs import Catalogs
from lrs.log import Entry, Log, Record
from lrs.record.appender import submit_by_id
from lrs.record.recorder import Preparation
from processors.stages.dead_letters import DeadLetters
from processors.stages.stage import Stage
from schemas.envelope import ENVELOPE_VERSION, encode
from schemas.original import ORIGINALS, Original, OriginalsRecord
from schemas.record import DIRECT, INTAKE, Bundle
from schemas.xapi import Invalid, split
from schemas.xapi.repair import RULES_VERSION, Repair, repair

VERSIONS = {"1.0": "1.0.3", "2.0": "2.0.0"}
_ID_NAMESPACE = uuid.UUID("6e0f3c7c-5f3b-5c0d-9a39-8f0b7f6d2f11")  # the store derives ids from it
ORIGIN = "pacer-origin"  # header of what is handed in again: partition/position/index of its first statement
_SESSION_PREFIX = "cmi5-"  # credentials of sessions, whose rules are kept where they speak HTTP


class UnusableRecord(ValueError):
    """A record of which nothing can be taken."""


class Intake(Stage):
    """Takes batches of the topic `direct`. `credential` gives that with a key, None if it may do nothing."""

    topic = DIRECT
    group = INTAKE

    def __init__(self, log: Log, catalogs: Catalogs, credential: Callable[[str], Credential | None]) -> None:
        self._log = log
        self._catalogs = catalogs
        self._preparation = Preparation(catalogs)
        self._credential = credential
        self._dead_letters = DeadLetters(log, self.group, DIRECT)

    def handle(self, records: Sequence[Record]) -> None:
        """Put one batch to the statements. Raises the log's errors: deliver it again."""
        self._catalogs.follow()
        who: dict[str, Credential | None] = {}
        appending: list[Future[int]] = []
        for record in records:
            try:
                bundle = self._bundle(record, who)
            except (Invalid, UnusableRecord) as error:
                self._dead_letters.write(record, _header_text(record, "tenant"), str(error))
                continue
            if bundle.ids:
                appending += submit_by_id(self._log, bundle)
        for append_under_way in appending:
            append_under_way.result()

    def _bundle(self, record: Record, who: dict[str, Credential | None]) -> Bundle:
        """What can be taken of a record; the rest goes to dead letters. Raises UnusableRecord and Invalid."""
        tenant, key = _header_text(record, "tenant"), _header_text(record, "credential")
        xapi_version = _header_text(record, "version", "1.0.3")
        version = VERSIONS.get(xapi_version[:3])
        if version is None:
            raise UnusableRecord(f"version: unsupported xAPI version {xapi_version!r} (supported: 1.0.x, 2.0.x)")
        if key not in who:
            who[key] = None if key.startswith(_SESSION_PREFIX) else self._credential(key)
        credential = who[key]
        if credential is None or credential.tenant != tenant:
            raise UnusableRecord("credential: unknown, or of another tenant")
        if not allows(credential.scopes, {Scope.STATEMENTS_WRITE}, reading=False):
            raise UnusableRecord(f"credential: lacks the scope {Scope.STATEMENTS_WRITE}")
        first = origin_of(record)
        bundles: list[Bundle] = []
        statement_ids: set[str] = set()
        originals: list[Original] = []
        for index, raw in enumerate(split(record.value)):
            origin = f"{first.partition}/{first.position}/{first.item + index}"
            new_id = partial(_id, origin)
            try:
                sent_bytes: bytes = raw
                repairs: list[Repair] = []
                if credential.lenient is not None:
                    sent_bytes, repairs, _ = repair(raw, version, credential.lenient)
                bundle, _ = self._preparation.prepare(
                    [sent_bytes], credential, version, time=record.time, new_id=new_id
                )
                if bundle.ids[0] in statement_ids:
                    raise Invalid("id", f"the id {bundle.ids[0]} occurs twice in one record")
            except Invalid as error:
                self._dead_letters.write(record, tenant, f"statement {index}: {error}", raw)
                continue
            statement_ids.add(bundle.ids[0])
            bundles.append(bundle)
            if repairs:
                originals.append(Original(bundle.ids[0], [str(change) for change in repairs], raw.decode()))
        self._keep(originals, credential, record.time)
        return _united(bundles, credential, record.time, self._catalogs.position)

    def _keep(self, originals: list[Original], credential: Credential, time: int) -> None:
        """Make the originals durable before their statements are. Raises the log's errors."""
        if originals:
            originals_record = OriginalsRecord(
                ENVELOPE_VERSION, credential.tenant, credential.key, time, RULES_VERSION, originals
            )
            self._log.append(ORIGINALS, Entry(originals[0].id, encode(originals_record), len(originals)))


def _united(bundles: Sequence[Bundle], credential: Credential, time: int, catalog: int) -> Bundle:
    return Bundle(
        credential.tenant,
        credential.key,
        time,
        catalog,
        [bundle.ids[0] for bundle in bundles],
        [bundle.statements[0] for bundle in bundles],
        defines=allows(credential.scopes, {Scope.DEFINE}, reading=False),
    )


class StatementOrigin(NamedTuple):
    """Where a statement came first in the topic `direct`."""

    partition: int
    position: int
    item: int  # its index in its record


def origin_of(record: Record) -> StatementOrigin:
    """Where the first statement of a record came first. Raises UnusableRecord."""
    named = _header_text(record, ORIGIN)
    if not named:
        return StatementOrigin(record.partition, record.position, 0)
    try:
        partition, position, index = map(int, named.split("/"))
    except ValueError:
        raise UnusableRecord(f"{ORIGIN}: is not partition/position/index") from None
    return StatementOrigin(partition, position, index)


def _id(origin: str) -> str:
    return str(uuid.uuid5(_ID_NAMESPACE, origin))


def _header_text(record: Record, name: str, default: str = "") -> str:
    for key, value in record.headers:
        if key == name and value is not None:
            return value.decode("utf-8", "replace")
    return default
