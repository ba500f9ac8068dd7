"""`lrs schemas`: OpenAPI of the API, and JSON Schema of statements, log records and answers."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import click
import orjson

from lrs import exits
from lrs.app import build
from lrs.cli.answering import fail, print_json
from lrs.processes.assemble import assemble
from lrs.processes.options import json_option
from lrs.processes.runtime import Runtime
from schemas.json_schemas import schemas as json_schemas

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
@json_option
def schemas(out: Path, check: bool, as_json: bool) -> None:
    """Write OpenAPI and the JSON Schema of statements, log records, catalog changes and answers."""
    schema_files = {
        f"{name}.json": _schema_text(schema) for name, schema in {**json_schemas(), "openapi": openapi()}.items()
    }
    if check:
        stale = [name for name, text in schema_files.items() if not _is_current(out / name, text)]
        stale += sorted(path.name for path in out.glob("*.json") if path.name not in schema_files)
        if as_json:
            print_json({"stale": stale})
        if stale:
            fail(f"not current: {', '.join(stale)}; run `lrs schemas`", exits.WRONG)
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, text in schema_files.items():
        (out / name).write_bytes(text)
    written = [str(out / name) for name in schema_files]
    if as_json:
        print_json({"written": written})
    else:
        click.echo("\n".join(written))


def openapi() -> dict[str, Any]:
    """The API's OpenAPI document."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_described_api(Path(folder)))


async def _described_api(folder: Path) -> dict[str, Any]:
    app = build(assemble(Runtime(folder, clickhouse=NOWHERE)))
    async with app.router.lifespan_context(app):
        return app.openapi()


def _schema_text(schema: dict[str, Any]) -> bytes:
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _is_current(path: Path, text: bytes) -> bool:
    return path.is_file() and path.read_bytes() == text
