"""Caliper over HTTP: envelopes in, statements out (Caliper 1.2, 3.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from lrs.api import lenient
from lrs.api.json_route import JsonRoute
from lrs.api.openapi import envelope as envelope_schema
from lrs.api.openapi import error_responses, takes
from lrs.auth.credentials import Credential
from lrs.auth.scopes import Scope
from lrs.clock import system_time
from lrs.http import body
from lrs.http.api_parts import ApiParts, credential, parts_of
from lrs.http.errors import HttpError
from lrs.http.request_memory import FACTOR, MOST_PARSED
from lrs.log import Entry
from lrs.record.appender import StatementConflict, conflict_message
from lrs.record.originals import Originals
from processors.meaning.caliper import UnmappedEvent, statement, statement_id
from schemas import envelope as log_envelope
from schemas.caliper import CaliperEnvelope, Unsupported, parse
from schemas.exact_json import exact_json
from schemas.original import SentStatement
from schemas.record import CALIPER, DEAD_LETTERS, Bundle, DeadLetter
from schemas.xapi import Invalid, check
from schemas.xapi.body import BOM

STATEMENT_VERSION = "1.0.3"  # of xAPI
HEAD = "envelope"  # in place of an id: the first part of a kept envelope's bundle is what is around the events
router = APIRouter(route_class=JsonRoute, tags=["caliper"])


class UnmappedCaliperEvent(BaseModel):
    """An event that became no statement. It is kept as a dead letter."""

    index: Annotated[int, Field(ge=0, description="its index in `data`")]
    id: str
    reason: str


class CaliperReceipt(BaseModel):
    """What became of an envelope's events; everything in it is kept as it came."""

    mapped: Annotated[int, Field(ge=0, description="events that are statements now, or were already")]
    unmapped: list[UnmappedCaliperEvent]
    entities: Annotated[int, Field(ge=0, description="entities that were described")]


@router.post(
    "/caliper/envelopes",
    response_model=None,
    responses={200: {"model": CaliperReceipt}, **error_responses(400, 401, 403, 413, 415, 422, 503, 507)},
    openapi_extra=takes(envelope_schema()),
)
async def take_envelope(request: Request, response: Response) -> dict[str, Any]:
    """Take an envelope of Caliper 1.0, 1.1 or 1.2: kept as it came, its events recorded as statements.

    For a lenient credential known faults are repaired; an event that is still wrong becomes a dead letter, alone.
    """
    who = await credential(request, Scope.STATEMENTS_WRITE)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HttpError(415, "unsupported Content-Type (supported: application/json)", "Content-Type")
    try:
        envelope_bytes = (await body.read_body(request, MOST_PARSED, FACTOR)).removeprefix(BOM)
        envelope = await run_in_threadpool(parse, envelope_bytes, who.lenient is not None)
    except Unsupported as error:
        raise HttpError(422, str(error), error.field) from None
    if envelope.repairs:
        response.headers.update(lenient.repairs_header(envelope.repairs))
    return await _take_envelope(parts_of(request), who, envelope)


async def _take_envelope(parts: ApiParts, who: Credential, envelope: CaliperEnvelope) -> dict[str, Any]:
    received = system_time()
    position = await _keep_envelope(parts, who, envelope, received)
    statements_by_id, unmapped = await run_in_threadpool(_statements_of_envelope, envelope)
    await Originals(parts.log).keep(who, received, _originals(envelope, statements_by_id))
    unmapped += await _record_statements(parts, who, statements_by_id)
    unmapped.sort(key=lambda event: event.index)
    letters = [
        DeadLetter(
            log_envelope.ENVELOPE_VERSION,
            "caliper",
            f"event {event.id}: {event.reason}" if event.id else event.reason,
            CALIPER,
            position,
            who.tenant,
            received,
            event_text,
        )
        for event in unmapped
        for event_text in [envelope.parts[event.index].decode()]
    ]
    waiting = [parts.log.submit(DEAD_LETTERS, Entry("caliper", log_envelope.encode(letter))) for letter in letters]
    await asyncio.gather(*map(asyncio.wrap_future, waiting))
    return {
        "mapped": len(envelope.events) - len(unmapped) + len(envelope.refused),
        "unmapped": unmapped,  # models, which JsonRoute writes
        "entities": len(envelope.parts) - len(envelope.events) - len(envelope.refused),
    }


async def _keep_envelope(parts: ApiParts, who: Credential, envelope: CaliperEnvelope, received: int) -> int:
    """Put the original into the log, sliced like statements so that each can be sealed; gives its position."""
    ids = [HEAD]
    for index, _ in enumerate(envelope.parts):
        event = envelope.events.get(index)
        ids.append(statement_id(event.id) if event else "")
    bundle = Bundle(who.tenant, who.key, received, 0, ids, [envelope.head, *envelope.parts])
    entry = Entry(who.tenant, bundle.encode(), len(ids))
    return await asyncio.wrap_future(parts.log.submit(CALIPER, entry))


def _statements_of_envelope(
    envelope: CaliperEnvelope,
) -> tuple[dict[str, tuple[int, bytes]], list[UnmappedCaliperEvent]]:
    """Statements by id, with the index of the event that each was made of; and the events that became none."""
    statements_by_id: dict[str, tuple[int, bytes]] = {}
    unmapped = [
        UnmappedCaliperEvent(index=index, id="", reason=str(error)) for index, error in sorted(envelope.refused.items())
    ]
    for index, event in envelope.events.items():
        try:
            mapped = statement(event, envelope.entities, envelope.version)
            raw = exact_json(mapped)
            check(raw, STATEMENT_VERSION)
        except (UnmappedEvent, Invalid) as error:
            unmapped.append(UnmappedCaliperEvent(index=index, id=event.id, reason=str(error)))
            continue
        existing = statements_by_id.setdefault(mapped["id"], (index, raw))
        if existing[1] != raw:
            unmapped.append(
                UnmappedCaliperEvent(index=index, id=event.id, reason="id: another event of this envelope has it")
            )
    return statements_by_id, unmapped


def _originals(
    envelope: CaliperEnvelope, statements_by_id: Mapping[str, tuple[int, bytes]]
) -> dict[str, SentStatement]:
    """The events that were repaired, as they were sent, by the ids of their statements."""
    return {
        id_: SentStatement([str(repair) for repair in envelope.repairs[index]], bytes(envelope.parts[index]))
        for id_, (index, _) in statements_by_id.items()
        if index in envelope.repairs
    }


async def _record_statements(
    parts: ApiParts, who: Credential, statements_by_id: dict[str, tuple[int, bytes]]
) -> list[UnmappedCaliperEvent]:
    """Record statements; gives those whose id exists already with other content. Raises the recorder's errors."""
    conflicting = []
    while statements_by_id:
        try:
            _, position = await parts.recorder.record(
                [raw for _, raw in statements_by_id.values()], who, STATEMENT_VERSION
            )
        except StatementConflict as error:
            for id_ in error.statements:
                index, _ = statements_by_id.pop(id_)
                conflicting.append(UnmappedCaliperEvent(index=index, id=id_, reason=conflict_message(id_)))
        else:
            parts.acknowledged.advance(position)
            break
    return conflicting
