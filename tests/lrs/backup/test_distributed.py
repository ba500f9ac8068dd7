"""Backups of the distributed runtime: topics of Kafka as segments, PostgreSQL as rows of one moment."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.auth.scopes import Scope
from lrs.backup import databases, segments
from lrs.backup.manifest import HistoryFile, HistoryManifest, Manifest, TopicManifest
from lrs.backup.restore import restore_backup, restore_topic
from lrs.backup.target import BackupFolder
from lrs.backup.topics import copy_topics
from lrs.errors import Conflict
from lrs.log import Entry
from lrs.log.kafka import KafkaLog
from lrs.processes.runtime import Runtime
from lrs.store.client import StoreUnavailable
from schemas.record import CATALOG, STATEMENTS
from tests.support import postgres
from tests.support.kafka import Broker, make_topics


@pytest.fixture
def kafka_log(kafka: Broker) -> Iterator[KafkaLog]:
    address = kafka.address()
    make_topics(address, {STATEMENTS: 3, CATALOG: 1})
    log_on_kafka = KafkaLog(address)
    yield log_on_kafka
    log_on_kafka.close()


def test_topics_of_kafka(kafka_log: KafkaLog, tmp_path: Path) -> None:
    sent = {str(uuid.uuid4()).encode() for _ in range(50)}
    for value in sorted(sent):
        kafka_log.append(STATEMENTS, Entry(value.decode(), value, 2))
    kafka_log.append(CATALOG, Entry("school", b"change"))
    target = BackupFolder(tmp_path / "backup")
    topic_manifests: dict[str, TopicManifest] = {}
    for more in (b"", b"one more"):
        if more:
            kafka_log.append(STATEMENTS, Entry("key", more, 2))
            sent.add(more)
        before = dict(topic_manifests)
        for topic in copy_topics(kafka_log, [CATALOG, STATEMENTS], target, before.get, tmp_path):
            topic_manifests[topic.name] = topic
        statements = topic_manifests[STATEMENTS]
        segment_records = [
            record
            for partition in statements.partitions
            for segment in partition.segments
            for record in segments.read_segment(target, segment)
        ]
        assert {record.value for record in segment_records} == sent
        assert len(segment_records) == statements.records == len(sent)
        assert {record.headers for record in segment_records} == {(("count", b"2"),)}
    segments_of = [len(partition.segments) for partition in topic_manifests[STATEMENTS].partitions]
    assert sum(segments_of) == 4  # 3, and what came then
    assert topic_manifests[CATALOG] == before[CATALOG]
    with pytest.raises(Conflict, match="was backed up from Kafka"):
        restore_topic(tmp_path, target, topic_manifests[STATEMENTS], lambda part, more: None)


def test_where_the_history_cannot_be_restored_the_topics_stay_empty(
    kafka_log: KafkaLog, kafka: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the same command, run again, does not find them taken."""
    kafka_log.append(STATEMENTS, Entry("key", b"value"))
    target = BackupFolder(tmp_path / "backup")
    topics = copy_topics(kafka_log, [STATEMENTS], target, lambda name: None, tmp_path)
    store = tmp_path / "rows"
    store.write_bytes(b"rows")
    target.put("decision_history/1", store)
    history = HistoryManifest([HistoryFile("decision_history/1", "sum", 1)], 1)
    manifest = Manifest(1, 1, 1, list(topics), [], 0, history)
    monkeypatch.setattr("lrs.backup.restore.check_history", lambda target, history: None)
    monkeypatch.setattr("lrs.processes.engine_for._START_SECONDS", 0.0)
    empty = kafka.address()
    make_topics(empty, {STATEMENTS: 3, CATALOG: 1})
    database = f"sqlite:///{tmp_path}/shared.db"
    runtime = Runtime(tmp_path / "data", empty, "clickhouse://pacer:secret@127.0.0.1:1/pacer", database)
    with pytest.raises(StoreUnavailable):
        restore_backup(runtime, target, manifest)
    with closing(KafkaLog(empty)) as log:
        assert log.ends(STATEMENTS) == [0, 0, 0]


def test_rows_of_postgresql(tmp_path: Path) -> None:
    [part] = [database_part for database_part in databases.PARTS if database_part.name == "credentials"]
    target = BackupFolder(tmp_path / "backup")
    with postgres.running() as url:
        credentials = Credentials(url)
        credentials.add("tool", "secret", "school", [Scope.STATEMENTS_WRITE], name="Ünïcode")
        copied = databases.copy_database(part, url, target, (), tmp_path)
        assert copied.rows == 1
        assert databases.copy_database(part, url, target, [copied.file], tmp_path).file == copied.file
        credentials.add("other", "secret")
        changed = databases.copy_database(part, url, target, [copied.file], tmp_path)
        assert (changed.rows, changed.file == copied.file) == (2, False)
        with pytest.raises(Conflict, match="credentials is not empty"):
            databases.restore_database(part, url, target, copied)
        listed = credentials.listed()
        credentials.close()
    # What was copied from PostgreSQL can be restored into a file, too.
    (tmp_path / "data").mkdir()
    databases.restore_database(part, embedded_credentials_url(tmp_path / "data"), target, changed)
    restored = Credentials(embedded_credentials_url(tmp_path / "data"))
    assert restored.listed() == listed
    assert restored.verify("Basic dG9vbDpzZWNyZXQ=") is not None
    restored.close()
