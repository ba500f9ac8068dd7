"""Put the parts of an API process together."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request

from lrs.accounts.accounts import Accounts
from lrs.accounts.accounts import embedded_url as accounts_url
from lrs.accounts.class_cards import ClassCards
from lrs.accounts.courses import Courses
from lrs.accounts.issuers import SignInIssuers
from lrs.accounts.logins import Logins
from lrs.accounts.platforms import Platforms
from lrs.accounts.tool_keys import ToolKeys
from lrs.attachments.setting import opened
from lrs.auth.credentials import Credential, Credentials
from lrs.auth.credentials import embedded_url as credentials_url
from lrs.auth.tokens import Issuer, Tokens
from lrs.catalog.catalogs import Catalogs
from lrs.cmi5.guard import XapiRequest
from lrs.cmi5.lms import make_lms
from lrs.cmi5.sessions import Sessions
from lrs.cmi5.sessions import embedded_url as sessions_url
from lrs.documents.store import Documents
from lrs.documents.store import embedded_url as documents_url
from lrs.http.api_parts import ApiParts, now
from lrs.http.health import Health
from lrs.http.login import Login
from lrs.http.paths import route_path
from lrs.http.signed_in import SignedIn
from lrs.people.roster_uploads import Uploads
from lrs.processes.modes import choose
from lrs.processes.runtime import Runtime
from lrs.record.acknowledged import Acknowledged
from lrs.record.recorder import Preparation, Recorder
from lrs.store import migrate
from lrs.store.checkpoints import Checkpoints
from processors.folds.registry import names
from processors.reinterpretation.follower import waiting
from schemas.record import STATEMENTS


def assemble(runtime: Runtime, issuer: Issuer | None = None) -> ApiParts:
    """The parts. Raises Unavailable when the log does not answer."""
    mode = choose(runtime, runtime.answering_store())
    catalogs = Catalogs(mode.log, runtime.catalog_seconds)
    catalogs.follow()
    serving = mode.serving(now)
    record = partial(Recorder, serving.storing, Preparation(catalogs, now), voided=serving.voided)
    credentials = Credentials(runtime.database or credentials_url(runtime.data))
    documents = Documents(runtime.database or documents_url(runtime.data))
    accounts_at = runtime.database or accounts_url(runtime.data)
    accounts, uploads, issuers = Accounts(accounts_at), Uploads(accounts_at), SignInIssuers(accounts_at)
    logins, platforms = Logins(accounts_at, accounts), Platforms(accounts_at)
    cards, tool_keys, courses = ClassCards(accounts_at, accounts), ToolKeys(accounts_at), Courses(accounts_at)
    sessions = Sessions(runtime.database or sessions_url(runtime.data))
    acknowledged = Acknowledged(serving.finder, mode.log.end(STATEMENTS))
    lms = make_lms(mode.log, catalogs, sessions, documents, credentials, record(), serving.finder, acknowledged, now)

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
        cards=cards,
        tool_keys=tool_keys,
        courses=courses,
        uploads=uploads,
        recorder=record(guard=lms.guard),
        finder=serving.finder,
        documents=documents,
        attachments=opened(runtime.data, runtime.attachments),
        freshness=serving.freshness,
        health=Health(
            mode.store,
            serving.freshness,
            serving.log_answers,
            partial(waiting, catalogs, Checkpoints(mode.store, mode.store.embedded)),
            # Snapshots are no answer, and are made again by whoever misses them.
            [one for one in [*migrate.tables(), *names()] if one != "snapshots"],
            failing=runtime.failing_tenants().read,
        ),
        acknowledged=acknowledged,
        lms=lms,
        replaying=mode,
        close=close,
    )
