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
    assert (
        "Ada</a> · <span>Seit 9 Tagen nicht gesehen; 75\N{NO-BREAK SPACE}% der Klasse in dieser Zeit schon.</span>"
        in first
    )
    assert "Pas vu depuis 9 jours" in listed(room, "fr")[1]
    assert "Not seen for 9 days; 75% of the class were seen in that time." in listed(room, "en")[1]


def test_what_is_kept_in_english_alone_is_marked(room: Classroom) -> None:
    """An earlier release wrote the one, a later release the other."""
    raised(room, ADA, AlertKind.UNSEEN)
    raised(room, BEN, AlertKind.UNSEEN, because=[AlertReason(code="of_tomorrow")])
    for one in listed(room):
        assert '<span lang="en" dir="auto">Not seen for 9 days.</span>' in one


def helped(room: Classroom, learner: str, skill: str, **more: Any) -> None:
    name = AlertReason(code="needs_help", values={"name": skill.capitalize()})
    raised(room, learner, AlertKind.HELP, skill, because=[name], **more)


def test_one_need_is_one_line_that_lists_the_skills(room: Classroom) -> None:
    room.teach(
        {ADA: "Ada", BEN: "Ben"}, {"halves": "Halves", "thirds": "Thirds", "ratios": "Ratios", "angles": "Angles"}
    )
    for skill in ("halves", "thirds"):
        helped(room, ADA, skill)
    helped(room, BEN, "thirds")
    raised(room, ADA, AlertKind.UNSEEN, because=[AlertReason(code=UNSEEN.code, values=dict(UNSEEN.values))])

    def lines() -> list[str]:
        text = (re.sub(r"<[^>]*>", "", line) for line in listed(room, "en"))
        return [line.partition("2030 ")[2] for line in text]

    unseen = "Ada · Not seen for 9 days; 75% of the class were seen in that time."
    ben = "Ben · Help is needed with Thirds."
    assert lines() == [unseen, ben, "Ada · Help is needed in 2 skills at once: Halves, Thirds."]
    assert '<a href="/board/classes/7b#alerts">3</a>' in ask(room.deps(), "GET", "/board").text
    helped(room, ADA, "ratios", quiet=True)
    named = AlertReason(code="needs_much_help", values={"num": 3, "names": ["Halves", "Thirds", "Ratios"]})
    raised(room, ADA, AlertKind.INTENSIVE, because=[named])
    ada = "Ada · Intensive support: Help is needed in 3 skills at once: Halves, Thirds, Ratios."
    assert lines() == [ada, unseen, ben]
    helped(room, ADA, "angles")
    assert lines()[0] == ada.replace("3", "4").replace("Ratios", "Ratios, Angles")
    assert '<a href="/board/classes/7b#alerts">3</a>' in ask(room.deps(), "GET", "/board").text
    for skill in ("halves", "thirds", "angles"):  # of one alone nothing else is known than what was said then
        over = AlertOver(what=AlertKind.HELP, learner=room.catalog.people.person(ADA), about=skill, evidence=2)
        room.catalog.apply(over, len(room.changes), NOW)
    assert lines() == [ada, unseen, ben]
    feed = [one.alert.what for one in room.catalog.alerts.after(0)]
    assert feed.count(AlertKind.HELP) == 4  # each is an alert, as webhooks send it


def test_what_is_over_or_was_quiet_is_not_listed(room: Classroom) -> None:
    over = raised(room, ADA, AlertKind.UNSEEN)
    raised(room, BEN, AlertKind.UNSEEN, quiet=True)
    assert len(listed(room)) == 1
    assert '<a href="/board/classes/7b#alerts">1</a>' in ask(room.deps(), "GET", "/board").text
    ended = AlertOver(what=over.what, learner=over.learner, about=over.about, evidence=2)
    room.catalog.apply(ended, len(room.changes), NOW)
    assert listed(room) == []
