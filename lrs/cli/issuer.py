"""The options that say whose bearer tokens `lrs serve` accepts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from lrs import exits
from lrs.auth.issuer import Issuer
from lrs.cli.answering import fail

_OPTIONS = {
    "issuer": "An OpenID Connect issuer (its URL, as in the claim iss) whose bearer tokens are accepted.",
    "audience": "The audience that the claim aud of a token must name.",
    "jwks": "URL of the issuer's keys, instead of the one in its discovery document.",
    "tenant-claim": "The claim that names the tenant.  [default: tenant]",
    "scope-claim": "The claim that holds the scopes, as a string or an array.  [default: scope]",
    "scope-prefix": "Prefix of an xAPI scope there.  [default: xapi:]",
}


def issuer_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options --oidc-…."""
    for name, text in reversed(_OPTIONS.items()):
        command = click.option(f"--oidc-{name}", default=None, help=text)(command)
    return command


def issuer(options: dict[str, Any]) -> Issuer | None:
    """The issuer in a command's options; ends the command where they are wrong."""
    settings = {name.removeprefix("oidc_"): value for name, value in options.items() if value is not None}
    if not settings:
        return None
    if "issuer" not in settings or "audience" not in settings:
        fail("bearer tokens need --oidc-issuer and --oidc-audience", exits.USAGE)
    names = {"issuer": "url", "scope_prefix": "prefix"}
    try:
        return Issuer(**{names.get(name, name): value for name, value in settings.items()})
    except ValueError as error:
        fail(f"--oidc-…: {error}", exits.USAGE)
