"""What a server keeps is its owner's alone."""

from __future__ import annotations

from contextlib import suppress

from tests.support.files import paths_below
from tests.support.server import Server
from tests.support.statements import answered


def test_nobody_else_may_read_or_write_a_file(server: Server) -> None:
    with server.client() as client:
        assert client.post("/xAPI/statements", json=answered()).status_code == 200
    found = [path for path in paths_below(server.data) if not path.is_symlink()]
    assert len(found) > 20
    modes = {}
    for path in found:
        with suppress(FileNotFoundError):  # the engine's temporary parts come and go
            modes[str(path.relative_to(server.data))] = path.stat().st_mode & 0o077
    assert [path for path, mode in modes.items() if mode] == []
