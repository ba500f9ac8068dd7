"""How the application is reached: through proxies, from pages of other origins, with superfluous slashes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from lrs.app import build
from lrs.cli.schemas import NOWHERE
from lrs.http.edge import Edge
from lrs.http.proxies import Proxied
from lrs.processes.assemble import assemble
from lrs.processes.runtime import Runtime

TOOL, STRANGER = "https://content.example", "https://stranger.example"
PROXY = {
    "Host": "10.0.0.1:8080",
    "X-Forwarded-For": "203.0.113.9, 198.51.100.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "school.example",
    "X-Forwarded-Prefix": "/lrs",
}


def seen(headers: dict[str, str], client: str = "127.0.0.1", path: str = "/xAPI/about", **edge: Any) -> dict[str, str]:
    """What a request looks like inside."""

    async def show(request: Request) -> JSONResponse:
        assert request.client is not None
        found = {"url": str(request.url), "base": str(request.base_url), "client": request.client.host}
        return JSONResponse(found)

    app = Starlette(routes=[Route("/xAPI/about", show)])
    return asyncio.run(_get(Proxied(app, **edge), path, headers, client)).json()  # type: ignore[no-any-return]


async def _get(app: Any, path: str, headers: dict[str, str], client: str = "127.0.0.1") -> httpx.Response:
    transport = httpx.ASGITransport(app, client=(client, 9))
    async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.1:8080") as http:
        return await http.get(path, headers=headers)


@pytest.mark.parametrize("path", ["/xAPI/about", "/lrs/xAPI/about"])
def test_a_trusted_proxy_says_what_clients_see(path: str) -> None:
    """Whether it takes the prefix out of the path, or not."""
    assert seen(PROXY, path=path, trusted=["127.0.0.0/8"]) == {
        "url": "https://school.example/lrs/xAPI/about",
        "base": "https://school.example/lrs/",
        "client": "198.51.100.7",
    }


def test_a_chain_of_trusted_proxies() -> None:
    assert seen(PROXY, trusted=["127.0.0.1", "198.51.100.0/24"])["client"] == "203.0.113.9"


def test_whoever_is_not_trusted_says_nothing() -> None:
    plain = {"url": "http://10.0.0.1:8080/xAPI/about", "base": "http://10.0.0.1:8080/", "client": "192.0.2.1"}
    assert seen(PROXY, client="192.0.2.1", trusted=["127.0.0.1", "::1"]) == plain


def test_the_public_url_outranks_the_proxy() -> None:
    found = seen(PROXY, trusted=["127.0.0.1"], public_url="https://lrs.example:444/a/b/")
    assert found == {
        "url": "https://lrs.example:444/a/b/xAPI/about",
        "base": "https://lrs.example:444/a/b/",
        "client": "198.51.100.7",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"X-Forwarded-Prefix": "//evil.example"},
        {"X-Forwarded-Prefix": "/a b"},
        {"X-Forwarded-Prefix": "lrs"},
        {"X-Forwarded-Host": "evil.example/path"},
        {"X-Forwarded-Proto": "javascript"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-For": ""},
    ],
)
def test_what_has_not_the_right_form_is_passed_over(wrong: dict[str, str]) -> None:
    plain = {"url": "http://10.0.0.1:8080/xAPI/about", "base": "http://10.0.0.1:8080/", "client": "127.0.0.1"}
    assert seen({"Host": "10.0.0.1:8080"} | wrong, trusted=["127.0.0.1"]) == plain


@pytest.mark.parametrize(
    ("forwarded", "base", "client"),
    [
        ("for=198.51.100.7;proto=https;host=school.example", "https://school.example/lrs/", "198.51.100.7"),
        ('For="198.51.100.7:4711"; Proto=HTTPS ;host="a.example:444"', "https://a.example:444/lrs/", "198.51.100.7"),
        ('for="[2001:db8::17]:4711";proto=https;host=a.example', "https://a.example/lrs/", "2001:db8::17"),
        ("for=203.0.113.9;host=evil.example, for=198.51.100.7;proto=https;host=school.example",
         "https://school.example/lrs/", "198.51.100.7"),
        ("host=evil.example, for=198.51.100.7;proto=https", "https://10.0.0.1:8080/lrs/", "198.51.100.7"),
        ("for=unknown;proto=https;host=school.example", "https://school.example/lrs/", "127.0.0.1"),
        ("for=_hidden;proto=https;host=school.example", "https://school.example/lrs/", "127.0.0.1"),
        ("host=school.example/path", "http://10.0.0.1:8080/lrs/", "127.0.0.1"),
        ('host="school.example', "http://10.0.0.1:8080/lrs/", "127.0.0.1"),
        ("proto=https;;;=", "http://10.0.0.1:8080/lrs/", "127.0.0.1"),
        ("", "http://10.0.0.1:8080/lrs/", "127.0.0.1"),
    ],
)  # fmt: skip
def test_the_standard_header(forwarded: str, base: str, client: str) -> None:
    headers = {"Host": "10.0.0.1:8080", "Forwarded": forwarded, "X-Forwarded-Prefix": "/lrs"}
    found = seen(headers, trusted=["127.0.0.1"])
    assert (found["base"], found["client"]) == (base, client)
    assert seen(headers, client="192.0.2.1", trusted=["127.0.0.1"])["base"] == "http://10.0.0.1:8080/"


def test_a_client_cannot_speak_past_its_proxy() -> None:
    """A proxy that sets X-Forwarded headers passes a client's Forwarded on as it came."""
    mixed = PROXY | {"Forwarded": "for=192.0.2.66;host=evil.example;proto=http"}
    assert seen(mixed, trusted=["127.0.0.1"]) == seen(PROXY, trusted=["127.0.0.1"])


