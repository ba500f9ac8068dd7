"""The page of materials: what can be opened and what cannot, and a file of more: look, then apply it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from lrs.auth.credentials import Credential
from lrs.catalog.cartridge import NoCartridge
from lrs.catalog.materials_import import MaterialsPlan, preview_materials
from lrs.clock import system_time
from lrs.csv_files.problem import UnreadableCsv
from lrs.http.api_parts import ApiParts
from lrs.http.errors import HttpError
from lrs.pacing.materials import list_materials
from lrs.pacing.skill_labels import SkillLabels
from lrs.people.roster_uploads import KeptUpload
from lrs.web.decision_words import board_templates
from lrs.web.file_forms import UploadedFile
from lrs.web.upload_pages import SHOWN_ROWS, UploadPages, just_applied, written_down
from schemas.wording import words_of


def router() -> APIRouter:
    """The routes under /board/materials."""
    routes = APIRouter(prefix="/board/materials", include_in_schema=False)
    templates = board_templates(system_time)
    pages = UploadPages(templates, "materials", "/board/materials")

    @routes.get("")
    async def show(request: Request, applied: str = "", find: str = "") -> Response:
        """find: what the names or ids of the materials and activities hold."""

        def render(parts: ApiParts, who: Credential) -> Response:
            catalog = parts.catalogs.latest(who.tenant)
            values: dict[str, Any] = {
                "found": list_materials(parts.store, catalog, who.tenant, SHOWN_ROWS, find.strip()),
                "find": find,
                "labels": SkillLabels(catalog).by_id,
                **just_applied(parts, who.tenant, applied),
            }
            return templates.page(request, "materials.html", **values)

        return await pages.answer(request, render)

    @routes.post("/preview")
    async def preview(request: Request) -> Response:
        def render(file: UploadedFile, fields: dict[str, str], parts: ApiParts, who: Credential) -> Response:
            upload = KeptUpload(file.name, "materials", file.content, imported=False)
            plan = _preview_materials(parts, who.tenant, upload)
            token = parts.uploads.keep(who.tenant, upload)
            values: dict[str, Any] = {"upload": upload, "token": token, "plan": plan}
            return templates.page(request, "materials_preview.html", **values)

        return await pages.preview(request, render)

    @routes.post("/apply")
    async def apply(request: Request) -> Response:
        def make(token: str, upload: KeptUpload, fields: dict[str, str], parts: ApiParts, who: Credential) -> bytes:
            plan = _preview_materials(parts, who.tenant, upload)
            if plan.changes:
                parts.catalogs.append_all(who.tenant, who.key, plan.changes, system_time())
            return plan.report()

        return await pages.apply(request, make)

    return routes


def _preview_materials(parts: ApiParts, tenant: str, upload: KeptUpload) -> MaterialsPlan:
    """What an upload would change now. Raises HttpError (400)."""
    with written_down(upload) as path:
        try:
            return preview_materials(path, parts.catalogs.latest(tenant))
        except (NoCartridge, UnreadableCsv) as error:
            raise HttpError(400, words_of(error), "materials") from None
