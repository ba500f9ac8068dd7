"""How the application is reached: its public address, the proxies and the origins that it trusts."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "::1")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")  # what browsers send as Origin


class Edge(NamedTuple):
    """How the application is reached.

    `public_url`: where clients see it (with a path, if a proxy serves it below one); empty: where they ask.
    `proxies`: addresses and networks whose X-Forwarded headers count. `origins`: web origins whose pages may ask with
    credentials; those of every other origin may ask without.
    """

    public_url: str = ""
    proxies: tuple[str, ...] = LOOPBACK
    origins: tuple[str, ...] = ()

    def check(self) -> None:
        """Check how the application is reached. Raises ValueError, naming the option that is wrong."""
        if self.public_url:
            url_parts = urlsplit(self.public_url)
            if (
                url_parts.scheme not in ("http", "https")
                or not url_parts.netloc
                or url_parts.query
                or url_parts.fragment
            ):
                raise ValueError("--public-url is an http or https address, with a path or without")
        for proxy in self.proxies:
            try:
                ipaddress.ip_network(proxy, strict=False)
            except ValueError:
                raise ValueError(f"--trust-proxy {proxy} is neither an address nor a network") from None
        for origin in self.origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"--cors-origin {origin} is not an origin: give scheme and host, as https://school.example"
                )
