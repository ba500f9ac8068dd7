"""What lies between clients and the application: proxies, other origins, and bodies as they travel."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

from fastapi import FastAPI

from lrs.http.codings import Decoded
from lrs.http.cross_site import AmbientLogins
from lrs.http.isolation import Isolated
from lrs.http.origins import Origins, is_origin
from lrs.http.proxies import Proxied
from lrs.http.request_memory import RequestMemory
from lrs.http.slashes import Slashes

LOOPBACK = ("127.0.0.1", "::1")


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
        """Raises ValueError, naming what is wrong."""
        if self.public_url:
            parts = urlsplit(self.public_url)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
                raise ValueError("--public-url is an http or https address, with a path or without")
        for proxy in self.proxies:
            try:
                ipaddress.ip_network(proxy, strict=False)
            except ValueError:
                raise ValueError(f"--trust-proxy {proxy} is neither an address nor a network") from None
        for origin in self.origins:
            if not is_origin(origin):
                raise ValueError(
                    f"--cors-origin {origin} is not an origin: give scheme and host, as https://school.example"
                )


def put_edge_around(app: FastAPI, edge: Edge, exposed: list[str]) -> None:
    """Put an edge around an application; `exposed` headers are shown to pages of other origins."""
    # The last added is met first.
    app.add_middleware(RequestMemory)
    app.add_middleware(Decoded)
    app.add_middleware(AmbientLogins, trusted=edge.origins)
    app.add_middleware(Origins, trusted=edge.origins, exposed=exposed)
    app.add_middleware(Slashes)
    app.add_middleware(Isolated)
    app.add_middleware(Proxied, public_url=edge.public_url, trusted=edge.proxies)
