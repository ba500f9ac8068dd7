"""What a plan of today begins with after an opening check: the groups that follow from its answers."""

from __future__ import annotations

from lrs.pacing.board import boards_for_groups
from lrs.plans.groups import check_that_counts, groups_now
from lrs.plans.needs import GroupLesson
from lrs.plans.today import today_in
from lrs.store.client import Store
from schemas.catalog import Catalog
from schemas.timetable import Timetable


def check_lessons(
    store: Store, catalog: Catalog, tenant: str, timetable: Timetable, day: str, now: int
) -> dict[str, GroupLesson]:
    """By learner, what their group is for, in the classes with a check that was answered today; of no other day than
    today. Raises what Store.tuples raises."""
    if day != today_in(catalog, timetable.id, now):
        return {}
    planned = timetable.classes or [timetable.id]
    checked = [id_ for id_ in planned if id_ in catalog.classes and check_that_counts(catalog, id_, now)]
    if not checked:
        return {}
    boards = boards_for_groups(store, catalog, tenant, [catalog.classes[id_] for id_ in checked], now)
    return {
        member["learner"]: GroupLesson(group["skill"]["id"], group["led_by"] == "teacher", member["help"])
        for board in boards
        for group in groups_now(board, catalog, now)["groups"]
        for member in group["members"]
    }
