"""Options that say how the application is reached: its public address, the proxies and the pages it trusts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from lrs import exits
from lrs.cli.answering import fail
from lrs.http.edge import LOOPBACK, Edge


def edge_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add these options; the command gets one `edge`."""

    @click.option(
        "--public-url",
        default="",
        metavar="URL",
        help="Where clients see Pacer, with the path that a proxy serves it below: https://school.example/lrs.",
    )
    @click.option(
        "--trust-proxy",
        multiple=True,
        default=LOOPBACK,
        show_default=True,
        metavar="ADDRESS",
        help="An address or network whose Forwarded or X-Forwarded-(For, Proto, Host, Prefix) count; may be repeated.",
    )
    @click.option(
        "--cors-origin",
        multiple=True,
        metavar="ORIGIN",
        help="An origin whose pages may send requests with credentials: https://content.example; may be repeated.",
    )
    @functools.wraps(command)
    def with_edge(public_url: str, trust_proxy: tuple[str, ...], cors_origin: tuple[str, ...], **more: Any) -> Any:
        edge = Edge(public_url, trust_proxy, tuple(origin.rstrip("/") for origin in cors_origin))
        try:
            edge.check()
        except ValueError as error:
            fail(str(error), exits.USAGE)
        return command(edge=edge, **more)

    return with_edge
