"""Attachments through a real `lrs serve`, kept in a folder or in an object store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import objects as object_stores
from tests.support.attachments import PATH, batch, fetched, peak, sent
from tests.support.objects import BUCKET, ObjectStore
from tests.support.server import Server, serving

MB = 1 << 20


@pytest.fixture(params=["folder", "objects"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server that keeps attachments in either."""
    options: tuple[str, ...] = ()
    if request.param == "objects":
        request.getfixturevalue("object_store")
        options = ("--attachments", f"s3://{BUCKET}/lrs")
    with serving(tmp_path, options) as server:
        yield server


@pytest.fixture
def with_objects(object_store: ObjectStore, tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, ("--attachments", f"s3://{BUCKET}/lrs")) as server:
        yield server


def test_a_large_batch_goes_in_and_out_in_little_memory(kept: Server) -> None:
    statements, data = batch("ada", 100, 10, 20 * MB)
    with kept.client(timeout=120) as client:
        small = batch("warm", 100, 10, 10_000, seed=1)
        assert sent(client, *small).status_code == 200
        assert fetched(client, "warm")[1] == small[1]
        before = peak(kept.children()["lrs.processes.api"])
        assert sent(client, statements, data).status_code == 200
        found, back = fetched(client, "ada")
        grown = peak(kept.children()["lrs.processes.api"]) - before
    assert [one["id"] for one in found] == [one["id"] for one in statements]
    assert back == data
    assert grown < 60 * MB  # of 200 that came in and went out


def test_an_object_store_that_is_gone_stores_nothing_and_says_when_to_try_again(
    object_store: ObjectStore, with_objects: Server, tmp_path: Path
) -> None:
    statements, data = batch("ada", 3, 2, 1000)
    with with_objects.client() as client:
        assert sent(client, *batch("bo", 1, 1, 1000, seed=1)).status_code == 200
        object_store.stop()
        for _ in range(2):
            answer = sent(client, statements, data)
            assert answer.status_code == 503
            assert answer.headers["Retry-After"]
            assert "object store" in answer.json()["error"]
        for one in statements:
            assert client.get(PATH, params={"statementId": one["id"]}).status_code == 404
        asked = client.get(PATH, params={"attachments": "true"})
        assert (asked.status_code, "Retry-After" in asked.headers) == (503, True)
        assert client.post(PATH, json=batch("cy", 1, 0, 0)[0]).status_code == 200  # needs no object store
        assert list((tmp_path / "attachments").iterdir()) == []
        with object_stores.running(object_store.port):
            assert sent(client, statements, data).status_code == 200
            assert fetched(client, "ada")[1] == data


@pytest.mark.parametrize("url", ["bucket", "https://host/bucket", "s3://"])
def test_an_address_that_is_none_names_the_option(url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lrs.cli.main", "serve", "--data", str(tmp_path), "--attachments", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 2
    assert "--attachments" in done.stderr
