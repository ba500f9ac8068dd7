"""ClickHouse's HTTP interface, as far as its clients use it."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hmac
import io
import json
import re
import uuid
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lz4.frame  # type: ignore[import-untyped]
import zstandard
from aiohttp import web

from lrs.engine.chdb import (
    READONLY,
    TABLES_CHANGE,
    ClickHouseError,
    Engine,
    EngineAnswer,
    EngineQuery,
    ExternalTable,
    asks,
)
from lrs.engine.connect import DATABASE, Writer
from lrs.engine.sql import Insert, insert_with_data, written_format

MOST_QUERIES = 36  # of a login, running or waiting for a thread, before a client gets an error that says to try again
MOST_QUERY_BYTES = 64 << 20  # of one request, packed or not
MOST_URL = 1 << 20  # parameters travel in the URL
# Arguments of the transport, not settings of a query.
_TRANSPORT = re.compile(
    r"query|database|user|password|default_format|session_(id|timeout|check)|close_session|client_protocol_version|role|"
    r"wait_end_of_query|buffer_size|enable_http_compression|compress|decompress|http_zlib_compression_level|query_id|"
    r"send_progress_in_http_headers|http_headers_progress_interval_ms|quota_key|stacktrace|"
    r"cancel_http_readonly_queries_on_client_close|param_.*"
)
_NOT_AUTHENTICATED = 516
_TOO_LARGE = 307
_BUSY = 202
_STATUS = {
    400: {6, 26, 27, 33, 36, 38, 41, 42, 43, 44, 53, 62, 69, 70, 72, 117, 130, 131, 354, 386, 456, 457},
    401: {194, _NOT_AUTHENTICATED},
    403: {READONLY, 497},
    404: {16, 46, 47, 50, 56, 60, 63, 73, 81, 115},
    408: {159},
    413: {_TOO_LARGE},
    501: {48},
    503: {_BUSY, TABLES_CHANGE, 209},
}
_STATUS_OF = {code: status for status, codes in _STATUS.items() for code in codes}
_MEDIA_TYPES = {"TabSeparated": "text/tab-separated-values", "TSV": "text/tab-separated-values", "CSV": "text/csv"}
_UNPACK: dict[str, Callable[[io.BytesIO], Any]] = {
    "gzip": lambda file: gzip.GzipFile(fileobj=file),
    "lz4": lz4.frame.LZ4FrameFile,
    "zstd": lambda file: zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True),
}
# In order of liking: on loopback the quickest.
_PACK: dict[str, Callable[[bytes], bytes]] = {
    "lz4": lz4.frame.compress,
    "zstd": lambda content: zstandard.ZstdCompressor(level=1).compress(content),
    "gzip": lambda content: gzip.compress(content, 1),
}


class ClickHouseHttp:
    """ClickHouse's HTTP interface over an engine.

    Args:
        writer: the login of the store itself, which may do all.
        tenant_of: the tenant that a reader with a name and password sees; None: there is none.
    """

    def __init__(self, engine: Engine, writer: Writer, tenant_of: Callable[[str, str], str | None]) -> None:
        self._engine = engine
        self._writer = writer
        self._tenant_of = tenant_of
        self._under_way = {True: 0, False: 0}  # by whether the login only reads

    def app(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=MOST_QUERY_BYTES)
        app.router.add_get("/ping", _ping)
        app.router.add_get("/replicas_status", _ping)
        app.router.add_get("/", self._query)
        app.router.add_post("/", self._query)
        return app

    async def _query(self, request: web.Request) -> web.Response:
        headers = {
            "X-ClickHouse-Query-Id": request.query.get("query_id") or str(uuid.uuid4()),
            "X-ClickHouse-Timezone": "UTC",
        }
        try:
            tenant = self._tenant(request)
            reader = tenant is not None
            if self._under_way[reader] >= MOST_QUERIES:
                raise ClickHouseError.make(_BUSY, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many simultaneous queries")
            self._under_way[reader] += 1
            try:
                received = await _received_query(request)
                content, more = await asyncio.get_running_loop().run_in_executor(
                    self._engine.pool(reader, received.asks), self._answer, received, request.headers, tenant
                )
            except web.HTTPRequestEntityTooLarge:
                raise _too_large() from None
            except ConnectionError:  # the client was killed while it sent: nobody reads the answer
                return web.Response(status=400)
            finally:
                self._under_way[reader] -= 1
        except ClickHouseError as error:
            headers["X-ClickHouse-Exception-Code"] = str(error.code)
            status = _STATUS_OF.get(error.code, 500)
            if status == 401:
                headers["WWW-Authenticate"] = 'Basic realm="ClickHouse"'
            return web.Response(status=status, text=f"{error}\n", headers=headers)
        return web.Response(body=content, headers=headers | more)

    def _tenant(self, request: web.Request) -> str | None:
        """The tenant whose rows a request may read; None: it may do all. Raises ClickHouseError for anybody else."""
        user = request.headers.get("X-ClickHouse-User") or request.query.get("user", "")
        password = request.headers.get("X-ClickHouse-Key") or request.query.get("password", "")
        scheme, _, packed = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                user, _, password = base64.b64decode(packed).decode().partition(":")
            except ValueError:
                user = password = ""
        same_user = hmac.compare_digest(self._writer.user.encode(), user.encode())
        if hmac.compare_digest(self._writer.password.encode(), password.encode()) and same_user:
            return None
        if (tenant := self._tenant_of(user, password)) is not None:
            return tenant
        raise ClickHouseError.make(
            _NOT_AUTHENTICATED, "AUTHENTICATION_FAILED", "Authentication failed: wrong user or password"
        )

    def _answer(
        self, received: _ReceivedQuery, http_headers: Mapping[str, str], tenant: str | None
    ) -> tuple[bytes, dict[str, str]]:
        """The content and headers of an answer. Runs in a thread of the engine's pool."""
        arguments, tables = received.arguments, received.tables
        body = _unpacked_body(received.body, http_headers.get("Content-Encoding", ""))
        statement = _sql_of_request(arguments.get("query", "").encode(), body)
        form = arguments.get("default_format") or http_headers.get("X-ClickHouse-Format") or "TabSeparated"
        query = EngineQuery(
            statement=statement,
            format=form,
            database=arguments.get("database") or http_headers.get("X-ClickHouse-Database") or DATABASE,
            parameters={k.removeprefix("param_"): v for k, v in arguments.items() if k.startswith("param_")},
            settings={k: v for k, v in arguments.items() if not _TRANSPORT.fullmatch(k)},
            tenant=tenant,
            external_tables=tables,
        )
        answer = self._engine.run(query)
        form = (written_format(statement) if isinstance(statement, str) else None) or form
        headers = {
            "X-ClickHouse-Format": form,
            "X-ClickHouse-Summary": _summary_header(answer),
            "Content-Type": _media_type(form),
        }
        content = answer.content
        if content and arguments.get("enable_http_compression") == "1":
            accepted = {part.split(";")[0].strip() for part in http_headers.get("Accept-Encoding", "").split(",")}
            for encoding, pack in _PACK.items():
                if encoding in accepted:
                    return pack(content), headers | {"Content-Encoding": encoding}
        return content, headers


