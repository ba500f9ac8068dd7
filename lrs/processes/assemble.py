"""Put the parts of an API process together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starlette.requests import Request

from lrs.attachments.address import opened
from lrs.auth.credentials import Credential, Credentials
from lrs.auth.credentials import embedded_url as credentials_url
from lrs.auth.tokens import Issuer, Tokens
from lrs.catalog.catalogs import Catalogs
from lrs.cmi5.guard import Asked
from lrs.cmi5.lms import make_lms
from lrs.cmi5.sessions import Sessions
from lrs.cmi5.sessions import embedded_url as sessions_url
from lrs.documents.store import Documents
from lrs.documents.store import embedded_url as documents_url
from lrs.http.login import Login
from lrs.http.paths import route_path
from lrs.http.state import State, now
from lrs.processes.runtime import Runtime
from lrs.record.acknowledged import Acknowledged
from lrs.record.lagging_reader import LaggingFinder
from lrs.record.reader import Finder
from lrs.record.recorder import Recorder
from processors.runtime.lag import Lag, freshness
from schemas.record import OBSERVATIONS, STATEMENTS


def assemble(runtime: Runtime, issuer: Issuer | None = None) -> State:
    """The parts. Raises Unavailable when the log does not answer."""
    log, store = runtime.log(), runtime.store()
    catalogs = Catalogs(log, runtime.catalog_seconds)
    catalogs.follow()
    lag = Lag(log, now)
    finder: Finder
    record: Callable[..., Recorder]
    if log.unique_ids:
        finder = Finder(log, store)
        record = partial(Recorder, log, catalogs, voided=finder.take_back)
    else:
        log.partitions(OBSERVATIONS)  # known from here on: nobody waits for it on the event loop
        lag.start()
        finder = lagging = LaggingFinder(log, store, lambda: lag.through)
        record = partial(Recorder, log, catalogs, find=lagging.standing)
    credentials = Credentials(runtime.database or credentials_url(runtime.data))
    documents = Documents(runtime.database or documents_url(runtime.data))
    sessions = Sessions(runtime.database or sessions_url(runtime.data))
    acknowledged = Acknowledged(finder, log.end(STATEMENTS))
    lms = make_lms(log, catalogs, sessions, documents, credentials, record(), finder, acknowledged, now)

    async def restrict(who: Credential, request: Request) -> Credential:
        return await lms.guard.limit(who, Asked(request.method, route_path(request.scope), request.query_params))

    def close() -> None:
        for part in (lag, log, credentials, documents, sessions):
            part.close()

    return State(
        log=log,
        store=store,
        catalogs=catalogs,
        login=Login(credentials, Tokens(issuer) if issuer else None, restrict),
        recorder=record(guard=lms.guard),
        finder=finder,
        documents=documents,
        attachments=opened(runtime.data, runtime.attachments),
        freshness=(lambda: freshness(log, now())) if log.unique_ids else lag.told,
        log_answers=(lambda: True) if log.unique_ids else (lambda: lag.current),
        acknowledged=acknowledged,
        lms=lms,
        close=close,
    )
