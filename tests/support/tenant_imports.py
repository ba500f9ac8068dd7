"""Cases of two tenants with the same ids: what they import of skills and materials."""

from __future__ import annotations

import re

import orjson

from tests.support.tenants import DELETES, READS, SKILL, Side, case


def _framework(side: Side) -> str:
    """Skills of the tenant that wait to be applied; gives the token of the upload."""
    items = [{"identifier": side.word, "fullStatement": side.word}]
    package = orjson.dumps({"CFDocument": {"identifier": side.word, "title": side.word}, "CFItems": items})
    answer = side.ask("POST", "/board/skills/preview", files={"skills": ("case.json", package)})
    assert side.word in answer.text
    return str(re.findall(r'name="upload" value="([^"]+)"', answer.text)[0])


@case(READS, "GET", "/board/skills")
def _(side: Side) -> None:
    side.ask("GET", "/board/skills")


@case(READS, "POST", "/board/skills/preview")
def _(side: Side) -> None:
    _framework(side)


@case(DELETES, "POST", "/board/skills/apply")
def _(side: Side) -> None:
    token = {"upload": _framework(side)}
    side.elsewhere.ask("POST", "/board/skills/apply", 404, data=token)
    side.ask("POST", "/board/skills/apply", 303, data=token)


def _requirement(side: Side) -> dict[str, str]:
    """A requirement that was looked at; gives the form that makes it."""
    ids = ("required-1", "required-2", "required-3")
    side.ask("POST", "/catalog", json=[{"kind": "skill", "id": id_, "name": side.word} for id_ in ids])
    form = {"do": "add", "skill": ids[0], "requires": ids[1]}
    answer = side.ask("POST", "/board/skills/requirements/preview", data=form)
    assert side.word in answer.text
    return {**form, "seen": re.findall(r'name="seen" value="([^"]+)"', answer.text)[0]}


@case(READS, "POST", "/board/skills/requirements/preview")
def _(side: Side) -> None:
    _requirement(side)


@case(DELETES, "POST", "/board/skills/requirements/apply")
def _(side: Side) -> None:
    form = _requirement(side)
    elsewhere = form | {"requires": "required-3"}  # of a skill that was not looked at there
    side.elsewhere.ask("POST", "/board/skills/requirements/apply", 409, data=elsewhere)
    side.ask("POST", "/board/skills/requirements/apply", 303, data=form)


@case(READS, "POST", "/skills")
def _(side: Side) -> None:
    found = side.ask("POST", "/skills", content=f"skill,requires\n{SKILL},{SKILL}\n", params={"preview": "true"}).json()
    assert found["problems"] == [f"body:2: requires: leads back to itself: {SKILL} → {SKILL}: left out"]


@case(READS, "POST", "/materials")
def _(side: Side) -> None:
    row = f"id,name\nnowhere,{side.word}\n"
    found = side.ask("POST", "/materials", content=row, params={"preview": "true"}).json()
    assert [(one["line"], one["field"]) for one in found["problems"]] == [(2, "opens")]


@case(READS, "GET", "/materials")
def _(side: Side) -> None:
    found = side.ask("GET", "/materials").json()
    assert (found["count"] > 0, found["materials"][0]["via"]) == (True, "cmi5")


def _materials(side: Side) -> str:
    """Materials of the tenant that wait to be applied; gives the token of the upload."""
    rows = f"id,name\nhttps://a.example/imported,{side.word}\n"
    answer = side.ask("POST", "/board/materials/preview", files={"materials": ("m.csv", rows)})
    assert side.word in answer.text
    return str(re.findall(r'name="upload" value="([^"]+)"', answer.text)[0])


@case(READS, "GET", "/board/materials")
def _(side: Side) -> None:
    side.ask("GET", "/board/materials")


@case(READS, "POST", "/board/materials/preview")
def _(side: Side) -> None:
    _materials(side)


@case(DELETES, "POST", "/board/materials/apply")
def _(side: Side) -> None:
    token = {"upload": _materials(side)}
    side.elsewhere.ask("POST", "/board/materials/apply", 404, data=token)
    side.ask("POST", "/board/materials/apply", 303, data=token)
