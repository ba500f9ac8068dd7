"""What the store adds or keeps (xAPI 1.0.3, part 2, 2.4.7-2.4.10, 4.5-4.6; IEEE 9274.1.1, 4.2.4 and 4.2.7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.requirement import cases, only, requirement
from tests.support.server import KEY
from tests.support.statements import answered

PATH = "/xAPI/statements"


def kept(client: httpx.Client, statement: dict[str, Any]) -> dict[str, Any]:
    """The statement as it is found after a POST."""
    [id_] = client.post(PATH, json=statement).json()
    found: dict[str, Any] = client.get(PATH, params={"statementId": id_}).json()
    return found


class TestStored:
    @requirement("00023")
    def test_it_is_the_moment_of_storing(self, client: httpx.Client) -> None:
        stored = datetime.fromisoformat(kept(client, answered())["stored"])
        assert stored.tzinfo is not None
        assert abs(datetime.now(UTC) - stored) < timedelta(minutes=1)

    @requirement("00097")
    @pytest.mark.parametrize("method", ["POST", "PUT"])
    def test_one_that_is_sent_is_taken_and_replaced(self, client: httpx.Client, method: str) -> None:
        one = answered(stored="2013-05-18T05:32:34.804Z")
        params = {"statementId": one["id"]}
        answer = client.request(method, PATH, params=params if method == "PUT" else None, json=one)
        assert answer.is_success, answer.text
        assert client.get(PATH, params=params).json()["stored"] > "2026"


class TestTimestamp:
    @requirement("00122")
    @pytest.mark.parametrize("time", ["2026-03-02T09:00:00.123Z", "2026-03-02T09:00:00.123456Z"])
    def test_it_keeps_its_precision(self, client: httpx.Client, time: str) -> None:
        assert kept(client, answered(timestamp=time))["timestamp"] == time

    @requirement("00022")
    def test_one_that_is_missing_is_the_moment_of_storing(self, client: httpx.Client) -> None:
        one = answered()
        del one["timestamp"]
        found = kept(client, one)
        assert found["timestamp"] == found["stored"]

    @only("2.0.0")
    @requirement("2.0:timestamp-rfc3339")
    @pytest.mark.parametrize(
        "time", ["2026-03-02T09:00:00", "2026-03-02T09:00Z", "2026-03-02T09:00:00+0530", "2026-03-02T09:00:00-00:00"]
    )
    def test_it_is_of_rfc_3339(self, client: httpx.Client, time: str) -> None:
        answer = client.post(PATH, json=answered(timestamp=time))
        assert (answer.status_code, answer.json()["field"]) == (400, "timestamp")

    @only("2.0.0")
    @requirement("2.0:timestamp-utc")
    def test_it_means_the_same_moment_when_it_comes_back(self, client: httpx.Client) -> None:
        time = "2026-03-02T14:30:00+05:30"
        found = kept(client, answered(timestamp=time))["timestamp"]
        assert datetime.fromisoformat(found) == datetime.fromisoformat(time)


class TestAuthority:
    @requirement("00099")
    def test_it_is_the_credential(self, client: httpx.Client) -> None:
        found = kept(client, answered())["authority"]
        assert (found["objectType"], found["account"]["name"]) == ("Agent", KEY)

    @requirement("00099")
    def test_one_that_is_sent_is_not_believed(self, client: httpx.Client) -> None:
        found = kept(client, answered(authority={"objectType": "Agent", "mbox": "mailto:else@school.example"}))
        assert found["authority"]["account"]["name"] == KEY


class TestVersion:
    @requirement("00332", "00330")
    @pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.3", "1.0.9"])
    def test_the_one_that_was_sent_stays(self, client: httpx.Client, version: str) -> None:
        assert kept(client, answered(version=version))["version"] == version

    @requirement("00101")
    def test_one_that_is_missing_is_added(self, client: httpx.Client) -> None:
        expected = {"1.0.3": "1.0.0", "2.0.0": "2.0.0"}[client.headers["X-Experience-API-Version"]]
        assert kept(client, answered())["version"] == expected

    @pytest.mark.parametrize("version", cases(("00101", "1.1.0"), ("00101", "0.9"), ("00101", "3.0.0"), ("00101", "")))
    def test_another_is_refused(self, client: httpx.Client, version: str) -> None:
        answer = client.post(PATH, json=answered(version=version))
        assert (answer.status_code, answer.json()["field"]) == (400, "version")

    @only("1.0.3")
    @requirement("00101", "1.0:version-2-refused")
    def test_that_of_2_0_is_refused_by_1_0(self, client: httpx.Client) -> None:
        assert client.post(PATH, json=answered(version="2.0.0")).status_code == 400

    @only("2.0.0")
    @requirement("2.0:version-2-kept")
    @pytest.mark.parametrize("version", ["2.0.0", "2.0.7"])
    def test_that_of_2_0_stays(self, client: httpx.Client, version: str) -> None:
        assert kept(client, answered(version=version))["version"] == version


class TestDuration:
    @only("2.0.0")
    @requirement("2.0:duration-precision")
    def test_what_is_finer_than_a_hundredth_is_taken_and_not_compared(self, client: httpx.Client) -> None:
        one = answered()
        for duration in ("PT1.234S", "PT1.239S"):
            one["result"]["duration"] = duration
            answer = client.post(PATH, json=one)
            assert (answer.status_code, answer.json()) == (200, [one["id"]])
        one["result"]["duration"] = "PT1.25S"
        assert client.post(PATH, json=one).status_code == 409


class TestText:
    @requirement("00015")
    def test_it_is_utf_8(self, client: httpx.Client) -> None:
        text = "Ünïcode ✓ 日本語 🎓"
        one = answered()
        one["verb"]["display"] = {"en": text}
        assert kept(client, one)["verb"]["display"] == {"en": text}

    @only("2.0.0")
    @requirement("2.0:iri-as-it-came")
    def test_iris_are_not_normalised(self, client: httpx.Client) -> None:
        verbs = ["https://verbs.example/%64id", "https://verbs.example/did", "HTTPS://verbs.example/did"]
        sent = []
        for verb in verbs:
            one = answered()
            one["verb"] = {"id": verb}
            assert kept(client, one)["verb"]["id"] == verb
            sent.append(one["id"])
        for verb, id_ in zip(verbs, sent, strict=True):
            found = client.get(PATH, params={"verb": verb}).json()["statements"]
            assert id_ in [s["id"] for s in found]
            assert {s["verb"]["id"] for s in found} == {verb}
