"""Attachments over HTTP: whose they are."""

from __future__ import annotations

import hashlib
import threading
import uuid
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from lrs.api.multipart import LEFT_OUT, left_out_header
from lrs.attachments.missing import MissingAttachment, remembered
from lrs.auth.scopes import EVERY, Scope
from lrs.store.client import Store
from tests.support.api import Client, ask
from tests.support.attachments import attachment
from tests.support.statements import answered


def test_data_follows_the_credential_that_brought_it(store: Store, tmp_path: Path) -> None:
    """Who knows a hash, and names it in a statement of its own, does not get the data."""
    client = Client(tmp_path, store._dsn())
    client.parts.finder.wait = lambda position, seconds: True  # type: ignore[method-assign] # no processors run here
    data = b"another's essay"
    try:
        ids = {}
        for key in ("author", "thief"):
            client.real.add(key, "s", "t", [Scope.STATEMENTS_WRITE, Scope.STATEMENTS_READ_MINE])
            one = answered(id_=str(uuid.uuid4())) | {"attachments": [attachment(data)]}
            ids[key] = one["id"]
            if key == "author":
                whole, kind = mixed(one, [data])
            else:
                one["attachments"] = [attachment(data) | {"fileUrl": "https://x.example/f"}]
                whole, kind = orjson.dumps(one), "application/json"
            sent = as_(client, key, "POST", content=whole, headers={"Content-Type": kind})
            assert sent.status_code == 200, sent.text
        for key, gets in (("author", True), ("thief", False)):
            found = as_(client, key, "GET", params={"statementId": ids[key], "attachments": "true"})
            assert found.status_code == 200
            assert (data in found.content) == gets, key
    finally:
        client.close()


def test_many_small_parts_do_not_hold_the_event_loop_up(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is a file: they are made and thrown away in other threads than the one that answers everybody."""
    client = Client(tmp_path, store._dsn())
    used: dict[str, set[int]] = {"receive": set(), "discard": set()}

    def watch(of: type, name: str) -> None:
        done = getattr(of, name)

        def watched(*arguments: Any) -> Any:
            used[name].add(threading.get_ident())
            return done(*arguments)

        monkeypatch.setattr(of, name, watched)

    sums = [hashlib.sha256(b"%d" % n).hexdigest() for n in range(50)]
    one = client.parts.attachments.receive(sums[0])
    one.discard()
    watch(type(client.parts.attachments), "receive")
    watch(type(one), "discard")
    parts = [b"Content-Type: application/json\r\n\r\n[]"]
    for n, sha2 in enumerate(sums):
        head = f"Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n"
        parts.append(head.encode() + b"%d" % n)
    whole = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    kind = {"Content-Type": "multipart/mixed; boundary=b"}
    try:
        client.ask(EVERY, "POST", "/xAPI/statements", content=whole, headers=kind)
    finally:
        client.close()
    assert all(used.values())
    assert threading.get_ident() not in used["receive"] | used["discard"]  # this is the event loop's


def as_(client: Client, key: str, method: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    client.parts.login.credentials = client.real
    return ask(
        client.app,
        method,
        "/xAPI/statements",
        auth=(key, "s"),
        headers={"X-Experience-API-Version": "1.0.3"} | (headers or {}),
        **more,
    )


def test_data_that_is_gone_is_never_left_out_silently(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer names it, and so does the doctor; what an address leads to may never have been sent here."""
    client = Client(tmp_path, store._dsn())
    client.parts.finder.wait = lambda position, seconds: True  # type: ignore[method-assign] # no processors run here
    client.real.add("author", "s", "t", [Scope.STATEMENTS_WRITE, Scope.STATEMENTS_READ_MINE])
    datas = [b"an essay", b"a drawing"]
    brought = answered() | {"attachments": [attachment(one) for one in datas]}
    linked = answered() | {"attachments": [attachment(b"elsewhere") | {"fileUrl": "https://x.example/f"}]}

    def get(one: dict[str, Any]) -> tuple[bytes, Any]:
        found = as_(client, "author", "GET", params={"statementId": one["id"], "attachments": "true"})
        assert found.status_code == 200, found.text
        return found.content, orjson.loads(found.headers.get(LEFT_OUT, "null"))

    def doctors() -> list[str]:
        return [str(one) for one in remembered(tmp_path, lambda: client.parts.attachments)]

    try:
        for one, parts in ((brought, datas), (linked, [])):
            content, kind = mixed(one, parts)
            assert as_(client, "author", "POST", content=content, headers={"Content-Type": kind}).status_code == 200
        content, left_out = get(brought)
        assert all(data in content for data in datas)
        assert left_out is None
        essay = brought["attachments"][0]["sha2"]
        [file] = (tmp_path / "attachments").rglob(essay)
        file.rename(tmp_path / "away")
        for _ in range(2):
            content, left_out = get(brought)
            assert left_out == {brought["id"]: [essay]}
            assert datas[0] not in content
            assert datas[1] in content
        assert get(linked)[1] == {linked["id"]: [linked["attachments"][0]["sha2"]]}
        assert doctors() == [f"attachment {essay} of statement {brought['id']} of t"]
        assert caplog.text.count(essay) == 1  # however often it is asked for
        (tmp_path / "away").rename(file)
        assert get(brought)[1] is None
        assert doctors() == []
    finally:
        client.close()


def test_a_header_names_a_few_of_many() -> None:
    many = [MissingAttachment("t", "o", f"{number:064}", f"statement {number // 2}") for number in range(25)]
    said = orjson.loads(left_out_header(many)[LEFT_OUT])
    assert said.pop("more") == 5
    assert [len(sums) for sums in said.values()] == [2] * 10
    assert left_out_header([]) == {}


def mixed(statement: dict[str, Any], parts: list[bytes]) -> tuple[bytes, str]:
    """A request's body, and its type."""
    whole = b"--b\r\nContent-Type: application/json\r\n\r\n" + orjson.dumps(statement)
    for data in parts:
        sha2 = hashlib.sha256(data).hexdigest()
        whole += f"\r\n--b\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}".encode()
        whole += b"\r\n\r\n" + data
    return whole + b"\r\n--b--\r\n", "multipart/mixed; boundary=b"
