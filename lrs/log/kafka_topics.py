"""The topics of a cluster: what they should be, what they are, and making those that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigFilterType, ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from lrs.log import Unavailable
from lrs.log.kafka_address import KafkaAddress
from lrs.log.kafka_client import ANSWER_MS, CONNECT_MS
from lrs.log.kafka_producer import MOST_RECORD_BYTES
from schemas.original import ORIGINALS
from schemas.record import (
    CALIPER,
    CATALOG,
    DEAD_LETTER_OUTCOMES,
    DEAD_LETTERS,
    DIRECT,
    LEAST_STORED,
    OBSERVATIONS,
    REVOCATIONS,
    STATEMENTS,
)

KEYED = (
    STATEMENTS,
    OBSERVATIONS,
    DIRECT,
)  # many partitions; the others have one, as their order is that of the whole topic
TOPICS = (*KEYED, CATALOG, CALIPER, ORIGINALS, DEAD_LETTERS, DEAD_LETTER_OUTCOMES, REVOCATIONS, LEAST_STORED)
PARTITIONS = 4
TIMES = "LogAppendTime"  # a producer's clock may be wrong, and freshness is told by these
_TOPIC_SETTINGS = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",  # the log is the only truth: nothing of it goes away by itself
    "retention.bytes": "-1",
    "compression.type": "producer",
    "max.message.bytes": str(MOST_RECORD_BYTES),
    "message.timestamp.type": TIMES,
}


@dataclass(frozen=True, slots=True)
class WrongSetting:
    """A setting that is not as it should be."""

    setting: str
    wanted: str
    found: str


@dataclass(frozen=True, slots=True)
class KafkaTopic:
    """A topic as it is; partitions is 0 where it is missing."""

    name: str
    partitions: int
    replication: int
    drift: tuple[WrongSetting, ...]


def wanted_settings(replication: int) -> dict[str, str]:
    """What a topic's settings should be. With three replicas one may be away, and nothing acknowledged is lost."""
    return {**_TOPIC_SETTINGS, "min.insync.replicas": "2" if replication > 2 else "1"}


def show_topics(address: KafkaAddress) -> list[KafkaTopic]:
    """Every topic of ours as it is. Raises Unavailable."""
    with closing(_topics_admin(address)) as admin:
        try:
            return _show_topics(admin, address)
        except (KafkaError, OSError) as error:
            raise Unavailable(f"Kafka does not answer: {type(error).__name__}") from error


def make_topics(address: KafkaAddress, partitions: int | None, replication: int) -> list[str]:
    """Make the topics that are missing, and add partitions where there are fewer than asked for; gives what was done.

    Nothing else of a topic that exists is changed. Raises Unavailable.
    """
    with closing(_topics_admin(address)) as admin:
        try:
            existing = {topic.name: topic for topic in _show_topics(admin, address)}
            new_topics = {
                address.name(name): {
                    "num_partitions": (partitions or PARTITIONS) if name in KEYED else 1,
                    "replication_factor": replication,
                    "configs": wanted_settings(replication),
                }
                for name, topic in existing.items()
                if not topic.partitions
            }
            raised = {
                address.name(name): partitions
                for name in KEYED
                if partitions is not None and 0 < existing[name].partitions < partitions
            }
            if new_topics:
                admin.create_topics(new_topics, wait_for_metadata=True)
            if raised:
                admin.create_partitions(raised)
        except (KafkaError, OSError) as error:
            raise Unavailable(f"Kafka refused to make or change the topics: {type(error).__name__}: {error}") from error
    return [f"{name}: made" for name in new_topics] + [f"{name}: {count} partitions" for name, count in raised.items()]


def _show_topics(admin: KafkaAdminClient, address: KafkaAddress) -> list[KafkaTopic]:
    ours = {address.name(name): name for name in TOPICS}
    listed = {name for name in admin.list_topics() if name in ours}
    described = (
        {description["name"]: description["partitions"] for description in admin.describe_topics(sorted(listed))}
        if listed
        else {}
    )
    settings = _settings_of_topics(admin, listed)
    return [_described_topic(ours[name], described.get(name, ()), settings.get(name, {})) for name in ours]


def _described_topic(name: str, partitions: Sequence[Mapping[str, Any]], settings: Mapping[str, str]) -> KafkaTopic:
    if not partitions:
        return KafkaTopic(name, 0, 0, (WrongSetting("topic", "present", "missing"),))
    replication = min(len(partition["replica_nodes"]) for partition in partitions)
    drift = [
        WrongSetting(setting, required, settings.get(setting, ""))
        for setting, required in wanted_settings(replication).items()
        if settings.get(setting) != required
    ]
    if name not in KEYED and len(partitions) != 1:
        drift.append(WrongSetting("partitions", "1", str(len(partitions))))
    return KafkaTopic(name, len(partitions), replication, tuple(drift))


def _settings_of_topics(admin: KafkaAdminClient, names: Iterable[str]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    if not resources:
        return {}
    answer = admin.describe_configs(resources, config_filter=ConfigFilterType.ALL)
    return {
        name: {setting: str(answered["value"]) for setting, answered in topic_settings.items()}
        for kind in answer.values()
        for name, topic_settings in kind.items()
    }


def _topics_admin(address: KafkaAddress) -> KafkaAdminClient:
    try:
        return KafkaAdminClient(
            bootstrap_servers=list(address.servers),
            bootstrap_timeout_ms=CONNECT_MS,
            request_timeout_ms=4 * ANSWER_MS,
        )
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka does not answer at {address}: {type(error).__name__}") from error
