"""The client: what it does when ClickHouse, or the way there, fails. A real engine behind a proxy."""

from __future__ import annotations

import ipaddress
import json
import ssl
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lrs.engine.connect import connect_url
from lrs.store import client
from lrs.store.client import MOST_ROWS, Store, StoreRefused, StoreUnavailable
from lrs.store.dsn import dsn
from tests.support.engine import running, start
from tests.support.eventually import LIMIT_SECONDS
from tests.support.proxy import Fault, Proxy, Way

INSERT = b"INSERT"
EVERY = 1_000_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("engine")
    with running(folder):
        yield folder


@pytest.fixture
def proxy(data: Path) -> Iterator[Proxy]:
    with Proxy(lambda: engine(data)) as running_proxy:
        yield running_proxy


@pytest.fixture
def store(data: Path, proxy: Proxy) -> Store:
    """Through the proxy."""
    return Store(lambda: through(data, proxy))


@pytest.fixture
def table(data: Path) -> Iterator[str]:
    """One that counts whatever is inserted, and, as replicated tables do, drops what comes again under its token."""
    name = f"t_{uuid.uuid4().hex}"
    direct = Store(dsn(data, None))
    direct.command(
        f"CREATE TABLE {name} (a UInt64) ENGINE = MergeTree ORDER BY a "
        "SETTINGS non_replicated_deduplication_window = 100"
    )
    yield name
    direct.command(f"DROP TABLE {name}")


def engine(data: Path) -> tuple[str, int]:
    where = json.loads((data / "engine.port").read_text())
    return where["host"], where["port"]


def through(data: Path, proxy: Proxy, scheme: str = "clickhouse", host: str = "127.0.0.1", more: str = "") -> str:
    parts = urlsplit(connect_url(data))
    return f"{scheme}://{parts.username}:{parts.password}@{host}:{proxy.port}/pacer{more}"


def put(store: Store, table: str, first: int, rows: int) -> None:
    store.insert(table, ["a"], ["UInt64"], [list(range(first, first + rows))])


def counted(data: Path, table: str) -> tuple[int, int]:
    """Rows, and how many differ."""
    rows, differing = Store(dsn(data, None)).tuples(f"SELECT count(), uniqExact(a) FROM {table}", {})[0]
    return rows, differing


class TestInserts:
    @pytest.mark.parametrize("times", [1, 3])
    def test_an_answer_lost_after_the_commit_does_not_count_twice(
        self, data: Path, proxy: Proxy, store: Store, table: str, times: int
    ) -> None:
        fault = proxy.fail(Fault(Way.DROP, times, INSERT))
        put(store, table, 0, 1000)
        assert fault.happened == times
        assert counted(data, table) == (1000, 1000)

    def test_nor_in_the_tables_that_know_no_tokens(self, data: Path, proxy: Proxy, store: Store) -> None:
        fault = proxy.fail(Fault(Way.DROP, 3, INSERT))
        tenant, names = uuid.uuid4().hex, [f"l{n}" for n in range(500)]
        columns: list[list[Any]] = [[tenant] * 500, names, names, list(range(500))]
        store.insert(
            "learners", ["tenant", "learner", "name", "version"], ["String", "String", "String", "UInt128"], columns
        )
        assert fault.happened == 3
        learner_rows = store.tuples("SELECT learner FROM learners FINAL WHERE tenant = {t:String}", {"t": tenant})
        assert sorted(row[0] for row in learner_rows) == sorted(names)

    def test_rows_inserted_again_on_purpose_stand(self, data: Path, store: Store, table: str) -> None:
        put(store, table, 0, 10)
        put(store, table, 0, 10)
        assert counted(data, table) == (20, 10)

    def test_a_request_that_was_cut_is_sent_again(self, data: Path, proxy: Proxy, store: Store, table: str) -> None:
        fault = proxy.fail(Fault(Way.CUT, 3, INSERT))
        put(store, table, 0, 10_000)
        assert fault.happened == 3
        assert counted(data, table) == (10_000, 10_000)

    def test_many_rows_are_several_inserts(self, data: Path, proxy: Proxy, store: Store, table: str) -> None:
        inserts = proxy.fail(Fault(Way.DELAY, EVERY, INSERT, seconds=0))
        put(store, table, 0, 2 * MOST_ROWS + 1)
        assert inserts.happened == 3
        assert counted(data, table) == (2 * MOST_ROWS + 1, 2 * MOST_ROWS + 1)

    def test_nothing_is_no_insert(self, proxy: Proxy, store: Store, table: str) -> None:
        requests = proxy.fail(Fault(Way.DELAY, EVERY, seconds=0))
        put(store, table, 0, 0)
        store.insert(table, [], [], [])
        assert requests.happened == 0

    @pytest.mark.parametrize("parameter", [b"async_insert=0", b"insert_deduplication_token="])
    def test_what_every_insert_says(self, proxy: Proxy, store: Store, table: str, parameter: bytes) -> None:
        inserts = proxy.fail(Fault(Way.DELAY, EVERY, parameter, seconds=0))
        put(store, table, 0, 10)
        assert inserts.happened == 1

    def test_what_is_refused_is_not_sent_again(self, proxy: Proxy, store: Store) -> None:
        inserts = proxy.fail(Fault(Way.DELAY, EVERY, INSERT, seconds=0))
        with pytest.raises(StoreRefused, match="UNKNOWN_TABLE"):
            put(store, "nowhere", 0, 10)
        assert inserts.happened == 1

    def test_an_end_to_trying(self, proxy: Proxy, store: Store, table: str) -> None:
        fault = proxy.fail(Fault(Way.CUT, EVERY))
        with pytest.raises(StoreUnavailable):
            put(store, table, 0, 10)
        assert client.INSERTING.tries <= fault.happened <= 2 * client.INSERTING.tries  # clickhouse-connect tries twice

    def test_a_hanging_server(
        self, data: Path, proxy: Proxy, store: Store, table: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client, "ANSWER_SECONDS", 1)
        put(store, table, 0, 1)
        fault = proxy.fail(Fault(Way.HANG, 1, INSERT))
        put(store, table, 1, 10)
        assert fault.happened == 1
        assert counted(data, table) == (11, 11)


