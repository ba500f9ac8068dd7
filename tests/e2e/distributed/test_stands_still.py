"""A worker stands still before it writes what it has read, and others go on with its partitions. Then it writes.

What it writes does not count, also where partitions were added meanwhile: the rows are the fold of the set.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from lrs.log.kafka_topics import make_topics
from schemas.record import STATEMENTS
from tests.support.district import District, district
from tests.support.eventually import eventually
from tests.support.kafka import Broker
from tests.support.load import compare, places
from tests.support.proxy import Fault, Proxy, Way
from tests.support.statements import answered, key, skill, voiding

LEARNERS = 12
WORKERS = {"admit": "statements", "project": "mastery"}  # by stage: the table that a batch is inserted into first
Statement = dict[str, Any]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("table", "added"), [("observations", 0), ("statements", 2)])
def test_what_workers_that_stood_still_write_does_not_count(
    tmp_path: Path, kafka: Broker, table: str, added: int
) -> None:
    """A worker of `admit` stands still before it writes to a table, and one of `project`."""
    with district(tmp_path, kafka.address()) as parts, ExitStack() as stack:
        ways = {stage: stack.enter_context(Proxy(lambda: ("127.0.0.1", parts.engine_port))) for stage in WORKERS}
        parts.through = {f"{stage}-0": way.port for stage, way in ways.items()}
        parts.start({"admit": 1, "project": 1, "decide": 1})
        folding, admitting = answers("fold", "stale", 9), answers("admit", "stale", 9)
        project = stand_still(parts, ways["project"], "project", "mastery", folding)
        admit = stand_still(parts, ways["admit"], "admit", table, admitting)
        if added:
            make_topics(parts.kafka, parts.partitions + added, 1)
            send_again_until_moved(parts, admitting)
        newer = changed("fold", folding) + changed("admit", admitting)
        send(parts, newer)
        parts.run("admit-1")
        wait_for_admit(parts)
        parts.run("project-1")  # it reads the answers together with what voids them
        parts.wait()
        sent = ids([*folding, *admitting, *newer])
        compare(parts, sent)
        before = rows_of_voided(parts)
        write(admit)
        if added:
            assert max(len(places(parts.store(), id_)) for id_ in ids(admitting)) == 2
        os.kill(parts.processes["admit-0"].pid, signal.SIGCONT)
        write(project)
        assert rows_of_voided(parts) > before  # which only the worker that stood still knows of
        os.kill(parts.processes["project-0"].pid, signal.SIGCONT)
        for stage, way in ways.items():
            sent += send_until_it_inserts(parts, way, WORKERS[stage])
        parts.wait()
        compare(parts, sent)
        assert parts.restarts == []
        code, found = parts.command("verify", "--all")
        assert code == 0, found


def answers(whose: str, name: str, hour: int) -> list[Statement]:
    """Each of some learners answers an item of a skill."""
    at = f"2026-03-02T{hour:02}:00:00Z"
    return [answered(f"{whose}-{n}", name, True, (name,), at) for n in range(LEARNERS)]


def changed(whose: str, statements: Sequence[Statement]) -> list[Statement]:
    """Of two thirds of the learners the answers are voided; some of them answered before, the others do afterwards."""
    third = LEARNERS // 3
    voids = [voiding(statement["id"]) for statement in statements[: 2 * third]]
    return voids + answers(whose, "early", 7)[third : 2 * third] + answers(whose, "later", 11)[2 * third :]


def ids(statements: Sequence[Statement]) -> list[str]:
    return [statement["id"] for statement in statements]


def insert(table: str) -> bytes:
    return f"INSERT INTO `{table}`".encode()


def stand_still(parts: District, way: Proxy, stage: str, table: str, statements: Sequence[Statement]) -> Fault:
    """Send statements, and have the worker that reads them stand still before it inserts into a table."""
    held = way.fail(Fault(Way.HOLD, 1, insert(table)))
    send(parts, statements)
    eventually(lambda: held.happened == 1)
    os.kill(parts.processes[f"{stage}-0"].pid, signal.SIGSTOP)
    return held


def write(held: Fault) -> None:
    """Have written what a worker wrote, which still stands."""
    held.let_go.set()
    eventually(held.answered.is_set)


def rows_of_voided(parts: District) -> int:
    """How many rows there are of learners and a skill that each answered for once, which is voided."""
    third = [key(f"fold-{n}") for n in range(LEARNERS // 3)]
    [(count,)] = parts.store().tuples(
        "SELECT count() FROM mastery WHERE key IN %(keys)s AND learner IN %(learners)s",
        {"keys": [skill("stale")], "learners": third},
    )
    return int(count)


def send(parts: District, statements: Sequence[Statement]) -> None:
    with parts.client() as client:

        def accepted() -> bool:
            answer = client.post("/xAPI/statements", json=statements)
            assert answer.status_code in {200, 503}, answer.text  # 503: a partition is new
            return answer.status_code == 200

        eventually(accepted)


def send_again_until_moved(parts: District, statements: Sequence[Statement]) -> None:
    """Send the same again until it came to a partition that was added: the API knows of them."""
    with parts.log() as log:

        def moved() -> bool:
            send(parts, statements)
            log.partitions(STATEMENTS, fresh=True)
            return any(log.ends(STATEMENTS)[parts.partitions :])

        eventually(moved)


def wait_for_admit(parts: District) -> None:
    with parts.log() as log:
        log.partitions(STATEMENTS, fresh=True)
        eventually(lambda: log.reached("admit", STATEMENTS) == log.ends(STATEMENTS))


def send_until_it_inserts(parts: District, way: Proxy, table: str) -> list[str]:
    """Send more until a worker that stood still begins another batch: it has done with the one that it had read."""
    seen = way.fail(Fault(Way.DELAY, 1, insert(table), seconds=0))
    sent: list[str] = []

    def inserts() -> bool:
        again = answers("others", "again", 13)
        send(parts, again)
        sent.extend(ids(again))
        return seen.happened == 1

    eventually(inserts)
    return sent
