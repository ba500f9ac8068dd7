"""Who is who over HTTP: persons with several identities, merging and splitting them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.concurrency import run_in_threadpool

from lrs.api.json_route import JsonRoute
from lrs.api.openapi import error_responses, takes
from lrs.clock import system_time
from lrs.http import body
from lrs.http.api_parts import credential, parts_of
from lrs.http.errors import HttpError
from lrs.people.identities import Identities
from lrs.people.merging import MergeRefused
from schemas.pacing_answers import Applied, PeopleAnswer
from schemas.refusal import parse_model

router = APIRouter(route_class=JsonRoute, tags=["people"], responses=error_responses(401, 403, 503))


class Merge(BaseModel):
    """Who is who: actors in any form, or ids of persons."""

    model_config = ConfigDict(extra="forbid", strict=True)
    into: str = Field(min_length=1, max_length=2048)
    others: list[str] = Field(min_length=1, max_length=1000)


class Split(BaseModel):
    """Who is a person alone: an actor in any form, or a person's id."""

    model_config = ConfigDict(extra="forbid", strict=True)
    key: str = Field(min_length=1, max_length=2048)


_MERGE = TypeAdapter(Merge)
_SPLIT = TypeAdapter(Split)


@router.get("/people", response_model=None, responses={200: {"model": PeopleAnswer}})
async def show(request: Request) -> dict[str, Any]:
    """Persons who go by several keys, and suggestions of who may be one person."""
    who = await credential(request)
    return await run_in_threadpool(_identities(request).show, who.tenant)


@router.post(
    "/people/merge",
    response_model=None,
    responses={200: {"model": Applied}, **error_responses(400, 413, 507)},
    openapi_extra=takes(Merge.model_json_schema()),
)
async def merge(request: Request) -> dict[str, Any]:
    """Make several keys or persons one. Everything that is known of them is folded again, as of one person."""
    who = await credential(request)
    sent = parse_model(_MERGE, await body.read_json(request))
    return await _written(lambda: _identities(request).merge(who.tenant, who.key, sent.into, sent.others), "into")


@router.post(
    "/people/split",
    response_model=None,
    responses={200: {"model": Applied}, **error_responses(400, 413, 507)},
    openapi_extra=takes(Split.model_json_schema()),
)
async def split(request: Request) -> dict[str, Any]:
    """Take a key or a person out of the person it is a part of: as if they had never been merged."""
    who = await credential(request)
    sent = parse_model(_SPLIT, await body.read_json(request))
    return await _written(lambda: _identities(request).split(who.tenant, who.key, sent.key), "key")


async def _written(write: Callable[[], dict[str, Any]], field: str) -> dict[str, Any]:
    try:
        return await run_in_threadpool(write)
    except MergeRefused as error:
        raise HttpError(400, f"{field}: {error}", field) from None


def _identities(request: Request) -> Identities:
    parts = parts_of(request)
    return Identities(parts.store, parts.catalogs, system_time)
