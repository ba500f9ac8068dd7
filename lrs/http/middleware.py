"""What lies between clients and the application: proxies, other origins, and bodies as they travel."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI
from starlette.requests import Request

from lrs.http.codings import Decoded
from lrs.http.cross_site import AmbientLogins
from lrs.http.edge import Edge
from lrs.http.isolation import Isolated
from lrs.http.origins import Origins
from lrs.http.proxies import Proxied
from lrs.http.request_memory import RequestMemory
from lrs.http.single_headers import SingleHeaders
from lrs.http.slashes import Slashes


def put_edge_around(
    app: FastAPI, edge: Edge, exposed: list[str], more_headers: Callable[[Request], dict[str, str]]
) -> None:
    """Put an edge around an application.

    `exposed` headers are shown to pages of other origins; `more_headers`: what a refusal carries besides.
    """
    # The last added is met first.
    app.add_middleware(RequestMemory)
    app.add_middleware(Decoded)
    app.add_middleware(AmbientLogins, trusted=edge.origins)
    app.add_middleware(Origins, trusted=edge.origins, exposed=exposed)
    app.add_middleware(Slashes)
    app.add_middleware(Proxied, public_url=edge.public_url, trusted=edge.proxies)
    app.add_middleware(SingleHeaders, more_headers=more_headers)  # sees Host before a proxy's takes its place
    app.add_middleware(Isolated)
