"""Webhooks: signed, again until they are taken, not in quiet hours, and with what the receiver may see."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from lrs.accounts.accounts import Accounts
from lrs.accounts.roles import PersonRole
from lrs.accounts.webhooks import BadWebhook, Webhooks
from lrs.alerts.deliver import FIRST_WAIT, WebhookDeliveries
from lrs.alerts.feed import AlertFeed
from lrs.catalog.catalogs import Catalogs
from lrs.log.sqlite import SqliteLog
from schemas.alerts import Alert, AlertKind
from schemas.catalog import Class, Member, Skill
from schemas.roster import Person
from tests.support.served import handling

NOON = datetime(2030, 3, 18, 12, 0, tzinfo=UTC).timestamp()
HOUR = 3600.0


class Receiver:
    """What was sent to an address, and what it answers."""

    def __init__(self) -> None:
        self.status, self.location = 200, ""
        self.sent: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.sent.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.handler = Handler

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.sent]


class Sending:
    """A store with a class each of two teachers, and a receiver."""

    def __init__(self, folder: Path, url: str) -> None:
        self.now = NOON
        self.url = url
        self.log = SqliteLog(folder / "log")
        self.catalogs = Catalogs(self.log)
        where = f"sqlite:///{folder / 'accounts.db'}"
        self.accounts = Accounts(where)
        self.hooks = Webhooks(where, lambda: self.now)
        self.restart()
        classes = [
            Class(
                id=id_,
                name=id_,
                school=f"of-{id_}",
                teachers=[teacher],
                learners=[Member(learner=f"mailto:{name}@s.example", name=name)],
            )
            for id_, teacher, name in (("7b", "t1", "Ada"), ("8c", "t2", "Ben"))
        ]
        self.catalogs.append_all("t", "test", [Skill(id="halves"), Person(id="h1", schools=["of-7b"]), *classes], 1)
        for role, person in (
            (PersonRole.LEADER, ""),
            (PersonRole.OPERATOR, ""),
            (PersonRole.PRINCIPAL, "h1"),
            (PersonRole.TEACHER, "t1"),
            (PersonRole.GUARDIAN, "mailto:Ada@s.example"),
        ):
            self.accounts.add("t", str(role), role, "Ms K", person)
        self.evidence = 0

    def restart(self) -> None:
        """Another process."""
        self.deliveries = WebhookDeliveries(
            self.hooks, AlertFeed(self.catalogs, lambda: int(self.now * 1e6)), lambda: self.now
        )

    def add(self, login: str = "leader", **when: str) -> str:
        secret = self.hooks.add(f"to-{login}", login, self.url, when, private=True)
        self.deliveries.deliver()  # what is there is not sent
        return secret

    def alert(self, name: str = "Ada", class_id: str = "7b") -> None:
        self.evidence += 1
        learner = self.catalogs.latest("t").people.person(f"mailto:{name}@s.example")
        one = Alert(
            what=AlertKind.HELP,
            learner=learner,
            about=f"s{self.evidence}",
            evidence=1,
            class_id=class_id,
            reason="stuck",
        )
        self.catalogs.append("t", "test", one, int(self.now * 1e6))

    def deliver(self, later: float = 0.0) -> int:
        self.now += later
        return self.deliveries.deliver()


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def sending(tmp_path: Path, receiver: Receiver) -> Iterator[Sending]:
    with handling(receiver.handler) as server:
        made = Sending(tmp_path, f"http://127.0.0.1:{server.server_port}/hook")
        yield made
        made.log.close()
        made.hooks.close()
        made.accounts.close()


def test_it_is_signed_and_sent_once(sending: Sending, receiver: Receiver) -> None:
    sending.alert()
    secret = sending.add()
    assert (sending.deliver(), receiver.sent) == (0, [])  # it was raised before
    sending.alert()
    assert sending.deliver() == 1
    assert sending.deliver() == sending.deliver(9 * HOUR) == 0
    sending.restart()
    assert sending.deliver() == 0
    [(headers, body)] = receiver.sent
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(int(NOON))
    [alert] = json.loads(body)["data"]["alerts"]
    assert (alert["name"], alert["what"], alert["reason"]) == ("Ada", "help", "stuck")


@pytest.mark.parametrize("status", [500, 404, 301, 302, 307, 308])
def test_what_was_not_taken_is_sent_again_as_the_same_message(
    sending: Sending, receiver: Receiver, status: int
) -> None:
    """A redirect is not followed, wherever it leads."""
    sending.add()
    sending.alert()
    receiver.status, receiver.location = status, f"{sending.url}/elsewhere"
    assert sending.deliver() == 0
    assert len(receiver.sent) == 1
    assert sending.deliver(FIRST_WAIT - 1) == 0
    assert len(receiver.sent) == 1
    sending.alert("Ben", "8c")  # meanwhile
    sending.deliver(2)
    receiver.status = 200
    sending.deliver(2 * FIRST_WAIT - 1)
    assert len(receiver.sent) == 2  # each time it waits longer
    assert sending.deliver(2) == 1
    ids = [headers["webhook-id"] for headers, _ in receiver.sent]
    assert len(set(ids)) == 1
    assert len({body for _, body in receiver.sent}) == 1
    assert sending.deliver() == 1
    assert [[one["name"] for one in m["data"]["alerts"]] for m in receiver.messages()[2:]] == [["Ada"], ["Ben"]]


def test_what_nobody_answers_is_sent_again(sending: Sending, receiver: Receiver) -> None:
    there, sending.url = sending.url, "http://127.0.0.1:1/"
    sending.add()
    sending.alert()
    assert sending.deliver() == 0
    [hook] = sending.hooks.all()
    assert (hook.failed, hook.url, there != hook.url) == (1, "http://127.0.0.1:1/", True)


def test_a_private_address_gets_nothing_unless_it_is_allowed(sending: Sending, receiver: Receiver) -> None:
    for name, url in (("literal", sending.url), ("name", sending.url.replace("127.0.0.1", "localhost"))):
        sending.hooks.add(name, "leader", url.replace("http:", "https:"), {}, private=False)
    sending.deliver()
    sending.alert()
    assert sending.deliver() == 0
    assert receiver.sent == []
    assert [hook.failed for hook in sending.hooks.all()] == [1, 1]


def test_each_receiver_is_told_what_they_may_see(sending: Sending, receiver: Receiver) -> None:
    for login in ("leader", "principal", "teacher", "operator", "guardian"):
        sending.add(login)
    sending.alert("Ada")
    sending.alert("Ben", "8c")
    assert sending.deliver() == 4
    sent = [message["data"].get("alerts", []) for message in receiver.messages()]
    found = sorted(tuple(one["name"] for one in alerts) for alerts in sent)
    assert found == [(), ("Ada",), ("Ada",), ("Ada", "Ben")]
    [counts] = [message["data"] for message in receiver.messages() if "counts" in message["data"]]
    assert counts == {
        "counts": [{"class": "7b", "what": "help", "count": 1}, {"class": "8c", "what": "help", "count": 1}]
    }


def test_a_disabled_account_is_told_nothing(sending: Sending, receiver: Receiver) -> None:
    sending.add()
    sending.accounts.set_disabled("leader", True)
    sending.alert()
    assert sending.deliver() == 0
    assert receiver.sent == []


def test_quiet_hours_end(sending: Sending, receiver: Receiver) -> None:
    sending.now = datetime(2030, 3, 18, 20, 30, tzinfo=UTC).timestamp()  # 21:30 in Berlin
    sending.add(zone="Europe/Berlin", quiet_from="21:00", quiet_until="07:00")
    sending.alert()
    assert sending.deliver() == sending.deliver(9 * HOUR) == 0  # 6:30
    assert sending.deliver(0.5 * HOUR) == 1
    sending.alert()
    assert sending.deliver() == 1
    assert len(receiver.sent) == 2


def test_a_digest_comes_once_a_day(sending: Sending, receiver: Receiver) -> None:
    sending.add(digest="15:00")
    sending.alert()
    sending.alert("Ben", "8c")
    assert sending.deliver() == sending.deliver(2.9 * HOUR) == 0
    assert sending.deliver(0.2 * HOUR) == 1
    sending.alert()
    assert sending.deliver(HOUR) == 0
    assert sending.deliver(23 * HOUR) == 1
    first, second = receiver.messages()
    assert first["type"] == "alerts.digest"
    assert [(one["class"]["id"], len(one["alerts"]["help"])) for one in first["data"]["classes"]] == [
        ("7b", 1),
        ("8c", 1),
    ]
    assert [one["class"]["id"] for one in second["data"]["classes"]] == ["7b"]


def test_two_processes_do_not_send_the_same(sending: Sending, receiver: Receiver) -> None:
    sending.add()
    sending.alert()
    [hook] = sending.hooks.all()
    assert sending.hooks.claim(hook.name, 1)
    assert sending.deliver() == 0
    assert sending.deliver(121) == 1  # the other ended before it was sent
    assert len(receiver.sent) == 1


def test_what_cannot_be_added(sending: Sending) -> None:
    with pytest.raises(BadWebhook, match="no account nobody"):
        sending.hooks.add("a", "nobody", sending.url, {})
    sending.add()
    with pytest.raises(BadWebhook, match="exists"):
        sending.hooks.add("to-leader", "leader", sending.url, {})
    assert sending.hooks.remove("to-leader")
    assert not sending.hooks.remove("to-leader")
