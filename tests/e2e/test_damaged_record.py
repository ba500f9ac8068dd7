"""A bit of the embedded log flips: who reads the record gets a 503, `/ready` names it, and everything else goes on."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.cli.doctor import doctor
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from schemas.record import CATALOG, REVOCATIONS
from tests.support.eventually import eventually
from tests.support.server import Server, free_port, serving
from tests.support.statements import answered


def flip_bit(file: Path, near: str) -> None:
    """Flip a bit of the first place that holds this text."""
    content = bytearray(file.read_bytes())
    content[content.index(near.encode())] ^= 1
    file.write_bytes(content)


def send_five(server: Server) -> list[dict[str, Any]]:
    """Five statements, one after the other; the server is stopped then, which writes back what the journal holds."""
    sent = [answered(f"l{n}", f"unique-item-{n}-of-five") for n in range(5)]
    with server.client() as client:
        for statement in sent:
            assert client.post("/xAPI/statements", json=statement).status_code == 200
    server.wait()
    assert server.stop() == 0
    return sent


def test_a_flipped_bit_is_named_and_everything_else_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        sent = send_five(server)
        flip_bit(server.data / "log" / "statements.db", "unique-item-2-of-five")
        server.start()
        with server.client() as client:
            got = [client.get("/xAPI/statements", params={"statementId": one["id"]}).status_code for one in sent]
            assert got == [200, 200, 503, 200, 200]
            eventually(lambda: bool(client.get("/ready").json()["damaged"]))
            ready = client.get("/ready").json()
            assert client.post("/xAPI/statements", json=answered("l1", "after-it")).status_code == 200
        assert ready["ready"] is True
        [text] = ready["damaged"]
        assert text.startswith("position 2 of partition 0 of statements is damaged: ")
        assert "lrs verify --log-only --repair" in text
        told = CliRunner().invoke(doctor, ["--data", os.fspath(server.data)])
        assert "BAD  records: position 2 of partition 0 of statements" in told.output
        assert sent[2]["id"] in told.output


def test_a_rebuild_stops_at_a_damaged_record_unless_told_to_go_on_without(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        sent = send_five(server)
        flip_bit(server.data / "log" / "statements.db", "unique-item-2-of-five")
        shutil.rmtree(server.data / "engine")
        server.start(wait=False)
        with server.client() as client:
            eventually(lambda: "statements is damaged" in reasons(client))
            assert "lrs rebuild --without TOPIC:POSITION" in reasons(client)
            assert rebuilt(server.data) == 6
            assert rebuilt(server.data, "--without", "statements:1") == 6
            assert rebuilt(server.data, "--without", "statements:2") == 0
            server.wait()
            answer = client.get("/xAPI/statements").json()
            assert {one["id"] for one in answer["statements"]} == {one["id"] for one in sent if one is not sent[2]}
            assert client.get("/xAPI/statements", params={"statementId": sent[2]["id"]}).status_code == 503
            [text] = client.get("/ready").json()["damaged"]
        assert "position 2 of partition 0 of statements" in text
        assert "the tables are without it" in text


def reasons(client: httpx.Client) -> str:
    try:
        return " ".join(client.get("/ready").json()["reasons"])
    except httpx.TransportError:  # it starts
        return ""


def rebuilt(data: Path, *options: str) -> int:
    words = [sys.executable, "-m", "lrs.cli.main", "rebuild", "--data", os.fspath(data), *options]
    return subprocess.run(words, timeout=600, check=False).returncode


@pytest.mark.parametrize("topic", [CATALOG, REVOCATIONS])
def test_a_record_that_the_start_needs_ends_it_with_the_reason(topic: str, tmp_path: Path) -> None:
    with closing(SqliteLog(tmp_path / "log")) as log:
        log.append(topic, Entry("school", b"whatever it was", 1))
    with closing(sqlite3.connect(tmp_path / "log" / f"{topic}.db")) as connection, connection:
        connection.execute("UPDATE records SET value = x'00'")
    told = start(tmp_path)
    assert f"position 0 of {topic} is damaged" in told
    assert "lrs verify --log-only --repair" in told


def test_a_damaged_page_of_credentials_ends_the_start_with_the_reason(tmp_path: Path) -> None:
    with closing(Credentials(embedded_credentials_url(tmp_path))) as kept:
        kept.add("tool", "a long secret")
    path = tmp_path / "credentials.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * 4096 + content[8192:])
    assert "the credentials' database cannot be read" in start(tmp_path)


def start(data: Path) -> str:
    """What `lrs serve` says that cannot start, and would not if it were started again."""
    words = [sys.executable, "-m", "lrs.cli.main", "serve", "--data", os.fspath(data), "--port", str(free_port())]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600)
    assert (done.returncode, "Traceback" in done.stderr) == (9, False), done.stderr
    return done.stderr
