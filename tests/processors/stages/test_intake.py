"""Statements that tools write to the log themselves: checked like any others, and the same however often they come."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
import pytest

from lrs.auth.credentials import Credential
from lrs.auth.scopes import Scope
from lrs.catalog.catalogs import Catalogs
from lrs.deadletters.listing import read_dead_letter
from lrs.deadletters.retry import retry_dead_letter
from lrs.log import Entry, Record, record_at
from lrs.record.stored_times import RecordTimes
from processors.stages.intake import ORIGIN, Intake
from schemas.original import ORIGINALS
from schemas.original import decode as decode_original
from schemas.record import DEAD_LETTERS, DIRECT, STATEMENTS, Bundle, DeadLetter, decode_dead_letter
from tests.support.partitions import Cluster, PartitionsLog
from tests.support.statements import answered

WRITES = Credential("tool", "default")
LENIENT = Credential("lenient", "default", lenient="https://school.example")
READS = Credential("reader", "default", frozenset({Scope.STATEMENTS_READ}))
HEADERS = (("tenant", b"default"), ("credential", b"tool"))
RECEIVED = 1_772_442_000_000_000


@pytest.fixture
def log() -> PartitionsLog:
    return PartitionsLog(Cluster(count=4, counts={"catalog": 1, DEAD_LETTERS: 1, ORIGINALS: 1}))


def record(value: bytes, headers: Sequence[tuple[str, bytes]] = HEADERS, position: int = 7) -> Record:
    return Record(position, RECEIVED, "", value, 2, tuple(headers))


def take(log: PartitionsLog, *records: Record) -> None:
    credentials = {credential.key: credential for credential in (WRITES, READS, LENIENT)}
    Intake(log, Catalogs(log), credentials.get).handle(records)


def stored(log: PartitionsLog) -> list[tuple[str, bytes]]:
    statements = []
    for partition in range(4):
        for record in log.partition(partition).read(STATEMENTS, 0, 1000):
            bundle = Bundle.decode(record.value)
            assert all(log.partition_of(STATEMENTS, id_) == partition for id_ in bundle.ids)
            statements += list(zip(bundle.ids, bundle.statements, strict=True))
    return sorted(statements)


def letters(log: PartitionsLog) -> list[DeadLetter]:
    return [decode_dead_letter(record.value) for record in log.read(DEAD_LETTERS, 0, 1000)]


def without_id(**more: str) -> dict[str, object]:
    return {key: value for key, value in answered(**more).items() if key != "id"}  # type: ignore[arg-type]


def test_one_statement_and_an_array(log: PartitionsLog) -> None:
    sent = [answered("ada"), answered("bo"), answered("cy")]
    take(log, record(orjson.dumps(sent[0])), record(orjson.dumps(sent[1:]), position=8))
    assert [id_ for id_, _ in stored(log)] == sorted(answer["id"] for answer in sent)
    assert letters(log) == []


def test_what_is_delivered_again_is_the_same_to_the_byte(log: PartitionsLog) -> None:
    delivered = record(orjson.dumps([without_id(), without_id(name="bo")]))
    take(log, delivered)
    first = stored(log)
    take(log, delivered)
    assert len({id_ for id_, _ in first}) == 2
    assert sorted(set(stored(log))) == first
    assert len(stored(log)) == 4  # admit takes the first with an id


def test_ids_that_are_given_follow_from_the_place(log: PartitionsLog) -> None:
    value = orjson.dumps(without_id())
    take(log, record(value), record(value, position=8))
    assert len({id_ for id_, _ in stored(log)}) == 2


def test_the_good_statements_of_a_record_are_kept(log: PartitionsLog) -> None:
    good, bad = answered("ada"), answered("bo") | {"verb": {"id": "no IRI"}}
    take(log, record(orjson.dumps([good, bad, good])))
    assert [id_ for id_, _ in stored(log)] == [good["id"]]
    reasons = [letter.reason for letter in letters(log)]
    assert "statement 1: verb.id" in reasons[0]
    assert "occurs twice" in reasons[1]
    assert [(letter.partition, letter.position, letter.topic) for letter in letters(log)] == [(2, 7, "direct")] * 2


def test_a_lenient_credential_has_known_faults_repaired(log: PartitionsLog) -> None:
    bare, bad = answered("ada"), answered("bo") | {"verb": {"id": "no IRI"}}
    bare["object"] = {"id": "7b1e0e4c-2c3a-4b6e-9d3a-0a5a4b1c2d3e"}
    value = orjson.dumps([bare, bad])
    take(log, record(value, (HEADERS[0], ("credential", b"lenient"))), record(value, position=8))
    assert [orjson.loads(raw)["object"]["id"] for _, raw in stored(log)] == [f"urn:uuid:{bare['object']['id']}"]
    assert len(letters(log)) == 3  # of the strict one both
    [originals] = [decode_original(originals_record.value) for originals_record in log.read(ORIGINALS, 0, 10)]
    assert (originals.tenant, originals.credential) == ("default", "lenient")
    [original] = originals.statements
    assert (original.id, original.repairs) == (bare["id"], ["bare-uuid object.id"])
    assert orjson.loads(original.sent) == bare


@pytest.mark.parametrize("value", [b"", b"{", b"\xff\xfe", b"[1]", b"7", b'"text"', b"null", b"[[]]"])
def test_what_is_no_statement(log: PartitionsLog, value: bytes) -> None:
    good = answered("ada")
    take(log, record(value), record(orjson.dumps(good), position=8))
    assert [id_ for id_, _ in stored(log)] == [good["id"]]
    assert len(letters(log)) == 1


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ((), "credential: unknown, or of another tenant"),
        ((("tenant", b"default"),), "credential: unknown, or of another tenant"),
        ((("credential", b"tool"),), "credential: unknown, or of another tenant"),
        ((("tenant", b"elsewhere"), ("credential", b"tool")), "credential: unknown, or of another tenant"),
        ((("tenant", b"default"), ("credential", b"nobody")), "credential: unknown, or of another tenant"),
        ((("tenant", b"default"), ("credential", b"cmi5-1")), "credential: unknown, or of another tenant"),
        ((("tenant", b"default"), ("credential", b"reader")), "lacks the scope"),
        ((*HEADERS, ("version", b"0.9")), "version: unsupported xAPI version"),
    ],
)
def test_whose_records_are_refused(log: PartitionsLog, headers: Sequence[tuple[str, bytes]], reason: str) -> None:
    take(log, record(orjson.dumps(answered("ada")), headers))
    assert stored(log) == []
    (letter,) = letters(log)
    assert reason in letter.reason


@pytest.mark.parametrize(("version", "xapi_version"), [(b"1.0.3", "1.0.0"), (b"2.0.0", "2.0.0")])
def test_the_version_is_that_of_the_header(log: PartitionsLog, version: bytes, xapi_version: str) -> None:
    take(log, record(orjson.dumps(answered("ada")), (*HEADERS, ("version", version))))
    assert orjson.loads(stored(log)[0][1])["version"] == xapi_version


def retried(log: PartitionsLog, number: int) -> Record:
    """The record that retrying a dead letter appends to the topic."""
    letter = read_dead_letter(log, number)
    assert letter is not None
    position = retry_dead_letter(log, RecordTimes(), letter)
    [found] = [
        each
        for partition in range(4)
        for each in log.partition(partition).read(DIRECT, 0, 100)
        if each.position == position and any(name == ORIGIN for name, _ in each.headers)
    ][-1:]
    return found


def append(log: PartitionsLog, value: bytes, key: bytes = b"later") -> Record:
    """A record of a credential that may do nothing yet, as the topic holds it."""
    position = log.append(DIRECT, Entry("", value, headers=(HEADERS[0], ("credential", key))))
    return record_at(log.partition(log.partition_of(DIRECT, "")), DIRECT, position)


@pytest.mark.parametrize("first", [orjson.dumps([{"id": 1}] * 2), b'{"caf\xc3\xa9": "\xff"}'])
def test_what_is_handed_in_again_has_the_ids_it_would_have_got(log: PartitionsLog, first: bytes) -> None:
    append(log, first)
    sent = append(log, orjson.dumps([without_id(), without_id(name="bo")]))
    take(log, sent)
    assert stored(log) == []
    assert letters(log)[0].reason.startswith("credential:")
    again = retried(log, 0)
    take(log, again)  # the credential may still do nothing
    twice = retried(log, 1)
    credentials = {"later": Credential("later", "default")}
    for record_again in (twice, again):
        Intake(log, Catalogs(log), credentials.get).handle([record_again])
    ids = [id_ for id_, _ in stored(log)]
    Intake(log, Catalogs(log), credentials.get).handle([sent])
    assert len(set(ids)) == 2
    assert {id_ for id_, _ in stored(log)} == set(ids)


def test_of_a_record_the_statement_alone_is_handed_in_again(log: PartitionsLog) -> None:
    good, bad = without_id(), without_id(name="bo") | {"verb": {"id": "no IRI"}}
    sent = append(log, orjson.dumps([good, bad]), b"tool")
    take(log, sent)
    again = retried(log, 0)
    assert orjson.loads(again.value) == bad
    assert dict(again.headers)[ORIGIN] == f"{sent.partition}/{sent.position}/1".encode()
    take(log, again)
    assert len(stored(log)) == 1
    assert letters(log)[1].reason == letters(log)[0].reason.replace("statement 1", "statement 0")


def test_an_origin_that_is_none_is_named(log: PartitionsLog) -> None:
    take(log, record(orjson.dumps(answered("ada")), (*HEADERS, (ORIGIN, b"elsewhere"))))
    assert letters(log)[0].reason == "pacer-origin: is not partition/position/index"
