"""Whose login it is: a login of an issuer is bound to a person by the roster's id, by a verified address of an issuer
whose addresses count, or by an operator. Never by a name, and never by an address that nobody verified. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from lrs.accounts.issuers import SignInIssuer
from lrs.accounts.roles import PersonRole
from schemas.catalog import Catalog


class LoginMatch(NamedTuple):
    """The person of a roster, and how the login was found to be theirs."""

    person: str
    how: str


def match_login(issuer: SignInIssuer, claims: Mapping[str, Any], catalog: Catalog) -> LoginMatch | None:
    """Whose login the claims are, as far as the issuer's word counts; None: nobody's, or perhaps several persons'."""
    if issuer.roster_claim:
        roster_id = claims.get(issuer.roster_claim)
        return LoginMatch(roster_id, "roster") if isinstance(roster_id, str) and roster_id in catalog.persons else None
    mail = claims.get("email")
    if not issuer.addresses or claims.get("email_verified") is not True or not isinstance(mail, str):
        return None
    owners = [person.id for person in catalog.persons.values() if mail.lower() in person.mailboxes]
    return LoginMatch(owners[0], "address") if len(owners) == 1 else None


def may_sign_in(issuer: SignInIssuer, claims: Mapping[str, Any]) -> bool:
    """Whether it is a login of the domain that the issuer is trusted for. Asked at every sign-in."""
    return not issuer.domain or claims.get("hd") == issuer.domain


def role_of(person: str, catalog: Catalog) -> PersonRole | None:
    """What the classes make of a person who has no account yet; None: an operator has to say it."""
    classes = catalog.classes.values()
    if any(person in class_.teachers for class_ in classes):
        return PersonRole.TEACHER
    if any(member.person == person for class_ in classes for member in class_.learners):
        return PersonRole.LEARNER
    return None