class TestReads:
    @pytest.mark.parametrize("way", [Way.CUT, Way.DROP, Way.DELAY])
    def test_an_answer_comes_at_last(self, proxy: Proxy, store: Store, way: Way) -> None:
        fault = proxy.fail(Fault(way, 1, b"SELECT 1+1"))
        assert store.tuples("SELECT 1+1", {}) == [(2,)]
        assert fault.happened == 1

    def test_an_end_to_trying(self, proxy: Proxy, store: Store) -> None:
        fault = proxy.fail(Fault(Way.CUT, EVERY))
        with pytest.raises(StoreUnavailable):
            store.tuples("SELECT 1", {})
        assert client.READING.tries <= fault.happened <= 2 * client.READING.tries

    def test_what_is_refused_is_not_asked_again(self, proxy: Proxy, store: Store) -> None:
        queries = proxy.fail(Fault(Way.DELAY, EVERY, b"nothing_such", seconds=0))
        with pytest.raises(StoreRefused):
            store.tuples("SELECT nothing_such", {})
        assert queries.happened == 1


class TestCommands:
    def test_one_whose_answer_was_lost_is_not_run_again(self, data: Path, proxy: Proxy, store: Store) -> None:
        name = f"made_{uuid.uuid4().hex}"
        fault = proxy.fail(Fault(Way.DROP, EVERY, name.encode()))
        with pytest.raises(StoreUnavailable):
            store.command(f"CREATE TABLE {name} (a UInt64) ENGINE = MergeTree ORDER BY a")
        assert fault.happened == 1
        assert counted(data, name) == (0, 0)


