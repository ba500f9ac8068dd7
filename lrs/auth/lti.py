"""Launch messages of LTI 1.3: what the claims of a verified token have to say, and what is read of them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lrs.auth.id_tokens import subject_of
from lrs.auth.tokens import BadToken
from schemas.typed_text import line_fault
from schemas.wording import worded

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
RESOURCE_LINK, DEEP_LINK, DEEP_LINK_ANSWER = "LtiResourceLinkRequest", "LtiDeepLinkingRequest", "LtiDeepLinkingResponse"
LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
LINK = "ltiResourceLink"  # the type of an item that launches a tool
MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
CLASS = "class"  # the custom parameter that names a class of this store
ANSWER_SECONDS = 600  # for which an answer to a request for a link can be sent
_LONGEST_ROSTER_ID = 256  # characters of an id of a roster
_LONGEST_ADDRESS = 2048


class Launch(NamedTuple):
    """Who launched, and from where: as the platform calls the person, as the roster does, and the roster's class.

    course: what the platform calls the course; members: where it lists who is in it; "" where it does not say.
    """

    subject: str
    person: str
    section: str
    course: str = ""
    members: str = ""


class DeepLink(NamedTuple):
    """Who asks for a link to put into a course, and how it is answered. data: to be sent back as it is."""

    launch: Launch
    deployment: str
    answer_to: str
    data: Any


def is_deep_link(claims: Mapping[str, Any]) -> bool:
    """Whether somebody is to choose what a link of their course leads to."""
    return claims.get(f"{CLAIM}message_type") == DEEP_LINK


def read_launch(claims: Mapping[str, Any], deployments: Collection[str], target: str) -> Launch:
    """A launch of a resource link that was asked for at `target`. Raises BadToken."""
    launch = _read(claims, deployments, target, RESOURCE_LINK)
    if not _text_claim(claims, "resource_link", "id"):
        raise BadToken(worded("it names no resource link"))
    return launch


def read_deep_link(claims: Mapping[str, Any], deployments: Collection[str], target: str) -> DeepLink:
    """A request for a link, asked for at `target`. Raises BadToken."""
    launch = _read(claims, deployments, target, DEEP_LINK)
    settings = claims.get(f"{LINKING}deep_linking_settings")
    settings = settings if isinstance(settings, dict) else {}
    to = settings.get("deep_link_return_url")
    if not isinstance(to, str) or not to.isprintable() or len(to) > _LONGEST_ADDRESS:
        raise BadToken(worded("it does not say where the link is sent"))
    if urlsplit(to).scheme not in ("https", "http") or not urlsplit(to).hostname:
        raise BadToken(worded("the address that the link is sent to is not an https URL"))
    types = settings.get("accept_types")
    if not isinstance(types, list) or LINK not in types:
        raise BadToken(worded("it does not accept the type %(link)s", link=LINK))
    return DeepLink(launch, str(claims[f"{CLAIM}deployment_id"]), to, settings.get("data"))


def deep_link_answer(
    deep_link: DeepLink, issuer: str, client: str, item: Mapping[str, Any], now: int
) -> dict[str, Any]:
    """The claims that answer with one item; `issuer` is the platform, `now` in seconds. They still need a nonce."""
    answer = {
        **{"iss": client, "aud": [issuer], "iat": now, "exp": now + ANSWER_SECONDS},
        f"{CLAIM}deployment_id": deep_link.deployment,
        f"{CLAIM}message_type": DEEP_LINK_ANSWER,
        f"{CLAIM}version": "1.3.0",
        f"{LINKING}content_items": [dict(item)],
    }
    return answer if deep_link.data is None else answer | {f"{LINKING}data": deep_link.data}


def _read(claims: Mapping[str, Any], deployments: Collection[str], target: str, kind: str) -> Launch:
    if claims.get(f"{CLAIM}version") != "1.3.0":
        raise BadToken(worded("it is not of LTI 1.3.0"))
    if claims.get(f"{CLAIM}message_type") != kind:
        raise BadToken(
            worded(
                "its message is not a %(resource_link)s, nor a %(deep_link)s",
                resource_link=RESOURCE_LINK,
                deep_link=DEEP_LINK,
            )
        )
    if claims.get(f"{CLAIM}deployment_id") not in deployments:
        raise BadToken(worded("its deployment is not registered"))
    if claims.get(f"{CLAIM}target_link_uri") != target:
        raise BadToken(worded("its target is not the one that the login was for"))
    if "sub" not in claims:
        raise BadToken(worded("it is anonymous: there is nobody whose page could be shown"))
    section = _text_claim(claims, "custom", CLASS) or _text_claim(claims, "lis", "course_section_sourcedid")
    course, person = _text_claim(claims, "context", "title"), _text_claim(claims, "lis", "person_sourcedid")
    return Launch(subject_of(dict(claims)), person, section, course, _members_url(claims))


def _members_url(claims: Mapping[str, Any]) -> str:
    """Where members are listed; "" where the platform does not say, or says what is no address."""
    members_claim = claims.get(MEMBERS)
    address = members_claim.get("context_memberships_url") if isinstance(members_claim, dict) else None
    if not isinstance(address, str) or not address.isprintable() or len(address) > _LONGEST_ADDRESS:
        return ""
    return address if urlsplit(address).scheme in ("https", "http") else ""


def _text_claim(claims: Mapping[str, Any], claim: str, name: str) -> str:
    """A value inside a claim; "" where there is none, or a variable that the platform did not fill in."""
    inside = claims.get(f"{CLAIM}{claim}")
    value = inside.get(name) if isinstance(inside, dict) else None
    if not isinstance(value, str) or len(value) > _LONGEST_ROSTER_ID or value.startswith("$") or line_fault(value):
        return ""
    return value
