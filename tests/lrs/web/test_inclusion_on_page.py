"""The page of a class names all whose group, leader or help an inclusion changed."""

from __future__ import annotations

import re
import uuid

from lrs.store.client import Store
from schemas.catalog import Class, Member, Skill
from schemas.lesson_asks import LessonAsk
from tests.support.classroom import NOW, Classroom, ask
from tests.support.statements import key

NAMES = ("Ada", "Ben", "Cem", "Dua")


def said(store: Store, language: str) -> str:
    """What the page says after Ada, who needs help with adding as Ben does, was included in halving, as Cem and Dua."""
    room = Classroom(store, uuid.uuid4().hex)
    room.change(Skill(id="a", name="Adding"))
    room.change(Skill(id="b", name="Halving"))
    room.change(Class(id="7b", learners=[Member(learner=key(name), name=name) for name in NAMES], skills=["a", "b"]))
    stuck = {"streak": -6, "low": 0.1, "high": 0.5}
    room.masteries([(key(name), "a", 0.2, dict(stuck)) for name in NAMES[:2]])
    room.masteries([(key(name), "a", 0.97, {"streak": 6, "low": 0.94, "high": 0.99}) for name in NAMES[2:]])
    room.masteries([(key(name), "b", 0.5, {"streak": 1, "low": 0.3, "high": 0.7}) for name in NAMES[2:]])
    for what in ("asked", "included"):
        room.catalog.apply(LessonAsk(learner=key("Ada"), skill="b", what=what, by="Ms K"), 9, NOW)
    path = f"/board/classes/7b?included={key('Ada').replace(':', '%3A').replace('@', '%40')}&in=b"
    html = ask(room.deps(), "GET", path, headers={"Accept-Language": language}).text
    [message] = re.findall(r'<div id="moved".*?</p>', html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", message).split())


def test_who_loses_help_is_named_in_the_language_of_the_page(store: Store) -> None:
    assert said(store, "en") == (
        "Ada moved from “Adding” to “Halving”. Ben was in “Adding” and is in no group now. "
        "Ada and Ben need help and are in no group for it now."
    )
    assert said(store, "de") == (
        "Ada wechselt von „Adding“ zu „Halving“. Ben war in „Adding“ und ist jetzt in keiner Gruppe. "
        "Ada und Ben brauchen Hilfe und sind jetzt in keiner Gruppe dafür."
    )
