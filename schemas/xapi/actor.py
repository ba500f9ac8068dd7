"""Who a statement is about: one canonical key per agent or identified group."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

_OTHER_IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid")  # beside the account, which most have
IDENTIFIERS = frozenset(("account", *_OTHER_IDENTIFIERS))
_ONE_IDENTIFIER = "an actor needs exactly one identifier"


def learner_key(actor: Mapping[str, Any]) -> str:
    """The canonical key of an agent or an identified group.

    "account:<homePage>|<name>", "mbox:mailto:x@y", "mbox_sha1sum:<lower-case hex>" or "openid:<IRI>".
    Raises ValueError unless it has exactly one inverse functional identifier; an anonymous group has none.
    """
    # Plain tests, as this runs several times a statement: sets, or a match over mappings, take three times as long.
    if "account" in actor:
        name = "account"
        if "mbox" in actor or "mbox_sha1sum" in actor or "openid" in actor:
            raise ValueError(_ONE_IDENTIFIER)
    else:
        name = ""
        for other in _OTHER_IDENTIFIERS:
            if other in actor:
                if name:
                    raise ValueError(_ONE_IDENTIFIER)
                name = other
        if not name:
            raise ValueError(_ONE_IDENTIFIER)
    value = actor[name]
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


@lru_cache(maxsize=131_072)
def identity(key: str) -> str:
    """What all keys share that name one person by themselves: a mailbox's is the SHA-1 sum of its lower-case mailto, an
    account's has the host in lower case and no final slash on the home page, any other key is its own.
    """
    if key.startswith("mbox:mailto:"):
        return "mbox_sha1sum:" + sha1(f"mailto:{key[len('mbox:mailto:') :].lower()}")
    if key.startswith("mbox_sha1sum:"):
        return key.lower()
    if key.startswith("account:"):
        page, _, name = key[len("account:") :].partition("|")
        return f"account:{_normal_home_page(page)}|{name}"
    return key


def _normal_home_page(page: str) -> str:
    try:
        parts = urlsplit(page)
    except ValueError:  # no address, whatever the grammar says of it
        return page
    if not parts.netloc:
        return page
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path.rstrip("/"), parts.query, parts.fragment))


def sha1(text: str) -> str:
    """The sum in hex; xAPI names mailboxes by it."""
    return hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def untrackable(key: str) -> bool:
    """Whether a key surely names a browser, not a person: H5P's for one that refuses to be recognised."""
    return key.startswith("account:") and key.partition("|")[2].lower().startswith("not-trackable-")
