"""The xAPI statements resource (1.0.3, part 3, 2.1; IEEE 9274.1.1, 4.1.6.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lrs.api import lenient, multipart
from lrs.api.multipart import ReceivedStatements
from lrs.api.resource import resource
from lrs.api.statements_query import StatementsQuery, pack_cursor, statements_query
from lrs.api.xapi_parameters import Parameters
from lrs.auth.credentials import Credential
from lrs.auth.scopes import READS, Scope, allows
from lrs.clock import system_time
from lrs.http import body
from lrs.http.api_parts import ApiParts, credential
from lrs.http.errors import TRANSLATED_ERRORS, HttpError, translate
from lrs.http.isolation import DOWNLOAD
from lrs.record.activity_definitions import Definitions
from lrs.record.completion import timestamp
from schemas.exact_json import exact_json
from schemas.xapi import Invalid, longer_than, nests_more, split
from schemas.xapi.forms import activities, canonical_form, ids_form, preferred_languages

MOST_STATEMENTS = 10_000  # in one request
MOST_STATEMENT_BYTES = 1 << 20  # one statement at a time becomes objects
MOST_NESTED = 100_000  # objects and arrays of a statement: each of them takes up to 232 bytes, and may be sent as five
_COPIES_HELD = 4  # of a request: as sent, split, completed, and as the log keeps them
_THROUGH = "X-Experience-API-Consistent-Through"


async def _post_statements(request: Request, parts: ApiParts, version: str) -> Response:
    who = await credential(request, Scope.STATEMENTS_WRITE)
    if request.query_params:
        raise HttpError(400, "POST /statements has no parameters", next(iter(request.query_params)))
    async with _received_statements(request, parts) as received:
        raw = await run_in_threadpool(_split_statements, received.statements)
        received.statements = b""  # one copy less of a large request
        statement_ids, headers = await _record_statements(parts, raw, received, who, version)
    return Response(orjson.dumps(statement_ids), 200, headers, "application/json")


async def _put_statement(request: Request, parts: ApiParts, version: str) -> Response:
    who = await credential(request, Scope.STATEMENTS_WRITE)
    statement_id = Parameters(request, {"statementId"}).uuid("statementId")
    if statement_id is None:
        raise HttpError(400, "missing parameter: statementId", "statementId")
    async with _received_statements(request, parts) as received:
        raw = await run_in_threadpool(_split_statements, received.statements)
        if len(raw) != 1:
            raise HttpError(400, "PUT stores exactly one statement", "body")
        _, headers = await _record_statements(
            parts, [_with_id(raw[0], statement_id)], received, who, version, unique=True
        )
    return Response(status_code=204, headers=headers)


def _split_statements(body: bytes) -> list[bytes]:
    if longer_than(body, MOST_STATEMENTS) or len(raw := split(body)) > MOST_STATEMENTS:
        raise HttpError(
            413, f"too many statements in one request, the limit is {MOST_STATEMENTS}: send smaller batches", "body"
        )
    for index, statement in enumerate(raw):
        if len(statement) > MOST_STATEMENT_BYTES:
            raise HttpError(413, f"statement {index} is larger than {MOST_STATEMENT_BYTES} bytes", str(index))
        if nests_more(statement, MOST_NESTED):
            raise HttpError(413, f"statement {index} has more than {MOST_NESTED} objects and arrays", str(index))
    return raw


@asynccontextmanager
async def _received_statements(request: Request, parts: ApiParts) -> AsyncIterator[ReceivedStatements]:
    """What came; attachments that were not kept are discarded at the end."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/json", "multipart/mixed"):
        raise HttpError(400, "unsupported Content-Type (supported: application/json, multipart/mixed)", "Content-Type")
    if kind == "application/json":
        yield ReceivedStatements(await body.read_body(request, factor=_COPIES_HELD))
        return
    received = await multipart.read_statements(request, parts.attachments)
    try:
        yield received
    finally:
        await multipart.discard(received)


async def _record_statements(
    parts: ApiParts, raw: list[bytes], received: ReceivedStatements, who: Credential, version: str, unique: bool = False
) -> tuple[list[str | None], dict[str, str]]:
    """Store the statements; gives their ids, and headers that say what a lenient credential had done to them."""
    if who.lenient is not None:
        return await lenient.record_request(parts, raw, received.parts, who, version, unique)
    statement_ids, position = await parts.recorder.record(raw, who, version, received.parts, unique)
    parts.acknowledged.advance(position)
    return list(statement_ids), {}


