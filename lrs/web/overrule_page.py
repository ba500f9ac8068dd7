"""A teacher overrules a decision, or withdraws that: the form on a learner's page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of
from lrs.pacing.boards import Boards
from lrs.web.decision_words import anchor, board_templates
from lrs.web.forms import read_own_form, wrong_field
from lrs.web.learner_changes import say
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, root
from schemas.catalog import Change
from schemas.days import DAY
from schemas.decision import Decision
from schemas.overruling import Overrule
from schemas.wording import worded

MOST_DAYS = 366


def router(boards: Boards, tenant: Tenant, change: Callable[[str, Change], int]) -> APIRouter:
    """The route /board/overrule. `change` appends a change to a tenant's catalog."""
    routes = APIRouter(prefix="/board", include_in_schema=False)
    templates = board_templates(boards.now)

    @routes.post("/overrule")
    async def overrule(request: Request) -> Response:
        form: dict[str, str] = {}
        try:
            tenant_id, form = await read_own_form(request, tenant)
            account = account_of(request)
            decided = _overrule_of_form(form, boards.now(), account.name if account else None)
            await say(request, boards, tenant_id, decided, change)
        except TRANSLATED_ERRORS as error:
            at = f"/board/learners/{quote(form.get('learner', ''), safe='')}"
            return await shown_again(request, templates, error, form, at)
        to = f"/board/learners/{quote(decided.learner, safe='')}#{anchor(decided.skill)}"
        return RedirectResponse(root(request) + to, 303, HEADERS)

    return routes


def _overrule_of_form(fields: Mapping[str, str], now: int, by: str | None) -> Overrule:
    """The overruling in a form, by whoever signed in or else by whom the form names. Raises HttpError (400)."""
    try:
        days = float(fields["days"]) if "days" in fields else None
        if days is not None and not 0 < days <= MOST_DAYS:
            raise ValueError("days")
    except ValueError as error:
        raise HttpError(
            400, worded("days: must be a number above 0 and at most %(most)s, or empty", most=MOST_DAYS), "days"
        ) from error
    decision = fields.get("decision")
    try:
        return Overrule(
            learner=fields.get("learner", ""),
            skill=fields.get("skill", ""),
            decision=Decision(decision) if decision else None,
            reason=fields.get("reason", "") if decision else fields.get("reason") or "withdrawn",
            by=fields.get("by", "") if by is None else by[:200],
            until=None if days is None else now + round(days * DAY),
        )
    except ValidationError as error:
        field = wrong_field(error)
        raise HttpError(400, worded("%(field)s: missing or too long", field=field), field) from None
    except ValueError:
        raise HttpError(400, worded("decision: unknown decision"), "decision") from None
