"""Names and roles of LTI: who is in a course, as its platform says, page by page."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from aiohttp import ClientError

from lrs.auth.keys import IssuerDown, read_json
from lrs.errors import Refused
from lrs.outgoing.addresses import NotPublic
from lrs.outgoing.session import OutgoingSession
from schemas.typed_text import as_line, line_fault

SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
MOST_PAGES, PAGE = 500, 200  # of a course; members asked for at once
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 60
_TIMEOUT_SECONDS = 20.0
_ROLE = re.compile(r"^(?:http://purl\.imsglobal\.org/vocab/lis/v2/membership(?:/Instructor)?#)?(\w+)$")
_AWAY = (ClientError, TimeoutError, OSError, ValueError, TypeError)

Sign = Callable[[dict[str, Any]], str]  # claims as a token of this store's


class BadMembers(Refused):
    """The platform answered, and not with the members of a course."""


class CourseMember(NamedTuple):
    """A member of a course: as the platform calls them, as the roster does, and what they are there."""

    user: str
    person: str
    name: str
    roles: frozenset[str]  # the last parts of their roles in the course: Learner, Instructor, …
    active: bool


async def read_members(address: str, tokens: str, client: str, sign: Sign) -> list[CourseMember]:
    """All members of a course. `address` is where its platform says they are, `tokens` where it gives access, as an
    operator said: the address of the members is public, or of the same origin.

    All pages or nothing: who is missing on a half of them has not left. Raises IssuerDown and BadMembers.
    """
    course_members: dict[str, CourseMember] = {}
    try:
        async with OutgoingSession([tokens], _TIMEOUT_SECONDS) as session:
            headers = {"Authorization": f"Bearer {await _access(session, tokens, client, sign)}", "Accept": MEMBERS}
            at, read = f"{address}{'&' if urlsplit(address).query else '?'}limit={PAGE}", set[str]()
            while at:
                if at in read or len(read) == MOST_PAGES:
                    raise BadMembers("the platform lists more pages of members than are read")
                read.add(at)
                async with session.request("GET", at, headers=headers) as answer:
                    if answer.status != 200:
                        raise BadMembers(f"the platform answered {answer.status} when it was asked for members")
                    for member in _members_on_page(await read_json(answer)):
                        course_members.setdefault(member.user, member)
                    at = _next(at, answer.headers.getall("Link", []))
    except NotPublic as error:
        raise BadMembers(f"the platform's address of members cannot be asked: {error}") from None
    except _AWAY:
        raise IssuerDown("the platform does not answer") from None
    return list(course_members.values())


async def _access(session: OutgoingSession, tokens: str, client: str, sign: Sign) -> str:
    now = int(time.time())
    claims = {"iss": client, "sub": client, "aud": tokens, "iat": now, "exp": now + _ASSERTION_SECONDS}
    token_request = {
        "grant_type": "client_credentials",
        "client_assertion_type": _ASSERTION,
        "client_assertion": sign(claims | {"jti": secrets.token_urlsafe(24)}),
        "scope": SCOPE,
    }
    async with session.request("POST", tokens, data=token_request) as answer:
        if answer.status != 200:
            raise BadMembers(f"the platform gave no access: it answered {answer.status}")
        sent = await read_json(answer)
    token = sent.get("access_token") if isinstance(sent, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise BadMembers("the platform gave no access token")
    return token


def _members_on_page(page: Any) -> Iterator[CourseMember]:
    members = page.get("members") if isinstance(page, dict) else None
    if not isinstance(members, list):
        raise BadMembers("the platform's answer holds no members")
    for member in members:
        if not isinstance(member, dict) or not isinstance(member.get("user_id"), str | int) or member["user_id"] == "":
            raise BadMembers("the platform names a member without an id")
        if line_fault(str(member["user_id"])):
            raise BadMembers("the platform names a member whose id has a line break or another control character")
        roles = member.get("roles")
        named = (_ROLE.match(role) for role in roles if isinstance(role, str)) if isinstance(roles, list) else ()
        name = (
            _member_text(member.get("name"))
            or f"{_member_text(member.get('given_name'))} {_member_text(member.get('family_name'))}".strip()
        )
        active = member.get("status", "Active") == "Active"
        member_roles = frozenset(match[1] for match in named if match)
        person = _member_text(member.get("lis_person_sourcedid"))
        yield CourseMember(
            str(member["user_id"])[:256],
            "" if line_fault(person) else person,
            as_line(name),
            member_roles,
            active,
        )


def _next(at: str, links: list[str]) -> str:
    """The address of the next page, letter by letter as it was sent; "" where there is none, or where it would lead to
    another place: what gives access is for the platform alone."""
    for link in links:
        for target, parameters in re.findall(r"<([^>]*)>([^<]*)", link):
            relations = re.findall(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))', parameters, re.IGNORECASE)
            if any("next" in (quoted or bare).lower().split() for quoted, bare in relations):
                to: str = urljoin(at, target)
                if urlsplit(to)[:2] != urlsplit(at)[:2]:
                    raise BadMembers("the platform's next page of members is elsewhere")
                return to
    return ""


def _member_text(value: object) -> str:
    """A text of a roster; "" where there is none, or a variable that the platform did not fill in."""
    return value if isinstance(value, str) and len(value) <= 256 and not value.startswith("$") else ""
