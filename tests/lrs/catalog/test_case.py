"""CASE packages as they come, and CSVs of prerequisites."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from lrs.catalog import case, prerequisites
from lrs.catalog.change_validation import MOST_REQUIRED
from lrs.catalog.cycles import MOST_CYCLES
from lrs.csv_files.problem import UnreadableCsv
from schemas.catalog import Catalog, Skill

DOC = "d0000000-0000-4000-8000-000000000000"
HOST = "https://case.example/uri/"


def uid(n: int) -> str:
    return f"a0000000-0000-4000-8000-{n:012}"


def item(n: int, **more: Any) -> dict[str, Any]:
    stands = {
        "identifier": uid(n),
        "uri": HOST + uid(n),
        "fullStatement": f"Statement {n}",
        "humanCodingScheme": f"M.{n}",
    }
    return stands | {"lastChangeDateTime": "2026-01-01T00:00:00"} | more


def link(kind: str, origin: str, target: str) -> dict[str, Any]:
    ends = {
        name: {"title": "Origin", "identifier": id_, "uri": HOST + id_} for name, id_ in (("o", origin), ("d", target))
    }
    return {"identifier": "x", "associationType": kind, "originNodeURI": ends["o"], "destinationNodeURI": ends["d"]}


def package(*items: Any, links: tuple[Any, ...] = (), **more: Any) -> bytes:
    document = {"identifier": DOC, "uri": HOST + DOC, "creator": "c", "title": "Maths", "lastChangeDateTime": "x"}
    return orjson.dumps({"CFDocument": document, "CFItems": list(items), "CFAssociations": list(links)} | more)


def read(*items: Any, links: tuple[Any, ...] = (), **more: Any) -> dict[str, Skill]:
    found = case.read_case(package(*items, links=links, **more))
    assert found.problems == []
    return {skill.id: skill for skill in found.skills}


def test_items_are_skills() -> None:
    [skill] = read(item(1, educationLevel=["07", "08"], abbreviatedStatement="Short")).values()
    assert (skill.id, skill.name, skill.code, skill.level) == (uid(1), "Short", "M.1", "07,08")
    assert (skill.aliases, skill.framework) == ([HOST + uid(1)], DOC)


def test_the_hierarchy_and_the_order() -> None:
    found = read(
        *(item(1), item(2), item(3)),
        links=(
            link("isChildOf", uid(1), DOC),
            link("isChildOf", uid(2), uid(1)),
            link("isChildOf", uid(2), uid(1)),  # twice, as some servers give it
            link("Is Child Of", uid(3), uid(1)),
            link("precedes", uid(2), uid(3)),
        ),
    )
    assert [found[uid(n)].parents for n in (1, 2, 3)] == [[], [uid(1)], [uid(1)]]
    assert found[uid(3)].follows == [uid(2)]
    assert all(skill.requires == [] for skill in found.values())


def test_what_points_outside_stays() -> None:
    far = "f0000000-0000-4000-8000-000000000000"
    found = read(
        item(1),
        links=(link("isChildOf", uid(1), far), link("precedes", far, uid(1)), link("exactMatchOf", uid(1), far)),
    )
    assert (found[uid(1)].parents, found[uid(1)].follows) == ([far], [far])
    assert found[uid(1)].aliases == [HOST + uid(1), far, HOST + far]


@pytest.mark.parametrize(
    ("raw", "holds"),
    [
        (orjson.dumps({"CFPackage": orjson.loads(package(item(1)))}), lambda s: s.id == uid(1)),
        (b"\xef\xbb\xbf" + package(item(1)), lambda s: s.id == uid(1)),
        (package(item(1, identifier=uid(1).upper())), lambda s: s.id == uid(1)),
        (package(item(1, identifier=None, uri=f"{HOST}CFItems/{uid(1)}")), lambda s: s.id == uid(1)),
        (package(item(1, uri=None)), lambda s: s.aliases == []),
        (package(item(1, educationalLevel="07, 08")), lambda s: s.level == "07,08"),
        (package(item(1, fullStatement="x<sup>2</sup> &lt; $y$\n| a |")), lambda s: s.name == "x2 < $y$ | a |"),
        (package(item(1), links=({"associationType": "isChildOf", "originNodeURI": HOST + uid(1)}
                                 | {"destinationNodeURI": HOST + uid(2)},)), lambda s: s.parents == [uid(2)]),
        (package(item(1), CFRubrics=[{}], CFDefinitions=None, extensions={}), lambda s: s.id == uid(1)),
    ],
)  # fmt: skip
def test_quirks(raw: bytes, holds: Any) -> None:
    found = case.read_case(raw)
    assert found.problems == []
    assert holds(found.skills[0])


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (package(item(1), item(1)), f"CFItems.1.identifier: {uid(1)} comes twice"),
        (package({"fullStatement": "x"}), "CFItems.0.identifier: is missing"),
        (package(item(1, fullStatement=None)), "CFItems.0.fullStatement: is missing"),
        (package("x"), "CFItems.0: is not an object"),
        (package(item(1), CFAssociations={"x": 1}), "CFAssociations: is not an array"),
        (package(item(1), links=({"associationType": "isChildOf"},)), "CFAssociations.0: an end is missing"),
        (
            package(item(1), item(2), links=(link("precedes", uid(1), uid(2)), link("precedes", uid(2), uid(1)))),
            f"CFAssociations.1: precedes: leads back to itself: {uid(1)} → {uid(2)} → {uid(1)}",
        ),
        (package(item(1), links=(link("isChildOf", uid(1), uid(1)),)), "CFAssociations.0: isChildOf: leads back"),
    ],
)
def test_what_is_wrong_is_named_and_left_out(raw: bytes, said: str) -> None:
    [problem] = case.read_case(raw).problems or [""]
    assert problem.startswith(said), problem


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b'{"CFDocument": {"title": "x"}}', b'{"CFPackage": []}', b"[" * 5000]
)
def test_what_is_no_package(raw: bytes) -> None:
    with pytest.raises(case.NoFramework):
        case.read_case(raw)


def catalog(*skills: Skill) -> Catalog:
    found = Catalog()
    for n, skill in enumerate(skills):
        found.apply(skill, n, 0)
    return found


def test_prerequisites_outlive_the_next_package() -> None:
    first = case.read_case(package(item(1), item(2)))
    stands = catalog(*case.plan_framework(first, Catalog()))
    assert case.plan_framework(first, stands) == []
    stands.apply(stands.skills[uid(2)].model_copy(update={"requires": [uid(1)]}), 9, 0)
    [changed] = case.plan_framework(case.read_case(package(item(1), item(2, fullStatement="New"))), stands)
    assert (changed.name, changed.requires) == ("New", [uid(1)])
    [gone] = case.plan_framework(case.read_case(package(item(1))), stands)
    assert (gone.id, gone.removed) == (uid(2), True)


STANDS = (
    Skill(id=uid(1), code="M.1", aliases=[HOST + uid(1)]),
    Skill(id=uid(2), code="M.2", requires=[uid(3)]),
    Skill(id=uid(3), code="M.3"),
    Skill(id="b", code="M.3"),
)


def require(tmp_path: Path, *rows: str) -> tuple[dict[str, list[str]], list[str]]:
    path = tmp_path / "requires.csv"
    path.write_text("\n".join(["skill,requires", *rows]))
    changed, problems = prerequisites.read_prerequisites(path, catalog(*STANDS))
    return {skill.id: skill.requires for skill in changed}, [str(problem) for problem in problems]


def test_prerequisites_by_any_name(tmp_path: Path) -> None:
    rows = (f"M.2,{uid(1)}", f"{uid(3)},M.1", f"b,{HOST}{uid(1)}", f"b,https://other.example/CFItems/{uid(3).upper()}")
    changed, problems = require(tmp_path, *rows, rows[0])
    assert problems == []
    assert changed == {uid(2): [uid(1)], uid(3): [uid(1)], "b": [uid(1), uid(3)]}


def test_what_prerequisites_cannot_be(tmp_path: Path) -> None:
    changed, problems = require(tmp_path, "M.1,M.2", "M.2,M.1", "M.1,nothing", "M.3,M.1", ",M.1", "b,b")
    assert changed == {uid(1): [uid(2)], uid(2): []}
    assert problems == [
        f"requires.csv:3: requires: leads back to itself: {uid(2)} → {uid(1)} → {uid(2)}: left out",
        "requires.csv:4: requires: there is no skill nothing",
        "requires.csv:5: skill: there is no skill M.3",  # two have that code
        "requires.csv:6: skill: there is no skill (empty)",
        "requires.csv:7: requires: leads back to itself: b → b: left out",
    ]


def test_a_skill_that_requires_too_many_keeps_the_first(tmp_path: Path) -> None:
    skills = [Skill(id=f"s{n}") for n in range(MOST_REQUIRED + 2)]
    path = tmp_path / "requires.csv"
    path.write_text("\n".join(["skill,requires", *(f"s0,{one.id}" for one in skills[1:])]))
    [changed], [problem] = prerequisites.read_prerequisites(path, catalog(*skills))
    assert changed.requires == [one.id for one in skills[1:-1]]
    assert str(problem) == f"requires.csv:{len(skills)}: requires: s0 requires more than {MOST_REQUIRED} skills"


def test_rows_that_all_lead_back_are_refused(tmp_path: Path) -> None:
    skills = [Skill(id=f"s{n}") for n in range(2 * MOST_CYCLES + 2)]
    path = tmp_path / "requires.csv"
    pairs = [(a.id, b.id) for a, b in zip(skills[::2], skills[1::2], strict=True)]
    path.write_text("\n".join(["skill,requires", *(f"{a},{b}\n{b},{a}" for a, b in pairs)]))
    with pytest.raises(UnreadableCsv, match="right column"):
        prerequisites.read_prerequisites(path, catalog(*skills))


def test_an_item_with_too_many_associations_keeps_the_first() -> None:
    links = tuple(link("precedes", uid(n), uid(1)) for n in range(2, MOST_REQUIRED + 3))
    found = case.read_case(package(*(item(n) for n in range(1, MOST_REQUIRED + 3)), links=links))
    assert len(found.skills[0].follows) == MOST_REQUIRED
    [problem] = found.problems
    assert problem.startswith(f"CFAssociations.{MOST_REQUIRED}: precedes: {uid(1)} has more than {MOST_REQUIRED}")


@pytest.mark.parametrize(("limit", "name"), [("MOST_ITEMS", "CFItems"), ("MOST_ASSOCIATIONS", "CFAssociations")])
def test_a_package_of_very_many_objects_is_not_read(limit: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case, limit, 2)
    links = tuple(link("precedes", uid(n), uid(n + 1)) for n in range(3))
    with pytest.raises(case.NoFramework, match=f"{name}: holds more than 2: split the framework"):
        case.read_case(package(*(item(n) for n in range(2 + (name == "CFItems"))), links=links))


@pytest.mark.parametrize("raw", [b"{", b'{"CFDocument": nul}', b'{"CFDocument": {"identifier": 01}}', b"\xff"])
def test_what_is_not_json_is_named(raw: bytes) -> None:
    with pytest.raises(case.NoFramework, match="is not JSON"):
        case.read_case(raw)


@pytest.mark.parametrize("raw", [b'{"CFDocument":\n nul}\n\n', b'{"CFDocument": {},\n'])
def test_the_line_where_it_is_not_json(raw: bytes) -> None:
    with pytest.raises(case.NoFramework, match=r"is not JSON: line 2$"):
        case.read_case(raw)


@pytest.mark.parametrize("raw", [b"[]", b"1", b'{"CFPackage": 1}'])
def test_json_that_is_no_package_is_named(raw: bytes) -> None:
    with pytest.raises(case.NoFramework, match="is not a CASE package"):
        case.read_case(raw)


def test_a_package_of_very_many_values_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case, "MOST_VALUES", 100)
    with pytest.raises(case.NoFramework, match="holds more than 100 values"):
        case.read_case(package(*(item(1) for _ in range(40))))


@pytest.mark.parametrize(("where", "more"), [("CFDocument", {"CFDocument": {"x": "x" * 300_000}}), ("CFItems.0", {})])
def test_a_part_that_is_very_large_is_named(where: str, more: dict[str, Any]) -> None:
    with pytest.raises(case.NoFramework, match=f"{where}: is larger than 256 KiB"):
        case.read_case(package(item(1, x=[{}] * 100_000), **more))


def test_an_item_whose_identifier_is_not_one_line_is_left_out() -> None:
    found = case.read_case(
        package(item(1), item(2, identifier="a\u2028b"), links=(link("isChildOf", uid(1), "a\x00b"),))
    )
    assert [skill.id for skill in found.skills] == [uid(1)]
    assert found.problems == [
        "CFItems.1.identifier: has a line break or another control character: left out",
        "CFAssociations.0: has a line break or another control character: left out",
    ]
