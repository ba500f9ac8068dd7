"""Statements with the data of their attachments, in multipart/mixed (xAPI 1.0.3, part 3, 1.5.2)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import anyio
import orjson
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.types import Scope

from lrs.attachments import Attachments, Incoming, owner_of
from lrs.attachments.missing import MissingAttachment
from lrs.http import body
from lrs.http.errors import HttpError
from lrs.http.request_memory import hold_memory
from lrs.record.completion import HOME_PAGE
from schemas.multipart import Cutter, Malformed

MOST_REQUEST_BYTES = 512 << 20  # the data of attachments goes to disk as it comes
MOST_PARTS = 1_000
LEFT_OUT = "X-Pacer-Attachments-Left-Out"
IMPORTED = "import"  # whose data comes with statements that `lrs import` takes in
_ATTACHMENTS_IN_HEADER = 20  # attachments that a header names
_COPIES_HELD = 4  # of the statements: see lrs.api.statements


@dataclass(slots=True)
class ReceivedStatements:
    """A request's statements, and the data that came with them by SHA-2 sum (lower case)."""

    statements: bytes = b""
    parts: dict[str, Incoming] = field(default_factory=dict)

    def discard(self) -> None:
        """Throw away what was not kept."""
        for incoming in self.parts.values():
            incoming.discard()


async def read_statements(request: Request, attachments: Attachments) -> ReceivedStatements:
    """The body, part for part as it comes. Raises HttpError (400, 413)."""
    _, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    if not boundary:
        raise HttpError(400, "multipart/mixed without a boundary", "Content-Type")
    reader = _MultipartReader(attachments, request.scope)
    statements_bytes = 0
    try:
        cutter = Cutter(boundary, reader)
        async for piece in request.stream():
            statements_bytes += len(piece)
            if statements_bytes > MOST_REQUEST_BYTES:
                raise HttpError(413, f"body larger than {MOST_REQUEST_BYTES} bytes", "body", {"Connection": "close"})
            await run_in_threadpool(cutter.write, piece)  # a piece may be hundreds of parts, each a file
            reader.hold_text()
        await run_in_threadpool(cutter.finish)
    except Malformed as error:
        await discard(reader)
        raise HttpError(400, f"invalid multipart/mixed: {error}", "body") from None
    except ClientDisconnect as error:
        await discard(reader)
        raise HttpError(400, "incomplete body: the connection was closed before its end") from error
    except BaseException:  # cancelled, too: files of a request that is not answered go; it is raised again
        await discard(reader)
        raise
    return reader.received


async def discard(received: ReceivedStatements | _MultipartReader) -> None:
    """Throw away what was not kept, also where the request is cancelled: up to MOST_PARTS files."""
    with anyio.CancelScope(shield=True):
        await run_in_threadpool(received.discard)


