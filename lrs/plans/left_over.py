"""What a plan says of whom and what it could not place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lrs.plans.needs import DayNeeds
from lrs.plans.packing import empty_cells
from lrs.timetabling.unfitted import Unfitted, sentence
from lrs.timetabling.unhelped import Unhelped, help_sentence
from schemas.wording import Said, worded

MOST_SAID = 50  # sentences of what could not be placed


def left_over(needs: DayNeeds, empty: Sequence[Unfitted], owed: Sequence[Unhelped]) -> dict[str, Any]:
    """The fields of a plan's event that say it: first to whom help is due, then what is empty."""
    skills = {task.skill: task.skill_name for task in needs.tasks.values()}

    def name(id_: str) -> str:
        return needs.names.get(id_, id_)

    def skill(id_: str) -> str:
        return skills.get(id_, id_)

    sentences = [help_sentence(needs.day, one, name, skill) for one in owed]
    sentences += [sentence(needs.day, one, name, skill) for one in empty]
    if needs.without_material:
        sentences.append(worded("Nothing can be opened for: %(names)s.", names=", ".join(needs.without_material)))
    return {
        "unfitted": sentences[:MOST_SAID],
        "unfitted_said": [Said.of(text) for text in sentences[:MOST_SAID]],
        "empty": empty_cells(needs.day, empty),
    }
