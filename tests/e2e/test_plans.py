"""A day planned on a running server: over HTTP, and by `lrs plan` on the same data."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result

from lrs import exits
from lrs.cli.main import main
from tests.support.server import Server
from tests.support.statements import key, skill

CLASS, DAY = "e2e-plans", "2030-03-18"
NAMES = [f"planned-{n}" for n in range(6)]


def test_make_change_publish_export(server: Server) -> None:
    def lrs(*words: str) -> Result:
        return CliRunner().invoke(main, ["plan", *words, "--data", str(server.data)])

    changes: list[dict[str, object]] = [{"kind": "skill", "id": skill("planned"), "name": "planning"}]
    for number, mode in enumerate(("teacher", "alone", "alone")):
        id_ = f"https://plans.example/{number}"
        changes += [
            {"kind": "activity", "id": id_, "skills": [skill("planned")]},
            {"kind": "material", "id": id_, "name": f"page {number}", "opens": f"{id_}/open", "mode": mode},
        ]
    members = [{"learner": key(name), "name": name} for name in NAMES]
    changes.append(
        {"kind": "class", "id": CLASS, "name": "Planners", "learners": members, "skills": [skill("planned")]}
    )
    with server.client() as client:
        assert client.post("/catalog", json=changes).status_code == 200
        path = f"/pacing/plans/{CLASS}/{DAY}"
        made = client.post(path, json={"do": "make", "seconds": 0.3})
        assert made.status_code == 200, made.text
        plan = made.json()
        assert plan["conflicts"] == []
        assert plan["filled"] == round(2 / 3, 4)  # two slots a skill: the third is empty, and says why
        assert any("over a limit" in one for one in plan["unfitted"])
        stale = client.post(path, json={"do": "publish", "version": plan["version"] - 1})
        assert (stale.status_code, stale.json()["field"]) == (409, "version")
        assert client.post(path, json={"do": "dance"}).status_code == 400
        assert client.get(path, params={"form": "csv"}).text.count("\r\n") == 1 + 6 * 3
    done = lrs("absent", CLASS, DAY, key(NAMES[0]), "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["rows"][0]["absent"]
    assert "published" in lrs("publish", CLASS, DAY).output
    assert "BEGIN:VCALENDAR" in lrs("show", CLASS, DAY, "--format", "calendar").output
    assert lrs("show", "nope", DAY).exit_code == exits.NOT_FOUND
    assert "no plan yet" in lrs("publish", CLASS, "2030-03-19").output
    with server.client() as client:
        assert client.get(path).json()["published"]
