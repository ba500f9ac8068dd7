"""A real Keycloak on the loopback, in memory: an OpenID Connect issuer that others wrote."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.support.alone import alone
from tests.support.eventually import LIMIT_SECONDS
from tests.support.not_tested import not_tested
from tests.support.server import free_port

CLIENT, SECRET = "pacer:store", "a secret/with:odd characters+%"
PASSWORDS = {"t1": "kim's password", "lou": "lou's password"}
_FILES = Path(__file__).parents[1] / "clients/keycloak"
_UNPACKED = Path(__file__).parents[2] / ".keycloak"
_PATIENT = 240.0  # seconds: it answers, however busy the machine is
_STAMP = _UNPACKED / ".of-pom"
_ADMIN = {"KC_BOOTSTRAP_ADMIN_USERNAME": "admin", "KC_BOOTSTRAP_ADMIN_PASSWORD": "admin"}
_JAVA = {"JAVA_OPTS": "-Xms64m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"}


class Keycloak:
    """One server. Its realms are gone when it stops."""

    def __init__(self, output: Path) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self._output = output
        [home] = _UNPACKED.glob("keycloak-*")
        # --hostname: tokens name this issuer, whatever address a request was sent to.
        words = ["start-dev", "--db=dev-mem", "--cache=local", "--http-host=127.0.0.1", f"--hostname={self.url}"]
        with output.open("wb") as file:
            self._process = subprocess.Popen(
                [str(home / "bin/kc.sh"), *words, f"--http-port={port}"],
                stdout=file,
                stderr=file,
                env=os.environ | _ADMIN | _JAVA,
            )

    def wait(self, seconds: float = 900) -> None:
        """Wait until it answers. The first start of a fresh copy compiles it."""
        deadline = time.monotonic() + seconds
        while True:
            ended = self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                said = self._output.read_text()[-2000:]
                raise AssertionError(f"Keycloak {'ended' if ended else f'did not answer in {seconds} s'}: {said}")
            try:
                discovery = f"{self.issuer('master')}/.well-known/openid-configuration"
                if httpx.get(discovery, timeout=_PATIENT).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.2)

    def stop(self) -> None:
        """End it in order."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(LIMIT_SECONDS)

    def issuer(self, realm: str) -> str:
        """What tokens of a realm call their issuer."""
        return f"{self.url}/realms/{realm}"

    def import_realm(self, realm: str, redirect: str) -> None:
        """Import tests/clients/keycloak/realm.json by this name, with the address that people are sent back to."""
        text = (_FILES / "realm.json").read_text().replace("@REALM@", realm).replace("@REDIRECT@", redirect)
        self._change("", orjson.loads(text))
        self.token(realm, CLIENT, SECRET, "t1")  # what is asked first takes seconds, and the store waits for few

    def rotate_key(self, realm: str) -> None:
        """Have a realm sign with a new key from now on, and take the older ones out of its keyset."""
        base = f"/{realm}/components"
        [of_realm] = [found["id"] for found in self._read("") if found["realm"] == realm]
        kind = {"type": "org.keycloak.keys.KeyProvider", "parent": of_realm}
        older = [key for key in self._read(base, **kind) if key["providerId"] == "rsa-generated"]
        made = {"name": "new", "providerId": "rsa-generated", "providerType": kind["type"], "parentId": of_realm}
        self._change(base, made | {"config": {"priority": ["1000"]}})
        with self._administrator() as administrator:
            for key in older:
                administrator.delete(f"{base}/{key['id']}").raise_for_status()

    def token(self, realm: str, client: str, secret: str, user: str) -> str:
        """An ID token that was made for a client without its page to sign in, and so without a nonce."""
        form = {"grant_type": "password", "scope": "openid", "username": user, "password": PASSWORDS[user]}
        where = f"{self.issuer(realm)}/protocol/openid-connect/token"
        answer = httpx.post(where, data=form | {"client_id": client, "client_secret": secret}, timeout=_PATIENT)
        return str(answer.raise_for_status().json()["id_token"])

    def _administrator(self) -> httpx.Client:
        form = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": "admin"}
        where = f"{self.issuer('master')}/protocol/openid-connect/token"
        answer = httpx.post(where, data=form, timeout=_PATIENT).raise_for_status()
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return httpx.Client(base_url=f"{self.url}/admin/realms", headers=headers, timeout=_PATIENT)

    def _change(self, path: str, sent: dict[str, Any]) -> None:
        with self._administrator() as administrator:
            administrator.post(path, json=sent).raise_for_status()

    def _read(self, path: str, **query: str) -> list[dict[str, Any]]:
        with self._administrator() as administrator:
            found: list[dict[str, Any]] = administrator.get(path, params=query).raise_for_status().json()
        return found


@pytest.fixture(scope="module")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keycloak]:
    """A running Keycloak, from Maven. Skips, saying so, where it cannot be had; in CI that is a failure."""
    if lacking := " and ".join(program for program in ("java", "mvn") if shutil.which(program) is None):
        not_tested("signing in with a real OpenID Connect issuer", f"{lacking} is not installed")
    with alone("keycloak"):  # its files are compiled in place at the first start
        _fetch()
        found = Keycloak(tmp_path_factory.mktemp("keycloak") / "output.txt")
        try:
            found.wait()
            yield found
        finally:
            found.stop()


def _fetch() -> None:
    wanted = (_FILES / "pom.xml").read_bytes()
    if _STAMP.is_file() and _STAMP.read_bytes() == wanted:
        return
    shutil.rmtree(_UNPACKED, ignore_errors=True)
    words = ["mvn", "--quiet", "--batch-mode", "--no-transfer-progress", "-f", str(_FILES / "pom.xml")]
    goal = "dependency:unpack-dependencies"
    subprocess.run([*words, goal, f"-DoutputDirectory={_UNPACKED}"], check=True, timeout=600)
    _STAMP.write_bytes(wanted)
