"""What a skill requires, changed on the page of skills: whose decisions that would alter today, and making it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from lrs.http.api_parts import credential, parts_of
from lrs.http.cross_site import refuse_cross_site
from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.pacing.display_names import catalog_name
from lrs.pacing.requirement_edits import ADD, REMOVE, RequirementEdit, RequirementEdits
from lrs.web.decision_words import board_templates
from lrs.web.forms import read_fields, typed_fields
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, root
from schemas.wording import worded

AT = "/board/skills"


def router(edits: RequirementEdits) -> APIRouter:
    """The routes under /board/skills/requirements."""
    routes = APIRouter(prefix=f"{AT}/requirements", include_in_schema=False)
    templates = board_templates(edits.now)

    async def again(request: Request, error: Exception, form: Mapping[str, str]) -> Response:
        skill_query = f"?skill={quote(form['chosen'], safe='')}" if form.get("chosen") else ""
        return await shown_again(request, templates, error, form, f"{AT}{skill_query}", f"{AT}/requirements/preview")

    @routes.post("/preview")
    async def preview(request: Request) -> Response:
        """Whose decisions a form would change."""
        form: dict[str, str] = {}
        try:
            refuse_cross_site(request)
            tenant_id, form = (await credential(request)).tenant, await _form(request)

            def look() -> Response:
                edit = _requirement_edit(edits, tenant_id, form)
                catalog = edits.catalogs.latest(tenant_id)
                return templates.page(
                    request,
                    "requirements_preview.html",
                    found=edits.preview(tenant_id, edit),
                    edit=edit,
                    skill=catalog_name(catalog, edit.changed.id),
                    required=catalog_name(catalog, edit.required),
                )

            return await parts_of(request).long.readings.run(tenant_id, look)
        except TRANSLATED_ERRORS as error:
            return await again(request, error, form)

    @routes.post("/apply")
    async def apply(request: Request) -> Response:
        """Make the change of a form."""
        form: dict[str, str] = {}
        try:
            refuse_cross_site(request)
            who, form = await credential(request), await _form(request)

            def make() -> str:
                edit = _requirement_edit(edits, who.tenant, form)
                edits.apply(who.tenant, who.key, edit, form.get("seen", ""))
                return edit.changed.id

            changed = await parts_of(request).long.readings.run(who.tenant, make)
        except TRANSLATED_ERRORS as error:
            return await again(request, error, form)
        return RedirectResponse(f"{root(request)}{AT}?skill={quote(changed, safe='')}&changed=yes", 303, HEADERS)

    return routes


async def _form(request: Request) -> dict[str, str]:
    return typed_fields(await read_fields(request))


def _requirement_edit(edits: RequirementEdits, tenant: str, form: Mapping[str, str]) -> RequirementEdit:
    """The edit of a form. Raises HttpError and Invalid."""
    action = form.get("do", "")
    if action not in (ADD, REMOVE):
        raise HttpError(400, worded("the form cannot be read"), "do")
    return edits.edit_of(tenant, action, form.get("skill", ""), form.get("requires", ""))
