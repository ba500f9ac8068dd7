"""The catalog over HTTP: read it, and send changes, which become events in the log."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from lrs.api.json_route import JsonRoute
from lrs.api.openapi import changes as change_schema
from lrs.api.openapi import error_responses, takes
from lrs.catalog.change_validation import UnknownReferences, check_changes, parse_changes
from lrs.catalog.skill_ids import name_skills_by_id
from lrs.catalog.unmapped import count_unmapped
from lrs.catalog.versions import ActiveWeights
from lrs.clock import system_time
from lrs.http import body
from lrs.http.api_parts import ApiParts, credential, parts_of
from lrs.http.errors import HttpError
from lrs.pacing.board_differences import classes_reached, compare_boards
from lrs.pacing.catalog_preview import COMPARED, Previewer
from lrs.people.seen import learners_seen, skills_seen
from schemas.catalog import Change
from schemas.pacing_answers import Applied, CatalogState
from schemas.preview_answers import CatalogPreview
from schemas.unmapped_answers import UnmappedAnswers
from schemas.xapi import Invalid

MOST_CHANGES = 10_000  # in one request: each becomes 3 KB while it is checked, written and read back
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])

router = APIRouter(route_class=JsonRoute, tags=["catalog"], responses=error_responses(401, 403, 503))


@router.post(
    "/catalog",
    response_model=None,
    responses={200: {"model": Applied}, **error_responses(400, 413, 507)},
    openapi_extra=takes(change_schema()),
)
async def change(request: Request) -> dict[str, Any]:
    """Apply a JSON array of changes (skill, activity, class, policy, overrule, …), in order; none if one is wrong."""
    who = await credential(request)
    parts = parts_of(request)
    changes = await _read_changes(request)

    def append() -> int:
        catalog = parts.catalogs.latest(who.tenant)
        unknown = check_changes(changes, catalog)
        _refuse_unknown_references(parts, who.tenant, unknown)
        return parts.catalogs.append_all(who.tenant, who.key, name_skills_by_id(changes, catalog), system_time())

    position = await run_in_threadpool(append) if changes else 0
    return {"changes": len(changes), "position": position}


@router.get("/catalog", response_model=None, responses={200: {"model": CatalogState}})
async def read(request: Request) -> dict[str, Any]:
    """The tenant's current catalog."""
    who = await credential(request)
    return await run_in_threadpool(_catalog_state, parts_of(request), who.tenant)


def _catalog_state(parts: ApiParts, tenant: str) -> dict[str, Any]:
    catalog = parts.catalogs.latest(tenant)
    return {
        "position": catalog.position,
        "skills": [s.model_dump() for s in catalog.skills.values()],
        "activities": [a.model_dump() for a in catalog.activities.values()],
        "classes": [c.model_dump() for c in catalog.classes.values()],
        "policy": catalog.policy.model_dump(),
        "policy_version": catalog.policies.version,
        "narrowed_policies": [p.model_dump() for p in catalog.policies.narrowed.values() if p.thresholds],
        "overrulings": [o.change.model_dump() for o in catalog.overrulings.values()],
    }


@router.post(
    "/catalog/preview",
    response_model=None,
    responses={200: {"model": CatalogPreview}, **error_responses(400, 413)},
    openapi_extra=takes(change_schema()),
)
async def preview(request: Request) -> dict[str, Any]:
    """Whose decisions would change if changes ([]: none more) were made and the past were read again; none is made.

    at_once: those that what skills require, classes and policies would alter without reading it again.
    """
    who = await credential(request)
    parts = parts_of(request)
    changes = await _read_changes(request)

    def compare() -> dict[str, Any]:
        catalog = parts.catalogs.latest(who.tenant)
        check_changes(changes, catalog)
        named, now = name_skills_by_id(changes, catalog), system_time()
        previewer = Previewer(parts.log, parts.store, parts.catalogs, ActiveWeights(parts.catalogs), COMPARED)
        found = previewer.preview(who.tenant, named, now)
        proposed = parts.catalogs.proposed(who.tenant, named)
        touched = classes_reached(named, catalog, proposed)
        return found | {"at_once": compare_boards(parts.store, who.tenant, (catalog, proposed), touched, now)}

    return await parts.long.readings.run(who.tenant, compare)


@router.get(
    "/catalog/unmapped", response_model=None, responses={200: {"model": UnmappedAnswers}, **error_responses(400)}
)
async def unmapped(request: Request, limit: Annotated[int, Query(ge=1, le=10_000)] = 100) -> dict[str, Any]:
    """Judged answers that teach no skill of the catalog, by activity."""
    who = await credential(request)
    return await run_in_threadpool(count_unmapped, parts_of(request).store, who.tenant, limit)


async def _read_changes(request: Request) -> list[Change]:
    """The changes of a body. Raises HttpError (400, 413), Invalid."""
    json_body = await body.read_json(request)
    if _count_items(json_body) > MOST_CHANGES:
        raise HttpError(413, f"more than {MOST_CHANGES} changes: send smaller batches", "body")
    return await run_in_threadpool(parse_changes, json_body)


def _count_items(json_body: bytes) -> int:
    """How many an array holds; 0 where the body is no array: `parse_changes` says what is wrong with it."""
    try:
        return len(_ITEMS.decode(json_body))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return 0


def _refuse_unknown_references(parts: ApiParts, tenant: str, unknown: UnknownReferences) -> None:
    """Refuse changes (Invalid) that name a skill or a learner that no statement names, either."""
    for kind, references, ask in (
        ("skill", unknown.skills, skills_seen),
        ("learner", unknown.learners, learners_seen),
    ):
        if references:
            seen_ids = ask(parts.store, tenant, [ref.id for ref in references])
            for ref in references:
                if ref.id not in seen_ids:
                    raise Invalid(ref.field, f"there is no {kind} {ref.id}")
