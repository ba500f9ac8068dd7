"""Attachments in multipart/mixed, and signed statements (xAPI 1.0.3, part 3, 1.5; part 2, 2.4.11 and 2.6)."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any

import httpx
import jwt
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.support.requirement import cases, requirement
from tests.support.server import SECRET, Server
from tests.support.statements import answered

PATH = "/xAPI/statements"
SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"
DATA = bytes(range(256)) * 40 + b"\r\n--edge\r\n"
Part = tuple[dict[str, str], bytes]


def attached(data: bytes = DATA, **more: Any) -> dict[str, Any]:
    return {
        "usageType": "https://school.example/usages/work",
        "display": {"en": "work"},
        "contentType": "image/png",
        "length": len(data),
        "sha2": hashlib.sha256(data).hexdigest(),
        **more,
    }


def part(data: bytes = DATA, headers: dict[str, str] | None = None) -> Part:
    standard = {"Content-Type": "image/png", "Content-Transfer-Encoding": "binary"}
    return {**standard, "X-Experience-API-Hash": hashlib.sha256(data).hexdigest(), **(headers or {})}, data


def mixed(statements: Any, *parts: Part) -> tuple[bytes, dict[str, str]]:
    whole = b""
    for headers, data in [({"Content-Type": "application/json"}, orjson.dumps(statements)), *parts]:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        whole += b"--a-boundary\r\n" + lines.encode() + b"\r\n" + data + b"\r\n"
    return whole + b"--a-boundary--\r\n", {"Content-Type": "multipart/mixed; boundary=a-boundary"}


def without(name: str) -> Part:
    headers, data = part()
    return {k: v for k, v in headers.items() if k != name}, data


FAR = "https://files.example/far.png"
GOOD, MIXED = mixed(answered(attachments=[attached()]), part())[0], "multipart/mixed; boundary=a-boundary"
EMPTY = b"--a-boundary\r\nContent-Type: application/json\r\n\r\n[]\r\n"


def post(client: httpx.Client, statements: Any, *parts: Part) -> httpx.Response:
    content, headers = mixed(statements, *parts)
    return client.post(PATH, content=content, headers=headers)


def received(answer: httpx.Response) -> tuple[Any, list[Part]]:
    assert answer.status_code == 200, answer.text
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    _, first, *others = message_from_bytes(head + answer.content).walk()
    return orjson.loads(_data(first)), [(dict(o.items()), _data(o)) for o in others]


def _data(part: Message[str, str]) -> bytes:
    found = part.get_payload(decode=True)
    assert isinstance(found, bytes)
    return found


class TestData:
    @requirement("00161", "00167", "00135")
    def test_comes_back_byte_for_byte_and_once(self, client: httpx.Client) -> None:
        one, two = answered(attachments=[attached()]), answered(attachments=[attached()])
        assert post(client, [one, two], part()).status_code == 200
        for statement in (one, two):
            asked = {"statementId": statement["id"], "attachments": "true"}
            given, [(headers, data)] = received(client.get(PATH, params=asked))
            assert given["id"] == statement["id"]
            assert data == DATA
            assert headers["X-Experience-API-Hash"] == hashlib.sha256(DATA).hexdigest()
            assert headers["Content-Type"] == "image/png"
        plain = client.get(PATH, params={"statementId": one["id"]})
        assert plain.headers["Content-Type"] == "application/json"

    @requirement("00127")
    def test_put_takes_it_too(self, client: httpx.Client) -> None:
        one = answered(attachments=[attached(b"put")])
        content, headers = mixed(one, part(b"put"))
        assert client.put(PATH, params={"statementId": one["id"]}, content=content, headers=headers).status_code == 204

    @requirement("00127", "00129")
    def test_a_file_elsewhere_needs_no_data(self, client: httpx.Client) -> None:
        one = answered(attachments=[attached(b"far", fileUrl="https://files.example/far.png")])
        assert client.post(PATH, json=one).status_code == 200
        _, parts = received(client.get(PATH, params={"statementId": one["id"], "attachments": "true"}))
        assert parts == []

    def test_another_tenant_never_gets_it(self, server: Server, client: httpx.Client) -> None:
        data = b"here alone"
        assert post(client, answered(attachments=[attached(data)]), part(data)).status_code == 200
        theirs = answered(attachments=[attached(data, fileUrl="https://files.example/guess")])
        with server.client("other", SECRET) as other:
            assert other.post(PATH, json=theirs).status_code == 200
            _, parts = received(other.get(PATH, params={"statementId": theirs["id"], "attachments": "true"}))
        assert parts == []

    @pytest.mark.parametrize(
        ("sent", "parts", "field"),
        cases(
            ("00129", attached(), [], "attachments.0.fileUrl"),
            ("00128", attached(), [part(), part(b"unasked")], "attachments"),
            ("00132", attached(), [part(headers={"X-Experience-API-Hash": "a" * 64})], "X-Experience-API-Hash"),
            ("00132", attached(), [part(headers={"X-Experience-API-Hash": "short"})], "X-Experience-API-Hash"),
            ("00132", attached(), [without("X-Experience-API-Hash")], "X-Experience-API-Hash"),
            ("00135", attached(), [part(headers={"Content-Transfer-Encoding": "base64"})], "Content-Transfer-Encoding"),
            ("00135", attached(), [without("Content-Transfer-Encoding")], "Content-Transfer-Encoding"),
        ),
    )
    def test_a_wrong_part_is_named_and_nothing_is_stored(
        self, client: httpx.Client, sent: dict[str, Any], parts: list[Part], field: str
    ) -> None:
        one = answered(attachments=[sent])
        answer = post(client, one, *parts)
        assert answer.status_code == 400
        assert answer.json()["field"] == field
        assert client.get(PATH, params={"statementId": one["id"]}).status_code == 404

    @requirement("00129")
    def test_json_alone_needs_file_urls(self, client: httpx.Client) -> None:
        answer = client.post(PATH, json=answered(attachments=[attached()]))
        assert (answer.status_code, answer.json()["field"]) == (400, "attachments.0.fileUrl")

    @pytest.mark.parametrize(
        ("content", "kind"),
        cases(
            ("00130", b"--a-boundary\r\n", MIXED),
            ("00130", b"", MIXED),
            ("00130", b"noise", MIXED),
            ("00130", GOOD.replace(b"--a-boundary\r\n", b"", 1), MIXED),
            ("00131", GOOD, "multipart/mixed"),
            ("00131", GOOD, "multipart/mixed; boundary=other"),
            ("00133", EMPTY + GOOD, MIXED),
            ("00134", GOOD.replace(b"application/json", b"text/plain"), MIXED),
            ("00134", GOOD.replace(b"Content-Type: application/json", b"X: y"), MIXED),
            ("00127", GOOD, "multipart/form-data; boundary=a-boundary"),
            ("00127", orjson.dumps(answered(attachments=[attached(fileUrl=FAR)])), "text/plain"),
        ),
    )
    def test_a_broken_body_is_refused(self, client: httpx.Client, content: bytes, kind: str) -> None:
        assert client.post(PATH, content=content, headers={"Content-Type": kind}).status_code == 400

    @requirement("00127", "00130", "00131", "00134")
    def test_the_body_that_is_broken_above_is_taken_whole(self, client: httpx.Client) -> None:
        assert client.post(PATH, content=GOOD, headers={"Content-Type": MIXED}).status_code == 200


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a tool")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    return base64.b64encode(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)).decode()


def signed(
    statement: dict[str, Any], payload: dict[str, Any] | None = None, algorithm: str = "RS256", chain: Any = None
) -> tuple[dict[str, Any], Part]:
    key: Any = b"a shared secret of enough length" if algorithm == "HS256" else KEY
    headers = {"x5c": [chain]} if chain else None
    token = jwt.PyJWS().encode(orjson.dumps(payload or statement), key, algorithm, headers).encode()
    kind = "application/octet-stream"
    return {
        **statement,
        "attachments": [attached(token, usageType=SIGNATURE, contentType=kind)],
    }, part(token, {"Content-Type": kind})


class TestSignature:
    @requirement("00115", "00116", "00117")
    @pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
    @pytest.mark.parametrize("chain", [None, certificate(KEY)])
    def test_a_good_one_is_taken(self, client: httpx.Client, algorithm: str, chain: str | None) -> None:
        statement, data = signed(answered(), algorithm=algorithm, chain=chain)
        assert post(client, statement, data).status_code == 200

    @requirement("00116")
    def test_split_seconds_are_not_compared(self, client: httpx.Client) -> None:
        one = answered()
        one["result"]["duration"] = "PT1.234S"
        statement, data = signed(one, {**one, "result": {**one["result"], "duration": "PT1.239S"}})
        assert post(client, statement, data).status_code == 200

    @pytest.mark.parametrize(
        "wrong",
        cases(("00117", "algorithm"), ("00116", "payload"), ("00115", "key"), ("00115", "chain"), ("00115", "form")),
    )
    def test_a_wrong_one_is_refused(self, client: httpx.Client, wrong: str) -> None:
        one = answered()
        if wrong == "algorithm":
            statement, data = signed(one, algorithm="HS256")
        elif wrong == "payload":
            statement, data = signed(one, {**one, "result": {"success": False}})
        elif wrong == "key":
            statement, data = signed(one, chain=certificate(OTHER))
        elif wrong == "chain":
            statement, data = signed(one, chain="no certificate")
        else:
            kind = "application/octet-stream"
            statement = {**one, "attachments": [attached(b"no.jws", usageType=SIGNATURE, contentType=kind)]}
            data = part(b"no.jws")
        answer = post(client, statement, data)
        assert (answer.status_code, answer.json()["field"]) == (400, "attachments")
