"""The page of skills: which requires which, and what a file of skills changes, seen before it is applied."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from lrs.auth.credentials import Credential
from lrs.catalog.case import NoFramework
from lrs.catalog.change_validation import MOST_REMOVED
from lrs.catalog.skills_import import SkillsPlan, preview_skills
from lrs.clock import system_time
from lrs.csv_files.problem import UnreadableCsv
from lrs.http.api_parts import ApiParts
from lrs.http.errors import HttpError
from lrs.pacing.skill_labels import SkillLabels
from lrs.people.roster_uploads import KeptUpload
from lrs.web.decision_words import board_templates
from lrs.web.file_forms import UploadedFile
from lrs.web.requirements_view import chosen_skill, draw_requirements
from lrs.web.upload_pages import UploadPages, just_applied, written_down
from schemas.catalog import Skill
from schemas.invalid import Invalid
from schemas.wording import words_of

MOST_OFFERED = 1_000  # skills of the list to choose from


def router() -> APIRouter:
    """The routes under /board/skills."""
    routes = APIRouter(prefix="/board/skills", include_in_schema=False)
    templates = board_templates(system_time)
    pages = UploadPages(templates, "skills", "/board/skills")

    def previewed(request: Request, token: str, upload: KeptUpload, plan: SkillsPlan, asked: bool = False) -> Response:
        values: dict[str, Any] = {"upload": upload, "token": token, "plan": plan, "asked": asked}
        values["limit"] = MOST_REMOVED
        return templates.page(request, "skills_preview.html", 409 if asked else 200, **values)

    @routes.get("")
    async def show(request: Request, applied: str = "", skill: str = "", changed: str = "", find: str = "") -> Response:
        """skill: whose requirements are looked at, as the list calls it or by id; changed: whether they just were;
        find: what the names, codes or ids of the skills in the table hold."""

        def render(parts: ApiParts, who: Credential) -> Response:
            catalog = parts.catalogs.latest(who.tenant)
            labels = SkillLabels(catalog)
            chosen_id, unknown = "", ""
            try:
                chosen_id = labels.find(skill.strip(), "skill") if skill.strip() else ""
            except Invalid as error:
                unknown = error.reason
            values: dict[str, Any] = {
                "labels": labels.by_id,
                "offered": MOST_OFFERED,
                "drawing": draw_requirements(catalog, chosen_id),
                "chosen": chosen_skill(catalog, chosen_id) if chosen_id else None,
                "unknown": unknown,
                "changed": bool(changed),
                "skills": list(catalog.skills.values()),
                "find": find,
                "found": [known for known in catalog.skills.values() if _is_called(known, find.strip().casefold())],
                "frameworks": Counter(catalog_skill.framework for catalog_skill in catalog.skills.values()),
                **just_applied(parts, who.tenant, applied),
            }
            return templates.page(request, "skills.html", 404 if unknown else 200, **values)

        return await pages.answer(request, render, long=False)

    @routes.post("/preview")
    async def preview(request: Request) -> Response:
        def render(file: UploadedFile, fields: dict[str, str], parts: ApiParts, who: Credential) -> Response:
            upload = KeptUpload(file.name, "skills", file.content, imported=False)
            plan = _preview_skills(parts, who.tenant, upload)
            return previewed(request, parts.uploads.keep(who.tenant, upload), upload, plan)

        return await pages.preview(request, render)

    @routes.post("/apply")
    async def apply(request: Request) -> Response:
        def make(
            token: str, upload: KeptUpload, fields: dict[str, str], parts: ApiParts, who: Credential
        ) -> Response | bytes:
            plan = _preview_skills(parts, who.tenant, upload)
            if plan.needs_removal_confirmation and fields.get("confirm") != "yes":
                return previewed(request, token, upload, plan, asked=True)
            if plan.changes:
                parts.catalogs.append_all(who.tenant, who.key, plan.changes, system_time())
            return plan.report()

        return await pages.apply(request, make)

    return routes


def _is_called(skill: Skill, text: str) -> bool:
    """Whether a name, the code or the id of a skill holds a text, in lower case."""
    return any(text in called.casefold() for called in (skill.name, skill.code, skill.id))


def _preview_skills(parts: ApiParts, tenant: str, upload: KeptUpload) -> SkillsPlan:
    """What an upload would change now. Raises HttpError (400)."""
    with written_down(upload) as path:
        try:
            return preview_skills(path, parts.catalogs.latest(tenant))
        except (NoFramework, UnreadableCsv) as error:
            raise HttpError(400, words_of(error), "skills") from None
