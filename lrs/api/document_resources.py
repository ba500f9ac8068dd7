"""Documents: State, Agent Profile and Activity Profile (xAPI 1.0.3, part 3, 2.2-2.3, 2.6-2.7; IEEE 9274.1.1, 4.1.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

import msgspec
import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lrs.api.conditions import Conditions, conditions
from lrs.api.resource import LATEST, resource
from lrs.api.xapi_parameters import Parameters
from lrs.auth.scopes import Scope
from lrs.documents.store import Content, Document, DocumentAddress, Shelf
from lrs.http import body
from lrs.http.api_parts import ApiParts, credential
from lrs.http.errors import HttpError
from lrs.http.isolation import DOWNLOAD
from lrs.http.request_memory import FACTOR, MOST_PARSED
from schemas.xapi.actor import learner_key
from schemas.xapi.body import DEEPEST, too_deep

MOST_DOCUMENT_BYTES = 8 << 20
MOST_MERGED = MOST_PARSED  # of a JSON document that is merged, before and after: its members become objects
_NOT_MERGED = "larger JSON documents are not merged: replace them with PUT"
_LONGEST_MEDIA = 255
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class _DocumentKind:
    """What distinguishes the three resources."""

    name: str
    scope: Scope
    shelf: frozenset[str]  # the parameters that every request needs
    id: str  # the parameter that names one document
    narrows: frozenset[str]  # parameters that may be left out
    clears: bool  # whether DELETE without an id deletes all of a shelf


_STATE = _DocumentKind(
    "state",
    Scope.STATE,
    frozenset({"activityId", "agent"}),
    "stateId",
    frozenset({"registration"}),
    clears=True,
)
_AGENT_PROFILE = _DocumentKind(
    "agent profile", Scope.PROFILE, frozenset({"agent"}), "profileId", frozenset(), clears=False
)
_ACTIVITY_PROFILE = _DocumentKind(
    "activity profile", Scope.PROFILE, frozenset({"activityId"}), "profileId", frozenset(), clears=False
)


@dataclass(frozen=True, slots=True)
class _DocumentsAsked:
    """Where a request points: one document, or (address None) the documents of a shelf."""

    shelf: Shelf
    address: DocumentAddress | None
    registration: str | None
    since: int | None


def _routes(path: str, kind: _DocumentKind) -> Route:
    async def documents_asked(request: Request) -> _DocumentsAsked:
        who = await credential(request, kind.scope)
        single = kind.id in request.query_params
        since = frozenset({"since"}) if request.method in ("GET", "HEAD") and not single else frozenset()
        parameters = Parameters(request, kind.shelf | {kind.id} | kind.narrows | since)
        shelf = Shelf(
            who.tenant,
            kind.name,
            parameters.iri("activityId") if "activityId" in kind.shelf else "",
            learner_key(parameters.agent("agent")) if "agent" in kind.shelf else "",
        )
        registration = parameters.uuid("registration")
        address = DocumentAddress(shelf, parameters.text(kind.id), registration or "") if single else None
        return _DocumentsAsked(shelf, address, registration, parameters.time("since"))

    async def document_address(request: Request) -> DocumentAddress:
        address = (await documents_asked(request)).address
        if address is None:
            raise HttpError(400, f"missing parameter: {kind.id}", kind.id)
        return address

    async def get(request: Request, parts: ApiParts, version: str) -> Response:
        documents = await documents_asked(request)
        if documents.address is not None:
            return _document_answer(
                await run_in_threadpool(parts.documents.get, documents.address), conditions(request), kind
            )
        listing = await run_in_threadpool(
            parts.documents.listed, documents.shelf, documents.registration, documents.since
        )
        headers = {"Last-Modified": _date(listing.updated)} if listing.names else {}
        return Response(orjson.dumps(listing.names), 200, headers, "application/json")

    async def put(request: Request, parts: ApiParts, version: str) -> Response:
        address, preconditions = await document_address(request), conditions(request)
        sent = await _sent(request)

        def decide(existing: Document | None) -> Content:
            preconditions.check(_etag(existing))
            if not preconditions.any:
                _require_condition(kind, version, existing)
            return sent

        return await _changed(parts, address, decide)

    async def post(request: Request, parts: ApiParts, version: str) -> Response:
        address, preconditions = await document_address(request), conditions(request)
        sent = await _sent_to_merge(request)

        def decide(existing: Document | None) -> Content:
            preconditions.check(_etag(existing))
            if existing is not None:
                return _merge_documents(existing.content, sent)
            if _is_json(sent.media):
                _json_members(sent, "the document sent")
            return sent

        tenant = address.shelf.tenant
        await parts.long.merges.run(tenant, lambda: parts.documents.change(address, decide))
        return Response(status_code=204)

    async def delete(request: Request, parts: ApiParts, version: str) -> Response:
        pointed, preconditions = await documents_asked(request), conditions(request)
        if pointed.address is None:
            if not kind.clears:
                raise HttpError(400, f"missing parameter: {kind.id}", kind.id)
            if preconditions.any:
                raise HttpError(400, f"a conditional DELETE needs the parameter {kind.id}", kind.id)
            await run_in_threadpool(parts.documents.clear, pointed.shelf, pointed.registration)
            return Response(status_code=204)

        def decide(existing: Document | None) -> None:
            preconditions.check(_etag(existing))

        return await _changed(parts, pointed.address, decide)

    return resource(path, {"GET": get, "PUT": put, "POST": post, "DELETE": delete})


def _require_condition(kind: _DocumentKind, version: str, existing: Document | None) -> None:
    """Refuse a PUT without a condition where the version asks for one (1.0.3, part 3, 3.1; IEEE 9274.1.1, 4.1.4)."""
    old = version == LATEST["1.0"]
    if old and kind is _STATE:
        return
    if existing is not None:
        how = "get it, and send its ETag as If-Match to replace it"
        raise HttpError(409, f"the document exists, and neither If-Match nor If-None-Match was sent: {how}", "If-Match")
    if old:
        raise HttpError(400, "missing If-None-Match: send * to create a document", "If-None-Match")


async def _changed(
    parts: ApiParts, address: DocumentAddress, decide: Callable[[Document | None], Content | None]
) -> Response:
    await run_in_threadpool(parts.documents.change, address, decide)
    return Response(status_code=204)


async def _sent(request: Request) -> Content:
    media = _media_type(request)
    return Content(await body.read_body(request, MOST_DOCUMENT_BYTES), media)


async def _sent_to_merge(request: Request) -> Content:
    """What was sent, which becomes objects if it is JSON."""
    media = _media_type(request)
    if not _is_json(media):
        return Content(await body.read_body(request, MOST_DOCUMENT_BYTES), media)
    return Content(await body.read_body(request, MOST_MERGED, FACTOR, _NOT_MERGED), media)


def _media_type(request: Request) -> str:
    media = request.headers.get("content-type", "application/octet-stream")
    if len(media) > _LONGEST_MEDIA:
        raise HttpError(400, f"Content-Type longer than {_LONGEST_MEDIA} characters", "Content-Type")
    return media


def _document_answer(document: Document | None, preconditions: Conditions, kind: _DocumentKind) -> Response:
    if document is None:
        raise HttpError(404, "document not found", kind.id)
    headers = {"ETag": f'"{document.etag}"', "Last-Modified": _date(document.updated)}
    Conditions(preconditions.match, None).check(document.etag)
    if preconditions.seen(document.etag):
        return Response(status_code=304, headers=headers)
    headers |= {"Content-Type": document.content.media, **DOWNLOAD}
    return Response(document.content.data, 200, headers)


def _merge_documents(existing: Content, sent_document: Content) -> Content:
    """Both objects' members, those sent replace those that exist; what is within a member is not merged."""
    for content, document_named in ((sent_document, "the document sent"), (existing, "the stored document")):
        if not _is_json(content.media):
            raise HttpError(
                400, f"{document_named} is not application/json: only JSON objects can be merged", "Content-Type"
            )
    if len(existing.data) > MOST_MERGED:
        raise HttpError(413, f"the stored document is larger than {MOST_MERGED} bytes: {_NOT_MERGED}", "body")
    members = _json_members(existing, "the stored document")
    members |= _json_members(sent_document, "the document sent")
    merged = msgspec.json.encode(members)
    if len(merged) > MOST_MERGED:
        raise HttpError(413, f"merged document larger than {MOST_MERGED} bytes: {_NOT_MERGED}", "body")
    return Content(merged, sent_document.media)


def _json_members(content: Content, document_named: str) -> dict[str, msgspec.Raw]:
    """The members of a JSON object, their values' bytes as they are."""
    if too_deep(content.data):
        raise HttpError(400, f"{document_named} is nested deeper than {DEEPEST} levels", "body")
    try:
        content.data.decode()
        return _object.decode(content.data)
    except (UnicodeDecodeError, msgspec.MsgspecError):
        raise HttpError(400, f"{document_named} is not a JSON object", "body") from None


def _is_json(media: str) -> bool:
    return media.partition(";")[0].strip().lower() == "application/json"


def _etag(document: Document | None) -> str | None:
    return document.etag if document else None


def _date(updated: int) -> str:
    return formatdate(updated // 1_000_000, usegmt=True)


routes = [
    _routes("/xAPI/activities/state", _STATE),
    _routes("/xAPI/agents/profile", _AGENT_PROFILE),
    _routes("/xAPI/activities/profile", _ACTIVITY_PROFILE),
]
