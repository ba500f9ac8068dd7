"""Proxies in front of the application: what clients see is theirs to say, when they are trusted."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

_HOST = re.compile(r"[A-Za-z0-9.\-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_PATH_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~\-]+)+")

_FORWARDED = frozenset((b"forwarded", *(b"x-forwarded-" + name for name in (b"for", b"proto", b"host", b"prefix"))))
_PAIR = re.compile(r'\s*(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))\s*(;|,|\Z)')
_NODE = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?|([0-9.]+)(?::\d{1,5})?")


class Proxied:
    """Gives requests the scheme, host and path prefix that clients see, and the address that they ask from.

    They are those of `public_url` where it is given, else of a trusted proxy's headers: X-Forwarded, or Forwarded
    (RFC 7239) where none of those came, as a proxy passes on what it does not know. The prefix becomes ASGI's
    root_path, whether the proxy leaves it in the path that it asks for or not.
    """

    def __init__(self, app: ASGIApp, public_url: str = "", trusted: Iterable[str] = ()) -> None:
        self._app = app
        self._networks = [ipaddress.ip_network(network, strict=False) for network in trusted]
        public = urlsplit(public_url)
        self._scheme, self._host, self._prefix = public.scheme, public.netloc, public.path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = self._seen(scope)
        await self._app(scope, receive, send)

    def _seen(self, scope: Scope) -> Scope:
        scheme, host, prefix = self._scheme, self._host, self._prefix
        seen_scope = dict(scope)
        client = scope.get("client")
        if client and self._trusts(client[0]):
            forwarded: dict[bytes, str] = {}
            for name, value in scope["headers"]:
                if name in _FORWARDED:  # a header that comes twice is one with a comma between
                    forwarded[name] = (
                        f"{forwarded[name]},{value.decode('latin-1')}" if name in forwarded else value.decode("latin-1")
                    )
            standard = forwarded.pop(b"forwarded", "")
            if not forwarded.keys() - {b"x-forwarded-prefix"}:  # of which RFC 7239 knows nothing
                forwarded |= _standard(standard)
            if not host:
                scheme = _of_nearest_proxy(forwarded, b"x-forwarded-proto", re.compile("https?"))
                host = _of_nearest_proxy(forwarded, b"x-forwarded-host", _HOST)
                prefix = _of_nearest_proxy(forwarded, b"x-forwarded-prefix", _PATH_PREFIX)
            if address := self._address(forwarded.get(b"x-forwarded-for", "")):
                seen_scope["client"] = (address, 0)
        if scheme:
            seen_scope["scheme"] = scheme
        if host:
            other_headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
            seen_scope["headers"] = [*other_headers, (b"host", host.encode("latin-1"))]
        if prefix:
            path: str = scope["path"]
            seen_scope["root_path"] = prefix
            seen_scope["path"] = path if path == prefix or path.startswith(f"{prefix}/") else prefix + path
        return seen_scope

    def _trusts(self, address: str) -> bool:
        try:
            client_address = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(client_address in network for network in self._networks)

    def _address(self, forwarded_for: str) -> str:
        """The last address that is not a trusted proxy's: anybody may have written those before it."""
        for address in reversed([hop.strip() for hop in forwarded_for.split(",")]):
            if not self._trusts(address):
                return address
        return ""


def _standard(forwarded: str) -> dict[bytes, str]:
    """What the header Forwarded says, as the X-Forwarded headers that would say it; nothing where it is malformed."""
    by_directive: dict[str, list[str]] = {"for": [], "proto": [], "host": []}
    at = 0
    while at < len(forwarded):
        directive = _PAIR.match(forwarded, at)
        if directive is None:
            return {}
        name, value = (
            directive[1].lower(),
            directive[3] if directive[2] is None else re.sub(r"\\(.)", r"\1", directive[2]),
        )
        if name == "for":
            node = _NODE.fullmatch(value)
            value = (node[1] or node[2]) if node else ""  # unknown, or a name that the proxy made up
        elif name == "proto":
            value = value.lower()
        if name in by_directive:
            by_directive[name].append(value)
        if directive[4] == ",":  # what follows is said by a nearer proxy
            by_directive["proto"].clear()
            by_directive["host"].clear()
        at = directive.end()
    return {b"x-forwarded-" + name.encode(): ",".join(values) for name, values in by_directive.items() if values}


def _of_nearest_proxy(forwarded: dict[bytes, str], name: bytes, form: re.Pattern[str]) -> str:
    """What the nearest proxy says; nothing where that has not the right form."""
    value = forwarded.get(name, "").rpartition(",")[2].strip().rstrip("/")
    return value if form.fullmatch(value) else ""
