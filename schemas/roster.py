"""Who is at a school, as changes of the catalog: persons, what systems call them, and what no board reads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas.account_templates import check_template
from schemas.xapi.actor import identity

PREFIX = "person:"


def rostered(id_: str) -> str:
    """The id of the person that a roster calls `id_`. It is also the key of one whom no statement can name yet."""
    return PREFIX + id_


def canonical(key: str) -> str:
    """What identifies an actor's key, or a person's id, among all people."""
    return key if key.startswith(PREFIX) else identity(key)


LONGEST_ID = 256  # characters
Id = Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
SkillId = Annotated[str, Field(min_length=1, max_length=2048)]


class _RosterChange(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Person(_RosterChange):
    """One human, as a roster says.

    `aliases` are canonical actors (see schemas.xapi.actor) that name the person outright; mailboxes, in lower case,
    do, too. `names` is what systems call the person, for the templates of `accounts`.
    """

    kind: Literal["person"] = "person"
    id: Id
    name: str = ""
    roles: list[str] = []
    schools: list[str] = []
    grades: list[str] = []
    agents: list[str] = []  # persons who act for this one: parents, guardians
    mailboxes: list[str] = []
    names: dict[str, str] = {}
    aliases: list[str] = []
    source: str = ""  # the roster that this comes from
    removed: bool = False


class Attributes(_RosterChange):
    """What a roster says of a person beyond that. No board reads it."""

    kind: Literal["attributes"] = "attributes"
    id: Id
    values: dict[str, str] = {}
    removed: bool = False


class AccountNaming(_RosterChange):
    """How a system with the home page `id` names persons in statements: by a template of what they are called
    (`{identifier|lower}`), unless `names` has the account's name by person."""

    kind: Literal["accounts"] = "accounts"
    id: str = Field(min_length=1, max_length=2048)
    template: Annotated[str, AfterValidator(check_template)] = ""
    names: dict[Id, str] = {}
    removed: bool = False


class ProvisionalClass(_RosterChange):
    """What is done with a class that appeared from statements: hidden, or said to be one of the catalog's (`into`).

    joins: whoever works in it later becomes a member of that one, until a roster says who is in it.
    """

    kind: Literal["provisional_class"] = "provisional_class"
    id: str = Field(min_length=1, max_length=2048)
    hidden: bool = False
    into: str = Field(default="", max_length=256)
    joins: bool = False
    removed: bool = False


class Alias(_RosterChange):
    """Who somebody is: `id` is the same person as `of`. Each is a person's id or a key's identity, see schemas.people.

    An empty `of`: `id` is nobody but itself, whatever a roster says.
    """

    kind: Literal["alias"] = "alias"
    id: Annotated[str, AfterValidator(canonical)] = Field(min_length=1, max_length=2048)
    of: Annotated[str, AfterValidator(canonical)] = Field(default="", max_length=2048)
    removed: bool = False
