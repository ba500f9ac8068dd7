"""The alerts of a class that are open, on its page and in the language of who reads it."""

from __future__ import annotations

import re
import uuid
from html import unescape
from typing import Any

import pytest

from lrs.pacing.reasons import because
from lrs.store.client import Store
from schemas.alerts import Alert, AlertKind, AlertOver, AlertReason
from tests.support.classroom import NOW, Classroom, ask
from tests.support.statements import key

ADA, BEN = key("ada"), key("ben")
UNSEEN = because("unseen", num=9, share=0.75)


@pytest.fixture
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({ADA: "Ada", BEN: "Ben"}, {"halves": "Halves"})
    return made


def raised(room: Classroom, learner: str, what: AlertKind, about: str = "7b", **more: Any) -> Alert:
    one = Alert(
        what=what, learner=room.catalog.people.person(learner), about=about, evidence=1, class_id="7b",
        **{"reason": "Not seen for 9 days.", **more},
    )  # fmt: skip
    room.catalog.apply(one, len(room.changes), NOW)
    return one


def listed(room: Classroom, language: str = "de") -> list[str]:
    page = ask(room.deps(), "GET", "/board/classes/7b", headers={"Accept-Language": language}).text
    found = re.search(r'<details class="aside" id="alerts">(.*?)</details>', page, re.S)
    return [unescape(one) for one in re.findall(r"<li>(.*?)</li>", found[1], re.S)] if found else []


def test_each_is_said_in_the_own_language(room: Classroom) -> None:
    assert listed(room) == []
    raised(room, ADA, AlertKind.UNSEEN, because=[AlertReason(code=UNSEEN.code, values=dict(UNSEEN.values))])
    name = AlertReason(code="needs_help", values={"name": "Halves"})
    raised(room, BEN, AlertKind.HELP, "halves", reason="2 wrong answers in a row.", because=[name])
    latest, first = listed(room)
    assert "Ben</a> · <span>Bei „Halves“ ist Hilfe nötig.</span>" in latest
    assert "Ada</a> · <span>Seit 9 Tagen nicht gesehen; 75\N{NO-BREAK SPACE}% der Klasse schon.</span>" in first
    assert "Pas vu depuis 9 jours" in listed(room, "fr")[1]
    assert "Not seen for 9 days; 75% of the class were." in listed(room, "en")[1]


def test_what_is_kept_in_english_alone_is_marked(room: Classroom) -> None:
    """An earlier release wrote the one, a later release the other."""
    raised(room, ADA, AlertKind.UNSEEN)
    raised(room, BEN, AlertKind.UNSEEN, because=[AlertReason(code="of_tomorrow")])
    for one in listed(room):
        assert '<span lang="en" dir="auto">Not seen for 9 days.</span>' in one


def test_what_is_over_or_was_quiet_is_not_listed(room: Classroom) -> None:
    over = raised(room, ADA, AlertKind.UNSEEN)
    raised(room, BEN, AlertKind.UNSEEN, quiet=True)
    assert len(listed(room)) == 1
    assert '<a href="/board/classes/7b#alerts">1</a>' in ask(room.deps(), "GET", "/board").text
    ended = AlertOver(what=over.what, learner=over.learner, about=over.about, evidence=2)
    room.catalog.apply(ended, len(room.changes), NOW)
    assert listed(room) == []
