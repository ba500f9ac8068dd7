"""Revocations are in the log first: whatever copy of the database is restored, no refused secret comes back."""

from __future__ import annotations

from pathlib import Path

from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.auth.revocations import apply_revocations, revoke
from lrs.log.sqlite import SqliteLog


def test_a_secret_that_is_rotated_meanwhile_is_refused_as_well(tmp_path: Path) -> None:
    log, url = SqliteLog(tmp_path / "log"), embedded_credentials_url(tmp_path)

    class Rotated(Credentials):
        """Somebody else rotates the secret once, right after it was read."""

        rotated = False

        def kept_secret(self, key: str) -> bytes | None:
            found = super().kept_secret(key)
            if not self.rotated:
                self.rotated = self.rotate(key, "second")
            return found

    credentials = Rotated(url)
    credentials.add("tool", "first")
    assert revoke(log, credentials, "tool")
    assert [one.revoked for one in credentials.listed()] == [True]
    credentials.change("tool", name="a copy from before the revocation")
    credentials._table.change("tool", revoked=False)
    assert apply_revocations(log, credentials) == ["tool"]
    credentials.close()
    log.close()
