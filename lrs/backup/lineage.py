"""Whether a log goes on from where a backup was taken of it."""

from __future__ import annotations

from lrs.backup.manifest import Manifest, TopicManifest
from lrs.log.stored_log import StoredLog


def goes_on(log: StoredLog, manifest: Manifest) -> bool:
    """Whether a log holds what a backup holds, and what came after: it is not another's, nor was it restored to an
    earlier state and went on otherwise."""
    present = set(log.topics())
    return all(_topic_goes_on(log, topic) for topic in manifest.topics if topic.name in present)


def _topic_goes_on(log: StoredLog, topic: TopicManifest) -> bool:
    begun = {identity: position for _, identity, position in log.epochs(topic.name)}
    known = {epoch.identity for epoch in topic.epochs}
    if not begun or not known:  # Kafka keeps no epochs
        return log.identity(topic.name) == topic.identity
    end = max((partition.end for partition in topic.partitions), default=0)
    return known <= begun.keys() and all(position >= end for name, position in begun.items() if name not in known)
