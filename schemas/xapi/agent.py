"""The grammar of agents and groups (xAPI 1.0.3, part 2, 2.4.2)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, Discriminator, Field, Tag
from typing_extensions import TypedDict

from schemas.invalid import Invalid
from schemas.xapi.actor import IDENTIFIERS
from schemas.xapi.values import MOST_ITEMS, AccountName, Iri, Mailto, Sha1


class _Account(TypedDict):
    homePage: Iri
    name: AccountName


class _Named(TypedDict):
    name: NotRequired[str]
    mbox: NotRequired[Mailto]
    mbox_sha1sum: NotRequired[Sha1]
    openid: NotRequired[Iri]
    account: NotRequired[_Account]


class _Agent(_Named):
    objectType: NotRequired[Literal["Agent"]]


def _identified(agent: dict[str, Any]) -> dict[str, Any]:
    identifiers = len(IDENTIFIERS & agent.keys())
    if identifiers != 1:
        raise Invalid("", f"needs exactly one of account, mbox, mbox_sha1sum, openid; has {identifiers}")
    return agent


Agent = Annotated[_Agent, AfterValidator(_identified)]


class _Group(_Named):
    objectType: Literal["Group"]
    member: NotRequired[Annotated[list[Agent], Field(max_length=MOST_ITEMS)]]


def _identified_or_listed(group: dict[str, Any]) -> dict[str, Any]:
    identifiers = len(IDENTIFIERS & group.keys())
    if identifiers > 1:
        raise Invalid("", f"needs at most one of account, mbox, mbox_sha1sum, openid; has {identifiers}")
    if not identifiers and not group.get("member"):
        raise Invalid("member", "is needed in a group without an identifier")
    return group


Group = Annotated[_Group, AfterValidator(_identified_or_listed)]


def _kind(actor: object) -> str:
    return "<Group>" if isinstance(actor, dict) and actor.get("objectType") == "Group" else "<Agent>"


Actor = Annotated[Annotated[Agent, Tag("<Agent>")] | Annotated[Group, Tag("<Group>")], Discriminator(_kind)]


def _authorises(actor: dict[str, Any]) -> dict[str, Any]:
    if actor.get("objectType") == "Group":
        if not IDENTIFIERS.isdisjoint(actor):
            raise Invalid("", "is an identified group; an authority is an agent or a group of two without identifier")
        if len(actor["member"]) != 2:
            raise Invalid("member", "must hold exactly two agents in an authority")
    return actor


Authority = Annotated[Actor, AfterValidator(_authorises)]
