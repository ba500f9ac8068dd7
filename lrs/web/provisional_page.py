"""What is done with a class that appeared from statements: adopt it, merge it into another, or hide it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.http.login import Tenant
from lrs.pacing.boards import Boards
from lrs.web.decision_words import board_templates
from lrs.web.forms import read_own_form
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, root
from schemas.catalog import Change
from schemas.roster import ProvisionalClass
from schemas.wording import worded

CLASS_ID_LENGTH = 256  # characters of a class's id


def router(boards: Boards, tenant: Tenant, change: Callable[[str, Sequence[Change]], int]) -> APIRouter:
    """The route that a provisional class's forms are sent to."""
    routes = APIRouter(prefix="/board/appeared", include_in_schema=False)
    templates = board_templates(boards.now)

    @routes.post("")
    async def decide(request: Request) -> Response:
        form: dict[str, str] = {}
        try:
            tenant_id, form = await read_own_form(request, tenant)
            changes = await run_in_threadpool(_adoption_of_form, boards, tenant_id, form)
            await run_in_threadpool(change, tenant_id, changes)
        except TRANSLATED_ERRORS as error:
            at = f"/board/classes/{quote(form.get('id', ''), safe='')}"
            return await shown_again(request, templates, error, form, at)
        into = next((class_change.into for class_change in changes if isinstance(class_change, ProvisionalClass)), "")
        to = f"/board/classes/{quote(into, safe='')}" if into else "/board"
        return RedirectResponse(root(request) + to, 303, HEADERS)

    return routes


def _adoption_of_form(boards: Boards, tenant: str, form: Mapping[str, str]) -> Sequence[Change]:
    """The changes of a form. Raises HttpError (400), and NotInCatalog."""
    id_, into = form.get("id", ""), form.get("into", "")
    try:
        match form.get("action"):
            case "adopt":
                return boards.adopt(tenant, id_, id_[:CLASS_ID_LENGTH], form.get("name", ""))
            case "merge":
                if into not in boards.catalog(tenant).classes:
                    raise HttpError(400, worded("into: there is no such class"), "into")
                return [ProvisionalClass(id=id_, into=into)]
            case "hide":
                return [ProvisionalClass(id=id_, hidden=True)]
    except ValidationError as error:
        raise HttpError(400, worded("id: is missing or too long"), "id") from error
    raise HttpError(400, worded("action: must be adopt, merge or hide"), "action")
