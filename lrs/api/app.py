"""The API: xAPI, catalog, pacing, pages and operations in one ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from lrs.api import about, activities, agents, caliper, catalog, cmi5, documents, openapi, ops, pacing, statements, web
from lrs.api.errors import Refused
from lrs.api.state import State, current_tenant, now
from lrs.attachments.address import opened
from lrs.auth.credentials import Credentials, embedded_url
from lrs.catalogs import Catalogs
from lrs.documents.store import Documents
from lrs.documents.store import embedded_url as documents_url
from lrs.finder import Finder
from lrs.freshness import freshness
from lrs.log.sqlite import SqliteLog
from lrs.recorder import Recorder
from lrs.store.client import Store
from lrs.store.dsn import dsn

EXPOSED = ["ETag", "Last-Modified", "X-Experience-API-Version", "X-Experience-API-Consistent-Through"]


def build(data: Path, clickhouse: str | None = None, attachments: str | None = None) -> FastAPI:
    """The application over a data folder. Raises the log's Unavailable, and ValueError for a setting."""
    log = SqliteLog(data / "log")
    store = Store(dsn(data, clickhouse))
    catalogs = Catalogs(log)
    catalogs.follow()
    finder = Finder(log, store)
    parts = State(
        log=log,
        store=store,
        catalogs=catalogs,
        credentials=Credentials(embedded_url(data)),
        recorder=Recorder(log, catalogs, voided=finder.take_back),
        finder=finder,
        attachments=opened(data, attachments),
        documents=Documents(documents_url(data)),
        acknowledged=log.end("statements"),
    )
    lms = cmi5.assemble(parts, data)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        log.close()
        parts.credentials.close()
        parts.documents.close()
        lms.close()

    app = FastAPI(title="Pacer", version="0.1.0", lifespan=life)
    app.state.parts = parts
    # Browsers play AUs and tools of other origins; no cookie lets anybody in, so any origin may ask.
    app.add_middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=EXPOSED
    )
    deps = pacing.Deps(
        reader=store,
        catalog=catalogs.latest,
        freshness=lambda: freshness(log, now()),
        now=now,
        tenant=current_tenant,
        append_change=lambda tenant, change: catalogs.append(tenant, "dashboard", change, now()),
    )
    for part in (statements, documents, agents, activities, about):
        app.router.routes.extend(part.routes)
    app.include_router(caliper.router)
    app.include_router(catalog.router)
    app.include_router(cmi5.router(lms))
    app.include_router(ops.router)
    app.include_router(pacing.router(deps))
    app.include_router(web.router(deps))

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        return error.response()

    @app.exception_handler(HTTPException)
    async def unknown(_: Request, error: HTTPException) -> Response:
        return Refused(error.status_code, error.detail, headers=dict(error.headers or {})).response()

    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    return app