async def _get_statements(request: Request, parts: ApiParts, version: str) -> Response:
    through = system_time()
    try:
        who = await credential(request, *READS)
        through = await parts.finder.through(system_time())
        query = statements_query(request, _own_authority(who))
        response = await (
            _one_statement(request, parts, who, query) if query.id else _page_of_statements(request, parts, who, query)
        )
    except TRANSLATED_ERRORS as error:
        response = translate(error).response()
    response.headers[_THROUGH] = timestamp(through)
    return response


def _own_authority(who: Credential) -> str:
    """The only credential whose statements may be read; empty: any of the tenant."""
    return "" if allows(who.scopes, {Scope.STATEMENTS_READ}, reading=True) else who.key


async def _one_statement(request: Request, parts: ApiParts, who: Credential, query: StatementsQuery) -> Response:
    raw = await parts.finder.one(who.tenant, query.id, query.voided)
    statement = None if raw is None else orjson.loads(raw)
    mine = _own_authority(who)
    if raw is None or statement is None or (mine and statement["authority"]["account"]["name"] != mine):
        raise HttpError(404, "statement not found", "voidedStatementId" if query.voided else "statementId")
    [formed] = await _in_form_asked(request, parts, who, query, [raw])
    response = await _statements_answer(parts, who, query, formed, [raw])
    stored = datetime.fromisoformat(statement["stored"])
    response.headers["Last-Modified"] = format_datetime(stored, usegmt=True)
    return response


async def _page_of_statements(request: Request, parts: ApiParts, who: Credential, query: StatementsQuery) -> Response:
    assert query.filter is not None
    await parts.acknowledged.settle()
    page = await run_in_threadpool(parts.finder.page, who.tenant, query.filter)
    more = ""
    if page.after is not None:
        next_page = {k: v for k, v in request.query_params.items() if k != "cursor"}
        more = f"{request.url.path}?{urlencode(next_page | {'cursor': pack_cursor(page.after)})}"
    formed = await _in_form_asked(request, parts, who, query, page.statements)
    whole = b'{"statements":[' + b",".join(formed) + b'],"more":' + orjson.dumps(more) + b"}"
    return await _statements_answer(parts, who, query, whole, page.statements)


async def _in_form_asked(
    request: Request, parts: ApiParts, who: Credential, query: StatementsQuery, statements: Sequence[bytes]
) -> Sequence[bytes]:
    """The statements in the form that was asked for."""
    if query.form == "exact":
        return statements
    languages = preferred_languages(request.headers.get("accept-language", ""))

    def form() -> Sequence[bytes]:
        if query.form == "ids":
            return [exact_json(ids_form(orjson.loads(raw))) for raw in statements]
        named = {activity for raw in statements for activity in activities(orjson.loads(raw))}
        definitions = Definitions(parts.store).of(who.tenant, named)
        return [exact_json(canonical_form(orjson.loads(raw), definitions, languages)) for raw in statements]

    return await run_in_threadpool(form)


async def _statements_answer(
    parts: ApiParts, who: Credential, query: StatementsQuery, content: bytes, statements: Sequence[bytes]
) -> Response:
    if not query.attachments:
        return Response(content, 200, media_type="application/json")

    def find() -> multipart.FoundAttachments:
        found_attachments = multipart.find_attachments(parts.attachments, who.tenant, statements)
        if found_attachments.gone:
            parts.report_missing(found_attachments.gone)
        return found_attachments

    found_attachments = await run_in_threadpool(find)
    boundary, pieces = multipart.with_attachments(parts.attachments, who.tenant, content, found_attachments.kept)
    headers = {**DOWNLOAD, **multipart.left_out_header(found_attachments.left_out)}
    return StreamingResponse(pieces, 200, headers, f"multipart/mixed; boundary={boundary}")


def _with_id(raw: bytes, statement_id: str) -> bytes:
    """The statement with the id of the request; a different one inside is an error."""
    try:
        sent: Any = orjson.loads(raw).get("id")
    except orjson.JSONDecodeError as error:
        raise Invalid("", f"not JSON: {error}") from None
    if sent is None:
        return raw.rstrip()[:-1] + (b"," if len(raw.strip()) > 2 else b"") + f'"id":"{statement_id}"}}'.encode()
    if not isinstance(sent, str) or sent.lower() != statement_id:
        raise HttpError(400, "the id of the statement differs from the parameter statementId", "id")
    return raw


routes = [resource("/xAPI/statements", {"GET": _get_statements, "PUT": _put_statement, "POST": _post_statements})]
