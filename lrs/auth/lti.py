"""Launch messages of LTI 1.3: what the claims of a verified token have to say, and what is read of them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from lrs.auth.id_tokens import subject_of
from lrs.auth.tokens import BadToken

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
RESOURCE_LINK = "LtiResourceLinkRequest"
_LONGEST = 256  # characters of an id of a roster


class Launch(NamedTuple):
    """Who launched, and from where: as the platform calls the person, as the roster does, and the roster's class."""

    subject: str
    person: str
    section: str


def read_launch(claims: Mapping[str, Any], deployments: Collection[str], target: str) -> Launch:
    """A launch of a resource link that was asked for at `target`. Raises BadToken."""
    if claims.get(f"{CLAIM}version") != "1.3.0":
        raise BadToken("it is not of LTI 1.3.0")
    if claims.get(f"{CLAIM}message_type") != RESOURCE_LINK:
        raise BadToken(f"its message is not a {RESOURCE_LINK}")
    if claims.get(f"{CLAIM}deployment_id") not in deployments:
        raise BadToken("its deployment is not registered")
    if claims.get(f"{CLAIM}target_link_uri") != target:
        raise BadToken("its target is not the one that the login was for")
    if not _text(claims, "resource_link", "id"):
        raise BadToken("it names no resource link")
    if "sub" not in claims:
        raise BadToken("it is anonymous: there is nobody whose page could be shown")
    person, section = _text(claims, "lis", "person_sourcedid"), _text(claims, "lis", "course_section_sourcedid")
    return Launch(subject_of(dict(claims)), person, section)


def _text(claims: Mapping[str, Any], claim: str, name: str) -> str:
    """A value inside a claim; "" where there is none, or a variable that the platform did not fill in."""
    inside = claims.get(f"{CLAIM}{claim}")
    value = inside.get(name) if isinstance(inside, dict) else None
    return value if isinstance(value, str) and len(value) <= _LONGEST and not value.startswith("$") else ""
