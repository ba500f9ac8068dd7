"""Pacing over HTTP: classes and learners as JSON, with how fresh the answer is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from lrs.api.openapi import problems
from lrs.http import paths
from lrs.http.errors import RETRY_AFTER, Refused
from lrs.pacing.board import Unknown, class_board, class_boards, learner_page
from lrs.store.client import Store, StoreUnavailable
from schemas.catalog import Catalog, Change
from schemas.pacing import Board, Classes, LearnerPage


@dataclass(frozen=True, slots=True)
class Deps:
    """What the pacing API and the pages need from the process they run in.

    freshness gives `position`, `behind` (records) and `age_seconds`; now is µs since the epoch; tenant raises
    Refused (401); append_change gives the position of the change in the log.
    """

    reader: Store
    catalog: Callable[[str], Catalog]
    freshness: Callable[[], dict[str, Any]]
    now: Callable[[], int]
    tenant: Callable[[Request], Awaitable[str]]
    append_change: Callable[[str, Change], int]


def router(deps: Deps) -> APIRouter:
    """The routes under /pacing."""
    paths.known()
    routes = APIRouter(prefix="/pacing", tags=["pacing"], responses=problems(401, 403, 503))

    @routes.get("/classes", responses={200: {"model": Classes}})
    async def classes(request: Request) -> Response:
        """The tenant's classes, with how many learners and skills each has."""
        catalog = await run_in_threadpool(deps.catalog, await deps.tenant(request))
        found = [
            {"id": c.id, "name": c.name or c.id, "learners": len(c.learners), "skills": len(c.skills)}
            for c in catalog.classes.values()
        ]
        return _json({"classes": found})

    @routes.get("/classes/{class_id:id}", responses={200: {"model": Board}, **problems(404)})
    async def one_class(request: Request, class_id: str) -> Response:
        """Every learner and skill of a class: mastery, decision, reason and evidence."""
        return _json(await read_class(deps, await deps.tenant(request), class_id))

    @routes.get("/learners/{learner:id}", responses={200: {"model": LearnerPage}, **problems(404)})
    async def one_learner(request: Request, learner: str) -> Response:
        """One learner: skills with curves and decisions, and engagement by day."""
        return _json(await read_learner(deps, await deps.tenant(request), learner))

    return routes


async def read_classes(deps: Deps, tenant: str) -> dict[str, Any]:
    """The boards of all classes, fresh as said beside them. Raises Refused (503)."""

    def read(catalog: Catalog, now: int) -> dict[str, Any]:
        return {"boards": class_boards(deps.reader, catalog, tenant, list(catalog.classes.values()), now)}

    return await _read(deps, tenant, read)


async def read_class(deps: Deps, tenant: str, class_id: str) -> dict[str, Any]:
    """The board of a class. Raises Refused (404, 503)."""
    return await _read(deps, tenant, lambda catalog, now: class_board(deps.reader, catalog, tenant, class_id, now))


async def read_learner(deps: Deps, tenant: str, learner: str) -> dict[str, Any]:
    """The page of a learner. Raises Refused (404, 503)."""
    return await _read(deps, tenant, lambda catalog, now: learner_page(deps.reader, catalog, tenant, learner, now))


async def _read(deps: Deps, tenant: str, read: Callable[[Catalog, int], dict[str, Any]]) -> dict[str, Any]:
    def ask() -> dict[str, Any]:
        # Freshness first: what is read after it can only be newer than it says.
        fresh, now = deps.freshness(), deps.now()
        as_of = datetime.fromtimestamp(now / 1e6 - fresh["age_seconds"], UTC)
        said = {key: fresh[key] for key in ("position", "behind", "age_seconds")}
        return {**read(deps.catalog(tenant), now), **said, "as_of": as_of.isoformat(timespec="seconds")}

    try:
        return await run_in_threadpool(ask)
    except Unknown as error:
        raise Refused(404, "there is no such class or learner") from error
    except StoreUnavailable as error:
        raise Refused(503, "the store does not answer: try again", headers=RETRY_AFTER) from error


def _json(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), media_type="application/json", headers={"Cache-Control": "no-store"})
