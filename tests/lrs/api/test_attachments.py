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

from lrs.auth.scopes import EVERY, Scope
from lrs.store.client import Store
from tests.support.api import Client, ask
from tests.support.statements import HOME, answered


def test_data_follows_the_credential_that_brought_it(store: Store, tmp_path: Path) -> None:
    """Who knows a hash, and names it in a statement of its own, does not get the data."""
    client = Client(tmp_path, store._dsn())
    client.parts.finder.wait = lambda position, seconds: True  # type: ignore[method-assign] # no processors run here
    data = b"another's essay"
    sha2 = hashlib.sha256(data).hexdigest()
    attachment = {
        "usageType": f"{HOME}/essay",
        "display": {"en": "essay"},
        "contentType": "text/plain",
        "length": len(data),
        "sha2": sha2,
    }
    try:
        ids = {}
        for key in ("author", "thief"):
            client.real.add(key, "s", "t", [Scope.STATEMENTS_WRITE, Scope.STATEMENTS_READ_MINE])
            one = answered(id_=str(uuid.uuid4())) | {"attachments": [attachment]}
            ids[key] = one["id"]
            if key == "author":
                whole = b"--b\r\nContent-Type: application/json\r\n\r\n" + orjson.dumps(one)
                whole += f"\r\n--b\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}".encode()
                whole += b"\r\n\r\n" + data + b"\r\n--b--\r\n"
                kind = "multipart/mixed; boundary=b"
            else:
                one["attachments"] = [attachment | {"fileUrl": "https://x.example/f"}]
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
