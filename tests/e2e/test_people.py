"""Two keys of one pupil on a running server: two rows, then one, then two again."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx

from tests.support.server import Server
from tests.support.statements import answered, key, skill

CLASS, MAIL = "e2e-people", "merged@school.example"
ACCOUNT = key("merged")


def board(client: httpx.Client, wanted: int) -> list[dict[str, Any]]:
    """The rows of the class once there are so many, all of them with answers."""
    deadline = time.monotonic() + 120
    while True:
        found: dict[str, Any] = client.get(f"/pacing/classes/{CLASS}").json()
        rows: list[dict[str, Any]] = found["learners"]
        if len(rows) == wanted and not found["behind"] and all(row["cells"][0]["attempts"] for row in rows):
            return rows
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def test_merge_and_split(server: Server) -> None:
    members = [{"learner": MAIL, "name": "Ada"}, {"learner": ACCOUNT, "name": "Ada L."}]
    class_ = {"kind": "class", "id": CLASS, "name": CLASS, "learners": members, "skills": [skill("merged")]}
    sent = [
        answered("merged", f"m{n}", n % 2 == 0, ("merged",), f"2026-03-02T10:{n:02}:00Z")
        | ({"actor": {"mbox": f"mailto:{MAIL}"}} if n % 3 else {})
        for n in range(9)
    ]
    with server.client() as client:
        taught = {"kind": "skill", "id": skill("merged"), "name": "merging"}
        changed = client.post("/catalog", json=[taught, class_])
        assert changed.status_code == 200, changed.text
        assert client.post("/xAPI/statements", json=sent).status_code == 200
        apart = board(client, 2)
        assert [row["cells"][0]["attempts"] for row in apart] == [6, 3]
        merged = client.post("/people/merge", json={"into": MAIL, "others": [ACCOUNT]})
        assert merged.json()["changes"] == 1, merged.text
        [one] = board(client, 1)
        deadline = time.monotonic() + 60
        while one["cells"][0]["attempts"] != 9:
            assert time.monotonic() < deadline, one
            [one] = board(client, 1)
        page = client.get(f"/pacing/learners/{ACCOUNT}").json()
        assert (page["person"], page["known_as"]) == (one["person"], [ACCOUNT])
        assert client.get("/xAPI/statements", params={"agent": json.dumps({"mbox": f"mailto:{MAIL}"})}).json()[
            "statements"
        ]
        assert client.post("/people/split", json={"key": ACCOUNT}).json()["changes"] == 1
        again = board(client, 2)
        while [row["cells"][0]["attempts"] for row in again] != [6, 3]:
            assert time.monotonic() < deadline, again
            again = board(client, 2)
        assert [row["cells"][0]["mastery"] for row in again] == [row["cells"][0]["mastery"] for row in apart]
