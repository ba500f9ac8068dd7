"""One sign-in with an OpenID Connect issuer, from the redirect to the claims: the authorization code flow with PKCE."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from aiohttp import BasicAuth, ClientError

from lrs.auth.id_tokens import IdTokens, subject_of
from lrs.auth.keys import FRESH_SECONDS, IssuerDown, IssuerKeys, discover, fetch_json, read_json
from lrs.auth.tokens import BadToken
from lrs.outgoing.session import OutgoingSession
from schemas.wording import worded

TIMEOUT_SECONDS = 5.0
_SCOPES = "openid email profile"
_AWAY = (ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError)


class OidcClient:
    """This store as a client of one issuer. For one event loop. `clock` gives seconds."""

    def __init__(self, issuer: str, client: str, secret: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._client = client
        self._secret = secret
        self._clock = clock
        self._tokens = IdTokens(issuer, client, IssuerKeys(issuer, clock=clock))
        self._document: dict[str, Any] = {}
        self._read_at = 0.0

    async def authorization(self, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """Where a browser is sent to sign in. Raises IssuerDown."""
        try:
            endpoint = str((await self._discovered())["authorization_endpoint"])
        except _AWAY:
            raise IssuerDown(f"{self._issuer} does not answer") from None
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        authorization_request = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": redirect,
            "scope": _SCOPES,
            "state": state,
            "nonce": nonce,
            "code_challenge": digest,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(authorization_request)}"

    async def claims(self, code: str, redirect: str, nonce: str, verifier: str) -> dict[str, Any]:
        """What the issuer says of whoever signed in. Raises BadToken and IssuerDown."""
        answer = await self._exchanged(code, redirect, verifier)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise BadToken(worded("the issuer gave no ID token"))
        claims = await self._tokens.verify(token, nonce)
        subject = subject_of(claims)
        more = await self._user(answer.get("access_token"))
        # What is signed outranks what is only sent, and that counts only if it is of the same person.
        return {**more, **claims} if more.get("sub") == subject else claims

    async def _exchanged(self, code: str, redirect: str, verifier: str) -> dict[str, Any]:
        token_request = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
        }
        try:
            document = await self._discovered()
            login = None
            if "client_secret_basic" in document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
                login = BasicAuth(quote(self._client, safe=""), quote(self._secret, safe=""))
            else:
                token_request |= {"client_id": self._client, "client_secret": self._secret}
            async with (
                self._session() as session,
                session.request("POST", document["token_endpoint"], data=token_request, auth=login) as answer,
            ):
                if 400 <= answer.status < 500:
                    raise BadToken(worded("the issuer did not take the code back"))
                if answer.status != 200:
                    raise ValueError(f"the answer is {answer.status}")
                token_answer = await read_json(answer)
        except _AWAY:
            raise IssuerDown(f"{self._issuer} does not answer") from None
        return token_answer if isinstance(token_answer, dict) else {}

    async def _user(self, token: object) -> Mapping[str, Any]:
        """What the issuer says beside the ID token; nothing where it does not."""
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            return {}
        try:
            endpoint = (await self._discovered()).get("userinfo_endpoint")
            if not isinstance(endpoint, str):
                return {}
            async with self._session() as session:
                headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
                userinfo = await fetch_json(session, endpoint, headers=headers)
        except _AWAY:
            return {}
        return userinfo if isinstance(userinfo, dict) else {}

    async def _discovered(self) -> dict[str, Any]:
        if not self._document or self._clock() - self._read_at > FRESH_SECONDS:
            async with self._session() as session:
                self._document = await discover(session, self._issuer)
            self._read_at = self._clock()
        return self._document

    def _session(self) -> OutgoingSession:
        return OutgoingSession([self._issuer], TIMEOUT_SECONDS)
