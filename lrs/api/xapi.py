"""The xAPI statements resource (1.0.3, part 3, 2.1; IEEE 9274.1.1, 4.1.6.1)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lrs.api import body
from lrs.api.errors import RETRY_AFTER, Refused
from lrs.api.resource import resource
from lrs.api.state import State, credential, now
from lrs.auth.scopes import READS, Scope
from lrs.finder import MOST, Filter
from lrs.recorder import timestamp
from schemas.xapi import Invalid, split
from schemas.xapi.actor import learner_key

WAIT_SECONDS = 5.0  # for a client's own write to be found
_FILTERS = frozenset({"agent", "verb", "activity", "registration", "since", "until", "limit", "ascending", "cursor"})
_Uuid = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")]


async def _post(request: Request, parts: State, version: str) -> Response:
    who = await credential(request, Scope.STATEMENTS_WRITE)
    if request.query_params:
        raise Refused(400, "POST takes no parameters", next(iter(request.query_params)))
    _json_only(request)
    raw = split(await body.read(request))
    ids, position = await parts.recorder.record(raw, who, version)
    parts.acknowledged = max(parts.acknowledged, position)
    return Response(orjson.dumps(ids), 200, media_type="application/json")


async def _put(request: Request, parts: State, version: str) -> Response:
    who = await credential(request, Scope.STATEMENTS_WRITE)
    names = set(request.query_params)
    if "statementId" not in names:
        raise Refused(400, "PUT needs the parameter statementId", "statementId")
    if names - {"statementId"}:
        raise Refused(400, "PUT takes the parameter statementId alone", min(names - {"statementId"}))
    wanted = _id(request, "statementId")
    _json_only(request)
    raw = split(await body.read(request))
    if len(raw) != 1:
        raise Refused(400, "PUT takes one statement", "body")
    statement = _with_id(raw[0], wanted)
    _, position = await parts.recorder.record([statement], who, version)
    parts.acknowledged = max(parts.acknowledged, position)
    return Response(status_code=204)


async def _get(request: Request, parts: State, version: str) -> Response:
    who = await credential(request, *READS)
    names = set(request.query_params)
    single = names & {"statementId", "voidedStatementId"}
    if single:
        if len(names) > 1:
            raise Refused(400, f"{min(single)} goes with no other parameter", min(names - {min(single)}))
        name = single.pop()
        voided = name == "voidedStatementId"
        found = await run_in_threadpool(parts.finder.by_id, who.tenant, _id(request, name), voided)
        if found is None:
            raise Refused(404, "no such statement", name)
        return _answer(found, now())
    if unknown := names - _FILTERS:
        raise Refused(400, f"unknown parameter {min(unknown)}", min(unknown))
    wanted = _filter(request)
    if not await run_in_threadpool(parts.finder.wait, parts.acknowledged, WAIT_SECONDS):
        raise Refused(503, "the store is catching up: try again", headers=RETRY_AFTER)
    through = await run_in_threadpool(parts.finder.consistent_through, now())
    page = await run_in_threadpool(parts.finder.page, who.tenant, wanted)
    more = ""
    if page.after is not None:
        query = {k: v for k, v in request.query_params.items() if k != "cursor"}
        more = f"{request.url.path}?{urlencode(query | {'cursor': _pack(page.after)})}"
    whole = b'{"statements":[' + b",".join(page.statements) + b'],"more":' + orjson.dumps(more) + b"}"
    return _answer(whole, through)


def _answer(content: bytes, through: int) -> Response:
    headers = {"X-Experience-API-Consistent-Through": timestamp(through)}
    return Response(content, 200, headers, "application/json")


def _json_only(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(400, "send statements as application/json", "Content-Type")


def _id(request: Request, name: str) -> str:
    value = request.query_params[name].lower()
    try:
        return msgspec.convert(value, _Uuid)
    except msgspec.ValidationError:
        raise Refused(400, f"{name} is not a UUID", name) from None


def _with_id(raw: bytes, wanted: str) -> bytes:
    """The statement with the id of the request; a different one inside is an error."""
    try:
        sent: Any = orjson.loads(raw).get("id")
    except orjson.JSONDecodeError as error:
        raise Invalid("", f"not JSON: {error}") from None
    if sent is None:
        return raw.rstrip()[:-1] + (b"," if len(raw.strip()) > 2 else b"") + f'"id":"{wanted}"}}'.encode()
    if not isinstance(sent, str) or sent.lower() != wanted:
        raise Refused(400, "the statement's id differs from statementId", "id")
    return raw


def _filter(request: Request) -> Filter:
    given = request.query_params
    try:
        agent = learner_key(orjson.loads(given["agent"])) if "agent" in given else ""
    except (ValueError, TypeError, AttributeError):
        raise Refused(400, "agent is not an identified agent in JSON", "agent") from None
    limit = given.get("limit", "0")
    if not limit.isdigit():
        raise Refused(400, "limit is not a whole number from 0", "limit")
    if given.get("ascending", "false") not in ("true", "false"):
        raise Refused(400, "ascending is true or false", "ascending")
    return Filter(
        agent=agent,
        verb=given.get("verb", ""),
        activity=given.get("activity", ""),
        registration=_id(request, "registration") if "registration" in given else "",
        since=_time(given["since"], "since") if "since" in given else None,
        until=_time(given["until"], "until") if "until" in given else None,
        ascending=given.get("ascending") == "true",
        limit=min(int(limit), MOST) or MOST,
        after=_unpack(given["cursor"]) if "cursor" in given else None,
    )


def _time(text: str, name: str) -> int:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Refused(400, f"{name} is not an ISO 8601 time", name) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1_000_000)


def _pack(after: tuple[int, int, int]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(after)).decode().rstrip("=")


def _unpack(cursor: str) -> tuple[int, int, int]:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=="), type=tuple[int, int, int])
    except (ValueError, msgspec.MsgspecError):
        raise Refused(400, "cursor is not one that this store gave", "cursor") from None


routes = [resource("/xAPI/statements", {"GET": _get, "PUT": _put, "POST": _post})]
