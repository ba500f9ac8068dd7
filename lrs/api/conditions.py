"""Conditions of a request on what stands: If-Match and If-None-Match (RFC 9110, 13.1; xAPI 1.0.3, part 3, 3.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.requests import Request

from lrs.http.errors import Refused

# An entity tag; a bare SHA-1 is what some clients send, as they compute it themselves.
_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"|[0-9a-fA-F]{40}'
_TAGS = re.compile(rf"(?:{_TAG})(?:\s*,\s*(?:{_TAG}))*")
_SUFFIXED = re.compile(r"([0-9a-f]{40})(?:--?|[;:+])(?:gzip|br|zstd|deflate|df)")
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
    return Conditions(_tags(request, "If-Match"), _tags(request, "If-None-Match"))


def _tags(request: Request, name: str) -> frozenset[str] | None:
    sent = request.headers.getlist(name)
    if not sent:
        return None
    text = ", ".join(sent).strip()
    if text == "*":
        return frozenset("*")
    if not _TAGS.fullmatch(text):
        raise Refused(400, f"{name} holds * or entity tags in quotes", name)
    return frozenset(_bare(tag) for tag in _ONE.findall(text))


def _bare(tag: str) -> str:
    """The tag as this store gave it out.

    RFC 9110 has a weak tag match no strong one in If-Match. But a tag here is the document's own SHA-1, and proxies
    that compress answers make it weak (nginx) or put their coding behind it (Apache): it names the same bytes still.
    """
    if not tag.endswith('"'):
        return tag.lower()
    opaque = tag.removeprefix("W/")[1:-1]
    changed = _SUFFIXED.fullmatch(opaque)
    return changed[1] if changed else opaque
