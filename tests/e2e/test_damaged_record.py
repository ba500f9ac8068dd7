"""A bit of the embedded log flips: who reads the record gets a 503, `/ready` names it, and everything else goes on."""

from __future__ import annotations

import os
from pathlib import Path

from click.testing import CliRunner

from lrs.cli.doctor import doctor
from tests.support.eventually import eventually
from tests.support.server import serving
from tests.support.statements import answered


def flip_bit(file: Path, near: str) -> None:
    """Flip a bit of the first place that holds this text."""
    content = bytearray(file.read_bytes())
    content[content.index(near.encode())] ^= 1
    file.write_bytes(content)


def test_a_flipped_bit_is_named_and_everything_else_goes_on(tmp_path: Path) -> None:
    sent = [answered(f"l{n}", f"unique-item-{n}-of-five") for n in range(5)]
    with serving(tmp_path / "data") as server:
        with server.client() as client:
            for statement in sent:
                assert client.post("/xAPI/statements", json=statement).status_code == 200
        server.wait()
        assert server.stop() == 0  # which writes back what the journal holds
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
