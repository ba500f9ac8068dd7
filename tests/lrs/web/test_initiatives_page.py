"""The page of what an initiative changed: in words, drawn, and in numbers, or why it says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from lrs.plans.initiative_outcomes import InitiativeOutcomes
from lrs.plans.initiatives import Initiatives
from lrs.store.client import Store
from lrs.web import initiatives_page
from tests.lrs.plans.test_initiative_outcomes import AFTER, OURS, THEIRS, School
from tests.support.api import ask
from tests.support.classroom import NOW


@pytest.fixture
def school(store: Store, tmp_path: Path) -> Iterator[School]:
    made = School(store, tmp_path / "log")
    yield made
    made.log.close()


def page(school: School, now: int = AFTER, id_: str = "i", language: str = "en", status: int = 200) -> str:
    async def tenant(_: Any) -> str:
        return school.tenant

    app = FastAPI()
    outcomes = InitiativeOutcomes(school.store, school.catalogs, lambda: now)
    app.include_router(initiatives_page.router(Initiatives(school.catalogs, lambda: now), outcomes, tenant))
    answer = ask(app, "GET", f"/board/initiatives/{id_}", headers={"Accept-Language": language})
    assert answer.status_code == status
    return unescape(answer.text)


def test_it_says_what_changed_and_how_sure_that_is(school: School) -> None:
    school.declare(outcome="attempts", comparison="classes", compared=["7c"], skills=["halves"])
    for at, learner in enumerate(OURS + THEIRS):
        more = 3 if learner in OURS else 0
        days = [*range(-(at % 12), 0), *range(at % 12 + more)]
        school.attempted([(learner, day, "halves") for day in days])
    text = page(school)
    assert "Attempts of each learner: 8.5, and 5.5 of those compared with." in text
    assert "The difference is +3; with 95% certainty it is between " in text
    assert "The classes were not drawn by lot" in text
    assert '<th scope="row">With whom it was tried</th><td>12</td><td>5.5</td><td>8.5</td>' in text
    assert 'role="img" aria-label="The difference is +3;' in text
    assert "Der Unterschied ist +3; mit 95\N{NO-BREAK SPACE}% Sicherheit" in page(school, language="de")


def test_it_says_why_nothing_can_be_said(school: School) -> None:
    school.declare()
    text = page(school, NOW + 15 * 86_400_000_000)
    assert "Not known." in text
    assert "It is not over before 16 Apr 2030." in text
    assert "<svg" not in text
    assert "no such initiative" in page(school, id_="none", status=404)
