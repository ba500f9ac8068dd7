"""The page of rosters: upload one, see what it would change and what is wrong with it, then apply it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from lrs.auth.credentials import Credential
from lrs.catalog.change_validation import MOST_REMOVED
from lrs.clock import system_time
from lrs.csv_files.problem import UnreadableCsv
from lrs.http.api_parts import ApiParts
from lrs.http.errors import HttpError
from lrs.people import roster_import
from lrs.people.account_names import is_home_page
from lrs.people.roster_import import RosterPreview
from lrs.people.roster_report import nobodies, roster_report
from lrs.people.roster_uploads import KeptUpload
from lrs.people.seen import keys_of_nobody, keys_seen_if_there, names_seen, unmatched_by_home_page
from lrs.web.decision_words import board_templates
from lrs.web.file_forms import UploadedFile
from lrs.web.templating import HEADERS
from lrs.web.upload_pages import UploadPages, just_applied, upload_of, written_down
from schemas.roster import rostered
from schemas.wording import words_of


def router() -> APIRouter:
    """The routes under /board/roster."""
    routes = APIRouter(prefix="/board/roster", include_in_schema=False)
    templates = board_templates(system_time)
    pages = UploadPages(templates, "roster", "/board/roster")

    def previewed(
        request: Request, token: str, upload: KeptUpload, roster_preview: RosterPreview, asked: bool = False
    ) -> Response:
        plan, rows = roster_preview.plan, roster_preview.rows
        return templates.page(
            request,
            "roster_preview.html",
            409 if asked else 200,
            upload=upload,
            token=token,
            asked=asked,
            plan=plan,
            limit=MOST_REMOVED,
            left_out=[problem for problem in plan.problems if problem.error],
            notes=[problem for problem in plan.problems if not problem.error],
            rows=rows,
            nobody=roster_preview.nobody,
        )

    @routes.get("")
    async def show(request: Request, applied: str = "") -> Response:
        def render(parts: ApiParts, who: Credential) -> Response:
            catalog = parts.catalogs.latest(who.tenant)
            nobody = unmatched_by_home_page(keys_seen_if_there(parts.store, who.tenant), catalog)
            # Members of a class whom no roster file named, but somebody by hand, are known as well.
            persons = len({*map(catalog.people.person, map(rostered, catalog.persons)), *catalog.people.classes})
            return templates.page(
                request,
                "roster.html",
                persons=persons,
                catalog=catalog,
                nobody=nobody,
                pages=[unmatched.home_page for unmatched in nobody if is_home_page(unmatched.home_page)],
                sources=sorted({class_.source for class_ in catalog.classes.values() if class_.source}),
                **just_applied(parts, who.tenant, applied),
            )

        return await pages.answer(request, render, long=False)

    @routes.post("/preview")
    async def preview(request: Request) -> Response:
        def render(file: UploadedFile, fields: dict[str, str], parts: ApiParts, who: Credential) -> Response:
            source = fields.get("source") or "roster"
            upload = KeptUpload(file.name, source, file.content, imported=False)
            roster_preview = _preview_roster(parts, who.tenant, upload)
            return previewed(request, parts.uploads.keep(who.tenant, upload), upload, roster_preview)

        return await pages.preview(request, render)

    @routes.post("/apply")
    async def apply(request: Request) -> Response:
        def make(
            token: str, upload: KeptUpload, fields: dict[str, str], parts: ApiParts, who: Credential
        ) -> Response | bytes:
            roster_preview = _preview_roster(parts, who.tenant, upload)
            if roster_preview.plan.needs_removal_confirmation and fields.get("confirm") != "yes":
                return previewed(request, token, upload, roster_preview, asked=True)
            if roster_preview.plan.changes:
                roster_import.write_roster_changes(
                    parts.catalogs, who.tenant, roster_preview.plan.changes, roster_preview.keys, who.key
                )
            return roster_report(roster_preview.plan.problems, roster_preview.rows)

        return await pages.apply(request, make)

    @routes.get("/uploads/{upload}/report.csv")
    async def download_report(request: Request, upload: str) -> Response:
        def render(parts: ApiParts, who: Credential) -> Response:
            kept_upload = upload_of(parts, who.tenant, upload)
            if kept_upload.imported:
                return _csv(kept_upload.content, "roster-report.csv")
            roster_preview = _preview_roster(parts, who.tenant, kept_upload)
            return _csv(roster_report(roster_preview.plan.problems, roster_preview.rows), "roster-report.csv")

        return await pages.answer(request, render)

    @routes.get("/nobody.csv")
    async def download_nobody(request: Request) -> Response:
        def render(parts: ApiParts, who: Credential) -> Response:
            names = names_seen(parts.store, who.tenant)
            keys = keys_of_nobody(names, parts.catalogs.latest(who.tenant))
            return _csv(nobodies(keys, names), "matches-nobody.csv")

        return await pages.answer(request, render, long=False)

    return routes


def _preview_roster(parts: ApiParts, tenant: str, upload: KeptUpload) -> RosterPreview:
    """What an upload would change now. Raises HttpError (400)."""
    with written_down(upload) as path:
        try:
            return roster_import.preview_roster(parts.catalogs, parts.store, tenant, path, upload.source)
        except UnreadableCsv as error:
            raise HttpError(400, words_of(error), "roster") from None


def _csv(content: bytes, name: str) -> Response:
    headers = {**HEADERS, "Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, 200, headers, "text/csv; charset=utf-8")
