"""The page of an opening check for a learner who signed in: one question a screen, and what was right at the end."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.accounts.roles import PersonRole
from lrs.http import paths
from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of
from lrs.http.whole_numbers import whole_number
from lrs.plans.opening_checks import NoCheck, OpeningChecks
from lrs.plans.own_checks import OwnCheck, open_checks
from lrs.web.forms import read_own_form
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, Templates, root
from schemas.asked_question import AND, MOST_CHOICES, MOST_RESPONSE, AskedQuestion, number_of
from schemas.wording import worded

_FIELDS = MOST_CHOICES + 5


def router(checks: OpeningChecks, tenant: Tenant) -> APIRouter:
    """The routes under /board/check."""
    paths.register_id_paths()
    routes = APIRouter(prefix="/board/check", include_in_schema=False)
    templates = Templates(checks.now)
    templates.extend({}, {"most_response": MOST_RESPONSE})

    def own(request: Request, tenant_id: str, id_: str) -> OwnCheck:
        """Raises NoCheck where it is not open, or not of a class of whoever asks."""
        account = account_of(request)
        if account is None or account.role is not PersonRole.LEARNER:
            raise NoCheck
        catalog = checks.catalogs.latest(tenant_id)
        learner_checks = open_checks(catalog, account.person, checks.now())
        try:
            return next(check for check in learner_checks if check.id == id_)
        except StopIteration:
            raise NoCheck from None

    @routes.get("/{check:id}")
    async def show(request: Request, check: str) -> Response:
        def rendered(tenant_id: str) -> Response:
            return templates.page(request, "own_check.html", check=own(request, tenant_id, check))

        try:
            return await run_in_threadpool(rendered, await tenant(request))
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    @routes.post("/{check:id}")
    async def answer(request: Request, check: str) -> Response:
        form: dict[str, str] = {}
        to = f"/board/check/{quote(check, safe='')}"
        try:
            tenant_id, form = await read_own_form(request, tenant, _FIELDS)
            own_check = await run_in_threadpool(own, request, tenant_id, check)
            number = whole_number(form.get("question", ""))
            check_question = dict(own_check.asked).get(-1 if number is None else number)
            if number is None or check_question is None or check_question.asked is None:
                raise HttpError(400, worded("question: is not a question of this check"), "question")
            response = None if form.get("unknown") else _response(check_question.asked, form)
            await checks.answer(tenant_id, own_check, number, response)
        except TRANSLATED_ERRORS as error:
            return await shown_again(request, templates, error, form, to)
        return RedirectResponse(f"{root(request)}{to}", 303, HEADERS)

    return routes


def _response(question: AskedQuestion, form: dict[str, str]) -> str:
    """What a form answers, as xAPI writes it. Raises HttpError (400) where it is no answer to the question."""
    response = form.get("answer", "")
    if len(response) > MOST_RESPONSE:
        raise HttpError(400, worded("Write at most %(most)s characters.", most=MOST_RESPONSE), "answer")
    match question.type:
        case "choice":
            choice_fields = [
                form.get(f"answer-{n}") if question.several else response for n in range(len(question.choices))
            ]
            chosen_ids = [choice.id for n, choice in enumerate(question.choices) if choice_fields[n] == str(n)]
            response = AND.join(chosen_ids)
        case "true-false" if response not in ("true", "false"):
            response = ""
        case "numeric" if response:
            number = number_of(response)
            if number is None:
                raise HttpError(400, worded("Write a number, for example 12 or 0.75."), "answer")
            response = f"{number:f}"
    if not response:
        raise HttpError(400, worded("Answer, or press “I don't know yet”."), "answer")
    return response
