"""One number everywhere: SQL's column says what the code says."""

from __future__ import annotations

import time
import uuid

import pytest

from lrs.store.client import Store
from processors.folds.mastery import Mastery
from processors.mastery.forgetting import Forgetting
from tests.support.classroom import NOW, Classroom

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("mastery", "days", "practised", "law", "held"),
    [
        (0.9, 3.0, 1, Forgetting(), 0.0),
        (0.9, 0.1, 4, Forgetting(1.2, 0.7, 0.3), 0.4),
        (0.05, 400.0, 2, Forgetting(0.6, 2.0), -0.3),
        (0.9, 3.0, 1, Forgetting(), -2.0),
        (0.9, 3.0, 1, Forgetting(drop=0.0), 1.0),
        (1.0, 9.0, 1, Forgetting(), 0.0),
        (0.0, 9.0, 1, Forgetting(), 0.0),
        (0.8, -2.0, 1, Forgetting(), 0.0),
    ],
)
def test_the_column_is_what_is_expected_now(
    store: Store, mastery: float, days: float, practised: int, law: Forgetting, held: float
) -> None:
    room = Classroom(store, uuid.uuid4().hex)
    now = time.time_ns() // 1000
    ago = (NOW - now) / DAY + days  # the room's days are before its own NOW
    forgetting = {"forget_drop": law.drop, "forget_half_life": law.half_life}
    forgetting |= {"forget_spacing": law.spacing, "held": held}
    room.mastery("mailto:ada@x.example", "s", mastery, ago=ago, days=practised, **forgetting)
    asked = {"tenant": room.tenant}
    ((found,),) = store.tuples("SELECT expected FROM mastery FINAL WHERE tenant = %(tenant)s", asked)
    assert found == pytest.approx(law.expected(mastery, days, practised, held), abs=1e-4)
    assert list(Mastery.computed) == ["expected"]
