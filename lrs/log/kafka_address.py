"""Where a Kafka is, and what its topics are called there."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SERVER = re.compile(r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})$")
_TOPIC_PREFIX = re.compile(r"^[A-Za-z0-9._-]{0,100}$")


class BadKafkaAddress(ValueError):
    """Not HOST:PORT[,HOST:PORT…][/PREFIX]."""


@dataclass(frozen=True, slots=True)
class KafkaAddress:
    """Some brokers of one cluster, and a prefix of our topics' and groups' names, so that a cluster can be shared."""

    servers: tuple[str, ...]
    prefix: str = ""

    @classmethod
    def parse(cls, text: str) -> KafkaAddress:
        """From HOST:PORT[,HOST:PORT…][/PREFIX]. Raises BadKafkaAddress."""
        listed, _, prefix = text.partition("/")
        servers = tuple(listed.split(","))
        if not all(_SERVER.match(server) for server in servers) or not _TOPIC_PREFIX.match(prefix):
            raise BadKafkaAddress(f"{text!r} is not HOST:PORT[,HOST:PORT…][/PREFIX]")
        return cls(servers, prefix)

    def __str__(self) -> str:
        return ",".join(self.servers) + (f"/{self.prefix}" if self.prefix else "")

    def name(self, ours: str) -> str:
        """What a topic or group of ours is called in this cluster."""
        return self.prefix + ours
