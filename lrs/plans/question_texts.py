"""What an item asks, from the catalog or from what statements said of it, and whether a page can ask it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import ValidationError

from schemas.asked_question import AskedQuestion, Judged
from schemas.material import Material

OnPaper = Literal["text", "answer", "type"]  # what a page lacks of a question: its text, its answer, a way to judge it


def question_of(material: Material, definition: Mapping[str, Any]) -> AskedQuestion | OnPaper:
    """The question of an item as a page can ask it, or why it cannot.

    definition: the canonical one, as statements said it.
    """
    if material.question is not None:
        return material.question
    kind, text = definition.get("interactionType"), words(definition.get("description"))
    if not text:
        return "text"
    if kind not in get_args(Judged):
        return "type"
    if not definition.get("correctResponsesPattern"):
        return "answer"
    try:
        return AskedQuestion.model_validate(
            {
                "type": kind,
                "text": text,
                "choices": [{"id": choice["id"], "text": choice["text"]} for choice in choices_of(definition)],
                "correct": definition["correctResponsesPattern"],
            }
        )
    except ValidationError:  # more than one blank, a pattern of another grammar, longer than a page shows
        return "type"


def text_of(name: str, definition: Mapping[str, Any]) -> str:
    """What is asked on paper: the description of the item, or a name that is not the one it is listed by."""
    text = words(definition.get("description")) or words(definition.get("name"))
    return "" if text == name else text


def choices_of(definition: Mapping[str, Any]) -> list[dict[str, str]]:
    """What can be chosen, each with its id and its text."""
    return [
        {"id": choice["id"], "text": words(choice.get("description")) or choice["id"]}
        for choice in definition.get("choices") or ()
    ]


def words(by_language: Any) -> str:
    """A text that statements gave in languages: the English one, else the first."""
    if not isinstance(by_language, dict) or not by_language:
        return ""
    english = next((text for tag, text in by_language.items() if tag.lower().split("-")[0] == "en"), None)
    return str(english or next(iter(by_language.values())))
