"""Conditions of a request on what stands: If-Match and If-None-Match (RFC 9110, 13.1; xAPI 1.0.3, part 3, 3.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.requests import Request

from lrs.http.errors import Refused

# An entity tag; a bare SHA-1 is what some clients send, as they compute it themselves.
_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"|[0-9a-fA-F]{40}'
_TAGS = re.compile(rf"(?:{_TAG})(?:\s*,\s*(?:{_TAG}))*")
_ONE = re.compile(_TAG)


@dataclass(frozen=True, slots=True)
class Conditions:
    """The tags of each header without their quotes ("*" is one); None where the header was not sent."""

    match: frozenset[str] | None
    none_match: frozenset[str] | None

    @property
    def any(self) -> bool:
        """Whether there is a condition at all."""
        return self.match is not None or self.none_match is not None

    def check(self, etag: str | None) -> None:
        """Hold the conditions against what stands (None: nothing). Raises Refused (412)."""
        if self.match is not None and (etag is None or not self.match & {"*", etag}):
            raise Refused(412, "what stands here has another ETag than If-Match asks for", "If-Match")
        if self.none_match is not None and self.seen(etag):
            raise Refused(412, "what stands here is what If-None-Match rules out", "If-None-Match")

    def seen(self, etag: str | None) -> bool:
        """Whether If-None-Match says that the client has what stands."""
        return etag is not None and bool((self.none_match or frozenset()) & {"*", etag})


def conditions(request: Request) -> Conditions:
    """The conditions of a request. Raises Refused (400)."""
    # A weak tag is never the same as a strong one for If-Match, and all tags here are strong.
    return Conditions(_tags(request, "If-Match", weak=False), _tags(request, "If-None-Match", weak=True))


def _tags(request: Request, name: str, weak: bool) -> frozenset[str] | None:
    sent = request.headers.getlist(name)
    if not sent:
        return None
    text = ", ".join(sent).strip()
    if text == "*":
        return frozenset("*")
    if not _TAGS.fullmatch(text):
        raise Refused(400, f"{name} holds * or entity tags in quotes", name)
    tags = _ONE.findall(text)
    return frozenset(_bare(tag) for tag in tags if weak or not tag.startswith("W/"))


def _bare(tag: str) -> str:
    return tag.removeprefix("W/")[1:-1] if tag.endswith('"') else tag.lower()
