"""About (xAPI 1.0.3, part 3, 2.8; IEEE 9274.1.1, 4.1.6.7)."""

from __future__ import annotations

import re

import httpx

from tests.support.requirement import requirement
from tests.support.server import Server

PATH = "/xAPI/about"
VERSION = re.compile(r"1\.0\.\d+|2\.0\.\d+")


@requirement("00315", "00316", "00317", "00318", "00319")
def test_it_says_the_versions(client: httpx.Client) -> None:
    answer = client.get(PATH)
    assert answer.status_code == 200
    versions = answer.json()["version"]
    assert all(VERSION.fullmatch(version) for version in versions)
    assert {"1.0.3", client.headers["X-Experience-API-Version"]} <= set(versions)


@requirement("00315", "00319")
def test_anybody_may_ask(server: Server, client: httpx.Client) -> None:
    headers = {"X-Experience-API-Version": client.headers["X-Experience-API-Version"]}
    assert httpx.get(server.base + PATH, headers=headers).json() == client.get(PATH).json()