async def _ping(_: web.Request) -> web.Response:
    return web.Response(text="Ok.\n")


@dataclass(frozen=True, slots=True)
class _ReceivedQuery:
    arguments: Mapping[str, str]
    body: bytes = b""
    tables: Sequence[ExternalTable] = ()

    @property
    def asks(self) -> bool:
        """Whether it is a question, as far as can be seen before a packed body is read."""
        return asks(self.arguments.get("query") or self.body[:100].decode("latin-1"))


async def _received_query(request: web.Request) -> _ReceivedQuery:
    """What a request holds: long parameters come as fields of a form, external tables as its files."""
    arguments = dict(request.query)
    if request.content_type != "multipart/form-data":
        return _ReceivedQuery(arguments, await request.read())
    try:
        form = await request.post()
    except ValueError:
        raise ClickHouseError.make(62, "SYNTAX_ERROR", "The form cannot be read") from None
    files: dict[str, bytes] = {}
    for name, value in form.items():
        if isinstance(value, web.FileField):
            files[name] = value.file.read()
        elif isinstance(value, str):
            arguments[name] = value
    return _ReceivedQuery(arguments, tables=[_table(name, data, arguments) for name, data in files.items()])


def _table(name: str, data: bytes, arguments: dict[str, str]) -> ExternalTable:
    structure = arguments.pop(f"{name}_structure", "")
    if not structure:
        raise ClickHouseError.make(36, "BAD_ARGUMENTS", f"External table {name} needs {name}_structure")
    return ExternalTable(name, structure, arguments.pop(f"{name}_format", "TabSeparated"), data)


def _sql_of_request(argument: bytes, body: bytes) -> str | Insert:
    try:
        insert = insert_with_data(argument, body)
        if insert is not None:
            return insert
        sql = b"\n".join(part for part in (argument, body) if part).decode()
    except UnicodeDecodeError:
        raise ClickHouseError.make(62, "SYNTAX_ERROR", "The query is not UTF-8") from None
    if not sql.strip():
        raise ClickHouseError.make(62, "SYNTAX_ERROR", "Syntax error: Empty query")
    return sql


def _unpacked_body(body: bytes, encoding: str) -> bytes:
    if not encoding or encoding == "identity":
        return body
    unpack = _UNPACK.get(encoding.lower())
    if unpack is None:
        raise ClickHouseError.make(48, "NOT_IMPLEMENTED", f"Unknown Content-Encoding; known are {', '.join(_UNPACK)}")
    try:
        plain: bytes = unpack(io.BytesIO(body)).read(MOST_QUERY_BYTES + 1)
    except (OSError, EOFError, zlib.error, zstandard.ZstdError, RuntimeError):
        raise ClickHouseError.make(354, "ZLIB_INFLATE_FAILED", f"The body is not {encoding}") from None
    if len(plain) > MOST_QUERY_BYTES:
        raise _too_large()
    return plain


def _too_large() -> ClickHouseError:
    return ClickHouseError.make(_TOO_LARGE, "TOO_MANY_BYTES", f"A request may have {MOST_QUERY_BYTES} bytes")


def _summary_header(answer: EngineAnswer) -> str:
    # ClickHouse gives these numbers as strings.
    return json.dumps(
        {
            "read_rows": str(answer.rows_read),
            "written_rows": str(answer.rows_written),
            "result_rows": str(answer.rows_written),
            "elapsed_ns": str(int(answer.seconds * 1e9)),
        }
    )


def _media_type(form: str) -> str:
    if form.startswith("JSON"):
        return "application/json; charset=UTF-8"
    kind = _MEDIA_TYPES.get(form)
    return f"{kind}; charset=UTF-8" if kind else "application/octet-stream"
