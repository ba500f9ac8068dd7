"""The page of an opening check: a sheet to print, a grid to enter what was answered, and the groups that follow."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.http import body, paths
from lrs.http.api_parts import parts_of
from lrs.http.cross_site import refuse_cross_site
from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of, seen_by
from lrs.pacing.board_version import BoardVersions
from lrs.plans.groups import Groups, check_that_counts
from lrs.plans.needs import sees_all, timetable_of
from lrs.plans.opening_checks import OpeningChecks
from lrs.plans.own_checks import running_check
from lrs.plans.today import plan_left, plan_of_today, today_in, with_plan
from lrs.web.decision_words import SAYS, board_templates
from lrs.web.forms import MOST_FORM, PAGES_CREDENTIAL, fields_of, read_own_form
from lrs.web.languages import shown_in
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, SCRIPTED, root, shown_for
from schemas.opening_check import EnteredResult
from schemas.wording import worded

QUESTIONS = 4
MOST_GRID_FIELDS = 4000
_RIGHT_OF_FORM = {"1": True, "0": False, "": None, "-": None, "–": None}


def router(groups: Groups, checks: OpeningChecks, board_versions: BoardVersions, tenant: Tenant) -> APIRouter:
    """The routes under /checks. Groups keep themselves up to date: answers are folded in after they were entered."""
    paths.register_id_paths()
    routes = APIRouter(prefix="/checks", include_in_schema=False)
    templates = board_templates(checks.now)
    templates.extend({"row_id": row_id}, {})

    @routes.post("/{class_id:id}/results")  # before what takes any path below /checks
    async def enter(request: Request, class_id: str) -> Response:
        fields: dict[str, str] = {}
        try:
            refuse_cross_site(request)
            tenant_id = await tenant(request)
            by = account.name if (account := account_of(request)) else PAGES_CREDENTIAL
            fields = fields_of(await body.read_body(request, MOST_FORM), MOST_GRID_FIELDS, blank=True)
            check = fields.get("check", "")
            rows = (await run_in_threadpool(checks.read, tenant_id, class_id, check))["rows"]
            await checks.enter(tenant_id, class_id, check, _results(fields, rows), by)
        except TRANSLATED_ERRORS as error:
            return await shown_again(request, templates, error, fields, _page_of(class_id, fields.get("check", "")))
        return RedirectResponse(f"{root(request)}{_page_of(class_id, check)}#groups", 303, HEADERS)

    def replaced(tenant_id: str, class_id: str, replaces: str) -> str:
        """The last check of a class. Raises HttpError (409) where it is of today, and not the one that whoever asks
        said is to be replaced."""
        catalog = checks.catalogs.latest(tenant_id)
        last, running = catalog.planned.last_check(class_id), running_check(catalog, class_id, checks.now())
        if running is not None and running.check.id != replaces:
            raise HttpError(
                409, worded("Check %(check)s is from today: say that a new one replaces it.", check=running.check.id)
            )
        return last

    @routes.post("/{class_id:id}")
    async def make(request: Request, class_id: str) -> Response:
        form: dict[str, str] = {}
        try:
            tenant_id, form = await read_own_form(request, tenant)
            last = await run_in_threadpool(replaced, tenant_id, class_id, form.get("replaces", ""))
            by = account.name if (account := account_of(request)) else PAGES_CREDENTIAL
            make = partial(checks.make, tenant_id, class_id, QUESTIONS, by, last)
            new_check = await parts_of(request).long.plans.run(tenant_id, make)
        except TRANSLATED_ERRORS as error:
            at = f"/checks/{quote(class_id, safe='')}"
            return await shown_again(request, templates, error, form, at)
        return RedirectResponse(f"{root(request)}{_page_of(class_id, new_check['id'])}", 303, HEADERS)

    @routes.get("/{class_id:id}")
    async def show(request: Request, class_id: str, check: str = "") -> Response:
        def rendered(tenant_id: str) -> Response:
            version = board_versions.of(tenant_id, class_id)  # before anything is read: what comes after it is a change
            listed = checks.listed(tenant_id, class_id)["checks"]
            sheet = checks.sheet(tenant_id, class_id, check) if check else None
            with shown_in(shown_for(request)):
                formed = groups.form(tenant_id, class_id, check=check, says=SAYS)
            catalog = groups.catalog(tenant_id)
            counts = check_that_counts(catalog, class_id, checks.now())
            now = checks.now()
            sees = seen_by(request)
            plan = plan_left(catalog, class_id, plan_of_today(catalog, class_id, now, sees), now)
            formed["groups"] = with_plan(formed["groups"], plan)
            name = catalog.classes[class_id].name or class_id
            running = running_check(catalog, class_id, checks.now())
            values: dict[str, Any] = {"running": running.check.id if running else ""}
            values |= {"class_id": class_id, "class_name": name, "found": sheet, "listed": listed, "formed": formed}
            values |= {"counts": counts, "today": today_in(catalog, class_id, now)}
            values["plans"] = sees_all(catalog, timetable_of(catalog, class_id)[0], sees)
            page = templates.page(request, "check.html", **values, plan=plan, shown_at=version)
            page.headers.update(SCRIPTED)
            return page

        try:
            tenant_id = await tenant(request)
            return await parts_of(request).long.plans.run(tenant_id, partial(rendered, tenant_id))
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    return routes


def _page_of(class_id: str, check: str) -> str:
    return f"/checks/{quote(class_id, safe='')}?check={quote(check, safe='')}"


def row_id(learner: str) -> str:
    """What a grid calls the row of a learner, whoever else comes into the class or leaves it meanwhile."""
    return hashlib.sha256(learner.encode()).hexdigest()[:12]


def _results(fields: dict[str, str], rows: list[dict[str, Any]]) -> list[EnteredResult]:
    """What was changed in a grid: fields are named by row and question, and beside them is what the page showed.

    What somebody else, or the learner on a device, entered since then stays. Raises HttpError (400).
    """
    results = []
    for row in rows:
        number = row_id(row["learner"])
        page_answers = fields.get(f"was-{number}", "")
        for question in range(len(row["right"])):
            answer = fields.get(f"{number}-{question}")
            was = page_answers[question : question + 1]
            if answer is None or (
                was and was in _RIGHT_OF_FORM and _RIGHT_OF_FORM.get(answer.strip(), answer) == _RIGHT_OF_FORM[was]
            ):
                continue
            if answer.strip() not in _RIGHT_OF_FORM:
                raise HttpError(
                    400,
                    worded("%(name)s: write 1 (right), 0 (wrong) or nothing", name=row["name"]),
                    f"{number}-{question}",
                )
            results.append(
                EnteredResult(learner=row["learner"], question=question, right=_RIGHT_OF_FORM[answer.strip()])
            )
    return results
