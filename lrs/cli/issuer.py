"""The options that say whose bearer tokens `lrs serve` takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from lrs.auth.tokens import Issuer
from lrs.cli.options import EXIT_USAGE, fail

_OPTIONS = {
    "issuer": "An OpenID Connect issuer (its URL, as in the claim iss) whose bearer tokens are taken.",
    "audience": "What the claim aud of a token has to name.",
    "jwks": "Where the issuer's keys are, if its discovery document is not to be asked.",
    "tenant-claim": "The claim that names the tenant.  [default: tenant]",
    "scope-claim": "The claim that holds the scopes, as words or as an array.  [default: scope]",
    "scope-prefix": "What stands before a scope of the xAPI there.  [default: xapi:]",
}


def issuer_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options --oidc-…, each of which can be set by PACER_OIDC_…, too."""
    for name, text in reversed(_OPTIONS.items()):
        envvar = f"PACER_OIDC_{name.replace('-', '_').upper()}"
        command = click.option(f"--oidc-{name}", envvar=envvar, show_envvar=True, default=None, help=text)(command)
    return command


def issuer(options: dict[str, Any]) -> Issuer | None:
    """The issuer in a command's options; ends the command where they cannot be."""
    given = {name.removeprefix("oidc_"): value for name, value in options.items() if value is not None}
    if not given:
        return None
    if "issuer" not in given or "audience" not in given:
        fail("bearer tokens need both --oidc-issuer and --oidc-audience", EXIT_USAGE)
    names = {"issuer": "url", "scope_prefix": "prefix"}
    try:
        return Issuer(**{names.get(name, name): value for name, value in given.items()})
    except ValueError as error:
        fail(f"--oidc-…: {error}", EXIT_USAGE)