class _MultipartReader:
    """Takes the parts: the statements first, then data with its hash."""

    def __init__(self, attachments: Attachments, scope: Scope) -> None:
        self.received = ReceivedStatements()
        self._attachments = attachments
        self._scope = scope
        self._count = 0
        self._text: list[bytes] = []
        self._text_size = 0
        self._held = 0  # of it
        self._data: Incoming | None = None

    def begin(self, headers: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_PARTS:
            raise HttpError(413, f"more than {MOST_PARTS} parts", "body", {"Connection": "close"})
        if self._count == 1:
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                raise HttpError(400, "the first part must be the statements, as application/json", "Content-Type")
            return
        part = f"part {self._count}"
        if headers.get("content-transfer-encoding", "").lower() != "binary":
            raise HttpError(400, f"{part} needs Content-Transfer-Encoding: binary", "Content-Transfer-Encoding")
        try:
            self._data = self._attachments.receive(headers.get("x-experience-api-hash", ""))
        except ValueError:
            raise HttpError(400, f"{part} needs its SHA-2 hash in hex", "X-Experience-API-Hash") from None

    def data(self, piece: bytes) -> None:
        if self._data is not None:
            self._data.write(piece)
            return
        self._text_size += len(piece)
        if self._text_size > body.MOST_BODY_BYTES:
            raise HttpError(413, f"statements larger than {body.MOST_BODY_BYTES} bytes", "body")
        self._text.append(piece)

    def hold_text(self) -> None:
        """Count what has come of the statements; for the event loop, which alone counts. Raises HttpError (503)."""
        text_held, self._held = self._held, self._text_size
        hold_memory(self._scope, self._held - text_held, _COPIES_HELD)

    def end(self) -> None:
        if self._data is None:
            self.received.statements = b"".join(self._text)
            return
        if not self._data.whole():
            raise HttpError(400, f"part {self._count} does not match its hash", "X-Experience-API-Hash")
        if self._data.sha2 in self.received.parts:  # statements of one request may share data: it is sent with each
            self._data.discard()
        else:
            self.received.parts[self._data.sha2] = self._data
        self._data = None

    def discard(self) -> None:
        """Throw away what came."""
        if self._data is not None:
            self._data.discard()
        self.received.discard()


class KeptAttachment(NamedTuple):
    """An attachment whose data is kept: with which statements it came, as their authority says, and what it is."""

    owner: str
    content_type: str


class FoundAttachments(NamedTuple):
    """What statements name: the attachments whose data is kept, by SHA-2 sum, and those whose data is not."""

    kept: dict[str, KeptAttachment]
    left_out: list[MissingAttachment]
    gone: list[MissingAttachment]  # of these, what no address leads to: its data was here


def find_attachments(attachments: Attachments, tenant: str, statements: Sequence[bytes]) -> FoundAttachments:
    """The attachments of statements; their data is that which came with statements of the same credential."""
    kept_attachments: dict[str, KeptAttachment] = {}
    without: dict[MissingAttachment, bool] = {}  # whether an address leads to it
    for raw in statements:
        statement: dict[str, Any] = orjson.loads(raw)
        owner = owner_of(_sender(statement))
        for part in (statement, statement["object"]):
            for attachment in part.get("attachments", ()):
                sha2 = attachment["sha2"].lower()
                if sha2 in kept_attachments:
                    continue
                if attachments.size(tenant, owner, sha2) is not None:
                    kept_attachments[sha2] = KeptAttachment(owner, attachment["contentType"])
                else:
                    missing = MissingAttachment(tenant, owner, sha2, statement["id"])
                    without[missing] = without.get(missing, False) or "fileUrl" in attachment
    left_out = [missing for missing in without if missing.sha2 not in kept_attachments]
    return FoundAttachments(kept_attachments, left_out, [missing for missing, leads in without.items() if not leads])


def left_out_header(left_out: Sequence[MissingAttachment]) -> dict[str, str]:
    """The header that says which attachments the answer has no data of, by statement; none where it has all."""
    if not left_out:
        return {}
    missing_by_statement: dict[str, object] = {}
    for missing in left_out[:_ATTACHMENTS_IN_HEADER]:
        cast(list[str], missing_by_statement.setdefault(missing.statement, [])).append(missing.sha2)
    return {
        LEFT_OUT: json.dumps(
            missing_by_statement
            | ({"more": len(left_out) - _ATTACHMENTS_IN_HEADER} if len(left_out) > _ATTACHMENTS_IN_HEADER else {})
        )
    }


def _sender(statement: dict[str, Any]) -> str:
    """The credential that sent a statement, by the authority that the store gave it; another store's was imported."""
    account = statement.get("authority", {}).get("account", {})
    return str(account.get("name", "")) if account.get("homePage") == HOME_PAGE else IMPORTED


def with_attachments(
    attachments: Attachments, tenant: str, answer: bytes, kept_attachments: Mapping[str, KeptAttachment]
) -> tuple[str, Iterator[bytes]]:
    """A boundary, and an answer with its attachments in pieces."""
    boundary = secrets.token_hex(16)

    def pieces() -> Iterator[bytes]:
        yield f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode()
        yield answer
        for sha2, (owner, kind) in kept_attachments.items():
            head = f"\r\n--{boundary}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: binary\r\n"
            yield f"{head}X-Experience-API-Hash: {sha2}\r\n\r\n".encode()
            yield from attachments.read(tenant, owner, sha2)
        yield f"\r\n--{boundary}--\r\n".encode()

    return boundary, pieces()
