"""On Kafka: a PostgreSQL or an object store that was put back to an older state is named, by how much, until it is
accepted; nothing stops meanwhile."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

from lrs import exits
from lrs.attachments.objects import bucket_store
from tests.support import postgres
from tests.support.district import District, district
from tests.support.kafka import Broker
from tests.support.objects import BUCKET, ObjectStore
from tests.support.statements import answered


def complete_rounds(parts: District) -> int:
    """How many rounds of stamps have reached all parts."""
    with parts.log() as log:
        copy = log.recall("stamps")
    return int(orjson.loads(copy)["number"]) if copy else 0


def round_begins(parts: District) -> None:
    """Have the worker that stamps begin a round, which it does as it starts."""
    if "people-0" in parts.processes:
        parts.kill("people-0")
    parts.run("people-0")


def one_round(parts: District) -> None:
    before = complete_rounds(parts)
    round_begins(parts)
    parts.wait_until(lambda: complete_rounds(parts) > before, "people-0")


def doctor_says_of_parts(parts: District) -> tuple[bool, str]:
    code, said = parts.command("doctor", "--json")
    assert code in (0, exits.WRONG), said
    (finding,) = [finding for finding in orjson.loads(said) if finding["part"] == "parts"]
    return finding["ok"], finding["found"]


def objects_in(prefix: str) -> dict[str, bytes]:
    """What the object store holds of an installation."""
    bucket = bucket_store(BUCKET, prefix)
    paths = [str(listed["path"]) for page in bucket.list() for listed in page]
    return {path: bytes(bucket.get(path).bytes()) for path in paths}


def doctor_names(parts: District, part: str) -> str:
    """Has the doctor name a part that is older than the others; gives a pattern of what it says."""
    named = rf"{part} is older than the others, by \d+:\d\d:\d\d"
    ok, found = doctor_says_of_parts(parts)
    assert not ok
    assert re.fullmatch(named, found), found
    return named


def is_named_until_accepted(parts: District, part: str) -> None:
    named = doctor_names(parts, part)
    rounds = complete_rounds(parts)
    round_begins(parts)
    parts.wait_until(
        lambda: re.search(f"{named}; put the right state back", parts.said("people-0")) is not None, "people-0"
    )
    with parts.client() as client:  # nothing stops
        assert client.post("/xAPI/statements", json=answered("after")).status_code == 200
    assert complete_rounds(parts) == rounds
    code, said = parts.command("accept")
    assert code == 0, said
    assert re.search(f"accepted as it is: {named}", said), said
    one_round(parts)
    assert doctor_says_of_parts(parts) == (True, "as old as each other")


@pytest.mark.timeout(1200)
def test_servers_that_were_put_back_are_named(tmp_path: Path, kafka: Broker, objects: ObjectStore) -> None:
    with district(tmp_path, kafka.address()) as parts:
        parts.attachments = f"s3://{BUCKET}/{tmp_path.name}"
        parts.start()
        parts.wait_until(lambda: complete_rounds(parts) > 0, "people-0")
        older, older_objects = postgres.dump(parts.database), objects_in(tmp_path.name)
        assert older["pacer_shared_stamp"]
        assert len(older_objects) == 1
        for _ in range(2):
            one_round(parts)
        postgres.put_back(parts.database, older)
        is_named_until_accepted(parts, "database")

        bucket = bucket_store(BUCKET, tmp_path.name)
        bucket.delete(list(objects_in(tmp_path.name)))
        for path, content in older_objects.items():
            bucket.put(path, content)
        doctor_names(parts, "attachments")
