"""People who signed in: whose session a request is, and what they may ask for with it.

The role has to be one that the table of access names for the route. Of a class or a learner in the path, the person
has to be one who sees it; lists are the handlers' to limit, by `account_of`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from lrs.accounts.accounts import PERSON_SESSION_HOURS, Account, Accounts, PersonSession
from lrs.accounts.visibility import own_page, sees_class, sees_learner
from lrs.auth.credentials import Credential, Credentials
from lrs.auth.scopes import Scope
from lrs.catalog.catalogs import Catalogs
from lrs.http.access import TABLE
from lrs.http.cross_site import refuse_cross_site
from lrs.http.errors import HttpError
from schemas.catalog import Class
from schemas.wording import worded
from schemas.xapi.actor_keys import key_of

COOKIE = "pacer_session"
_SAFE = ("GET", "HEAD", "OPTIONS")


class SignedOut(HttpError):
    """The session ended, or never existed."""

    def __init__(self) -> None:
        super().__init__(401, "the session has ended: sign in again", headers={"WWW-Authenticate": "Cookie"})


def token_of(request: Request) -> str | None:
    """The session's token, where a request brings no login of its own."""
    return None if "authorization" in request.headers else request.cookies.get(COOKIE)


def account_of(request: Request) -> Account | None:
    """The account that signed in; None where a credential asks. Known once the request was authorized, or
    refused for that account.
    """
    account: Account | None = getattr(request.state, "account", None)
    return account


def chooser_of(request: Request) -> str:
    """What the language that whoever signed in chooses is kept by; "" where a request brings its own login."""
    chooser: str = getattr(request.state, "chooser", "")
    return chooser


def own_page_of(request: Request) -> str:
    """The path of the page of a learner or a guardian who signed in, else ""."""
    own_page: str = getattr(request.state, "own_page", "")
    return own_page


def seen_by(request: Request) -> Callable[[Class | None], bool]:
    """Which classes are for whom a request was authorized: what limits lists."""
    if account_of(request) is None:
        return lambda _: True
    sees: Callable[[Class | None], bool] = request.state.sees
    return sees


def cookie(token: str, secure: bool, hours: float = PERSON_SESSION_HOURS) -> str:
    """The header that keeps a session in a browser; scripts cannot read it, and other sites cannot have it sent."""
    cookie_attributes = f"Max-Age={int(hours * 3600)}; Path=/; HttpOnly; SameSite=Lax"
    return f"{COOKIE}={token}; {cookie_attributes}{'; Secure' if secure else ''}"


def expired_cookie() -> str:
    """The header that ends it."""
    return f"{COOKIE}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"


class SignedIn:
    """The sessions of one API process."""

    def __init__(self, accounts: Accounts, credentials: Credentials, catalogs: Catalogs) -> None:
        self.accounts = accounts
        self._credentials = credentials
        self._catalogs = catalogs

    async def authorize(self, request: Request, token: str) -> Credential:
        """Who signed in and asks, as a credential of the tenant.

        Raises SignedOut (401), HttpError (403 for the role or another site's page, 404 for a class or learner that is
        not theirs to see), and Transient.
        """
        if request.method not in _SAFE:
            refuse_cross_site(request)
        session = await run_in_threadpool(self.accounts.session, token)
        if session is None:
            raise SignedOut
        if session.account is None:
            listed = await run_in_threadpool(self._credentials.get, session.key)
            if listed is None or listed.revoked or Scope.ALL not in listed.credential.scopes:
                raise SignedOut
            await self._show_as_chosen(request, session)
            return listed.credential
        account = session.account
        # Set before the permission check: its error page uses the person's language and links to their start page.
        request.state.account = account
        await self._show_as_chosen(request, session)
        await run_in_threadpool(self._permit, request, account)
        return Credential(f"account:{account.login}", account.tenant)

    async def _show_as_chosen(self, request: Request, session: PersonSession) -> None:
        request.state.chooser = session.chooser
        request.state.shown_in = await run_in_threadpool(self.accounts.preferences, session.chooser)

    def _permit(self, request: Request, account: Account) -> None:
        method = "GET" if request.method == "HEAD" else request.method
        route = getattr(request.scope.get("route"), "path", "")
        access = TABLE.get((method, route))
        catalog = self._catalogs.latest(account.tenant)
        request.state.own_page = own_page(account, catalog)
        request.state.sees = partial(sees_class, account, catalog)
        if access is None or account.role not in access.roles:
            raise HttpError(403, worded("the role %(role)s has no access to this", role=account.role.words))
        parameters = request.path_params
        if "class_id" in parameters and not request.state.sees(catalog.classes.get(parameters["class_id"])):
            raise HttpError(404, worded("there is no such class or learner"))
        if "learner" in parameters and not sees_learner(account, catalog, key_of(learner_asked(request))):
            raise HttpError(404, worded("there is no such class or learner"))


def learner_asked(request: Request) -> str:
    """The learner in the path, whose key may itself end in "/next": whoever is answered is who is permitted."""
    learner: str = request.path_params["learner"]
    route = getattr(request.scope.get("route"), "path", "")
    cut = route.endswith("/next") and not request.scope["raw_path"].endswith(b"/next")  # it was escaped
    return f"{learner}/next" if cut else learner
