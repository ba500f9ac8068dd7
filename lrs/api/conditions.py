"""Conditions on the current document: If-Match and If-None-Match (RFC 9110, 13.1; xAPI 1.0.3, part 3, 3.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.requests import Request

from lrs.http.errors import HttpError

# An entity tag; a bare SHA-1 is what some clients send, as they compute it themselves.
_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"|[0-9a-fA-F]{40}'
_TAGS = re.compile(rf"(?:{_TAG})(?:\s*,\s*(?:{_TAG}))*")
_SUFFIXED = re.compile(r"([0-9a-f]{40})(?:--?|[;:+])(?:gzip|br|zstd|deflate|df)")
_ONE_TAG = re.compile(_TAG)


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
        """Check the conditions against the current ETag (None: there is no document). Raises HttpError (412)."""
        if self.match is not None and (etag is None or not self.match & {"*", etag}):
            raise HttpError(412, "precondition failed: If-Match does not match the current ETag", "If-Match")
        if self.none_match is not None and self.seen(etag):
            raise HttpError(412, "precondition failed: If-None-Match matches the current document", "If-None-Match")

    def seen(self, etag: str | None) -> bool:
        """Whether If-None-Match says that the client has the current document."""
        return etag is not None and bool((self.none_match or frozenset()) & {"*", etag})


def conditions(request: Request) -> Conditions:
    """The conditions of a request. Raises HttpError (400)."""
    return Conditions(_tags(request, "If-Match"), _tags(request, "If-None-Match"))


def _tags(request: Request, name: str) -> frozenset[str] | None:
    tag_headers = request.headers.getlist(name)
    if not tag_headers:
        return None
    tags_text = ", ".join(tag_headers).strip()
    if tags_text == "*":
        return frozenset("*")
    if not _TAGS.fullmatch(tags_text):
        raise HttpError(400, f"{name} must be * or a list of quoted entity tags", name)
    return frozenset(_bare_tag(tag) for tag in _ONE_TAG.findall(tags_text))


def _bare_tag(tag: str) -> str:
    """The tag as this store gave it out.

    RFC 9110 has a weak tag match no strong one in If-Match. But a tag here is the document's own SHA-1, and proxies
    that compress answers make it weak (nginx) or put their coding behind it (Apache): it names the same bytes still.
    """
    if not tag.endswith('"'):
        return tag.lower()
    opaque = tag.removeprefix("W/")[1:-1]
    suffixed = _SUFFIXED.fullmatch(opaque)
    return suffixed[1] if suffixed else opaque
