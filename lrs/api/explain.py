"""Explain statements over HTTP: what they would be read as and why, without storing them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from lrs.api.json_route import JsonRoute
from lrs.api.openapi import REF, error_responses, takes
from lrs.auth.scopes import Scope, allows
from lrs.http import body
from lrs.http.api_parts import credential, parts_of
from lrs.http.errors import HttpError
from processors.meaning.explainer import Explainer
from schemas.explain_answers import Explanations
from schemas.xapi import longer_than, split

MOST_EXPLAINED = 100  # statements in one request
_STATEMENT = {"$ref": REF.format(model="Statement")}

router = APIRouter(route_class=JsonRoute, tags=["catalog"], responses=error_responses(401, 403, 503))


@router.post(
    "/explain",
    response_model=None,
    responses={200: {"model": Explanations}, **error_responses(400, 413)},
    openapi_extra=takes({"anyOf": [_STATEMENT, {"type": "array", "items": _STATEMENT}]}),
)
async def explain(request: Request) -> dict[str, Any]:
    """Say what a statement, or each of an array, would be read as and why; nothing is stored.

    Which person of the roster a learner is, is said to those who may read all.

    The header X-Experience-API-Version says which version to check it by (1.0.3 unless it begins with 2).
    """
    who = await credential(request, Scope.STATEMENTS_WRITE, Scope.STATEMENTS_READ, Scope.DEFINE, Scope.ALL_READ)
    raw = await run_in_threadpool(_split_explained, await body.read_body(request))
    version = "2.0.0" if request.headers.get("x-experience-api-version", "").startswith("2") else "1.0.3"

    def explained() -> list[dict[str, Any]]:
        catalog = parts_of(request).catalogs.latest(who.tenant)
        # A key that only sends may be public, so it is not told who learners are.
        names = allows(who.scopes, {Scope.ALL_READ}, reading=True)
        explainer = Explainer(catalog, datetime.now(UTC).isoformat(), names=names)
        return [explainer.explain(each, version) for each in raw]

    explanations = await parts_of(request).long.readings.run(who.tenant, explained)
    return {"statements": explanations}


def _split_explained(statements_json: bytes) -> list[bytes]:
    if longer_than(statements_json, MOST_EXPLAINED) or len(raw := split(statements_json)) > MOST_EXPLAINED:
        raise HttpError(413, f"too many statements in one request, the limit is {MOST_EXPLAINED}", "body")
    return raw
