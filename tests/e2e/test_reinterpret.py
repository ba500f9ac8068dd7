"""`lrs reinterpret` while writes go on and processes are killed: the old board stays whole, then the new one is."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

import orjson

from tests.e2e.test_kill import Sender
from tests.e2e.test_serve import lrs
from tests.support.server import Server, serving
from tests.support.statements import HOME, answered, key

UNIT = f"{HOME}/units/u1"
ANSWERS = 8  # of each learner
LEARNERS = [f"pupil-{number}" for number in range(40)]


def in_unit(name: str, right: bool, minute: int, unit: str = UNIT) -> dict[str, Any]:
    context = {"contextActivities": {"parent": [{"id": unit}]}}
    return answered(name, unit.rpartition("/")[2], right, (), f"2026-03-02T10:{minute:02}:00Z", context=context)


def skills_of(server: Server, name: str) -> dict[str, int]:
    with server.client() as client:
        found = client.get(f"/pacing/learners/{key(name)}")
    assert found.status_code == 200, found.text
    return {one["skill"]: one["attempts"] for one in found.json()["skills"]}


def test_killed_while_the_past_is_read_again(tmp_path: Path) -> None:
    stop = threading.Event()
    draw = random.Random(15)
    with serving(tmp_path) as server:
        with server.client() as client:
            for name in LEARNERS:
                sent = [in_unit(name, False, minute) for minute in range(ANSWERS)]
                assert client.post("/xAPI/statements", json=sent).status_code == 200
        server.wait()
        assert skills_of(server, LEARNERS[0]) == {UNIT: ANSWERS}
        with server.client() as client:
            found = client.get("/catalog/unmapped").json()
            assert (found["answers"], found["activities"]) == (ANSWERS * len(LEARNERS), 1)
            assert found["listed"][0]["unit"] == UNIT
            mapping = [{"kind": "skill", "id": "fractions"}, {"kind": "activity", "id": UNIT, "skills": ["fractions"]}]
            preview = client.post("/catalog/preview", json=mapping).json()
            assert (preview["observations"], preview["learners"]) == (ANSWERS * len(LEARNERS), len(LEARNERS))
            assert {(one["skill"], one["before"], one["after"]) for one in preview["decisions"]} == {
                (UNIT, "help", None),
                ("fractions", None, "help"),
            }
            assert client.post("/catalog", json=mapping).status_code == 200
        dry = lrs("reinterpret", "--data", tmp_path, "--dry-run", "--json")
        assert dry.returncode == 0, dry.stderr
        assert orjson.loads(dry.stdout)["changed"] == 2 * len(LEARNERS)
        assert skills_of(server, LEARNERS[0]) == {UNIT: ANSWERS}  # it changes nothing
        senders = [Sender(server, number, stop) for number in range(2)]
        for sender in senders:
            sender.start()
        seen: list[dict[str, int]] = []
        try:
            time.sleep(1)
            with server.client() as client:
                assert client.post("/catalog", json=[{"kind": "reinterpret"}]).status_code == 200
            for _ in range(3):
                time.sleep(draw.uniform(0.0, 0.5))
                pid = server.children().get("lrs.processes.embedded")
                if pid is not None:
                    os.kill(pid, signal.SIGKILL)
                seen.append(skills_of(server, LEARNERS[0]))
            done = lrs("reinterpret", "--data", tmp_path, "--yes", "--json")
            assert done.returncode == 0, done.stderr + done.stdout
        finally:
            stop.set()
            for sender in senders:
                sender.join()
        server.wait()
        assert all(one in ({UNIT: ANSWERS}, {"fractions": ANSWERS}) for one in seen)  # whole, old or new
        for name in LEARNERS:
            assert skills_of(server, name) == {"fractions": ANSWERS}
        with server.client() as client:
            assert client.get("/catalog/unmapped").json()["answers"] == 0
            assert client.post("/catalog/preview", json=[]).json()["observations"] == 0
        assert sum(len(sender.acknowledged) for sender in senders) > 100
        verified = lrs("verify", "--data", tmp_path, "--all")
        assert verified.returncode == 0, verified.stdout + verified.stderr
        before = {name: skills_of(server, name) for name in LEARNERS}
        rebuilt = lrs("rebuild", "--data", tmp_path)
        assert rebuilt.returncode == 0, rebuilt.stderr
        server.wait()
        assert {name: skills_of(server, name) for name in LEARNERS} == before


def test_mapped_in_two_clicks(server: Server) -> None:
    """On the page: choose a skill, see what it changes, apply."""
    unit = f"{UNIT}-of-the-page"
    sent = [in_unit("page", True, minute, unit) for minute in range(ANSWERS)]
    with server.client() as client:
        assert client.post("/xAPI/statements", json=sent).status_code == 200
        server.wait()
        page = client.get("/board/unmapped")
        assert page.status_code == 200
        assert f'<option value="{unit}">all that is in {unit.rpartition("/")[2]}</option>' in page.text
        form = {"id": unit, "skill": "", "new": "page-skill"}
        seen = client.post("/board/unmapped/preview", data=form)
        assert "its answers count for another skill" in seen.text
        assert "page-skill" in seen.text
        assert skills_of(server, "page") == {unit: ANSWERS}  # seeing changes nothing
        applied = client.post("/board/unmapped/apply", data=form)
        assert applied.status_code == 303
        deadline = time.monotonic() + 60
        while skills_of(server, "page") != {"page-skill": ANSWERS} and time.monotonic() < deadline:
            time.sleep(0.1)
        assert skills_of(server, "page") == {"page-skill": ANSWERS}
        assert unit not in client.get(applied.headers["location"]).text
        bad = client.post("/board/unmapped/preview", data={"id": unit})
        assert (bad.status_code, "Skill: is missing" in bad.text) == (400, True)
