"""A real Apache Kafka in a folder, on free ports."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from lrs.log.kafka_address import KafkaAddress
from lrs.log.kafka_topics import wanted_settings
from tests.support.alone import alone
from tests.support.eventually import LIMIT_SECONDS
from tests.support.not_tested import not_tested
from tests.support.server import free_port

_INFRA = Path(__file__).parents[2] / "infra/kafka"
# Tests want a quick start more than a quick broker.
_OPTIONS = "-Xms128m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"


class Broker:
    """One broker. What it acknowledged survives `kill` and `start`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.controller_port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """What clients connect to."""
        return f"127.0.0.1:{self.port}"

    def address(self) -> KafkaAddress:
        """Its address, with a prefix of its own: topics that no other test uses."""
        return KafkaAddress((self.bootstrap,), f"{uuid.uuid4().hex[:12]}.")

    def start(self, seconds: float = 240) -> None:
        """Start, and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [str(_INFRA / "start.sh"), str(self.folder), str(self.port), str(self.controller_port)]
        with (self.folder / "output.txt").open("ab") as output:
            self.process = subprocess.Popen(
                command, stdout=output, stderr=output, env=os.environ | {"KAFKA_JAVA_OPTIONS": _OPTIONS}
            )
        deadline = time.monotonic() + seconds
        while not self._answers():
            ended = self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                said = (self.folder / "output.txt").read_text()[-2000:]
                raise AssertionError(f"Kafka {'ended' if ended else f'did not answer in {seconds} s'}: {said}")
            time.sleep(0.1)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(LIMIT_SECONDS)

    def _answers(self) -> bool:
        try:
            admin = KafkaAdminClient(bootstrap_servers=self.bootstrap, bootstrap_timeout_ms=2_000)
        except (KafkaError, OSError):
            return False
        admin.close()
        return True


def make_topics(address: KafkaAddress, partitions: dict[str, int], settings: dict[str, str] | None = None) -> None:
    """Make topics of ours with as many partitions.

    As `lrs topics apply` makes them, so nothing expires: with Kafka's own 7 days a record whose time a test's clock set
    to 1970 is deleted by the next check, 30 s after the broker's start and then every 5 minutes.
    """
    admin = KafkaAdminClient(bootstrap_servers=list(address.servers))
    configs = {**wanted_settings(replication=1), **(settings or {})}
    made = {address.name(topic): {"num_partitions": n, "configs": configs} for topic, n in partitions.items()}
    admin.create_topics(made, wait_for_metadata=True)
    admin.close()


def missing() -> str:
    """Which program a broker lacks here; empty if none."""
    return " and ".join(program for program in ("java", "mvn") if shutil.which(program) is None)


@pytest.fixture(scope="session")
def kafka_jars() -> None:
    """Apache Kafka's jars are here. Skips, saying so, where they cannot be had; in CI that is a failure."""
    if lacking := missing():
        not_tested("everything on a real Kafka", f"{lacking} is not installed")
    with alone("kafka"):
        subprocess.run([str(_INFRA / "fetch.sh")], check=True, timeout=600)


@pytest.fixture(scope="session")
def kafka(kafka_jars: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A running broker that the whole session shares: use topics of your own, and leave it up."""
    broker = Broker(tmp_path_factory.mktemp("kafka"))
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@pytest.fixture
def own_kafka(kafka_jars: None, tmp_path: Path) -> Iterator[Broker]:
    """A running broker of the test's own, to kill."""
    broker = Broker(tmp_path / "kafka")
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
