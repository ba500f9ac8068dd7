"""Who a statement is about: one canonical key per agent or identified group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

IDENTIFIERS = frozenset({"mbox", "mbox_sha1sum", "openid", "account"})


def learner_key(actor: Mapping[str, Any]) -> str:
    """The canonical key of an agent or an identified group.

    "account:<homePage>|<name>", "mbox:mailto:x@y", "mbox_sha1sum:<lower-case hex>" or "openid:<IRI>".
    Raises ValueError unless it has exactly one inverse functional identifier; an anonymous group has none.
    """
    match {name: actor[name] for name in IDENTIFIERS if name in actor}:
        case {"account": {"homePage": str(page), "name": str(name)}, **rest} if not rest:
            return f"account:{page}|{name}"
        case {"mbox": str(mbox), **rest} if not rest and mbox[:7].lower() == "mailto:":
            return f"mbox:mailto:{mbox[7:]}"
        case {"mbox_sha1sum": str(digest), **rest} if not rest:
            return f"mbox_sha1sum:{digest.lower()}"
        case {"openid": str(openid), **rest} if not rest:
            return f"openid:{openid}"
    raise ValueError("an actor needs exactly one identifier")


def members(actor: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The agents that an actor stands for: an agent itself, a group's members (none if it names none)."""
    if actor.get("objectType") == "Group":
        return list(actor.get("member", ()))
    return [actor]
