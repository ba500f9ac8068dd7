"""Ids in paths: a class, a learner and a skill may have any characters, slashes and line ends, too."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor


class _Id(Convertor[str]):
    regex = r"[\s\S]*"  # Starlette's own `path` stops at a line end

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def known() -> None:
    """Make `{name:id}` known to the routers."""
    register_url_convertor("id", _Id())
