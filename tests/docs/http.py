"""Write docs/reference/http.md from the exported OpenAPI document: `python -m tests.docs.http`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/reference/http.md"
OPENAPI = ROOT / "docs/schema/openapi.json"
_METHODS = ("get", "put", "post", "delete")
_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true`, `false`"}
_FORMATS = {"uuid": "UUID", "iri": "IRI", "date-time": "time (ISO 8601)"}
_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
}
_HEAD = """\
# HTTP

Every request, with what it answers. This page is made of `docs/schema/openapi.json` by `python -m tests.docs.http`; a
test keeps it current. The document itself, with all schemas, is served at `/openapi.json`, and as a page
with examples at `/docs`. Beside it, `docs/schema` has JSON Schemas of statements, Caliper envelopes, catalog changes
and log records (`lrs schemas` writes them).

- **Who asks.** HTTP Basic with the key and secret of a [credential](../how-to/give-credentials.md), or a bearer token
  of an OpenID Connect issuer. `/live`, `/ready`, `/xAPI/about` and the documents above need neither. Who
  [signed in](../how-to/let-people-sign-in.md) is known by the cookie `pacer_session` that `POST /sign-in` sets (a form
  with `login` and `password`), and may what their role may. With the cookie, a request that changes something is a 403
  where a browser says that another site's page made it (`Sec-Fetch-Site`, else `Origin`); no token is needed.
  `POST /pacing/lessons/{learner}` takes the session of the learner alone; all others take credentials, too.
- **Versions.** xAPI requests carry `X-Experience-API-Version: 1.0.3` (any 1.0.x) or `2.0.0`.
- **Mistakes** are answered with `{"error": …, "field": …}`: the reason, and the field or header that is wrong.
  A parameter that the path does not have, or that comes twice, is one. Pages answer with a page.
  `/live` and `/ready…` pass over all parameters: a load balancer may add one.
  Another is a header that comes twice, of those that have one value (`Authorization`, `Content-Length`, `Content-Type`,
  `Host`, `Last-Event-ID`, `Origin`, `Sec-Fetch-Site`, `X-Experience-API-Version`). So is a request of HTTP/1.1
  without `Host`, or with one that is no host.
- **501** says that the body comes in another `Transfer-Encoding` than `chunked`. To pack it, use `Content-Encoding`.
- **507** says that there is no room. Part of the request may be stored: send it again, nothing counts twice.
- **429 and 503** carry `Retry-After`. A 503 is never about the request: send the same again.
- **Freshness.** Answers of `/pacing` say `position`, `behind`, `age_seconds` and `as_of`; those of
  `/xAPI/statements` carry `X-Experience-API-Consistent-Through`.
- **Attachments.** `GET /xAPI/statements?attachments=true` answers with the data of every attachment that is here. Of
  those whose data is not, `X-Pacer-Attachments-Left-Out` names SHA-2 sums by statement, as JSON, 20 at most, and how
  many `more`. What has a `fileUrl` is to be fetched there, as it may never have been sent; what has none is missing,
  and `lrs doctor` names it.
- **Limits** are listed [here](limits.md). Pages for people: `/` (the ways in), `/board`, `/statements`.
"""


def page() -> str:
    """The whole page."""
    document = orjson.loads(OPENAPI.read_bytes())
    groups: dict[str, list[str]] = {}
    parameters: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for path, method, operation in _operations(document):
        line = f"| `{method.upper()}` | `{path}` | {_what(operation)} | {', '.join(sorted(operation['responses']))} |\n"
        name = operation.get("tags", ["other"])[0]
        groups.setdefault(name, []).append(line)
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query":
                parameters.setdefault(name, {}).setdefault((path, *_parameter(parameter)), []).append(method.upper())
    tables = (
        f"\n## {name}\n\n| Method | Path | What | Answers |\n|---|---|---|---|\n{''.join(lines)}"
        + _parameter_table(parameters.get(name, {}))
        for name, lines in groups.items()
    )
    return _HEAD + "".join(tables)


def _parameter_table(parameters: dict[tuple[str, ...], list[str]]) -> str:
    """The parameters of queries; of several methods of a path those that are the same are one row."""
    if not parameters:
        return ""
    rows = (
        f"| {' '.join(f'`{method}`' for method in methods)} `{path}` | {' | '.join(columns)} |\n"
        for (path, *columns), methods in parameters.items()
    )
    return f"\n| Of | Parameter | Value | Default | Meaning |\n|---|---|---|---|---|\n{''.join(rows)}"


def _parameter(parameter: dict[str, Any]) -> tuple[str, ...]:
    """Its name, which values it takes, its default, and its meaning."""
    schema = parameter["schema"]
    value = next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), schema)
    default = orjson.dumps(schema.get("default")).decode().strip('"')
    shown = "required" if parameter["required"] else f"`{default}`" if default not in ("", "null") else ""
    return f"`{parameter['name']}`", _values(value), shown, parameter["description"].replace("|", "\\|")


def _values(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if schema["type"] == "array":
        return f"{_values(schema['items'])}, several times"
    kind = "JSON" if "contentMediaType" in schema else _FORMATS.get(schema.get("format", ""), _TYPES[schema["type"]])
    bounds = [f"{words} {schema[key]}" for key, words in _BOUNDS.items() if key in schema]
    longest = [f"at most {schema['maxLength']} characters"] if "maxLength" in schema else []
    return ", ".join([kind, *bounds, *longest])


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield path, method, methods[method]


def _what(operation: dict[str, Any]) -> str:
    text: str = operation.get("description") or operation["summary"]
    return " ".join(text.split()).removesuffix(".").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
