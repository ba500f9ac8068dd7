"""A catalog that is older than what was acted on, as one that was restored: whoever meets that halts by name."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.log import Entry, OtherLog, Truncated, home_partition
from lrs.record.stored_times import PartitionTimes
from lrs.store.checkpoints import Checkpoints
from lrs.store.client import Store
from processors.folds.registry import all_folds
from processors.meaning.version import INTERPRETATION
from processors.reinterpretation.applied import write_checkpoint
from processors.reinterpretation.follower import Follower
from processors.runtime.checkpoint import Positions
from processors.runtime.idle import Interval
from processors.stages.admit import Admit
from processors.stages.dead_letters import DeadLetters
from processors.stages.deduplicate import Deduplicate
from schemas.observation import encode_refold
from schemas.record import ADMIT, CATALOG, OBSERVATIONS, PEOPLE, STATEMENTS, Bundle
from schemas.roster import Alias
from tests.processors.runtime.test_partitions import BO, CY, School, partitioned_admit
from tests.processors.runtime.test_stale import admitted, at

HELD = 1  # changes that the log still has, of two


@pytest.fixture
def school(store: Store) -> Iterator[School]:
    """Whose learners were folded by who knew both changes."""
    of_tenant = School(store, f"older-{uuid.uuid4()}")
    of_tenant.change(Alias(id=BO, of=CY))
    of_tenant.change(Alias(id=BO, removed=True))
    admitted(of_tenant, [at(5), at(6)])
    while of_tenant.move("project", 0, 1000):
        pass
    yield of_tenant
    store.command("TRUNCATE TABLE checkpoints")  # others share it


def restore_older(school: School) -> None:
    """The catalog's topic as it was before its last change; every worker is started again."""
    del school.cluster.of(CATALOG)[0][HELD:]
    for stage in ("admit", "project", "people"):
        school.workers[stage] = []
        school.rebalance(stage, 1)


def a_learner_who_was_folded_with_it(school: School) -> None:
    restore_older(school)
    admitted(school, [at(9)])
    while school.move("project", 0, 1000):
        pass


def a_record_that_asks_for_it(school: School) -> None:
    restore_older(school)
    school.api.append(OBSERVATIONS, Entry("", encode_refold([], INTERPRETATION, HELD + 1)))
    school.move("project", 0, 1000)


def a_statement_that_was_accepted_with_it(school: School) -> None:
    bundle = Bundle(school.tenant, "tool", 1, HELD + 1, [at(9)["id"]], [b"{}"])
    school.api.append(STATEMENTS, Entry("", bundle.encode()))
    restore_older(school)
    school.move("admit", 0, 1000)


def the_past_that_was_read_again_with_it(school: School) -> None:
    write_checkpoint(school.api, Checkpoints(school.store, local=True), HELD + 1)
    restore_older(school)
    hold: Any = None
    stop = threading.Event()
    Follower(school.api, school.store, all_folds(), hold, stop).run(Interval(stop, 60))


@pytest.mark.parametrize(
    "meet",
    [
        a_learner_who_was_folded_with_it,
        a_record_that_asks_for_it,
        a_statement_that_was_accepted_with_it,
        the_past_that_was_read_again_with_it,
    ],
)
def test_whoever_meets_that_halts_by_name(school: School, meet: Callable[[School], None]) -> None:
    with pytest.raises(OtherLog, match=r"catalog ends at 1, before position 2, up to which it was acted on"):
        meet(school)


def test_who_announces_persons_finds_it_at_the_start(school: School) -> None:
    checkpoints = Checkpoints(school.store, local=True)
    Positions(school.api, checkpoints, PEOPLE, CATALOG, []).begin_again({0: HELD + 1})
    restore_older(school)
    with pytest.raises(OtherLog, match="catalog does not hold what people has read"):
        Positions(school.api, checkpoints, PEOPLE, CATALOG, []).resume()


def test_all_is_admitted_again_once_somebody_has_decided_to_go_on(school: School) -> None:
    """`lrs rebuild --accept-log`; and what is sent on, or tried again, afterwards."""
    restore_older(school)
    log = school.workers["admit"][0].log
    deduplicate = Deduplicate(log, school.store, DeadLetters(log, ADMIT, STATEMENTS), alone=True)
    again = Admit(log, school.store, Catalogs(log), PartitionTimes(log, school.store), deduplicate, again=True)
    while home_partition(id_ := str(uuid.uuid4()), 2) != 0:
        pass
    accepted = Bundle(school.tenant, "tool", 1, HELD + 1, [id_], [b"{}"])
    position = school.api.append(STATEMENTS, Entry(id_, accepted.encode()))
    again.handle(school.api.read(STATEMENTS, position, 1))
    retried = accepted.part([0], origins=[accepted.origin(0, 0, position, 1)])
    position = school.api.append(STATEMENTS, Entry(id_, retried.encode()))
    partitioned_admit(log, school.store).handle(school.api.read(STATEMENTS, position, 1))


def test_a_process_that_knew_more_goes_on_with_what_the_log_says(school: School) -> None:
    """As the API, which nobody starts again. It says once that what it knew is gone."""
    catalogs = Catalogs(school.api)
    catalogs.follow()
    assert catalogs.position == HELD + 1
    restore_older(school)
    with pytest.raises(Truncated):
        catalogs.follow()
    assert catalogs.latest(school.tenant).aliases.keys() == {BO}
    assert (catalogs.position, catalogs.count(school.tenant)) == (HELD, HELD)
