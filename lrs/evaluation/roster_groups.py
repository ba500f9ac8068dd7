"""Groups of learners by what a roster says of them; nobody but the operator who asks is told."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.catalog import Catalog
from schemas.roster import rostered


class UnknownAttribute(LookupError):
    """No roster has an attribute of a name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"no roster has the attribute {name!r}: {', '.join(known) or 'none has any'}")


def roster_groups(catalog: Catalog, attributes: Sequence[str]) -> dict[str, dict[str, str]]:
    """By attribute: the value of each person who has one. Raises UnknownAttribute."""
    known = sorted({name for one in catalog.attributes.values() for name in one.values})
    for name in attributes:
        if name not in known:
            raise UnknownAttribute(name, known)
    people = catalog.people
    return {
        name: {people.person(rostered(id_)): one.values.get(name, "") for id_, one in catalog.attributes.items()}
        for name in attributes
    }
