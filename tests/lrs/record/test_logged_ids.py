"""Which statements a log holds, without an index."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from lrs.log import Entry, UniqueId
from lrs.record.logged_ids import LoggedIds
from schemas.record import STATEMENTS, Bundle
from tests.support.partitions import Cluster, PartitionsLog

_IDS = st.lists(st.tuples(st.sampled_from(["a", "b", "a "]), st.uuids(version=4).map(str)), max_size=30, unique=True)


@given(_IDS, st.data())
def test_it_holds_what_was_appended_and_nothing_else(ids: list[tuple[str, str]], data: st.DataObject) -> None:
    log = PartitionsLog(Cluster(count=3))
    logged = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    for number, (tenant, id_) in enumerate(sorted(logged)):
        bundle = Bundle(tenant, "tool", 1, 0, [id_], [b"{}"])
        log.submit(STATEMENTS, Entry(id_, bundle.encode()), number % 3).result()
    log.submit(STATEMENTS, Entry("", b"unreadable"), 0).result()
    in_log = LoggedIds(log).holds([UniqueId(*tenant_and_id) for tenant_and_id in ids])
    assert in_log == [tenant_and_id in logged for tenant_and_id in ids]


def test_an_empty_log_holds_nothing() -> None:
    assert LoggedIds(PartitionsLog(Cluster())).holds([UniqueId("t", str(uuid.uuid4()))]) == [False]
