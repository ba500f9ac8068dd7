"""The first page: the ways in, each with a request to copy. It says nothing of any tenant, so nobody has to log in."""

from __future__ import annotations

from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from lrs.clock import system_time
from lrs.http.login import Tenant
from lrs.web.languages import text
from lrs.web.templating import Templates, recognise

_STATEMENT = """{
  "actor": {"name": "Ada", "mbox": "mailto:ada@school.example"},
  "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
  "object": {"id": "https://school.example/fractions/1"},
  "result": {"success": true}
}"""
_CURL = """curl -u KEY:SECRET {base}/xAPI/statements \\
  -H 'X-Experience-API-Version: 1.0.3' -H 'Content-Type: application/json' \\
  -d '{statement}'"""
_EXPLAIN = """curl -u KEY:SECRET {base}/explain \\
  -H 'Content-Type: application/json' \\
  -d '{statement}'"""
_CURL_TO_READ = """curl -u KEY:SECRET '{base}/xAPI/statements?limit=5' -H 'X-Experience-API-Version: 1.0.3'"""
_PYTHON = """import base64, json, urllib.request

statement = json.loads('''{statement}''')
login = base64.b64encode(b"KEY:SECRET").decode()
request = urllib.request.Request(
    "{base}/xAPI/statements",
    json.dumps(statement).encode(),
    {{
        "Authorization": f"Basic {{login}}",
        "Content-Type": "application/json",
        "X-Experience-API-Version": "1.0.3",
    }},
)
print(json.load(urllib.request.urlopen(request)))  # the statement's id: it is stored"""


class WayIn(NamedTuple):
    """A way in for tools: what it is called, where it is, and what comes in there."""

    name: str
    path: str
    what: str


WAYS = (
    WayIn(
        "xAPI", "/xAPI", text("Statements and documents of xAPI 1.0.3 and 2.0; tools call this address the endpoint.")
    ),
    WayIn("Caliper", "/caliper/envelopes", text("Envelopes of Caliper 1.1 and 1.2.")),
    WayIn("cmi5", "/cmi5/courses", text("Course structures of cmi5; /cmi5/launches launches their units.")),
    WayIn(text("Rosters"), "/roster", text("OneRoster 1.1 and 1.2, or one CSV.")),
    WayIn(text("Skills"), "/skills", text("CASE packages, and prerequisites as a CSV.")),
    WayIn(text("Materials"), "/materials", text("A CSV, or an IMS Common Cartridge.")),
    WayIn(text("Catalog"), "/catalog", text("Skills, classes, and what activities teach, as JSON.")),
)


class SampleRequest(NamedTuple):
    """A request to copy."""

    title: str
    code: str


def router(tenant: Tenant) -> APIRouter:
    """The route /. It names the pages that whoever signed in may open."""
    routes = APIRouter(include_in_schema=False)
    templates = Templates(system_time)

    @routes.get("/")
    async def start(request: Request) -> Response:
        await recognise(request, tenant)
        base = str(request.base_url).rstrip("/")
        return templates.page(request, "start.html", base=base, ways=WAYS, samples=samples(base))

    return routes


def samples(base: str) -> list[SampleRequest]:
    """The requests, to the store's own address."""
    sample_values = {"base": base, "statement": _STATEMENT}
    return [
        SampleRequest(text("Send a statement with curl"), _CURL.format(**sample_values)),
        SampleRequest(text("Send a statement with Python"), _PYTHON.format(**sample_values)),
        SampleRequest(text("Ask what a statement would mean, without storing it"), _EXPLAIN.format(**sample_values)),
        SampleRequest(text("Read statements"), _CURL_TO_READ.format(**sample_values)),
    ]
