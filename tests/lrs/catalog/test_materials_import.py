"""What a CSV of materials changes: how activities are opened, what they teach, and which rows are left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs.catalog.materials_import import MaterialsPlan, preview_materials
from lrs.csv_files.problem import UnreadableCsv
from schemas.catalog import Activity, Catalog, Pattern, Recorded, Skill
from schemas.material import Material

HOME = "https://a.example"
FULL = (
    "id,name,via,opens,minutes,mode,screen,together,level,language,topics,skills\n"
    f'{HOME}/1,Pizza,URL,{HOME}/open/1,2.5,pair,no,2,B1,de,"food, cooking","F, {HOME}/skills/f"\n'
)
SKILLS = (Skill(id="fractions", code="F", aliases=[f"{HOME}/skills/f"]), Skill(id="decimals", code="D"))


def catalog_of(*changes: Recorded) -> Catalog:
    catalog = Catalog()
    for position, change in enumerate((*SKILLS, *changes)):
        catalog.apply(change, position, 0)
    return catalog


def preview(tmp_path: Path, text: str, catalog: Catalog | None = None) -> MaterialsPlan:
    path = tmp_path / "materials.csv"
    path.write_text(text)
    return preview_materials(path, catalog or catalog_of())


def wrong(plan: MaterialsPlan) -> list[tuple[int, str, str]]:
    return [(problem.line, problem.field, problem.message) for problem in plan.problems]


def test_a_row_says_how_an_activity_is_opened_and_what_it_teaches(tmp_path: Path) -> None:
    plan = preview(tmp_path, FULL)
    pizza = Material(
        id=f"{HOME}/1", name="Pizza", opens=f"{HOME}/open/1", minutes=2.5, mode="pair", screen=False, together=2,
        level="B1", language="de", topics=["food", "cooking"],
    )  # fmt: skip
    assert plan.changes == [pizza, Activity(id=pizza.id, name="Pizza", skills=["fractions"])]
    assert (plan.counts, wrong(plan)) == ({"added": 1, "changed": 0, "unchanged": 0}, [])
    again = preview(tmp_path, FULL, catalog_of(*plan.changes))
    assert (again.changes, again.counts) == ([], {"added": 0, "changed": 0, "unchanged": 1})
    assert b"added,https://a.example/1,Pizza" in plan.report()


def test_an_empty_cell_and_a_column_that_is_not_there_leave_what_is_known(tmp_path: Path) -> None:
    known = Material(id=f"{HOME}/1", name="Pizza", minutes=5, level="1")
    taught = Activity(id=known.id, name="as tools say", skills=["decimals"], mastery_score=0.7)
    plan = preview(tmp_path, f"id,minutes,level,skills\n{HOME}/1,,2,\n", catalog_of(known, taught))
    assert plan.changes == [known.model_copy(update={"level": "2"})]
    plan = preview(tmp_path, f"id,skills\n{HOME}/1,F\n", catalog_of(known, taught))
    assert plan.changes == [taught.model_copy(update={"skills": ["fractions"]})]
    assert plan.counts == {"added": 0, "changed": 1, "unchanged": 0}


def test_what_a_pattern_teaches_already_needs_no_entry(tmp_path: Path) -> None:
    catalog = catalog_of(Pattern(id=f"{HOME}/*", skills=["fractions"]))
    [change] = preview(tmp_path, f"id,skills\n{HOME}/1,F\n", catalog).changes
    assert change == Material(id=f"{HOME}/1")


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("via", "email", "is not 'url', 'cmi5', 'lti' or 'page'"),
        ("mode", "class", "is not 'alone', 'pair' or 'teacher'"),
        ("minutes", "five", "is not a number"),
        ("minutes", "-1", "is less than 0.0"),
        ("minutes", "nan", "is not a finite number"),
        ("together", "2.5", "is not a whole number"),
        ("together", "101", "is more than 100"),
        ("screen", "perhaps", "is not true or false"),
        ("level", "x" * 257, "is longer than 256 characters"),
        ("topics", ",".join("abcdefghijklmnopqrstuvwxyz1234567"), "has more than 32 items"),
        ("skills", '"F, Z"', "there is no skill Z"),
        ("opens", "Workbook 7", "must be an http or https URL, as via is url"),
    ],
)
def test_a_row_that_is_wrong_is_named_and_left_out(tmp_path: Path, column: str, cell: str, message: str) -> None:
    cell = f'"{cell}"' if "," in cell and '"' not in cell else cell
    plan = preview(tmp_path, f"id,{column}\n{HOME}/1,{cell}\n{HOME}/2,\n")
    assert wrong(plan) == [(2, column, message)]
    assert [change.id for change in plan.changes if isinstance(change, Material)] == [f"{HOME}/2"]


def test_everything_that_is_wrong_with_a_row_is_named_at_once(tmp_path: Path) -> None:
    columns = "id,via,mode,minutes,together,screen,level,skills"
    plan = preview(tmp_path, f'{columns}\n{HOME}/1,email,class,five,101,perhaps,{"x" * 257},"Y, F, Z"\n')
    assert sorted((line, field) for line, field, _ in wrong(plan)) == [
        (2, field) for field in ("level", "minutes", "mode", "screen", "skills", "skills", "together", "via")
    ]
    assert plan.changes == []


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_as_spreadsheets_write_it_where_a_comma_is_in_numbers(tmp_path: Path, delimiter: str) -> None:
    text = f'id,minutes,skills\n{HOME}/1,"2,5","F, D"\n'
    cells = [["id", "minutes", "skills"], [f"{HOME}/1", "2,5", "F, D"]]
    other = preview(tmp_path, "\n".join(delimiter.join(row) for row in cells))
    assert (other.changes, wrong(other)) == (preview(tmp_path, text).changes, [])
    assert len(other.changes) == 2


def test_rows_of_one_id_and_without_one(tmp_path: Path) -> None:
    plan = preview(tmp_path, f"id,name\n{HOME}/1,a\n{HOME}/1,b\n,c\n")
    assert wrong(plan) == [(3, "id", "comes twice: the first is read"), (4, "id", "is empty")]
    assert plan.counts["added"] == 1


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "materials.csv").write_bytes(b"id,name\n1,\xe9\n")
    with pytest.raises(UnreadableCsv, match="is not UTF-8"):
        preview_materials(tmp_path / "materials.csv", catalog_of())


@pytest.mark.parametrize("text", ["", "name\nPizza\n"])
def test_a_file_that_names_no_activity(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableCsv, match=r"materials\.csv: the first line has to name id"):
        preview(tmp_path, text)
