"""The page of what teaches no skill: what is unmapped, what mapping it changes, and applying that to the past."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.clock import system_time
from lrs.http.api_parts import parts_of
from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.http.login import Tenant
from lrs.pacing.apply_mapping import Mappings
from lrs.web.decision_words import board_templates
from lrs.web.forms import read_own_form
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, root
from schemas.catalog import Activity, Catalog, Change, Pattern, Skill
from schemas.wording import worded

SHOWN_ACTIVITIES = 50  # activities


def router(answers: Mappings, tenant: Tenant) -> APIRouter:
    """The routes under /board/unmapped."""
    routes = APIRouter(prefix="/board/unmapped", include_in_schema=False)
    templates = board_templates(system_time)

    async def again(request: Request, error: Exception, form: Mapping[str, str]) -> Response:
        return await shown_again(request, templates, error, form, "/board/unmapped", "/board/unmapped/preview")

    @routes.get("")
    async def listed(request: Request) -> Response:
        try:
            tenant_id = await tenant(request)
            unmapped_answers = await run_in_threadpool(answers.read, tenant_id, SHOWN_ACTIVITIES)
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)
        return templates.page(
            request, "unmapped.html", found=unmapped_answers, applied=request.query_params.get("applied")
        )

    @routes.post("/preview")
    async def preview(request: Request) -> Response:
        """What a form would change."""
        form: dict[str, str] = {}
        try:
            tenant_id, form = await read_own_form(request, tenant)
            changes = mapping_changes(form, answers.catalog(tenant_id))
            preview = partial(answers.preview, tenant_id, changes)
            mapping_preview = await parts_of(request).long.readings.run(tenant_id, preview)
        except TRANSLATED_ERRORS as error:
            return await again(request, error, form)
        taught = {"id": form.get("id", ""), "skill": form.get("skill") or form.get("new", "")}
        return templates.page(request, "preview.html", found=mapping_preview, form=form, taught=taught)

    @routes.post("/apply")
    async def apply(request: Request) -> Response:
        """Make the changes of a form, and have the past read again."""
        form: dict[str, str] = {}
        try:
            tenant_id, form = await read_own_form(request, tenant)
            changes = mapping_changes(form, answers.catalog(tenant_id))
            position = await run_in_threadpool(answers.apply, tenant_id, changes)
        except TRANSLATED_ERRORS as error:
            return await again(request, error, form)
        return RedirectResponse(f"{root(request)}/board/unmapped?applied={position}", 303, HEADERS)

    return routes


def mapping_changes(form: Mapping[str, str], catalog: Catalog) -> list[Change]:
    """The changes in a form: an activity or a pattern, and the skill that it teaches. Raises HttpError (400).

    Without an id there are none: then the past is read again with the catalog as it is.
    """
    id_, skill = form.get("id", ""), form.get("skill") or form.get("new", "")
    if not id_ and not skill:
        return []
    if not id_ or not skill:
        field = "skill" if id_ else "id"
        raise HttpError(400, worded("%(field)s: is missing", field=field), field)
    changes: list[Change] = []
    try:
        if skill not in catalog.skills:
            changes.append(Skill(id=skill, name=form.get("name", "")))
        if form.get("kind") == "pattern":
            changes.append(Pattern(id=id_, skills=[skill]))
        else:
            activity = catalog.activities.get(id_)
            changes.append(
                activity.model_copy(update={"skills": [skill]}) if activity else Activity(id=id_, skills=[skill])
            )
    except ValidationError as error:
        raise HttpError(400, worded("id: is too long, or not a valid pattern"), "id") from error
    return changes
