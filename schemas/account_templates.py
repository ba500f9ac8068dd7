"""Templates of account names: what a system calls a person, made of what a roster says of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

VARIABLES = ("sourcedId", "username", "identifier", "email", "userMasterIdentifier", "userIds[…]", "userProfiles[…]")
_HOLE = re.compile(r"\{([^{}|]+(?:\[[^\]]+\])?)(\|lower)?\}")
_INDEX = re.compile(r"\[[^\]]+\]$")


class BadTemplate(ValueError):
    """A template that no account's name can be made of."""


def check_template(template: str) -> str:
    """The template; raises BadTemplate where it names no variable or an unknown one, or braces do not match."""
    holes = [hole[1] for hole in _HOLE.finditer(template)]
    if template and (not holes or re.search(r"[{}]", _HOLE.sub("", template))):
        raise BadTemplate("a template names a variable in braces: {username}, {identifier|lower}, {userIds[LTI]}")
    for name in holes:
        if _INDEX.sub("[…]", name) not in VARIABLES:
            raise BadTemplate(f"{{{name}}} is unknown: the variables are {', '.join(VARIABLES)}")
    return template


def fill_account_name(template: str, names: Mapping[str, str]) -> str | None:
    """An account's name; None where the person lacks what it is made of."""
    missing = False

    def value(hole: re.Match[str]) -> str:
        nonlocal missing
        name_part = names.get(hole[1], "")
        missing = missing or not name_part
        return name_part.lower() if hole[2] else name_part

    account_name = _HOLE.sub(value, template)
    return None if missing or not account_name else account_name
