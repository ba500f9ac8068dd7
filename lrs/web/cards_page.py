"""The page of a class's sign-in cards: its code, who has a PIN or pictures, new ones to print, and their end."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.accounts.class_cards import PICTURES, CardKind
from lrs.http import paths
from lrs.http.api_parts import ApiParts, current_tenant, now, state
from lrs.http.errors import ANSWERED, HttpError
from lrs.pacing.board import NotInCatalog
from lrs.web.forms import sent
from lrs.web.templating import HEADERS, Templates, root
from schemas.catalog import Class


def router() -> APIRouter:
    """The routes under /board/cards."""
    paths.register()
    routes = APIRouter(prefix="/board/cards", include_in_schema=False)
    templates = Templates(now)
    templates.extend({}, {"pictures": PICTURES})

    def page(request: Request, parts: ApiParts, whose: str, class_id: str, made: dict[str, str]) -> Response:
        class_ = _class(parts, whose, class_id)
        states = parts.cards.states(whose)
        members = [
            {"person": person, "name": name, "state": states.get(person), "card": made.get(person)}
            for person, name in members_of(class_).items()
        ]
        address = f"{request.url.netloc}{root(request)}/sign-in/class"
        code = parts.cards.code(whose, class_id)
        return templates.page(
            request, "cards.html", found=class_, code=code, members=members, made=made, address=address
        )

    @routes.get("/{class_id:id}")
    async def show(request: Request, class_id: str) -> Response:
        try:
            whose = await current_tenant(request)
            return await run_in_threadpool(page, request, state(request), whose, class_id, {})
        except ANSWERED as error:
            return templates.problem(request, error)

    @routes.post("/{class_id:id}")
    async def change(request: Request, class_id: str) -> Response:
        """Cards that are made are in the answer alone: they are kept as hashes."""
        try:
            whose, form = await sent(request, current_tenant)
            parts = state(request)

            def done() -> dict[str, str]:
                return _change(parts, whose, _class(parts, whose, class_id), form)

            if made := await run_in_threadpool(done):
                return await run_in_threadpool(page, request, parts, whose, class_id, made)
        except ANSWERED as error:
            return templates.problem(request, error)
        return RedirectResponse(request.url.path, 303, HEADERS)

    return routes


def members_of(class_: Class) -> dict[str, str]:
    """Who is in a class, as accounts call persons, with their names."""
    return {one.person or one.learner: one.name or one.learner for one in class_.learners}


def _class(parts: ApiParts, tenant: str, class_id: str) -> Class:
    found = parts.catalogs.latest(tenant).classes.get(class_id)
    if found is None:
        raise NotInCatalog
    return found


def _change(parts: ApiParts, tenant: str, class_: Class, form: dict[str, Any]) -> dict[str, str]:
    """Do what a form says; the cards that were made. Raises HttpError (400)."""
    do, person = form.get("do", ""), form.get("person", "")
    members = members_of(class_)
    if person and person not in members:
        raise HttpError(400, "person: is not in this class", "person")
    wanted = {person: members[person]} if person else members
    if do in (CardKind.PIN, CardKind.PICTURES):
        if not parts.cards.code(tenant, class_.id):
            parts.cards.set_code(tenant, class_.id)
        return parts.cards.make(tenant, wanted, CardKind(do))
    if do == "revoke":
        parts.cards.revoke(tenant, wanted)
    elif do == "code":
        parts.cards.set_code(tenant, class_.id)
    elif do == "end":
        parts.cards.end_code(tenant, class_.id)
    else:
        raise HttpError(400, "do: must be pin, pictures, revoke, code or end", "do")
    return {}
