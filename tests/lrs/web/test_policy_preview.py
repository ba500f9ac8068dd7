"""Before a policy is changed, the page says of what, and each threshold as it is and as it becomes."""

from __future__ import annotations

import re
import uuid
from html import unescape
from pathlib import Path

import pytest

from lrs.accounts.roles import PersonRole
from lrs.clock import system_time
from lrs.http.signed_in import COOKIE
from lrs.store.client import Store
from schemas.catalog import Change, Class, Member, School, Skill
from schemas.narrowed_policy import NarrowedPolicy
from schemas.policy import Policy
from tests.support.api import Client, ask
from tests.support.statements import key

MOVES_ON = "Mastery that lets a learner move on"


@pytest.mark.parametrize(
    ("form", "heading", "rows"),
    [
        (
            {"class_id": "7b", "advance_at": "70"},
            "Class Seven b",
            [(MOVES_ON, "90% (as in the wider policy)", "70%")],
        ),
        ({"school": "hill", "advance_at": "90"}, "Hill School", []),
        ({"school": "hill"}, "Hill School", [(MOVES_ON, "90%", "80% (as in the wider policy)")]),
        (
            {"class_id": "7b", "skill": "s", "stuck_after": "9"},
            "Class Seven b · Skill Halving",
            [("Wrong answers in a row", "5 (as in the wider policy)", "9")],
        ),
        ({"skill": "s"}, "Skill Halving", []),
        ({"everybody": "70"}, "Everybody", [(MOVES_ON, "80%", "70%")]),
    ],
)
def test_it_says_what_apply_changes(
    store: Store, tmp_path: Path, form: dict[str, str], heading: str, rows: list[tuple[str, str, str]]
) -> None:
    tenant, client = uuid.uuid4().hex, Client(tmp_path, store._dsn())
    changes: list[Change] = [
        Policy(advance_at=0.8, stuck_after=5),
        Skill(id="s", name="Halving"),
        School(id="hill", name="Hill School"),
        Class(id="7b", name="Seven b", school="hill", learners=[Member(learner=key("ada"))], skills=["s"]),
        NarrowedPolicy(school="hill", thresholds={"advance_at": 0.9}),
    ]
    client.parts.catalogs.append_all(tenant, "test", changes, system_time())
    if everybody := form.get("everybody"):
        form = {"advance_at": everybody, "stuck_after": "5"}
    accounts = client.parts.signed_in.accounts
    cookie = accounts.open_session(accounts.add(tenant, uuid.uuid4().hex, PersonRole.LEADER, "Ms Lee", ""))
    page = ask(client.app, "POST", "/board/policy/preview", data=form, headers={"Cookie": f"{COOKIE}={cookie}"})
    client.close()
    assert page.status_code == 200, page.text
    assert f"What is changed: {heading}" in _text(page.text)
    table = re.search(r"<caption>Thresholds that change.*?</table>", page.text, re.S)
    found = re.findall(
        r'<tr><th scope="row">(.*?)</th><td.*?>(.*?)</td><td.*?>(.*?)</td>', table.group() if table else ""
    )
    assert [tuple(_text(cell) for cell in row) for row in found] == rows
    assert ("No threshold changes." in page.text) == (not rows)


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())
