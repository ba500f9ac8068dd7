"""The API: xAPI, catalog, pacing, pages and operations in one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from fastapi import Depends, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import NoMatchFound

from lrs.alerts.feed import AlertFeed
from lrs.api import (
    about,
    activities,
    agents,
    alerts,
    caliper,
    catalog,
    clocks,
    cmi5,
    dead_letters,
    document_resources,
    explain,
    initiatives,
    lesson_asks,
    materials,
    models,
    notes,
    openapi,
    opening_checks,
    ops,
    pacing,
    people,
    plans,
    policies,
    rosters,
    statements,
)
from lrs.api.lenient import DEAD_LETTERS, REPAIRS
from lrs.api.multipart import LEFT_OUT
from lrs.api.resource import version_of
from lrs.catalog.versions import ActiveWeights
from lrs.clock import system_time
from lrs.http import errors
from lrs.http.api_parts import ApiParts, current_tenant
from lrs.http.edge import Edge
from lrs.http.events import Streams
from lrs.http.middleware import put_edge_around
from lrs.http.paths import route_path
from lrs.http.query_parameters import is_page, refuse_parameters
from lrs.models.activations import Activations
from lrs.pacing.apply_mapping import Mappings
from lrs.pacing.board_version import BoardVersions
from lrs.pacing.boards import Boards
from lrs.pacing.catalog_preview import COMPARED, Previewer
from lrs.pacing.policy_edits import PolicyEdits
from lrs.pacing.requirement_edits import RequirementEdits
from lrs.people.identities import Identities
from lrs.people.notes import LearnerNotes
from lrs.plans.groups import Groups
from lrs.plans.initiative_outcomes import InitiativeOutcomes
from lrs.plans.initiatives import Initiatives
from lrs.plans.lesson_asks import LessonAsks
from lrs.plans.opening_checks import CHECK_KEY, OpeningChecks
from lrs.plans.planner import DayPlanner
from lrs.record.own_statements import OwnStatements
from lrs.web import (
    account_names_page,
    board_events,
    board_pages,
    cards_page,
    check_page,
    clocks_page,
    initiatives_page,
    language_page,
    lesson_asks_page,
    lti_launch,
    materials_page,
    models_page,
    notes_page,
    overrule_page,
    own_check_page,
    people_page,
    plan_page,
    policy_page,
    provisional_page,
    put_off_page,
    reference_page,
    requirements_page,
    roster_page,
    sign_in,
    sign_in_class,
    sign_in_with,
    skills_page,
    start_page,
    statement_viewer,
    unmapped_page,
)
from lrs.web.forms import PAGES_CREDENTIAL
from lrs.web.templating import Templates, recognise, said_to
from schemas.catalog import Change
from schemas.wording import worded

EXPOSED = [
    *("ETag", "Last-Modified", "Retry-After", "WWW-Authenticate"),
    *("X-Experience-API-Version", "X-Experience-API-Consistent-Through"),
    *(REPAIRS, DEAD_LETTERS, LEFT_OUT),
]

EDGE = Edge()
# Below these are no pages: an unknown path or method is answered with JSON, whoever asks.
API_ROOTS = frozenset(
    {"xAPI", "caliper", "catalog", "clocks", "cmi5", "dead-letters", "explain", "live", "materials"}
    | {"models", "pacing", "people", "ready", "roster", "skills"}
)
NO_PAGE = {404: worded("there is no such page"), 405: worded("this page does not accept that method")}


def build(parts: ApiParts, edge: Edge = EDGE) -> FastAPI:
    """The application over the parts of a process. It closes them when it ends."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        completing = asyncio.create_task(opening.complete_all())
        yield
        completing.cancel()
        await asyncio.wait([completing])
        parts.close()

    app = FastAPI(
        title="Pacer",
        version="0.1.0",
        lifespan=life,
        openapi_url=None,  # FastAPI would make the document in the event loop
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(refuse_parameters)],
    )
    app.state.parts = parts
    put_edge_around(app, edge, EXPOSED, _version_header)
    boards = Boards(
        parts.store,
        parts.catalogs.latest,
        parts.catalogs.changes,
        parts.freshness,
        system_time,
        recent_states=parts.recent_states,
    )

    def change(tenant: str, change: Change) -> int:
        return parts.catalogs.append(tenant, PAGES_CREDENTIAL, change, system_time())

    for part in (statements, document_resources, agents, activities, about):
        app.router.routes.extend(part.routes)
    app.include_router(caliper.router)
    app.include_router(catalog.router)
    app.include_router(explain.router)
    app.include_router(rosters.router)
    app.include_router(materials.router)
    app.include_router(people.router)
    app.include_router(cmi5.router())
    app.include_router(dead_letters.router)
    app.include_router(clocks.router)
    app.include_router(clocks_page.router(current_tenant))
    app.include_router(ops.router)
    app.include_router(pacing.router(boards, current_tenant))
    planner = DayPlanner(parts.store, parts.catalogs, system_time)
    app.include_router(plans.router(planner, said_to))
    app.include_router(plan_page.router(planner, current_tenant))
    declared = Initiatives(parts.catalogs, system_time)
    outcomes = InitiativeOutcomes(parts.store, parts.catalogs, system_time)
    app.include_router(initiatives.router(declared, outcomes))
    edits = PolicyEdits(parts.store, parts.catalogs, system_time)
    app.include_router(policies.router(edits))
    app.include_router(policy_page.router(edits, current_tenant))
    streams = Streams()
    app.include_router(alerts.router(AlertFeed(parts.catalogs, system_time), streams))
    board_versions = BoardVersions(parts.store, parts.catalogs.latest)
    groups = Groups(parts.store, parts.catalogs.latest, system_time)
    results = OwnStatements(parts.recorder, parts.acknowledged, CHECK_KEY)
    opening = OpeningChecks(parts.store, parts.catalogs, system_time, results.record_all)
    app.include_router(opening_checks.router(groups, opening))
    app.include_router(check_page.router(groups, opening, board_versions, current_tenant))
    app.include_router(own_check_page.router(opening, current_tenant))
    app.include_router(initiatives_page.router(declared, outcomes, current_tenant))
    versions = Activations(parts.replaying, parts.catalogs, system_time)
    app.include_router(models.router(versions))
    app.include_router(models_page.router(versions, current_tenant))
    app.include_router(people_page.router(Identities(parts.store, parts.catalogs, system_time), current_tenant))
    app.include_router(roster_page.router())
    app.include_router(account_names_page.router())
    app.include_router(skills_page.router())
    app.include_router(materials_page.router())
    app.include_router(requirements_page.router(RequirementEdits(parts.store, parts.catalogs, system_time)))
    app.include_router(board_events.router(board_versions, streams, current_tenant))
    app.include_router(board_pages.router(boards, board_versions, current_tenant))
    app.include_router(overrule_page.router(boards, current_tenant, change))
    app.include_router(put_off_page.router(boards, current_tenant, change))
    notes_of_learners = LearnerNotes(parts.store, parts.catalogs, system_time)
    app.include_router(notes.router(notes_of_learners))
    app.include_router(notes_page.router(notes_of_learners, current_tenant))
    asks = LessonAsks(parts.catalogs, system_time)
    app.include_router(lesson_asks.router(asks))
    app.include_router(lesson_asks_page.router(asks, current_tenant))
    app.include_router(sign_in.router())
    app.include_router(language_page.router())
    app.include_router(sign_in_with.router())
    app.include_router(sign_in_class.router())
    app.include_router(cards_page.router())
    app.include_router(lti_launch.router())
    previewer = Previewer(parts.log, parts.store, parts.catalogs, ActiveWeights(parts.catalogs), COMPARED)

    def change_all(tenant: str, changes: Sequence[Change]) -> int:
        return parts.catalogs.append_all(tenant, PAGES_CREDENTIAL, changes, system_time())

    app.include_router(provisional_page.router(boards, current_tenant, change_all))
    app.include_router(unmapped_page.router(Mappings(previewer, change_all, system_time), current_tenant))

    app.include_router(start_page.router(current_tenant))
    app.include_router(statement_viewer.router())
    app.include_router(reference_page.router(lambda: openapi.document(app), current_tenant))
    templates = Templates(system_time)

    async def shown(request: Request, error: errors.HttpError) -> Response:
        if not is_page(request):
            return error.response()
        await recognise(request, current_tenant)  # whose language it is
        return templates.problem(request, error)

    errors.answer_errors(app, shown)

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {}) | _version_header(request)
        path = route_path(request.scope)
        refusal = errors.HttpError(error.status_code, error.detail, headers=headers)
        if "text/html" not in request.headers.get("accept", "") or path.split("/")[1] in API_ROOTS:
            return refusal.response()
        await recognise(request, current_tenant)
        if error.status_code in NO_PAGE:
            refusal = errors.HttpError(error.status_code, NO_PAGE[error.status_code], headers=headers)
        return templates.problem(request, refusal)

    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    app.add_route("/openapi.json", openapi.serve(app), include_in_schema=False)
    _prepare_routes(app)
    return app


def _version_header(request: Request) -> dict[str, str]:
    """What every answer of the xAPI carries, also where no resource gave it. A proxy's prefix may stand before."""
    return {"X-Experience-API-Version": version_of(request)} if "/xAPI/" in request.scope["path"] else {}


def _prepare_routes(app: FastAPI) -> None:
    """FastAPI prepares included routes when it first goes through them: here, not in a request, as that takes 50 ms."""
    with suppress(NoMatchFound):
        app.url_path_for("")  # of no route: it goes through all
