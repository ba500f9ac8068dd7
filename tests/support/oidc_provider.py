"""An OpenID Connect provider on the loopback, written from the messages of the specification: it signs whoever the test
says in at once, takes a code back once from the client that it was for, and checks PKCE. Answers can be tampered with.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
import orjson

from tests.support.issuer import Pair, pair
from tests.support.served import handling

CLIENT, SECRET = "pacer:client", "a secret/with:odd characters"
_KEY = pair("op")

Claims = dict[str, Any]


@dataclass
class Provider:
    """A running provider. `user` is who signs in; `tamper` changes the claims of an ID token before it is signed."""

    url: str
    user: Claims = field(default_factory=lambda: {"sub": "s-1"})
    more: Claims = field(default_factory=dict)  # of userinfo alone
    key: Pair = field(default_factory=lambda: _KEY)
    tamper: Callable[[Claims], Claims] = dict
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state'], 'iss': self.url})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, Claims]:
        kind, _, pair_ = authorization.partition(" ")
        client, _, secret = base64.b64decode(pair_).decode().partition(":")
        if (kind, unquote(client), unquote(secret)) != ("Basic", CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        query = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if query is None or query["redirect_uri"] != form["redirect_uri"] or query["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": query["nonce"], **self.user}
        token = jwt.encode(self.tamper(claims), self.key.private, self.key.algorithm, {"kid": _KEY.kid})
        return 200, {"access_token": "at", "token_type": "Bearer", "id_token": token}


@contextmanager
def providing() -> Iterator[Provider]:
    """A running provider."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            found.asked.append(parts.path)
            documents: dict[str, Any] = {
                "/.well-known/openid-configuration": {
                    "issuer": found.url,
                    **{f"{name}_endpoint": f"{found.url}/{name}" for name in ("authorization", "token", "userinfo")},
                    "jwks_uri": f"{found.url}/jwks",
                },
                "/jwks": {"keys": [_KEY.public]},
                "/userinfo": {**found.user, **found.more},
            }
            if parts.path == "/authorization":
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(303)
                self.send_header("Location", found.authorize(query))
                self.end_headers()
            else:
                self._answer(200, documents[parts.path])

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(raw).items()}
            self._answer(*found.token(form, self.headers.get("Authorization", "")))

        def _answer(self, status: int, value: Any) -> None:
            body = orjson.dumps(value)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with handling(Handler) as server:
        found = Provider(f"http://127.0.0.1:{server.server_port}")
        yield found
