"""Kafka's settings, on a real Apache Kafka."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from kafka import KafkaAdminClient
from kafka.admin import ConfigFilterType, ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from lrs.cli.main import main
from tests.support.compose import INFRA, services
from tests.support.eventually import LIMIT_SECONDS
from tests.support.kafka import Broker
from tests.support.server import free_port

LIBS = INFRA.parent / ".kafka/libs/*"


def properties(folder: Path, ports: dict[int, int]) -> str:
    """What the image makes of the environment, on other ports of this machine."""
    lines = []
    for name, value in services()["kafka"]["environment"].items():
        if name.startswith("KAFKA_") and name != "KAFKA_HEAP_OPTS":
            text = str(value).replace("/var/lib/kafka/data", str(folder / "log"))
            text = text.replace("@kafka:", "@127.0.0.1:").replace("//kafka:", "//127.0.0.1:")
            for old, new in ports.items():
                text = text.replace(f":{old}", f":{new}")
            lines.append(f"{name.removeprefix('KAFKA_').replace('_', '.').lower()}={text}\n")
    return "".join(lines)


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """A broker with the settings of compose.yaml; gives where it is."""
    ports = {port: free_port() for port in (9092, 9093, 19092)}
    settings = folder / "server.properties"
    settings.write_text(properties(folder, ports), "utf-8")
    java = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", str(LIBS)]
    cluster = services()["kafka"]["environment"]["CLUSTER_ID"]
    formatting = ["kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config", str(settings)]
    subprocess.run([*java, *formatting], check=True, capture_output=True, timeout=60)
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen([*java, "kafka.Kafka", str(settings)], stdout=output, stderr=output)
    try:
        address = f"127.0.0.1:{ports[9092]}"
        deadline = time.monotonic() + 60
        while not answers(address):
            assert process.poll() is None, (folder / "output.txt").read_text()[-2000:]
            assert time.monotonic() < deadline, (folder / "output.txt").read_text()[-2000:]
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(LIMIT_SECONDS)


def answers(address: str) -> bool:
    try:
        KafkaAdminClient(bootstrap_servers=address, bootstrap_timeout_ms=2_000).close()
    except (KafkaError, OSError):
        return False
    return True


def settings_of(address: str, node: str = "1") -> dict[str, str]:
    with closing(KafkaAdminClient(bootstrap_servers=address)) as admin:
        asked = [ConfigResource(ConfigResourceType.BROKER, node)]
        found = admin.describe_configs(asked, config_filter=ConfigFilterType.ALL)
    return {name: str(said["value"]) for kind in found.values() for one in kind.values() for name, said in one.items()}


@pytest.mark.usefixtures("kafka_jars")
def test_the_broker_of_compose_takes_its_topics(tmp_path: Path) -> None:
    with running(tmp_path) as address:
        command = services()["topics"]["command"]
        for arguments in (command, ["topics", "show"]):
            done = CliRunner().invoke(main, arguments, env={"PACER_KAFKA": address})
            assert done.exit_code == 0, done.output
        found = settings_of(address)
        for line in properties(tmp_path, {}).splitlines():
            name, _, value = line.partition("=")
            if "listener" not in name and name not in ("log.dirs", "controller.quorum.voters"):
                assert found[name] == value, name


def test_production_settings_are_settings(kafka: Broker) -> None:
    """Every name is one that the broker knows, and every value one that it could have."""
    known = settings_of(kafka.bootstrap)
    lines = (INFRA / "kafka/production.properties").read_text("utf-8").splitlines()
    wanted = dict(line.split("=") for line in lines if line and not line.startswith("#"))
    assert set(wanted) <= set(known)
    for name, value in wanted.items():
        same_kind = value in ("true", "false") if known[name] in ("true", "false") else int(value) >= -1
        assert same_kind, name
    assert int(wanted["offsets.retention.minutes"]) == 365 * 24 * 60
