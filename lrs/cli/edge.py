"""Options that say how the application is reached: its public address, the proxies and the pages it trusts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from lrs.cli.options import EXIT_USAGE, fail
from lrs.http.edge import LOOPBACK, Edge


def edge_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options; the command gets them as `edge`."""

    @click.option(
        "--public-url",
        default="",
        envvar="PACER_PUBLIC_URL",
        metavar="URL",
        help="Where clients see Pacer, with the path that a proxy serves it below: https://school.example/lrs.",
    )
    @click.option(
        "--trust-proxy",
        "proxies",
        multiple=True,
        default=LOOPBACK,
        show_default=True,
        envvar="PACER_TRUST_PROXY",
        metavar="ADDRESS",
        help="An address or network whose X-Forwarded-For, -Proto, -Host and -Prefix count; may be repeated.",
    )
    @click.option(
        "--cors-origin",
        "origins",
        multiple=True,
        envvar="PACER_CORS_ORIGIN",
        metavar="ORIGIN",
        help="An origin whose pages may send requests with credentials: https://content.example; may be repeated.",
    )
    @functools.wraps(command)
    def with_edge(public_url: str, proxies: tuple[str, ...], origins: tuple[str, ...], **more: Any) -> Any:
        edge = Edge(public_url, proxies, tuple(origin.rstrip("/") for origin in origins))
        try:
            edge.check()
        except ValueError as error:
            fail(str(error), EXIT_USAGE)
        return command(edge=edge, **more)

    return with_edge
