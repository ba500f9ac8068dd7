"""Known faults of senders, repaired. Pure, and versioned: a rule that changes gets a new number.

A statement that is right is never touched, nor is one that is signed. What was changed is named by rule and field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import orjson

from schemas.exact_json import exact_json
from schemas.invalid import Invalid
from schemas.xapi.grammar import Checked, check
from schemas.xapi.statement import SIGNATURE

RULES_VERSION = 1  # of the rules together
_BARE_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_Part = dict[str, Any]


class Repair(NamedTuple):
    """What was repaired: the rule's name, and the field."""

    rule: str
    field: str

    def __str__(self) -> str:
        return f"{self.rule} {self.field}"


class Repaired(NamedTuple):
    """A statement that passes, what had to be repaired (nothing of one that was right), and what the check found."""

    raw: bytes
    repairs: list[Repair]
    checked: Checked


def repair(raw: bytes, version: str, home_page: str = "") -> Repaired:
    """The statement, repaired where it is wrong in a known way. `home_page`: of accounts that lack one.

    Raises Invalid, of the statement as it was sent, where that does not make it right.
    """
    try:
        return Repaired(raw, [], check(raw, version))
    except Invalid as error:
        wrong = Invalid(error.field, error.reason)  # the error itself holds all that was looked at
    mended, repairs = _mended(raw, wrong, home_page)
    try:
        checked = check(mended, version)
    except Invalid:
        checked = None
    # A key that came twice: which one was meant?
    if checked is None or orjson.dumps(orjson.loads(raw)).count(b'"') != raw.count(b'"'):
        raise wrong
    return Repaired(mended, repairs, checked)


def _mended(raw: bytes, wrong: Invalid, home_page: str) -> tuple[bytes, list[Repair]]:
    """The statement as the rules leave it, and what they did; one at a time is made of objects. Raises `wrong`."""
    try:
        statement = orjson.loads(raw)
    except orjson.JSONDecodeError:
        statement = None
    if not isinstance(statement, dict) or _has_signature(statement):
        raise wrong
    repairs: list[Repair] = []
    for rule in _RULES:
        rule(statement, repairs, home_page)
    return exact_json(statement), repairs


def _has_signature(statement: _Part) -> bool:
    attachments = statement.get("attachments")
    listed = attachments if isinstance(attachments, list) else []
    return any(isinstance(attachment, dict) and attachment.get("usageType") == SIGNATURE for attachment in listed)


def _group_activity(statement: _Part, repairs: list[Repair], _: str) -> None:
    """Open edX calls problems of several questions GroupActivity, which xAPI does not know."""
    for field, activity in _activities_of(statement):
        if activity.get("objectType") == "GroupActivity":
            activity["objectType"] = "Activity"
            repairs.append(Repair("group-activity", f"{field}.objectType"))


def _bare_uuid(statement: _Part, repairs: list[Repair], _: str) -> None:
    """Open edX names an exam's attempt, Blackboard an event, by a UUID where an IRI is asked for."""
    for field, activity in _activities_of(statement):
        id_ = activity.get("id")
        if isinstance(id_, str) and _BARE_UUID.fullmatch(id_):
            activity["id"] = f"urn:uuid:{id_.lower()}"
            repairs.append(Repair("bare-uuid", f"{field}.id"))


def _empty_range(statement: _Part, repairs: list[Repair], _: str) -> None:
    """A score out of nothing (max = min = 0) says nothing, and neither does its share: they go."""
    for field, part in _statement_and_sub(statement):
        result = part.get("result")
        if not isinstance(result, dict):
            continue
        score = result.get("score")
        if isinstance(score, dict) and "min" in score and "max" in score and score["min"] == score["max"]:
            result["score"] = {"raw": score["raw"]} if "raw" in score else {}
            repairs.append(Repair("empty-range", f"{field}result.score.max"))


def _home_page(statement: _Part, repairs: list[Repair], home_page: str) -> None:
    """An account without a home page is one of the system that the credential is for."""
    for field, agent in _agents(statement):
        account = agent.get("account")
        if home_page and isinstance(account, dict) and not account.get("homePage"):
            account["homePage"] = home_page
            repairs.append(Repair("home-page", f"{field}.account.homePage"))


def _repair_account_number(statement: _Part, repairs: list[Repair], _: str) -> None:
    """Moodle's own activities name an account by a number."""
    for field, agent in _agents(statement):
        account = agent.get("account")
        name = account.get("name") if isinstance(account, dict) else None
        if isinstance(account, dict) and isinstance(name, int) and not isinstance(name, bool):
            account["name"] = str(name)
            repairs.append(Repair("account-number", f"{field}.account.name"))


def _instructor(statement: _Part, repairs: list[Repair], _: str) -> None:
    """Moodle's log store names the instructor of an automatic badge by the word System: that is nobody."""
    for field, part in _statement_and_sub(statement):
        context = part.get("context")
        if isinstance(context, dict) and isinstance(context.get("instructor"), str):
            del context["instructor"]
            repairs.append(Repair("instructor-word", f"{field}context.instructor"))


_RULES: tuple[Callable[[_Part, list[Repair], str], None], ...] = (
    _group_activity,
    _bare_uuid,
    _empty_range,
    _home_page,
    _repair_account_number,
    _instructor,
)


def _statement_and_sub(statement: _Part) -> Iterator[tuple[str, _Part]]:
    """The statement and its SubStatement, each with the prefix of its fields."""
    yield "", statement
    target = statement.get("object")
    if isinstance(target, dict) and target.get("objectType") == "SubStatement":
        yield "object.", target


def _activities_of(statement: _Part) -> Iterator[tuple[str, _Part]]:
    for field, part in _statement_and_sub(statement):
        target = part.get("object")
        if isinstance(target, dict) and target.get("objectType", "Activity") in ("Activity", "GroupActivity"):
            yield f"{field}object", target
        context = part.get("context")
        relations = context.get("contextActivities") if isinstance(context, dict) else None
        for kind, listed in relations.items() if isinstance(relations, dict) else ():
            where = f"{field}context.contextActivities.{kind}"
            if isinstance(listed, dict):
                yield where, listed
            for n, activity in enumerate(listed if isinstance(listed, list) else ()):
                if isinstance(activity, dict):
                    yield f"{where}.{n}", activity


def _agents(statement: _Part) -> Iterator[tuple[str, _Part]]:
    for field, part in _statement_and_sub(statement):
        context = part.get("context")
        inside = context if isinstance(context, dict) else {}
        target = part.get("object")
        agents = [("actor", part.get("actor")), ("context.instructor", inside.get("instructor"))]
        agents += [("context.team", inside.get("team")), ("authority", part.get("authority"))]
        if isinstance(target, dict) and target.get("objectType") in ("Agent", "Group"):
            agents.append(("object", target))
        for name, agent in agents:
            if isinstance(agent, dict):
                yield f"{field}{name}", agent
                members = agent.get("member")
                for n, member in enumerate(members if isinstance(members, list) else ()):
                    if isinstance(member, dict):
                        yield f"{field}{name}.member.{n}", member
