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
from lrs.http.errors import ANSWERED, HttpError
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
            kept = orjson.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
            class_id, kind, person, seed = map(str, kept)
            return cls(class_id, CardKind(kind), person, seed)
        except (ValueError, TypeError):
            return None


def router() -> APIRouter:
    """The routes under /board/cards."""
    paths.register_id_paths()
    routes = APIRouter(prefix="/board/cards", include_in_schema=False)
    templates = Templates(system_time)
    templates.extend({}, {"pictures": PICTURES})

    def page(request: Request, parts: ApiParts, whose: str, class_id: str) -> Response:
        class_ = _class(parts, whose, class_id)
        last = LastMadeCards.of(request)
        made = _shown(parts, whose, class_, last) if last and last.class_id == class_id else {}
        states = parts.cards.states(whose)
        members = [
            {"person": person, "name": name, "state": states.get(person), "card": made.get(person)}
            for person, name in members_of(class_).items()
        ]
        address = f"{request.url.netloc}{root(request)}/sign-in/class"
        code = parts.cards.code(whose, class_id)
        values: dict[str, Any] = {"found": class_, "code": code, "members": members, "made": made, "address": address}
        return templates.page(request, "cards.html", **values, seed=secrets.token_urlsafe(LEAST_SEED))

    @routes.get("/{class_id:id}")
    async def show(request: Request, class_id: str) -> Response:
        try:
            whose = await current_tenant(request)
            parts = parts_of(request)
            return await parts.long.cards.run(whose, lambda: page(request, parts, whose, class_id))
        except ANSWERED as error:
            return templates.problem(request, error)

    @routes.post("/{class_id:id}")
    async def change(request: Request, class_id: str) -> Response:
        """Do what a form says. New cards are shown by the page that this leads to."""
        try:
            whose, form = await read_own_form(request, current_tenant)
            parts = parts_of(request)

            def done() -> LastMadeCards | None:
                return _change(parts, whose, _class(parts, whose, class_id), form)

            made = await parts.long.cards.run(whose, done)
        except ANSWERED as error:
            return templates.problem(request, error)
        answer = RedirectResponse(f"{root(request)}/board/cards/{quote(class_id, safe='')}", 303, HEADERS)
        if made:
            answer.headers["Set-Cookie"] = made.cookie(request)
        return answer

    return routes


def members_of(class_: Class) -> dict[str, str]:
    """The members of a class, as accounts call persons, with their names."""
    return {one.person or one.learner: one.name or one.learner for one in class_.learners}


def _class(parts: ApiParts, tenant: str, class_id: str) -> Class:
    found = parts.catalogs.latest(tenant).classes.get(class_id)
    if found is None:
        raise NotInCatalog
    return found


def _shown(parts: ApiParts, tenant: str, class_: Class, made: LastMadeCards) -> dict[str, str]:
    """What is on the cards that a browser made last and that are still in force, by person."""
    members = members_of(class_)
    wanted = [one for one in members if made.person in ("", one)]
    return parts.cards.cards_in_force(tenant, wanted, made.kind, made.seed)


def _change(parts: ApiParts, tenant: str, class_: Class, form: dict[str, str]) -> LastMadeCards | None:
    """Make or end cards as a form says; gives those that were made. Raises HttpError (400)."""
    do, person = form.get("do", ""), form.get("person", "")
    members = members_of(class_)
    if person and person not in members:
        raise HttpError(400, worded("person: is not in this class"), "person")
    wanted = {person: members[person]} if person else members
    if do in (CardKind.PIN, CardKind.PICTURES):
        if not parts.cards.code(tenant, class_.id):
            parts.cards.set_code(tenant, class_.id)
        made = LastMadeCards(class_.id, CardKind(do), person, form.get("seed") or secrets.token_urlsafe(LEAST_SEED))
        if len(made.seed) < LEAST_SEED:
            raise HttpError(400, worded("seed: is too short"), "seed")
        parts.cards.make(tenant, wanted, made.kind, made.seed)
        return made
    if do == "revoke":
        parts.cards.revoke(tenant, wanted)
    elif do == "code":
        parts.cards.set_code(tenant, class_.id)
    elif do == "end":
        parts.cards.end_code(tenant, class_.id)
    else:
        raise HttpError(400, worded("do: must be pin, pictures, revoke, code or end"), "do")
    return None
