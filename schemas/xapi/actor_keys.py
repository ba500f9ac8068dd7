"""Actors in any form that people write them, and where their keys are from."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import orjson

from schemas.wording import worded
from schemas.xapi.actor import IDENTIFIERS, learner_key

_MAIL = re.compile(r"(?:mailto:)?([^@\s|:/]+@[^@\s|/]+)", re.IGNORECASE)
_SHA1_SUM = re.compile(r"[0-9a-fA-F]{40}")
_ACTOR_KEY = re.compile(r"(account|mbox|mbox_sha1sum|openid):(.+)", re.DOTALL)
_UUID_PATTERN = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_BROWSER = re.compile(rf"(?:not-trackable-)?{_UUID_PATTERN}", re.IGNORECASE)


def actor_key(text: str) -> str:
    """The canonical key of an actor that is written as JSON, a key, a mailbox with or without `mailto:`, an account as
    `homePage|name`, the SHA-1 sum of a mailbox, or an OpenID. Raises ValueError.
    """
    if not text.startswith("account:"):  # a name of an account may end in any character; the rest is typed by hand
        text = text.strip()
    if text.startswith("{"):
        try:
            sent: Any = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise ValueError(worded("is not JSON")) from None
        return _lower(learner_key({name: value for name, value in sent.items() if name in IDENTIFIERS}))
    if matched := _MAIL.fullmatch(text):
        return f"mbox:mailto:{matched[1].lower()}"
    if _SHA1_SUM.fullmatch(text):
        return f"mbox_sha1sum:{text.lower()}"
    if matched := _ACTOR_KEY.fullmatch(text):
        kind, value = matched.groups()
        if kind == "mbox" and _MAIL.fullmatch(value):
            return _lower(f"mbox:mailto:{value.removeprefix('mailto:')}")
        if (kind == "mbox_sha1sum" and _SHA1_SUM.fullmatch(value)) or kind == "openid":
            return _lower(text)
        if kind == "account" and "|" in value:
            return text
        raise ValueError(worded("is not a valid %(kind)s", kind=kind))
    page, bar, name = text.partition("|")
    if urlsplit(page).scheme in ("http", "https") and (name or not bar):
        return f"account:{text}" if name else f"openid:{text}"
    raise ValueError(worded("is not an actor: give a mailbox, homePage|name, or an xAPI actor as JSON"))


def key_of(text: str) -> str:
    """The key of an actor in any form; a key, and what is not an actor, as it is."""
    if _ACTOR_KEY.fullmatch(text):
        return text
    try:
        return actor_key(text)
    except ValueError:
        return text


def home_page(key: str) -> str:
    """Where a key is from: an account's home page, a mailbox's domain, else the kind of the key."""
    if key.startswith("account:"):
        return key[len("account:") :].partition("|")[0]
    if key.startswith("mbox:"):
        return "mailto:…@" + key.rpartition("@")[2].lower()
    return key.partition(":")[0]


def is_browser(key: str) -> bool:
    """Whether an account's name looks like one that H5P generates for a browser without a signed-in user."""
    return key.startswith("account:") and bool(_BROWSER.fullmatch(key.partition("|")[2]))


def _lower(key: str) -> str:
    return key.lower() if key.startswith(("mbox:", "mbox_sha1sum:")) else key
