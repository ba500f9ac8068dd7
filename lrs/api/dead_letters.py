"""Dead letters over HTTP: a tenant's own, and what can be decided on each. `lrs dead-letters` has those of all."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from lrs.api.openapi import error_responses
from lrs.deadletters.listing import (
    DeadLetterAction,
    ListedDeadLetter,
    describe_dead_letter,
    read_dead_letters,
    write_outcome,
)
from lrs.deadletters.retry import NotRetried
from lrs.errors import Conflict, Missing
from lrs.http.api_parts import ApiParts, credential, parts_of
from schemas.dead_letter_answers import DeadLetterDecided, DeadLetterList, ShownDeadLetter

router = APIRouter(prefix="/dead-letters", tags=["operations"], responses=error_responses(401, 403, 503))


@router.get("", response_model=None, responses={200: {"model": DeadLetterList}})
async def list_(request: Request, all: bool = False) -> dict[str, Any]:
    """The tenant's dead letters that nobody has decided on, without their bytes; with `all`, the others, too."""
    who = await credential(request)
    letters = await run_in_threadpool(_letters_of_tenant, parts_of(request), who.tenant)
    return {"dead_letters": [describe_dead_letter(letter) for letter in letters if all or letter.outcome is None]}


@router.get("/{number}", response_model=None, responses={200: {"model": ShownDeadLetter}, **error_responses(404)})
async def show(request: Request, number: int) -> dict[str, Any]:
    """One dead letter with its bytes, which may hold personal data."""
    who = await credential(request)
    letter = await run_in_threadpool(_letter_numbered, parts_of(request), who.tenant, number)
    return describe_dead_letter(letter) | {"payload": letter.dead_letter.payload}


@router.post(
    "/{number}/retry",
    response_model=None,
    responses={200: {"model": DeadLetterDecided}, **error_responses(404, 409, 507)},
)
async def retry_(request: Request, number: int) -> dict[str, Any]:
    """Hand the letter's statement to admit again, after an upgrade that can digest it; 409 where that does not help."""
    who = await credential(request)
    parts = parts_of(request)

    def act() -> None:
        letter = _letter_numbered(parts, who.tenant, number)
        try:
            parts.retry(letter)
        except NotRetried as error:
            raise Conflict(str(error)) from error
        write_outcome(parts.log, letter, DeadLetterAction.RETRIED)

    await run_in_threadpool(act)
    return {"number": number, "outcome": DeadLetterAction.RETRIED.value}


@router.post(
    "/{number}/drop", response_model=None, responses={200: {"model": DeadLetterDecided}, **error_responses(404, 507)}
)
async def drop(request: Request, number: int) -> dict[str, Any]:
    """Say that nothing is to be done about the letter: it is listed no more, and its bytes stay in the log."""
    who = await credential(request)
    parts = parts_of(request)

    def act() -> None:
        if not (letter := _letter_numbered(parts, who.tenant, number)).dropped:
            write_outcome(parts.log, letter, DeadLetterAction.DROPPED)

    await run_in_threadpool(act)
    return {"number": number, "outcome": DeadLetterAction.DROPPED.value}


def _letters_of_tenant(parts: ApiParts, tenant: str) -> list[ListedDeadLetter]:
    return [letter for letter in read_dead_letters(parts.log) if letter.dead_letter.tenant == tenant]


def _letter_numbered(parts: ApiParts, tenant: str, number: int) -> ListedDeadLetter:
    """The tenant's dead letter with a number. Raises Missing, also for another tenant's."""
    for letter in _letters_of_tenant(parts, tenant):
        if letter.number == number:
            return letter
    raise Missing(f"there is no dead letter {number}", "number")
