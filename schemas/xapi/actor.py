"""Who a statement is about: one canonical key per agent or identified group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

IDENTIFIERS = frozenset({"account", "mbox", "mbox_sha1sum", "openid"})


def learner_key(actor: Mapping[str, Any]) -> str:
    """The canonical key of an agent or an identified group.

    "account:<homePage>|<name>", "mbox:mailto:x@y", "mbox_sha1sum:<lower-case hex>" or "openid:<IRI>".
    Raises ValueError unless it has exactly one inverse functional identifier; an anonymous group has none.
    """
    found = IDENTIFIERS.intersection(actor)
    if len(found) != 1:
        raise ValueError("an actor needs exactly one identifier")
    [name] = found
    value = actor[name]
    # Plain tests, as this runs several times a statement and a match over mappings takes three times as long.
    if name == "account":
        if isinstance(value, dict):
            page, called = value.get("homePage"), value.get("name")
            if isinstance(page, str) and isinstance(called, str):
                return f"account:{page}|{called}"
    elif isinstance(value, str):
        if name == "mbox_sha1sum":
            return f"mbox_sha1sum:{value.lower()}"
        if name == "openid":
            return f"openid:{value}"
        if value[:7].lower() == "mailto:":
            return f"mbox:mailto:{value[7:]}"
    raise ValueError(f"the actor's {name} is not an identifier")


def members(actor: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The agents of an actor: the agent itself, or a group's members (none if it lists none)."""
    if actor.get("objectType") == "Group":
        return list(actor.get("member", ()))
    return [actor]
