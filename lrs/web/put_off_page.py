"""Not now: whoever teaches a class puts off a row of those whom it says to look at, and brings it back."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of
from lrs.http.whole_numbers import whole_number
from lrs.pacing.boards import Boards
from lrs.web.decision_words import board_templates
from lrs.web.forms import PAGES_CREDENTIAL, is_chosen, read_own_form, wrong_field
from lrs.web.learner_changes import say
from lrs.web.overrule_page import MOST_DAYS
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, root
from schemas.catalog import Change
from schemas.days import DAY
from schemas.overruling import PutOff
from schemas.wording import worded


def router(boards: Boards, tenant: Tenant, change: Callable[[str, Change], int]) -> APIRouter:
    """The route /board/put-off. `change` appends a change to a tenant's catalog."""
    routes = APIRouter(prefix="/board", include_in_schema=False)
    templates = board_templates(boards.now)

    @routes.post("/put-off")
    async def put_off(request: Request) -> Response:
        form: dict[str, str] = {}
        try:
            tenant_id, form = await read_own_form(request, tenant)
            account = account_of(request)
            postponement = _put_off_of_form(
                form, boards.now(), account.name if account else form.get("by") or PAGES_CREDENTIAL
            )
            await say(request, boards, tenant_id, postponement, change)
        except TRANSLATED_ERRORS as error:
            return await shown_again(request, templates, error, form, _class_page(form))
        return RedirectResponse(f"{root(request)}{_class_page(form)}#now", 303, HEADERS)

    return routes


def _class_page(form: dict[str, str]) -> str:
    return f"/board/classes/{quote(form.get('class_id', ''), safe='')}"


def _put_off_of_form(form: dict[str, str], now: int, by: str) -> PutOff:
    """What a form says: for how many days, or until there is newer evidence than was seen. Raises HttpError (400)."""
    days, seen_time = whole_number(form.get("days", "")), whole_number(form.get("seen", "0"))
    if form.get("days") and (days is None or not 1 <= days <= MOST_DAYS):
        raise HttpError(400, worded("days: must be from 1 to %(most)s, or empty", most=MOST_DAYS), "days")
    if seen_time is None:
        raise HttpError(400, worded("seen: is not a time"), "seen")
    brought_back = is_chosen(form, "back")
    try:
        return PutOff(
            learner=form.get("learner", ""),
            skill=form.get("skill", ""),
            until=now + days * DAY if days else None,
            seen=seen_time,
            reason=form.get("reason") or ("brought back" if brought_back else ""),
            by=by[:200],
            removed=brought_back,
        )
    except ValidationError as error:
        field = wrong_field(error)
        raise HttpError(400, worded("%(field)s: missing or too long", field=field), field) from None
