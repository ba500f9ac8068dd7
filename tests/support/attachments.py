"""Batches of statements with attachments' data, sent and received."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson

from tests.support.statements import answered, learner

PATH = "/xAPI/statements"
_EDGE = b"an-edge"
_PIECE = 1 << 16


def attachment(data: bytes) -> dict[str, Any]:
    """What a statement says of data that comes with it."""
    return {
        "usageType": "https://school.example/usages/work",
        "display": {"en": "work"},
        "contentType": "application/octet-stream",
        "length": len(data),
        "sha2": hashlib.sha256(data).hexdigest(),
    }


def batch(name: str, statements: int, attachments: int, size: int, seed: int = 0) -> tuple[list[Any], list[bytes]]:
    """Statements of one learner, the first of them with an attachment each, and the attachments' data."""
    draw = random.Random(seed)
    data = [draw.randbytes(size) for _ in range(attachments)]
    made = [answered(name) for _ in range(statements)]
    for statement, one in zip(made, data, strict=False):
        statement["attachments"] = [attachment(one)]
    return made, data


def sent(client: httpx.Client, statements: list[Any], data: list[bytes]) -> httpx.Response:
    """POST them, piece by piece."""

    def pieces() -> Iterator[bytes]:
        yield b"--" + _EDGE + b"\r\nContent-Type: application/json\r\n\r\n" + orjson.dumps(statements)
        for one in data:
            head = "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n"
            head += f"X-Experience-API-Hash: {hashlib.sha256(one).hexdigest()}\r\n\r\n"
            yield b"\r\n--" + _EDGE + b"\r\n" + head.encode()
            for start in range(0, len(one), _PIECE):
                yield one[start : start + _PIECE]
        yield b"\r\n--" + _EDGE + b"--\r\n"

    return client.post(PATH, content=pieces(), headers={"Content-Type": f"multipart/mixed; boundary={_EDGE.decode()}"})


def fetched(client: httpx.Client, name: str) -> tuple[list[Any], list[bytes]]:
    """A learner's statements, the oldest first, with the data that came with them."""
    params = {"agent": orjson.dumps(learner(name)).decode(), "attachments": "true", "ascending": "true"}
    answer = client.get(PATH, params=params)
    assert answer.status_code == 200, answer.text
    edge = answer.headers["Content-Type"].partition("boundary=")[2].encode()
    first, *parts = answer.content.split(b"\r\n--" + edge)
    assert parts.pop() == b"--\r\n"
    bodies = [part.partition(b"\r\n\r\n")[2] for part in parts]
    return orjson.loads(first.partition(b"\r\n\r\n")[2])["statements"], bodies


def peak(pid: int) -> int:
    """The most bytes of memory that a process has held so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))
