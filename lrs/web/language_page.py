"""The form in which whoever signed in chooses the language and the time zone of pages."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.clock import system_time
from lrs.http.api_parts import current_tenant, parts_of
from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.http.signed_in import chooser_of
from lrs.web.decision_words import board_templates
from lrs.web.forms import read_own_form
from lrs.web.languages import LANGUAGES
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, root
from schemas.wording import worded


def router() -> APIRouter:
    """The route /board/language."""
    routes = APIRouter(prefix="/board", include_in_schema=False)
    templates = board_templates(system_time)

    @routes.post("/language")
    async def choose(request: Request) -> Response:
        form: dict[str, str] = {}
        try:
            _, form = await read_own_form(request, current_tenant)
            chooser = chooser_of(request)
            if not chooser:
                raise HttpError(400, worded("a credential has no language: sign in first"), "language")
            language, zone = form.get("language", ""), form.get("zone", "")
            if language not in LANGUAGES:
                raise HttpError(
                    400, worded("language: must be one of %(languages)s", languages=", ".join(LANGUAGES)), "language"
                )
            _check_zone(zone)
            await run_in_threadpool(parts_of(request).signed_in.accounts.prefer, chooser, language, zone)
        except TRANSLATED_ERRORS as error:
            return await shown_again(request, templates, error, form, _back(form))
        return RedirectResponse(root(request) + _back(form), 303, HEADERS)

    return routes


def _back(form: dict[str, str]) -> str:
    """The page that the form was on."""
    back_path = form.get("back", "")
    is_local_path = back_path.startswith("/") and not back_path.startswith(("//", "/\\")) and back_path.isprintable()
    return back_path if is_local_path else "/board"


def _check_zone(zone: str) -> None:
    """Check the name of a time zone in the form. Raises HttpError (400)."""
    try:
        if zone:
            ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        raise HttpError(400, worded("zone: there is no such time zone"), "zone") from None
