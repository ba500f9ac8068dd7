"""The statements of an opening check, made of the event that says what was entered: the same however often. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from processors.meaning.identity import ATTEMPT
from processors.meaning.learners import BY
from schemas.catalog import Catalog
from schemas.exact_json import exact_json
from schemas.invalid import Invalid
from schemas.opening_check import CheckResults, EnteredResult
from schemas.plan_events import KeptCheck
from schemas.roster import PREFIX
from schemas.wording import worded
from schemas.xapi.verbs import ANSWERED, VOIDED

HOME = "https://pacer.example/accounts"  # of whoever enters results, as an account
_CHECK_IDS = uuid.UUID("6f1c1a3e-5c0b-5d0e-9a35-2f6f0e3f9a10")


def statements_of(tenant: str, stored_check: KeptCheck, event: CheckResults) -> Iterator[tuple[str, bytes]]:
    """What an entry records, by id: answers that nothing replaced since, and voids of those before."""
    for entered in event.results:
        if entered.actor and stored_check.results[entered.learner, entered.question].statement == entered.statement:
            yield entered.statement, answered(tenant, stored_check, entered, event.by)
        if entered.voids:
            id_ = str(uuid.uuid5(_CHECK_IDS, f"void|{entered.voids}|{event.by}"))
            yield id_, _voiding(id_, entered.voids, event.by)


def actor_of(catalog: Catalog, learner: str, field: str) -> str:
    """The key of the actor whom a statement names; of one of a roster, the most certain of theirs. Raises Invalid."""
    if learner.startswith(PREFIX):
        learner = next(iter(catalog.people.keys(learner[len(PREFIX) :])), "")
    if learner.partition(":")[0] not in ("account", "mbox", "mbox_sha1sum", "openid"):
        raise Invalid(field, worded("has no key that a statement can name"))
    return learner


def answered(tenant: str, stored_check: KeptCheck, entered: EnteredResult, by: str) -> bytes:
    """An answer. Nobody assessed what a learner answered on a device, where a page judged it."""
    check, question = stored_check.check, stored_check.check.questions[entered.question]
    actor = _agent(entered.actor) | ({"name": entered.name} if entered.name else {})
    result: dict[str, Any] = {"success": entered.right}
    if entered.response:
        result["response"] = entered.response
    registration = uuid.uuid5(_CHECK_IDS, f"registration|{tenant}|{check.class_id}|{check.id}")
    extensions = {
        "https://pacer.example/extensions/check": check.id,
        # A try of its own: else what a teacher enters is read as a later judgement of the last answer to the item.
        ATTEMPT: f"{registration}/{entered.question}",
    }
    context: dict[str, Any] = {"registration": str(registration), "extensions": extensions}
    if not entered.own:
        context["instructor"] = _teacher(by)
        extensions[BY] = f"account:{HOME}|{by}"
    return exact_json(
        {
            "id": entered.statement,
            "actor": actor,
            "verb": {"id": ANSWERED, "display": {"en": "answered"}},
            "object": {"id": question.item, "definition": {"name": {"en": question.name}}},
            "result": result,
            "context": context,
            # When the check was made, so that what is recorded again is the same statement.
            "timestamp": datetime.fromtimestamp(stored_check.at / 1e6, UTC).isoformat(),
        }
    )


def _voiding(id_: str, voided: str, by: str) -> bytes:
    return exact_json(
        {
            "id": id_,
            "actor": _teacher(by),
            "verb": {"id": VOIDED, "display": {"en": "voided"}},
            "object": {"objectType": "StatementRef", "id": voided},
        }
    )


def _teacher(by: str) -> dict[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": HOME, "name": by}}


def _agent(key: str) -> dict[str, Any]:
    kind, _, value = key.partition(":")
    if kind == "account":
        page, _, name = value.partition("|")
        return {"objectType": "Agent", "account": {"homePage": page, "name": name}}
    return {"objectType": "Agent", kind: value}