@pytest.mark.parametrize(
    "edge",
    [
        Edge("school.example"),
        Edge("ftp://school.example"),
        Edge("https://school.example/?a=b"),
        Edge(proxies=("proxy",)),
        Edge(origins=("https://a.example/path",)),
        Edge(origins=("*",)),
    ],
)
def test_an_edge_that_cannot_be(edge: Edge) -> None:
    with pytest.raises(ValueError, match="--"):
        edge.check()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    found = build(assemble(Runtime(tmp_path_factory.mktemp("edge"), clickhouse=NOWHERE)), Edge(origins=(TOOL,)))
    yield found
    found.state.parts.log.close()


def asked(app: Any, method: str, path: str, **headers: str) -> httpx.Headers:
    async def send() -> httpx.Headers:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://pacer.example") as client:
            return (await client.request(method, path, headers=headers)).headers

    return asyncio.run(send())


PREFLIGHT = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization,if-match"}


class TestOrigins:
    @pytest.mark.parametrize("method", ["GET", "OPTIONS"])
    def test_a_trusted_one_may_send_credentials(self, app: Any, method: str) -> None:
        more = PREFLIGHT if method == "OPTIONS" else {}
        headers = asked(app, method, "/xAPI/about", Origin=TOOL, **more)
        assert headers["Access-Control-Allow-Origin"] == TOOL
        assert headers["Access-Control-Allow-Credentials"] == "true"
        assert "Origin" in headers["Vary"]
        if more:
            assert "authorization" in headers["Access-Control-Allow-Headers"]
            assert "PUT" in headers["Access-Control-Allow-Methods"]
        else:
            assert "X-Experience-API-Version" in headers["Access-Control-Expose-Headers"]

    @pytest.mark.parametrize("method", ["GET", "OPTIONS"])
    def test_any_other_may_ask_without(self, app: Any, method: str) -> None:
        more = PREFLIGHT if method == "OPTIONS" else {}
        headers = asked(app, method, "/xAPI/about", Origin=STRANGER, **more)
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in headers

    def test_pages_of_people_are_never_read_with_credentials(self, app: Any) -> None:
        headers = asked(app, "GET", "/board", Origin=TOOL)
        assert "Access-Control-Allow-Credentials" not in headers

    def test_caches_keep_origins_apart(self, app: Any) -> None:
        assert "Origin" in asked(app, "GET", "/xAPI/about")["Vary"]


@pytest.mark.parametrize("path", ["/xAPI//about", "//xAPI/about", "/xAPI/about/", "/xAPI///about//"])
def test_slashes(app: Any, path: str) -> None:
    headers = asked(app, "GET", f"http://pacer.example{path}")
    assert headers["X-Experience-API-Version"] == "2.0.0"
    assert "Location" not in headers


def test_slashes_of_ids_are_theirs(app: Any) -> None:
    """An id may end in a slash, or have two: it is another id without."""
    from lrs.http.slashes import Slashes

    paths: list[str] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        paths.append(scope["path"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    for path in ("/pacing/learners/account:https://a.example/", "/board/classes/a//b", "/xAPIx//a"):
        asyncio.run(_get(Slashes(inner), path, {}))
        assert paths.pop() == path


def test_every_command_line_is_checked(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from lrs.cli.main import main

    found = CliRunner().invoke(main, ["serve", "--data", str(tmp_path), "--public-url", "school.example"])
    assert found.exit_code == 2
    assert "--public-url" in found.output
