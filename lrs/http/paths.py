"""Paths of requests: the ids in them (of a class, a learner, a skill) may have any characters, slashes, line ends."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import Scope


class _Id(Convertor[str]):
    regex = r"[\s\S]*"  # Starlette's own `path` stops at a line end

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def register_id_paths() -> None:
    """Let routes use `{name:id}`."""
    register_url_convertor("id", _Id())


def route_path(scope: Scope) -> str:
    """A request's path as the routes name it: without the prefix that a proxy serves the application below."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
