"""Where the running engine of a data folder is, and its logins."""

from __future__ import annotations

import json
from pathlib import Path

DATABASE = "pacer"


def connect_url(data: Path, login: str = "writer") -> str:
    """The DSN of a folder's running engine, for `writer` or `reader`. Raises FileNotFoundError when none runs."""
    try:
        port = json.loads((data / "engine.port").read_text())["port"]
        who = json.loads((data / "engine.json").read_text())[login]
    except FileNotFoundError as error:
        raise FileNotFoundError(f"the embedded engine of {data} does not run") from error
    return f"clickhouse://{who['user']}:{who['password']}@127.0.0.1:{port}/{DATABASE}"
