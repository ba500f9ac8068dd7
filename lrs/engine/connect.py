"""Where the running engine of a data folder is, and the login of the store itself."""

from __future__ import annotations

import json
from pathlib import Path

DATABASE = "pacer"


def connect_url(data: Path, login: tuple[str, str] | None = None) -> str:
    """The DSN of a folder's running engine, for a login's name and password, or for the store itself.

    Raises FileNotFoundError when none runs.
    """
    try:
        port = json.loads((data / "engine.port").read_text())["port"]
        writer = json.loads((data / "engine.json").read_text())["writer"]
    except FileNotFoundError as error:
        raise FileNotFoundError(f"the embedded engine of {data} does not run") from error
    user, password = login or (writer["user"], writer["password"])
    return f"clickhouse://{user}:{password}@127.0.0.1:{port}/{DATABASE}"
