"""The parts of an API process, which handlers and pages find through the request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from lrs.accounts.class_cards import ClassCards
from lrs.accounts.issuers import SignInIssuers
from lrs.accounts.logins import Logins
from lrs.accounts.platform_courses import PlatformCourses
from lrs.accounts.platforms import Platforms
from lrs.accounts.tickets import Tickets
from lrs.accounts.tool_keys import ToolKeys
from lrs.attachments import Attachments
from lrs.attachments.missing import MissingAttachment
from lrs.auth.credentials import Credential
from lrs.auth.scopes import Scope
from lrs.catalog.catalogs import Catalogs
from lrs.cmi5.lms import Lms
from lrs.documents.store import Documents
from lrs.http.health import Health
from lrs.http.login import Login
from lrs.http.long_work import LongWorks
from lrs.http.signed_in import SignedIn, token_of
from lrs.log import Log
from lrs.models.activation import Replaying
from lrs.people.roster_uploads import Uploads
from lrs.record.acknowledged import Acknowledged
from lrs.record.finder import Finder
from lrs.record.recorder import Recorder
from lrs.record.stored_times import StoredTimes
from lrs.store.client import Store
from lrs.store.recent_states import RecentStates


@dataclass(frozen=True, slots=True)
class ApiParts:
    """The parts of one API process."""

    log: Log
    store: Store
    catalogs: Catalogs
    login: Login
    signed_in: SignedIn
    issuers: SignInIssuers
    logins: Logins
    platforms: Platforms
    tickets: Tickets
    cards: ClassCards
    tool_keys: ToolKeys
    courses: PlatformCourses
    uploads: Uploads
    recorder: Recorder
    finder: Finder
    documents: Documents
    attachments: Attachments
    report_missing: Callable[[Sequence[MissingAttachment]], None]  # attachments, to whoever operates the store
    stored_times: Callable[[], StoredTimes]  # when the statements of a record were stored; for one thread
    freshness: Callable[[], dict[str, Any]]  # how far behind the tables are, as `/ready` says it
    acknowledged: Acknowledged
    lms: Lms
    replaying: Replaying  # a replay beside the live tables, one at a time
    close: Callable[[], None]
    health: Health
    recent_states: RecentStates | None = None  # of mastery, where they are found without asking the store
    long: LongWorks = field(default_factory=LongWorks)


def parts_of(request: Request) -> ApiParts:
    """The parts, from a request."""
    api_parts: ApiParts = request.app.state.parts
    return api_parts


async def credential(request: Request, *scopes_needed: Scope) -> Credential:
    """Who asks: a credential with one of the wanted scopes (the scope `all` where none is named), or somebody signed in
    with a role that may.

    Raises as Login.authorize and SignedIn.authorize do.
    """
    parts = parts_of(request)
    if (token := token_of(request)) is not None:
        return await parts.signed_in.authorize(request, token)
    return await parts.login.authorize(request, *scopes_needed)


async def current_tenant(request: Request) -> str:
    """Whose data is asked for, by a credential with the scope `all`. Raises as `credential` does."""
    return (await credential(request)).tenant
