"""The pages of initiatives: what was declared, whether it can be measured, a form that declares one, and what each
changed."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.http import paths
from lrs.http.errors import TRANSLATED_ERRORS
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of, seen_by
from lrs.pacing.display_names import catalog_name
from lrs.plans.initiative_outcomes import InitiativeOutcomes
from lrs.plans.initiatives import Initiatives
from lrs.web.decision_words import CURVE_WIDTH, board_templates
from lrs.web.forms import PAGES_CREDENTIAL, read_own_form
from lrs.web.languages import text
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, root
from schemas.plan_events import Initiative
from schemas.refusal import refusal

OUTCOMES = {
    "mastered": text("skills mastered"),
    "attempts": text("attempts"),
    "active minutes": text("active minutes"),
    "help": text("skills that need help"),
}
STATES = {"declared": text("declared"), "running": text("running"), "over": text("over")}


def router(initiatives: Initiatives, outcomes: InitiativeOutcomes, tenant: Tenant) -> APIRouter:
    """The routes under /board/initiatives."""
    paths.register_id_paths()
    routes = APIRouter(prefix="/board/initiatives", include_in_schema=False)
    templates = board_templates(initiatives.now)

    @routes.get("")
    async def show(request: Request) -> Response:
        def rendered(tenant_id: str) -> Response:
            declared_initiatives = initiatives.read(tenant_id, seen_by(request))["initiatives"]
            classes = initiatives.classes(tenant_id, seen_by(request))
            return templates.page(
                request, "initiatives.html", found=declared_initiatives, classes=classes, called=OUTCOMES, states=STATES
            )

        try:
            return await run_in_threadpool(rendered, await tenant(request))
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    @routes.get("/{initiative:id}")
    async def outcome(request: Request, initiative: str) -> Response:
        """What an initiative changed, or why that cannot be said."""

        def rendered(tenant_id: str) -> Response:
            sees = seen_by(request)
            measured = outcomes.read(tenant_id, initiative, sees)
            declared = next(
                initiative_row
                for initiative_row in initiatives.read(tenant_id, sees)["initiatives"]
                if initiative_row["id"] == initiative
            )
            names = {class_row["id"]: class_row["name"] for class_row in initiatives.classes(tenant_id, sees)}
            classes, compared = ([names.get(id_, id_) for id_ in declared[key]] for key in ("classes", "compared"))
            catalog = initiatives.catalogs.latest(tenant_id)
            skills = [catalog_name(catalog, skill) for skill in declared["skills"]]
            outcome_values = {
                **declared,
                **measured,
                "classes": classes,
                "compared_classes": compared,
                "skills": skills,
            }
            return templates.page(
                request, "initiative.html", found=outcome_values, at=_drawn_places(measured["difference"])
            )

        try:
            return await run_in_threadpool(rendered, await tenant(request))
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    @routes.post("")
    async def declare(request: Request) -> Response:
        form: dict[str, str] = {}
        try:
            tenant_id, form = await read_own_form(request, tenant)
            account = account_of(request)
            by = account.name if account else (form.get("by") or PAGES_CREDENTIAL)
            new_initiative = _initiative(form)
            await run_in_threadpool(
                initiatives.declare, tenant_id, by, PAGES_CREDENTIAL, new_initiative, seen_by(request)
            )
        except TRANSLATED_ERRORS as error:
            return await shown_again(request, templates, error, form, "/board/initiatives")
        return RedirectResponse(f"{root(request)}/board/initiatives", 303, HEADERS)

    return routes


def _drawn_places(difference: dict[str, Any] | None) -> dict[str, float]:
    """Where a difference and its interval are drawn, with the place of 0."""
    if difference is None:
        return {}
    values = {"zero": 0.0, **{name: difference[name] for name in ("low", "more", "high")}}
    least, most = min(values.values()), max(values.values())
    span = (most - least) or 1.0
    return {name: round(CURVE_WIDTH * (0.1 + 0.8 * (value - least) / span), 1) for name, value in values.items()}


def _initiative(form: dict[str, str]) -> Initiative:
    """The initiative in a form. Raises Invalid."""
    compared = [form["compared"]] if form.get("compared") else []
    fields = {
        "id": form.get("id", ""),
        "what": form.get("what", ""),
        "classes": [form.get("class", "")],
        "since": form.get("since", ""),
        "until": form.get("until", ""),
        "outcome": form.get("outcome", ""),
        "comparison": "classes" if compared else "before",
        "compared": compared,
        "new": True,
    }
    try:
        return Initiative.model_validate(fields)
    except ValidationError as error:
        raise refusal(fields, error) from None
