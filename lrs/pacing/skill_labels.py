"""How lists of skills to choose from call them, and which skill is meant by what somebody chose or typed."""

from __future__ import annotations

from collections import Counter

from lrs.catalog.prerequisites import SkillNames
from lrs.pacing.display_names import catalog_name
from schemas.catalog import Catalog
from schemas.invalid import Invalid
from schemas.wording import worded

_LONGEST_LABEL = 100  # characters of a name in a list


class SkillLabels:
    """One label for each skill of a catalog: its name, with the code or the id where that is not enough."""

    def __init__(self, catalog: Catalog) -> None:
        self._names = SkillNames(catalog)
        self._called = {id_: catalog_name(catalog, id_) for id_ in catalog.skills}
        count = Counter(called.casefold() for called in self._called.values())
        labels: dict[str, str] = {}
        for id_, called in self._called.items():
            of_another = called != id_ and called in catalog.skills
            enough = count[called.casefold()] == 1 and len(called) <= _LONGEST_LABEL and not of_another
            labels[id_] = called if enough else f"{called[:_LONGEST_LABEL]} ({catalog.skills[id_].code or id_})"
        twice = Counter(label.casefold() for label in labels.values())
        self.by_id = {
            id_: label if twice[label.casefold()] == 1 else f"{self._called[id_][:_LONGEST_LABEL]} ({id_})"
            for id_, label in labels.items()
        }
        self._by_label = {label.casefold(): id_ for id_, label in self.by_id.items()}

    def find(self, text: str, field: str) -> str:
        """The id of the skill that is meant: by its id, label, code or alias. Raises Invalid."""
        if not text:
            raise Invalid(field, worded("is missing"))
        skill_id = text if text in self.by_id else self._by_label.get(text.casefold()) or self._names.find(text)
        if skill_id is None and text.casefold() in {called.casefold() for called in self._called.values()}:
            raise Invalid(field, worded("several skills are called %(name)s: add the code, or give the id", name=text))
        if skill_id is None:
            raise Invalid(field, worded("there is no skill %(id)s", id=text))
        return skill_id
