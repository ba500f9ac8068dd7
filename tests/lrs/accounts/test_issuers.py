"""Sign-ins that are under way do not add up without end."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs.accounts import issuers
from lrs.accounts.issuers import ATTEMPT_SECONDS, LONGEST_DESTINATION, SignInIssuers


def test_the_oldest_attempts_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuers, "MOST_ATTEMPTS", 3)
    time = [1000.0]
    kept = SignInIssuers(f"sqlite:///{tmp_path / 'accounts.db'}", lambda: time[0])
    states = []
    for _ in range(6):
        states.append(kept.begin("google", "browser", "/board")[0])
        time[0] += 1
    found = [kept.finish(state, "browser") is not None for state in states]
    assert found == [False, False, True, True, True, True]  # and the one that began last
    kept.close()


def test_an_attempt_ends(tmp_path: Path) -> None:
    time = [1000.0]
    kept = SignInIssuers(f"sqlite:///{tmp_path / 'accounts.db'}", lambda: time[0])
    state, _ = kept.begin("google", "browser", "/board")
    time[0] += ATTEMPT_SECONDS
    assert kept.finish(state, "browser") is None
    kept.close()


def test_a_long_destination_is_not_kept(tmp_path: Path) -> None:
    kept = SignInIssuers(f"sqlite:///{tmp_path / 'accounts.db'}")
    for length, destination in ((LONGEST_DESTINATION, "/" * LONGEST_DESTINATION), (LONGEST_DESTINATION + 1, "")):
        state, _ = kept.begin("google", "browser", "/" * length)
        found = kept.finish(state, "browser")
        assert found is not None
        assert found.destination == destination
    kept.close()
