"""What is sent goes to public addresses alone."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from lrs.outgoing.addresses import NotPublic, PublicResolver, check_url, is_public

PRIVATE = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
    "::ffff:127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::1", "2001:0:a00:1::", "::10.0.0.1",
    "fec0::1", "::ffff:0:127.0.0.1", "5f00::1", "3fff::1", "3fff:fff::1", "4000::1", "2001:db8::1", "name",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1946", "3ffe::1", "::ffff:8.8.8.8"])
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/a",
        "ftp://hooks.example/a",
        "https://",
        "https://user:secret@hooks.example/",
        "https://hooks.example/#a",
        "https://hooks.example:99999/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://127.0.0.1./",
        "https://127.0.0.1../",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.0x1/",
        "https://017700000001./",
        "https://localhost/",
        "https://LocalHost./",
        "https://a.localhost/",
        "//hooks.example",
        "https://127。0。0。1/",
        "https://①②⑦.0.0.1/",
        "https://%31%32%37.0.0.1/",
    ],
)
def test_what_nothing_is_sent_to(url: str) -> None:
    with pytest.raises(ValueError, match="the URL"):
        check_url(url, private=False)


def test_public_addresses_and_names_that_hold_numbers() -> None:
    for host in ("8.8.8.8", "8.8.8.8.", "[2606:2800:220:1::1946]", "127.example", "a1.b2", "localhost.example"):
        check_url(f"https://{host}/a", private=False)


def test_an_operator_may_allow_private_ones() -> None:
    check_url("https://hooks.example/a?b=c", private=False)
    for url in ("http://10.0.0.1:8080/", "https://[fd00::1]/", "http://hooks"):
        check_url(url, private=True)


@pytest.mark.parametrize(
    ("addresses", "allowed"),
    [(["8.8.8.8"], True), (["8.8.8.8", "10.0.0.1"], False), (["::1"], False), (["169.254.169.254"], False)],
)
def test_a_name_is_what_it_stands_for(monkeypatch: pytest.MonkeyPatch, addresses: list[str], allowed: bool) -> None:
    """All of its addresses: which one is connected to is not ours to say."""

    async def found(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]

    async def resolve(own: set[tuple[str, int]]) -> list[str]:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found, raising=False)
        return [one["host"] for one in await PublicResolver(own).resolve("hooks.example", 443)]

    assert asyncio.run(resolve({("hooks.example", 443)})) == addresses
    if allowed:
        assert asyncio.run(resolve({("hooks.example", 80), ("hooks", 443)})) == addresses
    else:
        with pytest.raises(NotPublic):
            asyncio.run(resolve({("hooks.example", 80), ("hooks", 443)}))
