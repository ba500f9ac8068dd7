"""Whatever this store fetches or sends because somebody else said where: nothing reaches what only this machine can.

PLACES is the table of them; a new one is found by the test that looks for whoever sends requests in another way.
"""

from __future__ import annotations

import ast
import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import ClientHttpProxyError

from lrs.accounts.accounts import Account
from lrs.accounts.roles import PersonRole
from lrs.accounts.webhooks import Webhook
from lrs.alerts.deliver import send_message
from lrs.auth.keys import IssuerDown, IssuerKeys
from lrs.auth.nrps import BadMembers, read_members
from lrs.auth.oidc import OidcClient
from lrs.auth.tokens import BadToken
from lrs.outgoing.addresses import NotPublic
from lrs.outgoing.session import OutgoingSession, origin
from tests.support.served import handling

ROOT = Path(__file__).parents[3]
DISCOVERY = "/.well-known/openid-configuration"
# Who may send requests in another way, and why: an operator alone says where to.
OTHERS = {
    "lrs/outgoing/session.py": "the guarded one",
    "lrs/cli/demo.py": "its own server",
    "lrs/simulator/http_player.py": "the store that an operator simulates a school for",
}


@dataclass
class Served:
    """A server on the loopback: what it answers, and how many have connected."""

    url: str = ""
    pages: dict[str, tuple[int, dict[str, str], Any]] = field(default_factory=dict)
    connected: int = 0

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


def serving(found: Served) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def setup(self) -> None:
            found.connected += 1
            super().setup()

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, headers, value = found.pages.get(self.path.partition("?")[0], (404, {}, {}))
            body = orjson.dumps(value)
            self.send_response(status)
            for name, text in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    return Handler


@pytest.fixture
def partner() -> Iterator[Served]:
    """Whom an operator has named: an issuer, a platform."""
    found = Served()
    with handling(serving(found)) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        yield found


@pytest.fixture
def inside() -> Iterator[Served]:
    """What only this machine can reach."""
    found = Served()
    with handling(serving(found)) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        yield found


def document(partner: Served, **more: str) -> tuple[int, dict[str, str], Any]:
    endpoints = {f"{name}_endpoint": f"{partner.url}/{name}" for name in ("authorization", "token", "userinfo")}
    return 200, {}, {"issuer": partner.url, "jwks_uri": f"{partner.url}/jwks", **endpoints, **more}


def redirect(to: str) -> tuple[int, dict[str, str], Any]:
    return 302, {"Location": to}, {}


def keys(jwks: bool = False, redirected: str = "") -> Callable[[Served, str], Awaitable[object]]:
    """The keys of an issuer; `redirected`: the address stands in an answer to what is asked for there."""

    async def fetch(partner: Served, address: str) -> object:
        partner.pages[DISCOVERY] = document(partner, **({} if redirected else {"jwks_uri": address}))
        if redirected:
            partner.pages[redirected] = redirect(address)
        return await IssuerKeys(partner.url, f"{partner.url}/jwks" if jwks else "").find("k")

    return fetch


def sign_in(endpoint: str, redirected: bool = False) -> Callable[[Served, str], Awaitable[object]]:
    async def fetch(partner: Served, address: str) -> object:
        partner.pages[DISCOVERY] = document(partner, **({} if redirected else {f"{endpoint}_endpoint": address}))
        if redirected:
            partner.pages[f"/{endpoint}"] = redirect(address)
        client = OidcClient(partner.url, "c", "s")
        if endpoint == "userinfo":
            return await client._user("at")
        return await client.claims("code", "https://here.example/callback", "nonce", "verifier")

    return fetch


def members(how: str) -> Callable[[Served, str], Awaitable[object]]:
    async def fetch(partner: Served, address: str) -> object:
        partner.pages["/token"] = (200, {}, {"access_token": "at"})
        first = address
        if how == "next":
            first = f"{partner.url}/members"
            partner.pages["/members"] = (200, {"Link": f'<{address}>; rel="next"'}, {"members": []})
        elif how == "redirect":
            first = f"{partner.url}/members"
            partner.pages["/members"] = redirect(address)
        elif how == "token":
            first = f"{partner.url}/members"
            partner.pages["/token"] = redirect(address)
        return await read_members(first, f"{partner.url}/token", "c", lambda claims: "signed")

    return fetch


def webhook(redirected: bool) -> Callable[[Served, str], Awaitable[object]]:
    async def fetch(partner: Served, address: str) -> object:
        partner.pages["/hook"] = redirect(address)
        account = Account("a", "school", "ada", "Ada", PersonRole.TEACHER, "ada", True)
        to = f"{partner.url}/hook" if redirected else address
        made = Webhook("w", account, to, "secret", redirected, "UTC", "", "", "", 0, 0, 0, 0)
        status = await send_message(made, "msg_1", b"{}", 0)
        assert status == (302 if redirected else None)
        return None

    return fetch


