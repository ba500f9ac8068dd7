"""Proxies in front of the application: what clients see is theirs to say, when they are trusted."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

_HOST = re.compile(r"[A-Za-z0-9.\-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~\-]+)+")

_FORWARDED = frozenset(b"x-forwarded-" + name for name in (b"for", b"proto", b"host", b"prefix"))


class Proxied:
    """Gives requests the scheme, host and path prefix that clients see, and the address that they ask from.

    They are those of `public_url` where it is given, else of the X-Forwarded headers of a trusted proxy. The prefix
    becomes ASGI's root_path, whether the proxy leaves it in the path that it asks for or not.
    """

    def __init__(self, app: ASGIApp, public_url: str = "", trusted: Iterable[str] = ()) -> None:
        self._app = app
        self._networks = [ipaddress.ip_network(one, strict=False) for one in trusted]
        public = urlsplit(public_url)
        self._scheme, self._host, self._prefix = public.scheme, public.netloc, public.path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = self._seen(scope)
        await self._app(scope, receive, send)

    def _seen(self, scope: Scope) -> Scope:
        scheme, host, prefix = self._scheme, self._host, self._prefix
        changed = dict(scope)
        client = scope.get("client")
        if client and self._trusts(client[0]):
            said = {name: value.decode("latin-1") for name, value in scope["headers"] if name in _FORWARDED}
            if not host:
                scheme = _one(said, b"x-forwarded-proto", re.compile("https?"))
                host = _one(said, b"x-forwarded-host", _HOST)
                prefix = _one(said, b"x-forwarded-prefix", _PREFIX)
            if address := self._address(said.get(b"x-forwarded-for", "")):
                changed["client"] = (address, 0)
        if scheme:
            changed["scheme"] = scheme
        if host:
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            changed["headers"] = [*others, (b"host", host.encode("latin-1"))]
        if prefix:
            path: str = scope["path"]
            changed["root_path"] = prefix
            changed["path"] = path if path == prefix or path.startswith(f"{prefix}/") else prefix + path
        return changed

    def _trusts(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._networks)

    def _address(self, forwarded_for: str) -> str:
        """The last address that is not a trusted proxy's: anybody may have written those before it."""
        for address in reversed([one.strip() for one in forwarded_for.split(",")]):
            if not self._trusts(address):
                return address
        return ""


def _one(said: dict[bytes, str], name: bytes, form: re.Pattern[str]) -> str:
    """What the nearest proxy says; nothing where that has not the right form."""
    value = said.get(name, "").rpartition(",")[2].strip().rstrip("/")
    return value if form.fullmatch(value) else ""
