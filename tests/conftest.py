"""What tests share: hypothesis profiles and one engine process for all tests of a run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from lrs.store.client import Store
from tests.support.browser import browser  # noqa: F401 - fixture
from tests.support.databases import close_databases
from tests.support.engine import running
from tests.support.examples import SOAK
from tests.support.kafka import kafka, kafka_jars, own_kafka  # noqa: F401 - fixtures
from tests.support.longest import LONGEST, rank
from tests.support.node import npm_clients  # noqa: F401 - fixture
from tests.support.objects import object_store, objects  # noqa: F401 - fixtures
from tests.support.scratch import keep_in_memory
from tests.support.server import Server, serving

# Tests start hundreds of processes: where the environment says to keep no bytecode, each would compile all of Pacer.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
keep_in_memory()

_CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
settings.register_profile("default", deadline=None, max_examples=60, suppress_health_check=_CHECKS)
settings.register_profile("soak", deadline=None, max_examples=1000, suppress_health_check=_CHECKS)
settings.load_profile("soak" if SOAK else "default")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first; which lines they run is not measured, as that takes as long again."""
    for item in items:
        if item.location[0] in LONGEST:
            item.add_marker("no_cover")
    items.sort(key=lambda item: rank(item.location[0]))


@pytest.fixture(autouse=True)
def databases_are_closed() -> Iterator[None]:
    """A database that a test leaves open is closed: its file goes with the test, and all that are open are checked."""
    close_databases()  # those of fixtures whose files are gone by now
    yield
    close_databases()


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A migrated ClickHouse, shared: each test works in a tenant of its own."""
    with running(tmp_path_factory.mktemp("engine")) as found:
        yield found


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running `lrs serve`, shared: tests tell their learners apart by name."""
    with serving(tmp_path_factory.mktemp("server")) as found:
        yield found