PLACES: dict[str, Callable[[Served, str], Awaitable[object]]] = {
    "keys of tokens, as the discovery document says": keys(),
    "keys of tokens, redirected": keys(redirected="/jwks"),
    "keys at an operator's address (LTI, bearer), redirected": keys(jwks=True, redirected="/jwks"),
    "the discovery document, redirected": keys(redirected=DISCOVERY),
    "sign-in: the token endpoint": sign_in("token"),
    "sign-in: the token endpoint, redirected": sign_in("token", redirected=True),
    "sign-in: userinfo": sign_in("userinfo"),
    "sign-in: userinfo, redirected": sign_in("userinfo", redirected=True),
    "members of a course": members("address"),
    "members of a course, the next page": members("next"),
    "members of a course, redirected": members("redirect"),
    "access to members, redirected": members("token"),
    "a webhook": webhook(redirected=False),
    "a webhook, redirected": webhook(redirected=True),
}
ADDRESSES = (
    "http://127.0.0.1:{port}/x",
    "https://127.0.0.1:{port}/x",
    "http://localhost:{port}/x",
    "https://[::ffff:127.0.0.1]:{port}/x",
    "https://2130706433:{port}/x",
    "https://rebound.example:{port}/x",
    "https://169.254.169.254/latest",
)


@pytest.mark.parametrize("place", PLACES)
def test_nothing_inside_is_reached(
    place: str, partner: Served, inside: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def looked_up(host: Any, *more: Any, **named: Any) -> Any:
        assert host != "169.254.169.254", "it would be connected to"
        return real("127.0.0.1" if host == "rebound.example" else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    for address in ADDRESSES:
        with suppress(IssuerDown, BadToken, BadMembers):
            asyncio.run(PLACES[place](partner, address.format(port=inside.port)))  # type: ignore[arg-type]
        assert inside.connected == 0, address
    assert partner.connected > 0 or place == "a webhook"


def test_what_an_operator_named_is_reached_wherever_it_is(partner: Served) -> None:
    partner.pages["/x"] = (200, {}, {})

    async def ask(*own: str) -> int:
        async with OutgoingSession(own, 5.0) as session, session.request("GET", f"{partner.url}/x") as answer:
            return answer.status

    assert asyncio.run(ask(f"{partner.url}/elsewhere")) == 200
    for others in ((), ("https://school.example",), (partner.url.replace(str(partner.port), "9"),)):
        with pytest.raises(NotPublic):
            asyncio.run(ask(*others))


@pytest.mark.parametrize("named", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize(
    ("resolved", "refused"), [("10.0.0.1", True), ("93.184.216.34", False), (None, False)], ids=str
)
def test_through_a_proxy_a_name_is_looked_up_before(
    resolved: str | None, refused: bool, named: str, partner: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy may be anywhere. Where a name is not known here, the proxy decides: there may be no names of others."""
    proxy = partner.url.replace("127.0.0.1", named)
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("https_proxy", proxy)
    real = socket.getaddrinfo

    def looked_up(host: Any, *more: Any, **named: Any) -> Any:
        if host != "school.example":
            return real(host, *more, **named)
        if resolved is None:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (resolved, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)

    async def ask() -> None:
        async with OutgoingSession([], 5.0) as session, session.request("GET", "https://school.example/x"):
            pass

    with pytest.raises(NotPublic if refused else ClientHttpProxyError):  # the proxy knows no CONNECT
        asyncio.run(ask())
    assert (partner.connected == 0) == refused


def test_who_names_the_proxys_own_address_does_not_reach_it(partner: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither through it, nor where NO_PROXY has it connected to."""
    monkeypatch.setenv("https_proxy", partner.url.replace("127.0.0.1", "proxy.example"))
    real = socket.getaddrinfo

    def looked_up(host: Any, *more: Any, **named: Any) -> Any:
        return real("127.0.0.1" if host == "proxy.example" else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)

    async def ask() -> None:
        url = f"https://proxy.example:{partner.port}/x"
        async with OutgoingSession([], 5.0) as session, session.request("GET", url):
            pass

    for bypassed in ("", "proxy.example", f"proxy.example:{partner.port}"):
        monkeypatch.setenv("no_proxy", bypassed)
        with pytest.raises(NotPublic):
            asyncio.run(ask())
    assert partner.connected == 0


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://School.example/a", ("https", "school.example", 443)),
        ("http://school.example:8080", ("http", "school.example", 8080)),
        ("", None),
        ("/a", None),
        ("https://school.example:x/", None),
        ("https://[::1", None),
    ],
)
def test_origins(url: str, found: tuple[str, str, int] | None) -> None:
    assert origin(url) == found


def test_nobody_sends_requests_in_another_way() -> None:
    """Whoever imports a client of HTTP is the guarded session, or is named with a reason."""
    clients = {"ClientSession", "httpx", "requests", "urllib.request", "http.client", "urlopen", "build_opener"}
    found = set()
    for path in [one for top in ("lrs", "processors", "schemas") for one in (ROOT / top).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names: set[str] = set()
            if isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {node.module or "", *(alias.name for alias in node.names)}
            elif isinstance(node, ast.Attribute):
                names = {node.attr} & {"ClientSession"}
            if names & clients:
                found.add(str(path.relative_to(ROOT)))
    assert found == set(OTHERS)
