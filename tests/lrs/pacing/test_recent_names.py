from __future__ import annotations

from collections.abc import Collection

import pytest

from lrs.pacing import recent_names
from lrs.pacing.recent_names import RecentNames
from lrs.store.client import Store


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """What the store was asked. It knows the names of `a` and `b`."""
    asked: list[tuple[str, list[str]]] = []

    def said_names(reader: Store, tenant: str, ids: Collection[str]) -> dict[str, str]:
        if ids:
            asked.append((tenant, sorted(ids)))
        return {id_: f"{id_} of {tenant}, {len(asked)}" for id_ in ids if id_ in ("a", "b")}

    monkeypatch.setattr(recent_names, "said_names", said_names)
    return asked


def test_a_name_is_asked_for_once_in_half_a_minute(store: Store, asked: list[tuple[str, list[str]]]) -> None:
    now = 100.0
    names = RecentNames(lambda: now)
    assert names(store, "t", ["a", "none"]) == {"a": "a of t, 1"}
    assert names(store, "t", ["a", "b", "none"]) == {"a": "a of t, 1", "b": "b of t, 2"}
    assert asked == [("t", ["a", "none"]), ("t", ["b"])]  # that nobody said a name is remembered, too
    now += 29.0
    assert names(store, "t", ["a"]) == {"a": "a of t, 1"}
    now += 1.0
    assert names(store, "t", ["a"]) == {"a": "a of t, 3"}


def test_no_tenant_sees_the_names_of_another(store: Store, asked: list[tuple[str, list[str]]]) -> None:
    names = RecentNames()
    assert names(store, "t", ["a"]) == {"a": "a of t, 1"}
    assert names(store, "u", ["a"]) == {"a": "a of u, 2"}


def test_only_so_many_are_remembered(
    store: Store, asked: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent_names, "_REMEMBERED_ACTIVITIES", 2)
    names = RecentNames()
    for ids in (["a", "b"], ["c"], ["a", "b", "c"]):
        names(store, "t", ids)
    assert asked == [("t", ["a", "b"]), ("t", ["c"]), ("t", ["a", "b"])]
    assert sum(map(len, names._names.values())) <= 3


def test_names_that_are_used_are_asked_for_together_before_they_are_missing(
    store: Store, asked: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent_names, "_TOGETHER", 2)
    now = 100.0
    names = RecentNames(lambda: now)
    names(store, "t", ["a", "b", "c", "d", "unused"])
    names(store, "t", ["a", "b", "c", "d"])
    now += 20.0
    assert names(store, "t", ["e"]) == {}
    assert asked.pop() == ("t", ["a", "b", "e"])
    now += 12.0
    assert names(store, "t", ["a", "c"]) == {"a": "a of t, 2"}
    assert asked.pop() == ("t", ["c", "d"])
