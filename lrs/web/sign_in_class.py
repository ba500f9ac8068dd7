"""The page on which learners sign in by the code of their class, their name, and a PIN or three pictures."""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Callable
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from lrs.accounts.accounts import CLASS_SESSION_HOURS, Account
from lrs.accounts.class_cards import CARD_PICTURES, PICTURES, said_by
from lrs.auth.secret_checks import SecretChecks
from lrs.clock import system_time
from lrs.http.api_parts import ApiParts, parts_of
from lrs.http.cross_site import refuse_cross_site
from lrs.http.errors import TRANSLATED_ERRORS
from lrs.web.cards_page import members_of
from lrs.web.forms import read_fields
from lrs.web.sign_in import signed_in
from lrs.web.templating import Templates
from schemas.wording import worded

_NO_CLASS = worded("There is no class with this code. Look at it again, or ask your teacher.")
_WRONG = worded("That is not right. Try again, or ask your teacher for a new card.")
_SHOWN = range(1, CARD_PICTURES + 1)


class Filled(NamedTuple):
    """What a form is shown with again: the next try counts for whom it names, and is never another's."""

    code: str
    who: str = ""
    pictures: bool = False  # whether pictures were chosen, not which: they are a secret


def router() -> APIRouter:
    """The routes of /sign-in/class."""
    routes = APIRouter(include_in_schema=False)
    templates = Templates(system_time)
    templates.extend({"short": _page_id}, {"pictures": PICTURES, "shown": _SHOWN})
    checks = SecretChecks()

    def page(request: Request, parts: ApiParts, filled: Filled, message: str = "", status: int = 200) -> Response:
        code = filled.code
        class_members = _members_of_code(parts, code) if code else None
        if code and class_members is None:
            message, status = message or _NO_CLASS, max(status, 404)
        names = class_members[1] if class_members else {}
        return templates.page(request, "sign_in_class.html", status, filled=filled, names=names, message=message)

    async def limited(request: Request, verify: Callable[[str], object], key: str) -> int:
        """Seconds to wait, as too many wrong tries came from there; 0: it was tried."""
        address = request.client.host if request.client else ""
        return math.ceil(await checks.check(verify, uuid.uuid4().hex, address, key))

    def wait_page(request: Request, filled: Filled, seconds: int) -> Response:
        message = worded("Too many tries: wait %(seconds)s s.", seconds=seconds)
        # Without names: whoever guesses would see by them that there is a class with this code.
        answer = templates.page(request, "sign_in_class.html", 429, filled=filled, names={}, message=message)
        answer.headers["Retry-After"] = str(seconds)
        return answer

    @routes.get("/sign-in/class")
    async def show(request: Request, code: str = "", who: str = "") -> Response:
        try:
            parts, filled = parts_of(request), Filled(code, who)
            if code and (wait := await limited(request, lambda _: parts.cards.class_of(code), "a class's code")):
                return wait_page(request, filled, wait)
            return await run_in_threadpool(page, request, parts, filled)
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    @routes.post("/sign-in/class")
    async def sign_in(request: Request) -> Response:
        try:
            refuse_cross_site(request)
            fields = await read_fields(request)
            parts = parts_of(request)
            code, person_id = fields.get("code", ""), fields.get("who", "")
            filled = Filled(code, person_id, any(fields.get(f"picture{number}") for number in _SHOWN))
            verified: list[Account] = []

            def verify(_: str) -> object:
                members = _members_of_code(parts, code)
                person = next((member for member in members[1] if _page_id(member) == person_id), "") if members else ""
                if members and person and (account := parts.cards.verify(members[0], person, said_by(fields))):
                    verified.append(account)
                return verified

            if wait := await limited(request, verify, f"{code.upper()} {person_id}"):
                return wait_page(request, filled, wait)
            if not verified:
                return await run_in_threadpool(page, request, parts, filled, _WRONG, 400)
            return await signed_in(request, verified[0], "", "", CLASS_SESSION_HOURS)
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    return routes


def _members_of_code(parts: ApiParts, code: str) -> tuple[str, dict[str, str]] | None:
    """The tenant of a code, and who is in its class; None without such a class."""
    tenant_class = parts.cards.class_of(code)
    class_ = parts.catalogs.latest(tenant_class[0]).classes.get(tenant_class[1]) if tenant_class else None
    return (tenant_class[0], members_of(class_)) if tenant_class and class_ else None


def _page_id(person: str) -> str:
    """What the page calls a person: not an id of the roster's, nor an address."""
    return hashlib.sha256(person.encode()).hexdigest()[:16]
