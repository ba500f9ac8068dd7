"""Who can sign in to a simulated school: one of each kind, once a link."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from lrs.accounts.accounts import embedded_accounts_url
from lrs.accounts.roles import PersonRole
from lrs.accounts.tickets import Tickets
from lrs.accounts.visibility import page_key, sees_class, sees_learner
from lrs.simulator.school import SimulatedSchool
from lrs.simulator.sign_in_links import sign_in_links
from schemas.catalog import Catalog

SCHOOL = SimulatedSchool.build(3, 2, 6, 2, datetime(2026, 1, 5, tzinfo=UTC))
BASE = "http://127.0.0.1:8080"


def test_a_link_of_each_kind_signs_in_once_as_somebody_who_sees_what_it_says(tmp_path: Path) -> None:
    links = sign_in_links(tmp_path, SCHOOL, BASE)
    assert [one.role for one in links] == [
        PersonRole.TEACHER, PersonRole.PRINCIPAL, PersonRole.LEADER, PersonRole.OPERATOR, PersonRole.LEARNER,
        PersonRole.GUARDIAN,
    ]  # fmt: skip
    catalog = Catalog()
    for change in SCHOOL.changes():
        catalog.apply(change, 0, 0)
    tickets = Tickets(embedded_accounts_url(tmp_path))
    found = {}
    for one in links:
        assert one.link.startswith(f"{BASE}/sign-in/once/")
        ticket = one.link.rpartition("/")[2]
        taken = tickets.take(ticket)
        assert taken is not None
        assert (taken[0].role, taken[0].name) == (one.role, one.name)
        assert tickets.take(ticket) is None
        found[one.role] = taken[0]
    assert sees_class(found[PersonRole.TEACHER], catalog, catalog.classes["7a"])
    assert not sees_class(found[PersonRole.TEACHER], catalog, catalog.classes["7b"])
    assert sees_class(found[PersonRole.PRINCIPAL], catalog, catalog.classes["7b"])
    for role in (PersonRole.LEARNER, PersonRole.GUARDIAN):
        own = page_key(found[role], catalog)
        assert own in {pupil.key for pupil in SCHOOL.classes["7a"]}
        assert sees_learner(found[role], catalog, own)


def test_a_folder_that_has_the_accounts_gets_new_links(tmp_path: Path) -> None:
    first, second = (sign_in_links(tmp_path, SCHOOL, BASE) for _ in range(2))
    assert [one.name for one in first] == [one.name for one in second]
    assert not {one.link for one in first} & {one.link for one in second}
