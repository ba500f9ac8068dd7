"""Which addresses requests may go to: only public ones, unless an operator gave or allows others.

A name is looked up once, all that it stands for is checked, and that address is the one connected to: a name cannot
stand for another one a moment later. Redirects are not followed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+", re.IGNORECASE)  # what no library reads as another name or address
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_GLOBAL = ipaddress.IPv6Network("2000::/3")  # all of IPv6 that is given out for the public internet
_SPECIAL = (  # networks in it whose addresses stand for one of IPv4, or for none
    ipaddress.IPv6Network("2001::/32"),
    ipaddress.IPv6Network("2002::/16"),
    ipaddress.IPv6Network("3fff::/20"),
)


class NotPublic(OSError):
    """An address that nothing is sent to."""

    def __init__(self, reason: str = "the address is private, or cannot be reached from everywhere") -> None:
        super().__init__(reason)


def is_public(address: str) -> bool:
    """Whether an address of IPv4 or IPv6 is one of the public internet."""
    try:
        ip_address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip_address, ipaddress.IPv6Address):
        if ip_address.ipv4_mapped is not None:
            return is_public(str(ip_address.ipv4_mapped))
        if ip_address not in _GLOBAL or any(ip_address in network for network in _SPECIAL):
            return False
    return ip_address.is_global and not ip_address.is_multicast


def check_url(url: str, private: bool) -> None:
    """Check a URL that somebody gave: ValueError where nothing can be sent to it.

    `private`: private addresses and http are allowed.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("the URL cannot be read") from None
    if parts.scheme not in (("http", "https") if private else ("https",)):
        raise ValueError("the URL must begin with https://")
    if not parts.hostname or parts.username or parts.password or parts.fragment or port == 0:
        raise ValueError("the URL names a host, and neither a user nor a fragment")
    if not _HOST.fullmatch(parts.hostname):
        raise ValueError("the URL's host must be written in ASCII (xn--… where it has other letters)")
    if not private and _is_private_as_written(parts.hostname.rstrip(".").lower()):
        raise ValueError("the URL leads to a private address")


def check_issuer_url(url: str) -> None:
    """Check what names an issuer, as OpenID Connect wants it: ValueError where no issuer can have it.

    A URL of https (http on this machine alone), with a host and maybe a path, and neither user, query nor fragment. It
    is compared letter by letter, so nothing is taken away from it here.
    """
    if not url.isprintable() or " " in url:
        raise ValueError("an issuer has no blanks or control characters")
    check_url(url, private=True)
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_this_machine(parts.hostname):
        raise ValueError("an issuer must begin with https://")
    if "?" in url or "#" in url or "@" in parts.netloc:
        raise ValueError("an issuer has no user, query or fragment: only scheme, host, port and path")


def is_this_machine(host: str | None) -> bool:
    """Whether nobody else can listen at a host: what is sent there needs no https."""
    return host in ("127.0.0.1", "localhost", "::1")


def _is_private_as_written(host: str) -> bool:
    """Whether a host needs no look-up to be refused: nobody else may read it as an address, or as this machine.

    What ends in a number is an address to whoever reads URLs as browsers do, however it is written: it has to be one
    that is_public reads.
    """
    if host == "localhost" or host.endswith(".localhost"):
        return True
    is_address = ":" in host or _NUMBER.fullmatch(host.rpartition(".")[2]) is not None
    return is_address and not is_public(host)


class PublicResolver(AbstractResolver):
    """Looks names up; gives public addresses, or raises NotPublic where any is not.

    Args:
        own: hosts and ports that may have any address.
    """

    def __init__(self, own: Collection[tuple[str, int]] = ()) -> None:
        self._own = own

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        resolved: list[tuple[Any, ...]] = list(
            await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        )
        results = []
        for its, _, proto, _, address in resolved:
            if (host, port) not in self._own and not is_public(str(address[0])):
                raise NotPublic
            results.append(
                ResolveResult(
                    hostname=host,
                    host=str(address[0]),
                    port=int(address[1]),
                    family=its,
                    proto=proto,
                    flags=socket.AI_NUMERICHOST,
                )
            )
        return results

    async def close(self) -> None:
        """Nothing is open."""
