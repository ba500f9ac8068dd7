"""A platform of LTI 1.3, made of the specification's messages, and the browser that it sends."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from lrs.accounts.platforms import Platform
from lrs.auth.lti import CLAIM
from tests.support.api import Client, ask
from tests.support.issuer import Pair, TestIssuer, pair

TENANT, STORE = "people", "https://pacer.example/below"
LAUNCH = f"{STORE}/lti/launch"
KEY, OTHER = pair("k1"), pair("k1")


def log_in(client: Client, platform: Platform, method: str = "GET", **changed: str) -> httpx.Response:
    """The login that a platform has a browser begin."""
    sent = {"iss": platform.issuer, "client_id": platform.client, "login_hint": "h", "lti_message_hint": "m"}
    sent = {name: value for name, value in (sent | {"target_link_uri": LAUNCH} | changed).items() if value}
    how: dict[str, Any] = {"params": sent} if method == "GET" else {"data": sent}
    return ask(client.app, method, "/lti/login", headers={"Sec-Fetch-Site": "cross-site"}, **how)


def message(platform: Platform, nonce: str, **changed: Any) -> dict[str, Any]:
    now = time.time()
    made = {
        **{"iss": platform.issuer, "aud": platform.client, "sub": "s-1", "iat": now, "exp": now + 60, "nonce": nonce},
        f"{CLAIM}version": "1.3.0",
        f"{CLAIM}message_type": "LtiResourceLinkRequest",
        f"{CLAIM}deployment_id": "1",
        f"{CLAIM}target_link_uri": LAUNCH,
        f"{CLAIM}resource_link": {"id": "r1"},
        f"{CLAIM}roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"],
        f"{CLAIM}lis": {"person_sourcedid": "t1", "course_section_sourcedid": "7b"},
    }
    return {name: value for name, value in (made | changed).items() if value is not None}


class Browser:
    """One that was sent to the platform, and will post what the platform says."""

    def __init__(self, client: Client, platform: Platform) -> None:
        self.client = client
        self.platform = platform
        answer = log_in(client, platform)
        assert answer.status_code == 303, answer.text
        attributes = answer.headers["set-cookie"].split("; ")
        assert {"Secure", "SameSite=None", "Partitioned", "HttpOnly"} <= set(attributes)
        self.cookie = attributes[0]
        self.query = {name: one[0] for name, one in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def post(self, lms: TestIssuer, key: Pair = KEY, claims: dict[str, Any] | None = None) -> httpx.Response:
        made = message(self.platform, self.query["nonce"]) | (claims or {})
        token = lms.token(key, **{"tenant": None, "scope": None, **made})
        return self.send(token)

    def send(self, token: str, **changed: str) -> httpx.Response:
        headers = {"Cookie": changed.pop("cookie", self.cookie), "Sec-Fetch-Site": "cross-site"}
        sent = {"id_token": token, "state": self.query["state"]} | changed
        return ask(self.client.app, "POST", "/lti/launch", data=sent, headers=headers)


def ticket(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(re.findall(r'name="ticket" value="([^"]+)"', answer.text)[0])


def opened(client: Client, answer: httpx.Response) -> httpx.Response:
    return ask(client.app, "POST", "/sign-in/open", data={"ticket": ticket(answer)})
