"""The pages a teacher reads: all classes, one class, one learner. Rendered here; they need no script."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.accounts.accounts import Account
from lrs.accounts.roles import FAMILY, PersonRole
from lrs.accounts.visibility import first_page
from lrs.alerts.feed import open_of_class
from lrs.http import paths
from lrs.http.access import TABLE
from lrs.http.errors import TRANSLATED_ERRORS
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of, seen_by
from lrs.pacing.board_version import BoardVersions
from lrs.pacing.boards import Boards
from lrs.pacing.choose import ANYTHING, Preferences
from lrs.people.notes import notes_for
from lrs.plans.groups import groups_now, unseen_on
from lrs.plans.initiatives import states
from lrs.plans.lesson_asks import named_asks
from lrs.plans.own_checks import open_checks
from lrs.plans.today import plan_left, plan_now, plan_of_today
from lrs.web.class_view import ClassPageAsked, as_csv, class_page_values, number_of_cell, units_of
from lrs.web.decision_words import SAYS, board_templates
from lrs.web.languages import shown_in
from lrs.web.learner_view import learner_page_values
from lrs.web.lesson_asks_page import inclusion_asked
from lrs.web.own_view import own_page_values
from lrs.web.templating import HEADERS, SCRIPTED, opens_page, root, shown_for
from lrs.web.trend_view import draw_trend
from schemas.notes import LONGEST_NOTE
from schemas.xapi.actor_keys import key_of


def router(boards: Boards, board_versions: BoardVersions, tenant: Tenant) -> APIRouter:
    """The routes under /board that only read."""
    paths.register_id_paths()
    routes = APIRouter(prefix="/board", include_in_schema=False)
    templates = board_templates(boards.now)
    templates.extend({"number_of_cell": number_of_cell}, {})

    async def answer(request: Request, make: Callable[[str], Response]) -> Response:
        try:
            return await run_in_threadpool(make, await tenant(request))
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    @routes.get("")
    async def classes(request: Request) -> Response:
        """All classes. Links, bookmarks and forms that came too late lead here: a role without classes is sent on."""

        def make(tenant_id: str) -> Response:
            sees = seen_by(request)
            initiatives = states(boards.catalog(tenant_id), sees, boards.now())
            class_overview = boards.read_all(tenant_id, sees)
            return templates.page(request, "classes.html", found=class_overview, initiatives=initiatives)

        page = await answer(request, make)
        account = account_of(request)
        if account is None or opens_page(account, "/board"):
            return page
        path = await run_in_threadpool(lambda: first_page(account, boards.catalog(account.tenant)))
        return RedirectResponse(root(request) + path, 303, HEADERS)

    @routes.get("/classes/{class_id:id}")
    async def one_class(request: Request, class_id: str) -> Response:
        """A class; with `as=csv` its whole board as a file."""
        query = request.query_params
        class_query = ClassPageAsked(
            **{name: query.get(name, default)[:2048] for name, default in ClassPageAsked._field_defaults.items()}
        )

        def make(tenant_id: str) -> Response:
            version = board_versions.of(
                tenant_id, class_id
            )  # before the board is read: what comes after it is a change
            board = boards.read_class(tenant_id, class_id, in_english=False)
            if query.get("as") == "csv":
                headers = {**HEADERS, "Cache-Control": "no-store"}
                headers["Content-Disposition"] = "attachment; filename*=UTF-8''" + quote(f"{class_id}.csv", safe="")
                with shown_in(shown_for(request)):
                    return Response(as_csv(board, SAYS), 200, headers, "text/csv; charset=utf-8")
            catalog = boards.catalog(tenant_id)
            now = boards.now()
            plan = plan_of_today(catalog, class_id, now, seen_by(request), unseen_on(board, catalog, now))
            left = plan_left(catalog, class_id, plan, now)
            with shown_in(shown_for(request)):
                formed = groups_now(board, catalog, now, SAYS)
                class_values = class_page_values(
                    board, units_of(board, catalog), formed["groups"], class_query, now, SAYS, left
                )
            trend = draw_trend(boards.read_trends(tenant_id, class_id, class_query.trend), len(board["learners"]))
            board_values = {"check": formed["check"], "sizes": formed["sizes"], "trend": trend, "shown_at": version}
            board_values["asks"] = formed["asked"]
            board_values["inclusion"] = inclusion_asked(request, board, catalog, now)
            board_values["today"] = plan_now(catalog, class_id, plan, now)
            page = templates.page(
                request, "class.html", **class_values, **board_values, alerts=open_of_class(catalog, class_id)
            )
            page.headers.update(SCRIPTED)
            return page

        return await answer(request, make)

    def own_page(request: Request, tenant_id: str, learner: str, account: Account, goal: str) -> Response:
        """A learner's page, for the learner and for guardians."""
        guardian = account.role is not PersonRole.LEARNER
        preferences = ANYTHING if guardian else Preferences(shown_for(request).language)
        own_values = own_page_values(boards, tenant_id, learner, guardian, goal, preferences)
        catalog = boards.catalog(tenant_id)
        checks = open_checks(catalog, account.person, boards.now())
        return templates.page(
            request,
            "own.html",
            **own_values,
            notes=notes_for(catalog, learner, account),
            asks=named_asks(catalog, learner, boards.now()),
            held=any(check.under_way for check in checks),
            checks=[] if guardian else checks,
        )

    @routes.get("/learners/{learner:id}")
    async def one_learner(request: Request, learner: str) -> Response:
        """A learner; with `skill` or `day` the answers of it, too, and with `goal` the way there. The learner and the
        family have a plain version.
        """
        skill, day, goal = (request.query_params.get(name, "") for name in ("skill", "day", "goal"))

        def make(tenant_id: str) -> Response:
            account = account_of(request)
            if account is not None and account.role in FAMILY:
                return own_page(request, tenant_id, key_of(learner), account, goal)
            learner_values = learner_page_values(boards, tenant_id, key_of(learner), seen_by(request), skill, day, goal)
            viewer_values: dict[str, Any] = {"viewer": _views_statements(request), "longest_note": LONGEST_NOTE}
            viewer_values["notes"] = notes_for(boards.catalog(tenant_id), key_of(learner), account)
            return templates.page(request, "learner.html", **learner_values, **viewer_values)

        return await answer(request, make)

    def static(name: str, kind: str) -> None:
        content = (resources.files("lrs.web") / "static" / name).read_bytes()

        @routes.get(f"/static/{name}")
        async def send() -> Response:
            return Response(content, 200, {"Cache-Control": "max-age=300"}, f"{kind}; charset=utf-8")

    static("board.css", "text/css")
    static("board.js", "text/javascript")

    return routes


def _views_statements(request: Request) -> bool:
    """Whether whoever asks may follow a link to a statement."""
    account = account_of(request)
    return account is None or account.role in TABLE["GET", "/statements/{statement}"].roles
