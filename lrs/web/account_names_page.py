"""Whose accounts are whose, on the page of rosters: upload a mapping, see what it changes, then apply it."""

from __future__ import annotations

from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from lrs.auth.credentials import Credential
from lrs.clock import system_time
from lrs.csv_files.problem import Problems, UnreadableCsv
from lrs.http.api_parts import ApiParts
from lrs.http.errors import HttpError
from lrs.people import account_names, roster_import
from lrs.people.account_names import NamesPlan
from lrs.people.roster_preview import catalog_after
from lrs.people.roster_report import names_report
from lrs.people.roster_uploads import KeptUpload
from lrs.people.seen import Unmatched, keys_seen_if_there, unmatched_by_home_page
from lrs.web.decision_words import board_templates
from lrs.web.file_forms import UploadedFile
from lrs.web.upload_pages import UploadPages, written_down
from schemas.wording import worded, words_of


class _NamingPreview(NamedTuple):
    plan: NamesPlan
    problems: Problems
    keys: list[str]  # that statements name learners by
    matched: int  # of these keys, those that name somebody only by what the file says
    nobody: list[Unmatched]  # who would still match nobody


def router() -> APIRouter:
    """The routes under /board/roster/accounts."""
    routes = APIRouter(prefix="/board/roster/accounts", include_in_schema=False)
    templates = board_templates(system_time)
    pages = UploadPages(templates, "accounts", "/board/roster")

    @routes.post("/preview")
    async def preview(request: Request) -> Response:
        def render(file: UploadedFile, fields: dict[str, str], parts: ApiParts, who: Credential) -> Response:
            page = fields.get("home_page", "")
            if page and not account_names.is_home_page(page):
                raise HttpError(
                    400, worded("home_page: write the address of a system, as its statements do"), "home_page"
                )
            upload = KeptUpload(file.name, page, file.content, imported=False)
            naming = _preview_naming(parts, who.tenant, upload)
            values: dict[str, Any] = {
                "upload": upload,
                "token": parts.uploads.keep(who.tenant, upload),
                "rows": naming.plan.rows,
                "left_out": [problem for problem in naming.problems if problem.error],
                "notes": [problem for problem in naming.problems if not problem.error],
                "matched": naming.matched,
                "nobody": naming.nobody,
                "changes": naming.plan.changes,
            }
            return templates.page(request, "roster_accounts.html", **values)

        return await pages.preview(request, render)

    @routes.post("/apply")
    async def apply(request: Request) -> Response:
        def make(
            token: str, upload: KeptUpload, fields: dict[str, str], parts: ApiParts, who: Credential
        ) -> Response | bytes:
            naming = _preview_naming(parts, who.tenant, upload)
            if naming.plan.changes:
                roster_import.write_roster_changes(
                    parts.catalogs, who.tenant, naming.plan.changes, naming.keys, who.key
                )
            return names_report(naming.problems, naming.plan.rows)

        return await pages.apply(request, make)

    return routes


def _preview_naming(parts: ApiParts, tenant: str, upload: KeptUpload) -> _NamingPreview:
    """What a mapping would change now. Raises HttpError (400)."""
    with written_down(upload) as path:
        try:
            mapping = account_names.read_account_names(path, upload.source)
        except UnreadableCsv as error:
            raise HttpError(400, words_of(error), "accounts") from None
    catalog, keys = parts.catalogs.latest(tenant), keys_seen_if_there(parts.store, tenant)
    plan = account_names.plan_names(mapping, catalog)
    nobody = unmatched_by_home_page(keys, catalog_after(catalog, plan.changes))
    matched = sum(unmatched.keys for unmatched in unmatched_by_home_page(keys, catalog)) - sum(
        unmatched.keys for unmatched in nobody
    )
    return _NamingPreview(plan, mapping.problems, keys, matched, nobody)
