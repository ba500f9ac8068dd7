"""Put the parts of an API process together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from starlette.requests import Request

from lrs.accounts.accounts import Accounts, embedded_accounts_url
from lrs.accounts.class_cards import ClassCards
from lrs.accounts.issuers import SignInIssuers
from lrs.accounts.logins import Logins
from lrs.accounts.platform_courses import PlatformCourses
from lrs.accounts.platforms import Platforms
from lrs.accounts.tickets import Tickets
from lrs.accounts.tool_keys import ToolKeys
from lrs.attachments.missing import MissingAttachment, remember_more
from lrs.attachments.setting import open_attachments
from lrs.auth.credentials import Credential, Credentials, embedded_credentials_url
from lrs.auth.issuer import Issuer
from lrs.auth.tokens import Tokens
from lrs.catalog.catalogs import Catalogs
from lrs.clock import system_time
from lrs.cmi5.guard import XapiRequest
from lrs.cmi5.lms import make_lms
from lrs.cmi5.sessions import Sessions, embedded_sessions_url
from lrs.documents.store import Documents, embedded_documents_url
from lrs.errors import LostData
from lrs.http.api_parts import ApiParts
from lrs.http.health import Health
from lrs.http.login import Login
from lrs.http.paths import route_path
from lrs.http.signed_in import SignedIn
from lrs.log.damage_memory import DAMAGE_ADVICE, REPAIR, SHOWN_DAMAGES
from lrs.people.roster_uploads import Uploads
from lrs.processes.modes import choose_mode, with_store
from lrs.processes.runtime import WORK_SECONDS, Runtime
from lrs.record.acknowledged import Acknowledged
from lrs.record.recorder import Preparation, Recorder
from lrs.store import migrate
from lrs.store.checkpoints import Checkpoints
from processors.folds.registry import fold_names
from processors.reinterpretation.applied import is_change_waiting
from schemas.record import STATEMENTS

logger = logging.getLogger(__name__)


def assemble(runtime: Runtime, issuer: Issuer | None = None) -> ApiParts:
    """The parts. Raises Unavailable when the log does not answer."""
    mode = choose_mode(runtime, runtime.answering_store())
    catalogs = Catalogs(mode.log, runtime.catalog_seconds)
    catalogs.follow()
    serving = mode.serving(system_time)
    record = partial(Recorder, serving.storing, Preparation(catalogs, system_time), voided=serving.voided)
    credentials = Credentials(runtime.database or embedded_credentials_url(runtime.data))
    documents = Documents(runtime.database or embedded_documents_url(runtime.data))
    accounts_at = runtime.database or embedded_accounts_url(runtime.data)
    accounts, uploads, issuers = Accounts(accounts_at), Uploads(accounts_at), SignInIssuers(accounts_at)
    logins, platforms = Logins(accounts_at, accounts), Platforms(accounts_at)
    tickets = Tickets(accounts_at)
    cards, tool_keys, courses = ClassCards(accounts_at, accounts), ToolKeys(accounts_at), PlatformCourses(accounts_at)
    sessions = Sessions(runtime.database or embedded_sessions_url(runtime.data))
    acknowledged = Acknowledged(serving.finder, mode.log.end(STATEMENTS))
    lms = make_lms(
        mode.log, catalogs, sessions, documents, credentials, record(), serving.finder, acknowledged, system_time
    )

    async def restrict(who: Credential, request: Request) -> Credential:
        return await lms.guard.limit(who, XapiRequest(request.method, route_path(request.scope), request.query_params))

    def close() -> None:
        serving.close()
        for part in (
            accounts,
            uploads,
            issuers,
            logins,
            platforms,
            tickets,
            cards,
            tool_keys,
            courses,
            credentials,
            documents,
            sessions,
        ):
            part.close()

    return ApiParts(
        log=mode.log,
        store=mode.store,
        catalogs=catalogs,
        login=Login(credentials, Tokens(issuer) if issuer else None, restrict),
        signed_in=SignedIn(accounts, credentials, catalogs),
        issuers=issuers,
        logins=logins,
        platforms=platforms,
        tickets=tickets,
        cards=cards,
        tool_keys=tool_keys,
        courses=courses,
        uploads=uploads,
        recorder=record(guard=lms.guard),
        finder=serving.finder,
        documents=documents,
        attachments=open_attachments(runtime.data, runtime.attachments),
        report_missing=partial(_report_missing, runtime.data),
        stored_times=serving.stored_times,
        freshness=serving.freshness,
        health=Health(
            mode.store,
            serving.freshness,
            serving.log_answers,
            partial(is_change_waiting, catalogs, Checkpoints(mode.store, mode.store.embedded)),
            # Snapshots are no answer, and are made again by whoever misses them.
            [table for table in [*migrate.tables(), *fold_names()] if table != "snapshots"],
            failing=runtime.failing_tenants().read,
            damaged=partial(damage_texts, runtime),
        ),
        acknowledged=acknowledged,
        lms=lms,
        replaying=with_store(mode, runtime.answering_store(WORK_SECONDS)),
        close=close,
        recent_states=serving.recent_states,
    )


def damage_texts(runtime: Runtime) -> list[str]:
    return [f"{record}; {DAMAGE_ADVICE}" for record in runtime.damaged_records()[:SHOWN_DAMAGES]]


def _report_missing(data: Path, missing: Sequence[MissingAttachment]) -> None:
    """Say which attachments are missing, once each, here and through `lrs doctor`; the answer does without them."""
    try:
        for attachment in remember_more(data, missing):
            logger.error("missing: %s; %s puts back what a backup has", attachment, REPAIR)
    except (OSError, LostData) as error:
        logger.error("%d attachments are missing, and which cannot be kept: %s", len(missing), error)