class TestWay:
    @pytest.mark.parametrize(("host", "times"), [("127.0.0.1", 0), ("0.0.0.0", 1)])  # the second is not called loopback
    def test_packed_where_it_leaves_the_machine(
        self, data: Path, proxy: Proxy, table: str, host: str, times: int
    ) -> None:
        store = Store(lambda: through(data, proxy, host=host))
        packed_requests = proxy.fail(Fault(Way.DELAY, EVERY, b"Content-Encoding: lz4", seconds=0))
        put(store, table, 0, 1000)
        assert packed_requests.happened == times
        assert counted(data, table) == (1000, 1000)

    def test_tls(self, data: Path, table: str, tmp_path: Path) -> None:
        certificate = certified(tmp_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        with Proxy(lambda: engine(data), context) as proxy:
            put(Store(lambda: through(data, proxy, "clickhouses", more=f"?ca_cert={certificate}")), table, 0, 10)
            with pytest.raises(StoreUnavailable):
                Store(lambda: through(data, proxy, "clickhouses")).tuples("SELECT 1", {})  # nobody vouches for it
            with pytest.raises(StoreUnavailable):
                Store(lambda: through(data, proxy)).tuples("SELECT 1", {})
        assert counted(data, table) == (10, 10)

    @pytest.mark.parametrize(
        "dsn_given",
        ["", "http://h", "clickhouse://", "clickhouse://u:secret@h:0/p", "clickhouse://u:secret@h:8123/p?cluster=a'b"],
    )
    def test_a_bad_dsn_is_told_without_its_secret(self, dsn_given: str) -> None:
        with pytest.raises(StoreRefused, match="DSN") as error:
            Store(lambda: dsn_given).tuples("SELECT 1", {})
        assert "secret" not in str(error.value)


class TestClients:
    def test_threads_one_after_another_share_one(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        """A new one asks four questions before the one that it is made for."""
        made, get_client = [], clickhouse_connect.get_client

        def count(**options: Any) -> Any:
            made.append(options)
            return get_client(**options)

        monkeypatch.setattr(clickhouse_connect, "get_client", count)
        for _ in range(3):
            thread = threading.Thread(target=store.tuples, args=["SELECT 1", {}])
            thread.start()
            thread.join()
        store.tuples("SELECT 1", {})
        assert len(made) == 1

    def test_none_is_used_by_two(self, store: Store) -> None:
        questions = [("SELECT number, sleep(0.05) FROM numbers(3) WHERE number = %(n)s", {"n": n}) for n in range(3)]
        assert store.together(questions) == [[(n, 0)] for n in range(3)]

    def test_those_of_an_engine_that_was_restarted_are_let_go(self, tmp_path: Path) -> None:
        with running(tmp_path) as store:
            store.together([("SELECT sleep(0.1)", {})] * 5)
        with running(tmp_path):
            assert store.tuples("SELECT 1", {}) == [(1,)]


class TestEngine:
    def test_away_and_back(self, tmp_path: Path) -> None:
        with running(tmp_path) as store:
            store.command("CREATE TABLE kept (a UInt64) ENGINE = MergeTree ORDER BY a")
            put(store, "kept", 0, 10)
        with pytest.raises(StoreUnavailable):
            store.tuples("SELECT count() FROM kept", {})
        with pytest.raises(StoreUnavailable):
            put(store, "kept", 10, 10)
        with running(tmp_path):
            put(store, "kept", 10, 10)
            assert counted(tmp_path, "kept") == (20, 20)

    def test_killed_in_the_middle_of_inserts(self, tmp_path: Path) -> None:
        """What was acknowledged is stored, and nothing counts twice: a stage sends again what had no answer."""
        with running(tmp_path) as store:
            store.command("CREATE TABLE kept (a UInt64) ENGINE = ReplacingMergeTree ORDER BY a")
        process = start(tmp_path)
        batches, failures, stop = 0, 0, threading.Event()

        def send() -> None:
            nonlocal batches, failures
            while not stop.is_set():
                try:
                    put(store, "kept", 200 * batches, 200)
                    batches += 1
                except StoreUnavailable:
                    failures += 1

        sender = threading.Thread(target=send)
        sender.start()
        try:
            for _ in range(3):
                before = batches
                while batches < before + 5:
                    assert sender.is_alive(), "an insert was refused"
                    time.sleep(0.01)
                process.kill()
                process.wait()
                process = start(tmp_path)
            stood = batches
            while batches <= stood:
                assert sender.is_alive(), "an insert was refused"
                time.sleep(0.01)
        finally:
            stop.set()
            sender.join()
            counts = store.tuples("SELECT count(), uniqExact(a), max(a) FROM kept FINAL", {})[0]
            process.terminate()
            process.wait(LIMIT_SECONDS)
        assert counts == (200 * batches, 200 * batches, 200 * batches - 1)


def certified(folder: Path) -> Path:
    """A file with a key and a certificate of 127.0.0.1 that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return path
