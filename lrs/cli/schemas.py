"""`lrs schemas`: what crosses a boundary, as OpenAPI and JSON Schema."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import click
import orjson

from lrs.app import build
from lrs.cli.options import EXIT_WRONG, fail
from lrs.processes.runtime import Runtime
from schemas.export import schemas as json_schemas

NOWHERE = "clickhouse://nobody:nothing@127.0.0.1:1/nowhere"  # describing asks no store


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("docs/schema"),
    show_default=True,
    help="Folder to write to.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail if a file is not current.")
def schemas(out: Path, check: bool) -> None:
    """Write OpenAPI and the JSON Schema of statements, log records, catalog changes and answers."""
    made = {f"{name}.json": _text(schema) for name, schema in {**json_schemas(), "openapi": openapi()}.items()}
    if check:
        stale = [name for name, text in made.items() if not _stands(out / name, text)]
        stale += sorted(path.name for path in out.glob("*.json") if path.name not in made)
        if stale:
            fail(f"not current: {', '.join(stale)}; run `lrs schemas`", EXIT_WRONG)
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (out / name).write_bytes(text)
        click.echo(str(out / name))


def openapi() -> dict[str, Any]:
    """The API's OpenAPI document."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_described(Path(folder)))


async def _described(folder: Path) -> dict[str, Any]:
    app = build(Runtime(folder, clickhouse=NOWHERE))
    async with app.router.lifespan_context(app):
        return app.openapi()


def _text(schema: dict[str, Any]) -> bytes:
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _stands(path: Path, text: bytes) -> bool:
    return path.is_file() and path.read_bytes() == text
