"""The distributed runtime for tests: a real Kafka, PostgreSQL, an engine that speaks ClickHouse's HTTP; processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryFile

import httpx

from lrs.engine.connect import connect_url
from lrs.log.kafka import KafkaLog
from lrs.log.kafka_address import KafkaAddress
from lrs.log.kafka_topics import make_topics
from lrs.processes.runtime import Runtime
from lrs.store.client import Store, StoreUnavailable
from tests.support import postgres
from tests.support.eventually import LIMIT_SECONDS
from tests.support.server import HEADERS, KEY, SECRET, free_port

TAKEOVER_SECONDS = 3.0  # of workers: shorter than in earnest, so that tests see more happen


@dataclass
class District:
    """Processes of one deployment, by name; each can be killed and started again."""

    folder: Path
    kafka: KafkaAddress
    database: str
    partitions: int = 4
    clickhouse: str = ""  # a DSN; that of an engine of its own unless one is given
    through: dict[str, int] = field(default_factory=dict)  # by process: the port of a proxy that it has for the engine
    attachments: str | None = None  # an object store, or a folder; among the data of the API unless one is given
    port: int = field(default_factory=free_port)
    engine_port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    restarts: list[tuple[str, int]] = field(default_factory=list)  # of processes that ended by themselves: exit codes

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def runtime(self) -> Runtime:
        return Runtime(self.folder / "api", self.kafka, self.clickhouse, self.database, self.attachments)

    def client(self, timeout: float = 30) -> httpx.Client:
        return httpx.Client(base_url=self.base, auth=(KEY, SECRET), headers=HEADERS, timeout=timeout, verify=False)

    def start(self, workers: dict[str, int] | None = None) -> None:
        """Start everything: the topics, the engine, so many workers of each stage, the API."""
        make_topics(self.kafka, self.partitions, 1)
        self.run("engine")
        for stage, count in ({"people": 1} | (workers or {"admit": 1, "project": 1})).items():
            for number in range(count):
                self.run(f"{stage}-{number}")
        self.run("api")
        self.wait()

    def run(self, name: str) -> None:
        """Start a process: `engine`, `api`, `weekly` (fits), or STAGE-NUMBER of a worker."""
        (self.folder / "said").mkdir(parents=True, exist_ok=True)
        with (self.folder / "said" / f"{name}.txt").open("ab") as said:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *self._command(name)], env=self._environment(name), stdout=said, stderr=said
            )
        if name == "engine":
            self._wait_for_engine()

    def kill(self, name: str) -> None:
        """End it as a power cut would."""
        self.end(name, signal.SIGKILL)

    def end(self, name: str, number: int = signal.SIGTERM) -> int:
        """End a process; gives its exit code."""
        process = self.processes.pop(name)
        # With its children: `lrs serve` keeps the API in one.
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        pids = [int(pid) for pid in children.read_text().split()] if number == signal.SIGKILL else []
        for pid in [process.pid, *pids]:
            os.kill(pid, number)
        return process.wait(LIMIT_SECONDS)

    def heal(self) -> None:
        """Start again what ended by itself, as whatever runs a deployment does."""
        for name, process in list(self.processes.items()):
            code = process.poll()
            if code is not None:
                self.restarts.append((name, code))
                self.run(name)

    def said(self, name: str) -> str:
        """What a process wrote to its standard output and error."""
        return (self.folder / "said" / f"{name}.txt").read_text()

    def wait(self, settled: bool = True, seconds: float = LIMIT_SECONDS) -> None:
        """Wait until the API is ready, and everything is folded."""
        deadline = time.monotonic() + seconds
        answer = "no answer"
        with self.log() as log, httpx.Client(auth=(KEY, SECRET), timeout=5, verify=False) as client:
            while time.monotonic() < deadline:
                self.heal()
                try:
                    found = client.get(f"{self.base}/ready")
                    answer = found.text
                    if found.status_code == 200 and (not settled or self._settled(log)):
                        return
                except httpx.TransportError as error:
                    answer = str(error)
                time.sleep(0.1)
        said = "\n".join(f"--- {name}\n{self.said(name)[-1500:]}" for name in self.processes)
        raise AssertionError(f"not ready in {seconds} s: {answer}\n{said}")

    def wait_until(self, holds: Callable[[], bool], name: str) -> None:
        """Wait until something holds, and heal meanwhile; what the process of this name said explains why not."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while not holds():
            assert time.monotonic() < deadline, f"not in {LIMIT_SECONDS} s:\n{self.said(name)[-3000:]}"
            self.heal()
            time.sleep(0.1)

    def stop(self) -> None:
        for name in reversed(list(self.processes)):
            if self.processes[name].poll() is None:
                self.end(name, signal.SIGTERM if name == "engine" else signal.SIGKILL)

    @contextmanager
    def log(self) -> Iterator[KafkaLog]:
        """The log, for a look."""
        found = KafkaLog(self.kafka)
        try:
            yield found
        finally:
            found.close()

    def store(self) -> Store:
        """ClickHouse, for a look."""
        return Store(lambda: self.clickhouse)

    def command(self, *arguments: str, seconds: float = 150) -> tuple[int, str]:
        """Run `lrs` on the deployment, which heals meanwhile; gives its exit code and what it printed."""
        (self.folder / "said").mkdir(parents=True, exist_ok=True)
        with (self.folder / "said" / "commands.txt").open("ab") as said, TemporaryFile("w+") as printed:
            words = [sys.executable, "-m", "lrs.cli.main", *arguments]
            environment = os.environ | self.runtime.environment()
            # Into a file: nobody reads a pipe meanwhile, and a full one holds the command.
            process = subprocess.Popen(words, stdout=printed, stderr=said, env=environment)
            deadline = time.monotonic() + seconds
            while process.poll() is None and time.monotonic() < deadline:
                self.heal()
                time.sleep(0.1)
            process.kill()
            code = process.wait()
            printed.seek(0)
            return code, printed.read() or self.said("commands")

    def _settled(self, log: KafkaLog) -> bool:
        """Whether every stage has read the whole log: asked of Kafka, not of the API."""
        groups = [("intake", "direct")] if any(name.startswith("intake") for name in self.processes) else []
        stages = [*groups, ("people", "catalog"), ("admit", "statements"), ("project", "observations")]
        for group, topic in stages:
            log.partitions(topic, fresh=True)  # a test may have added some
            if log.reached(group, topic) != log.ends(topic):
                return False
        return True

    def _command(self, name: str) -> list[str]:
        if name == "engine":
            return ["lrs.engine.serve", "--data", os.fspath(self.folder / "engine"), "--port", str(self.engine_port)]
        if name == "api":
            return ["lrs.cli.main", "serve", "--port", str(self.port), "--credential", f"{KEY}:{SECRET}"]
        if name == "weekly":
            return ["lrs.cli.main", "fit", "weekly"]
        return ["lrs.cli.main", "worker", name.partition("-")[0], "--takeover", str(TAKEOVER_SECONDS)]

    def _environment(self, name: str) -> dict[str, str]:
        if name == "engine":
            return dict(os.environ)
        to, by = f":{self.engine_port}/", f":{self.through.get(name, self.engine_port)}/"
        return os.environ | replace(self.runtime, clickhouse=self.clickhouse.replace(to, by)).environment()

    def _wait_for_engine(self) -> None:
        deadline = time.monotonic() + LIMIT_SECONDS
        while True:
            try:
                own = connect_url(self.folder / "engine")
                Store(lambda dsn=own: dsn).command("SELECT 1")  # type: ignore[misc]
                break
            except (FileNotFoundError, StoreUnavailable):
                assert time.monotonic() < deadline, self.said("engine")
                time.sleep(0.05)
        self.clickhouse = self.clickhouse or own


@contextmanager
def district(folder: Path, kafka: KafkaAddress, partitions: int = 4) -> Iterator[District]:
    """A deployment that is stopped at the end; the caller starts it."""
    with postgres.running() as database:
        found = District(folder, kafka, database, partitions)
        try:
            yield found
        finally:
            found.stop()
