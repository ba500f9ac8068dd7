"""@xapi/xapi and TinCanJS, as tool makers use them."""

from __future__ import annotations

import pytest

from tests.support.node import run
from tests.support.server import KEY, SECRET, Server

DOCUMENT = {"first": {"page": 1}, "second": {"page": 2}, "stale": 412, "listed": ["bookmark"], "gone": 404}
pytestmark = pytest.mark.usefixtures("npm_clients")


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_xapi(server: Server, version: str) -> None:
    said = run("xapi.js", server.base, KEY, SECRET, version)
    began, answered, completed, essay = said["sent"]
    assert said["one"]["id"] == began
    assert said["voided"] == completed
    assert said["missing"] == 404
    assert said["pages"] == [[said["voiding"], essay], [answered, began]]
    assert said["answered"] == [answered]
    assert said["attachments"] == "an essay"
    assert said["person"] == {"objectType": "Person", "mbox": [f"mailto:xapi-{version}@school.example"]}
    assert said["activity"]["definition"] == {"name": {"en-GB": "Fractions"}}
    assert said["about"]["version"] == ["1.0.3", "2.0.0"]
    assert [said[kind] for kind in ("state", "agentProfile", "activityProfile")] == [DOCUMENT] * 3
    assert said["wrong"] == 400
    with server.client() as client:
        for id_, status in ((began, 200), (answered, 200), (completed, 404), (essay, 200), (said["voiding"], 200)):
            assert client.get("/xAPI/statements", params={"statementId": id_}).status_code == status


def test_tincan(server: Server) -> None:
    said = run("tincan.js", server.base, KEY, SECRET)
    began, answered, completed = said["sent"]
    assert said["one"] == "http://adlnet.gov/expapi/verbs/attempted"
    assert said["voided"] == completed
    assert [set(page) for page in said["pages"]] == [{answered, completed}, {began}]
    assert said["state"] == {"page": 4}
    assert said["dropped"] is None
    assert said["profile"] == {"pace": "slow"}
    assert said["hints"] == "use a pencil"
    assert said["versions"] == ["1.0.3", "2.0.0"]
    with server.client() as client:
        assert client.get("/xAPI/statements", params={"statementId": answered}).status_code == 200
        assert client.get("/xAPI/statements", params={"statementId": completed}).status_code == 404
