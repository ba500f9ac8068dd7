"""Sends all requests from this store to others. Most addresses came from outside, so each one is checked.

An operator's own addresses (of an issuer, a platform, a webhook that may be private) are reached wherever they are, and
so is whatever else their origin names. All others have to be public: a discovery document, a claim or a link to the
next page does not lead to what only this machine can reach. Redirects are not followed.

A proxy of the environment is the operator's, too, and may be anywhere. Only what goes through it is sent by the session
that may connect to any address, so no other address gains by being the proxy's own.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from aiohttp import (
    BasicAuth,
    ClientConnectorError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver
from aiohttp.helpers import get_env_proxy_for_url
from yarl import URL

from lrs.outgoing.addresses import NotPublic, PublicResolver, check_url, is_public

_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Who answers at an address."""

    scheme: str
    host: str
    port: int


def origin(url: str) -> Origin | None:
    """The origin of a URL; None where it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return Origin(parts.scheme, parts.hostname, port) if parts.hostname and port else None


class OutgoingSession:
    """Requests to addresses that others may have said. For one event loop.

    Args:
        own: the addresses that an operator gave.
        seconds: for which an answer may take, all in all.
        proxies: whether those of the environment are used.
    """

    def __init__(self, own: Iterable[str], seconds: float, proxies: bool = True) -> None:
        self._own = {own_origin for url in own if (own_origin := origin(url)) is not None}
        self._proxies = proxies
        resolver = PublicResolver({(own_origin.host, own_origin.port) for own_origin in self._own})
        self._direct, self._through_proxy = _session(seconds, resolver), _session(seconds, None)

    async def __aenter__(self) -> OutgoingSession:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._direct.close()
        await self._through_proxy.close()

    @asynccontextmanager
    async def request(self, method: str, url: str, **more: Any) -> AsyncIterator[ClientResponse]:
        """Send one request. Raises NotPublic where nothing is sent there, ClientError, TimeoutError, OSError."""
        proxy, login = _proxy_of(url) if self._proxies else (None, None)
        await self._check(url, proxied=proxy is not None)
        session = self._direct if proxy is None else self._through_proxy
        more |= {"allow_redirects": False, "proxy": proxy, "proxy_auth": login}
        try:
            async with session.request(method, url, **more) as answer:
                yield answer
        except ClientConnectorError as error:
            if isinstance(error.os_error, NotPublic):
                raise error.os_error from None
            raise

    async def _check(self, url: str, proxied: bool) -> None:
        own = origin(url) in self._own
        try:
            check_url(url, private=own)
        except ValueError as error:
            raise NotPublic(str(error)) from None
        if not own and proxied:
            await _check_name(urlsplit(url).hostname or "")


def _session(seconds: float, resolver: AbstractResolver | None) -> ClientSession:
    return ClientSession(
        connector=TCPConnector(resolver=resolver, use_dns_cache=False),
        timeout=ClientTimeout(total=seconds),
        cookie_jar=DummyCookieJar(),
    )


def _proxy_of(url: str) -> tuple[URL | None, BasicAuth | None]:
    """The environment's proxy for a URL, with its login; what cannot be read is refused by the check that follows."""
    try:
        return get_env_proxy_for_url(URL(url))
    except (LookupError, ValueError):
        return None, None


async def _check_name(host: str) -> None:
    """A proxy looks the name up itself, and may reach what this machine should not ask for. Raises NotPublic.

    What is not known here is the proxy's to decide: behind one there may be no look-ups of other names.
    """
    try:
        resolved = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return
    if not all(is_public(str(address[0])) for *_, address in resolved):
        raise NotPublic
