"""The page of a class's sign-in cards: its code, who has a PIN or pictures, new ones to print, and their end.

What is on new cards is kept nowhere. The browser that asked for them keeps, for ten minutes and out of reach of
scripts, the seed that they were drawn from: loading the page again, or sending its form again, shows the same cards.
"""

from __future__ import annotations

import base64
import secrets
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from lrs.accounts.class_cards import PICTURES, CardKind
from lrs.clock import system_time
from lrs.http import paths
from lrs.http.api_parts import ApiParts, current_tenant, parts_of
from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.pacing.board import NotInCatalog
from lrs.web.forms import read_own_form
from lrs.web.templating import HEADERS, Templates, root
from schemas.catalog import Class
from schemas.wording import worded

COOKIE, SHOWN_SECONDS = "pacer_cards", 600
LEAST_SEED = 32  # characters


class LastMadeCards(NamedTuple):
    """Which cards were made last in a browser. person: "" for the whole class."""

    class_id: str
    kind: CardKind
    person: str
    seed: str

    def cookie(self, request: Request) -> str:
        """The header that keeps it."""
        value = base64.urlsafe_b64encode(orjson.dumps(list(self))).decode().rstrip("=")
        secure = "; Secure" if request.url.scheme == "https" else ""
        rest = f"Max-Age={SHOWN_SECONDS}; Path={root(request)}/board/cards; HttpOnly; SameSite=Lax{secure}"
        return f"{COOKIE}={value}; {rest}"

    @classmethod
    def of(cls, request: Request) -> LastMadeCards | None:
        """What a browser kept; None where that is nothing, or nothing that this page wrote."""
        value = request.cookies.get(COOKIE, "")
        try:
            cookie_parts = orjson.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
            class_id, kind, person, seed = map(str, cookie_parts)
            return cls(class_id, CardKind(kind), person, seed)
        except (ValueError, TypeError):
            return None


def router() -> APIRouter:
    """The routes under /board/cards."""
    paths.register_id_paths()
    routes = APIRouter(prefix="/board/cards", include_in_schema=False)
    templates = Templates(system_time)
    templates.extend({}, {"pictures": PICTURES})

    def page(request: Request, parts: ApiParts, tenant_id: str, class_id: str) -> Response:
        class_ = _class(parts, tenant_id, class_id)
        last_made = LastMadeCards.of(request)
        shown_cards = (
            _codes_shown(parts, tenant_id, class_, last_made) if last_made and last_made.class_id == class_id else {}
        )
        states = parts.cards.states(tenant_id)
        members = [
            {"person": person, "name": name, "state": states.get(person), "card": shown_cards.get(person)}
            for person, name in members_of(class_).items()
        ]
        address = f"{request.url.netloc}{root(request)}/sign-in/class"
        code = parts.cards.code(tenant_id, class_id)
        values: dict[str, Any] = {
            "found": class_,
            "code": code,
            "members": members,
            "made": shown_cards,
            "address": address,
        }
        return templates.page(request, "cards.html", **values, seed=secrets.token_urlsafe(LEAST_SEED))

    @routes.get("/{class_id:id}")
    async def show(request: Request, class_id: str) -> Response:
        try:
            tenant_id = await current_tenant(request)
            parts = parts_of(request)
            return await parts.long.cards.run(tenant_id, lambda: page(request, parts, tenant_id, class_id))
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    @routes.post("/{class_id:id}")
    async def change(request: Request, class_id: str) -> Response:
        """Do what a form says. New cards are shown by the page that this leads to."""
        try:
            tenant_id, form = await read_own_form(request, current_tenant)
            parts = parts_of(request)

            def done() -> LastMadeCards | None:
                return _change_cards(parts, tenant_id, _class(parts, tenant_id, class_id), form)

            new_cards = await parts.long.cards.run(tenant_id, done)
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)
        answer = RedirectResponse(f"{root(request)}/board/cards/{quote(class_id, safe='')}", 303, HEADERS)
        if new_cards:
            answer.headers["Set-Cookie"] = new_cards.cookie(request)
        return answer

    return routes


def members_of(class_: Class) -> dict[str, str]:
    """The members of a class, as accounts call persons, with their names."""
    return {member.person or member.learner: member.name or member.learner for member in class_.learners}


def _class(parts: ApiParts, tenant: str, class_id: str) -> Class:
    class_ = parts.catalogs.latest(tenant).classes.get(class_id)
    if class_ is None:
        raise NotInCatalog
    return class_


def _codes_shown(parts: ApiParts, tenant: str, class_: Class, made: LastMadeCards) -> dict[str, str]:
    """What is on the cards that a browser made last and that are still in force, by person."""
    members = members_of(class_)
    recipients = [person for person in members if made.person in ("", person)]
    return parts.cards.cards_in_force(tenant, recipients, made.kind, made.seed)


def _change_cards(parts: ApiParts, tenant: str, class_: Class, form: dict[str, str]) -> LastMadeCards | None:
    """Make or end cards as a form says; gives those that were made. Raises HttpError (400)."""
    do, person = form.get("do", ""), form.get("person", "")
    members = members_of(class_)
    if person and person not in members:
        raise HttpError(400, worded("person: is not in this class"), "person")
    recipients = {person: members[person]} if person else members
    if do in (CardKind.PIN, CardKind.PICTURES):
        if not parts.cards.code(tenant, class_.id):
            parts.cards.set_code(tenant, class_.id)
        new_cards = LastMadeCards(
            class_.id, CardKind(do), person, form.get("seed") or secrets.token_urlsafe(LEAST_SEED)
        )
        if len(new_cards.seed) < LEAST_SEED:
            raise HttpError(400, worded("seed: is too short"), "seed")
        parts.cards.make(tenant, recipients, new_cards.kind, new_cards.seed)
        return new_cards
    if do == "revoke":
        parts.cards.revoke(tenant, recipients)
    elif do == "code":
        parts.cards.set_code(tenant, class_.id)
    elif do == "end":
        parts.cards.end_code(tenant, class_.id)
    else:
        raise HttpError(400, worded("do: must be pin, pictures, revoke, code or end"), "do")
    return None
