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
    found = [name for name in IDENTIFIERS if name in actor]
    if len(found) != 1:
        raise ValueError("an actor needs exactly one identifier")
    value = actor[found[0]]
    match found[0], value:
        case "account", {"homePage": str(page), "name": str(name)}:
            return f"account:{page}|{name}"
        case "mbox", str() if value[:7].lower() == "mailto:":
            return f"mbox:mailto:{value[7:]}"
        case "mbox_sha1sum", str():
            return f"mbox_sha1sum:{value.lower()}"
        case "openid", str():
            return f"openid:{value}"
    raise ValueError(f"the actor's {found[0]} is not an identifier")


def members(actor: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The agents that an actor stands for: an agent itself, a group's members (none if it names none)."""
    if actor.get("objectType") == "Group":
        return list(actor.get("member", ()))
    return [actor]
