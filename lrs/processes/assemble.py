"""Put the parts of an API process together."""

from __future__ import annotations

from collections.abc import Callable

from lrs.attachments.address import opened
from lrs.auth.credentials import Credentials
from lrs.auth.credentials import embedded_url as credentials_url
from lrs.catalog.catalogs import Catalogs
from lrs.documents.store import Documents
from lrs.documents.store import embedded_url as documents_url
from lrs.http.login import Login
from lrs.http.state import State, now
from lrs.processes.runtime import Runtime
from lrs.record.lagging_reader import LaggingFinder
from lrs.record.reader import Finder
from lrs.record.recorder import Recorder
from processors.runtime.lag import Lag, freshness
from schemas.record import OBSERVATIONS, STATEMENTS


def assemble(runtime: Runtime) -> tuple[State, Callable[[], None]]:
    """The parts, and what closes them. Raises Unavailable when the log does not answer."""
    log, store = runtime.log(), runtime.store()
    catalogs = Catalogs(log, runtime.catalog_seconds)
    catalogs.follow()
    lag = Lag(log, now)
    if log.unique_ids:
        finder = Finder(log, store)
        recorder = Recorder(log, catalogs, voided=finder.take_back)
    else:
        log.partitions(OBSERVATIONS)  # known from here on: nobody waits for it on the event loop
        lag.start()
        finder = lagging = LaggingFinder(log, store, lambda: lag.through)
        recorder = Recorder(log, catalogs, find=lagging.standing)
    credentials = Credentials(runtime.database or credentials_url(runtime.data))
    parts = State(
        log=log,
        store=store,
        catalogs=catalogs,
        credentials=credentials,
        login=Login(credentials),
        recorder=recorder,
        finder=finder,
        attachments=opened(runtime.data, runtime.attachments),
        documents=Documents(runtime.database or documents_url(runtime.data)),
        freshness=(lambda: freshness(log, now())) if log.unique_ids else lag.told,
        log_answers=(lambda: True) if log.unique_ids else (lambda: lag.current),
        acknowledged=log.end(STATEMENTS),
    )

    def close() -> None:
        lag.close()
        log.close()
        parts.credentials.close()
        parts.documents.close()

    return parts, close
