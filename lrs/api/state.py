"""What the API's handlers share."""

from __future__ import annotations

import time
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from lrs.api.errors import Refused
from lrs.attachments import Attachments
from lrs.auth.credentials import Credential, Credentials
from lrs.auth.scopes import Scope, allows
from lrs.catalogs import Catalogs
from lrs.cmi5.guard import Asked, Forbidden, Guard
from lrs.documents.store import Documents
from lrs.finder import Finder
from lrs.log import Log
from lrs.recorder import Recorder
from lrs.store.client import Store

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Pacer", charset="UTF-8"'}


@dataclass(slots=True)
class State:
    """The parts of one API process."""

    log: Log
    store: Store
    catalogs: Catalogs
    credentials: Credentials
    recorder: Recorder
    finder: Finder
    documents: Documents
    attachments: Attachments
    guard: Guard | None = None  # of cmi5 sessions
    acknowledged: int = 0  # position after the last statement acknowledged here: reads wait for it


def now() -> int:
    """µs since the epoch."""
    return time.time_ns() // 1000


def state(request: Request) -> State:
    """The parts, from a request."""
    found: State = request.app.state.parts
    return found


async def credential(request: Request, *wanted: Scope) -> Credential:
    """Who asks, holding one of the wanted rights. Raises Refused (401, or 403 without the right)."""
    header = request.headers.get("authorization", "")
    credentials = state(request).credentials
    found = credentials.known(header) or await run_in_threadpool(credentials.verify, header)
    if found is None:
        raise Refused(401, "give the key and secret of a credential with HTTP Basic", headers=_CHALLENGE)
    guard = state(request).guard
    if guard is not None:
        try:
            found = await guard.limit(found, Asked(request.method, request.url.path, request.query_params))
        except Forbidden as error:
            raise Refused(403, str(error), error.field) from None
    if not allows(found.scopes, frozenset(wanted), request.method in ("GET", "HEAD")):
        raise Refused(403, f"this credential lacks the scope {' or '.join(wanted) or Scope.ALL}", "scope")
    return found


async def current_tenant(request: Request) -> str:
    """Whose data is asked for. Raises Refused (401, 403)."""
    return (await credential(request)).tenant
