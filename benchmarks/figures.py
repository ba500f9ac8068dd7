"""Every figure of docs/explanation/mastery.md, on data that you supply.

`python -m benchmarks.figures --assistments DIR --algebra FILE --oulad DIR` prints the page's tables; those whose data
are not given are left out, and those of simulated learners need none. With `--write` they replace what the page has
between `<!-- figures: NAME -->` and `<!-- end -->`. `--only NAME` makes one.

The data: *train1.csv, *valid1.csv and *test1.csv of assist2009_pid from github.com/arghosh/AKT;
data/algebra05/preprocessed_data_test.csv from github.com/theophilee/learner-performance-prediction; the CSV files of
OULAD (analyse.kmi.open.ac.uk/open_dataset, CC BY 4.0).
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import unlikely
from lrs.evaluation import decisions, forgetting, intervals, little_history, mastery
from lrs.evaluation.assistments import read_fold
from processors.mastery.answers import from_log

PAGE = Path(__file__).parent.parent / "docs" / "explanation" / "mastery.md"
SEEDS = 200  # simulated schools
MODELS = {
    mastery.NEXT_ITEM: "**next item**",
    mastery.SHOWN_MASTERY: "**mastery, as shown**",
    mastery.FREE: "mastery without the clamp",
    mastery.BKT: "BKT (EM)",
    mastery.PFA: "PFA",
    mastery.BASE: "base rate of the item",
    mastery.DEFAULTS: "next item, shipped weights",
    mastery.DEFAULTS_SHOWN: "mastery, shipped weights",
}
GROUPS = {  # columns of studentInfo, their groups and how the page calls them
    "gender": {"F": "women", "M": "men"},
    "disability": {"Y": "disability declared"},
    "imd_band": {"0-10%": "poorest tenth of neighbourhoods", "90-100%": "richest tenth of neighbourhoods"},
}

Cells = Sequence[str]


class Part(NamedTuple):
    """A table of the page: what it is made of ("" is nothing), and how."""

    data: str
    make: Callable[[Path], list[str]]


def shown(folder: Path) -> list[str]:
    """The model and its rivals on learners they have not seen."""
    return shown_table(mastery.evaluate_mastery(folder))


def shown_table(report: dict[str, Any]) -> list[str]:
    rows = [
        [
            MODELS[row["model"]],
            *(_share(row[of][name]) for of in ("all", "first") for name in ("auc", "log_loss", "ece")),
            _share(row["cold"]["ece"]),
        ]
        for row in report["rows"]
    ]
    first = report["rows"][0]["first"]["n"]
    heads = ["AUC", "log loss", "ECE"]
    return _table(
        [f"Model, {report['answers']['test']:,} answers", *heads, f"first attempts ({first:,}): AUC", *heads[1:],
         "ECE, 0–2 attempts on the skill"],
        rows,
    )  # fmt: skip


def forecasts(folder: Path) -> list[str]:
    """The next five answers against their forecast."""
    answers = from_log([learner for log in read_fold(folder) for learner in log])
    return forecasts_table(intervals.rotated(answers))


def forecasts_table(rows: list[dict[str, Any]]) -> list[str]:
    heads = ["Attempts before", "Cases", *(f"{float(level):.0%}".replace("%", " %") for level in rows[0]["pit"])]
    heads += ["log score", "of a Beta around the number"]
    lines = []
    for row in rows:
        shares = (f"{100 * share:.1f}" for share in row["pit"].values())
        scores = ("–" if row[name] is None else f"−{-row[name]:.4f}" for name in ("log_score", "around_shown"))
        lines.append([row["attempts"].replace("-", "–"), f"{row['n']:,}", *shares, *scores])
    return _table(heads, lines)


def judged(_: Path) -> list[str]:
    """Decisions on simulated learners."""
    return judged_table(decisions.judge_rules(SEEDS))


def judged_table(rows: list[dict[str, Any]]) -> list[str]:
    def cell(found: tuple[float, float, float]) -> str:
        share, low, high = map(_hundredths, found)
        return share if share == low == high else f"{share} [{low} {high}]"

    names = ("advance_precision", "advance_recall", "help_precision")
    # Rivals over all laws alone: whoever asks under which law Pacer is wrong asks it of Pacer.
    shown = [row for row in rows if row["law"] == decisions.ALL]
    shown += [row for row in rows if row["law"] != decisions.ALL and row["rule"] in decisions.OWN_RULES]
    return _table(
        ["Rule", "Law", "advance right", "in time", "help right", "delay"],
        [
            [
                row["rule"],
                row["law"],
                *(cell(row[name]) for name in names),
                "" if row["help_delay"] is None else f"{row['help_delay']:.0f}",
            ]
            for row in shown
        ],
    )


def forgotten(file: Path) -> list[str]:
    """Laws of forgetting on the answers of learners who come back."""
    return forgotten_table(forgetting.evaluate_forgetting(file))


def forgotten_table(report: dict[str, Any]) -> list[str]:
    rows = []
    for row in report["rows"]:
        drop = f"{row['drop']:.2f}" + (f" ± {row['drop_deviation']:.2f}" if row["drop_deviation"] else "")
        rows.append([row["law"], drop, *(_share(row[name], 4) for name in ("log_loss", "ece"))])
    return _table(["Law", "A", "log loss", "ECE"], rows)


def little(file: Path) -> list[str]:
    """Little history, blended with the shipped weights."""
    return little_table(little_history.evaluate_little_history(file))


def little_table(report: dict[str, Any]) -> list[str]:
    rows = []
    for row in report["rows"]:
        which = f"{row['own']:,} own answers, {row['which']}" if row["which"] else row["weights"]
        early = row.get("early")
        rows.append(
            [which, *(_share(row[name]) for name in ("auc", "log_loss", "ece")), _share(early["ece"]) if early else ""]
        )
    return _table(["Weights", "AUC", "log loss", "ECE", "ECE of as early answers"], rows)


def unfinished(folder: Path) -> list[str]:
    """Who is unlikely to finish, by day."""
    found = [one for one in unlikely.read(folder) if one.course[1].startswith("2014")]
    return unfinished_table(unlikely.by_day(found))


def unfinished_table(rows: list[dict[str, Any]]) -> list[str]:
    heads = ["Day", "Learners with an estimate", "AUC", "ECE", "of the top tenth, failed or withdrew"]
    heads += ["listed", "of these, failed or withdrew"]
    heads += ["of all who did, listed", "half of the listed who left had, after"]
    return _table(
        heads,
        [
            [
                f"{row['day']}",
                f"{row['learners']:,}",
                _share(row["auc"]),
                _share(row["ece"]),
                *(_percent(row[name]) for name in ("top_tenth", "listed", "right", "found")),
                f"{row['days_until_half_had_left']:.0f} days",
            ]
            for row in rows
        ],
    )


def groups(folder: Path) -> list[str]:
    """The same at day 60, by group."""
    found = [one for one in unlikely.read(folder, (60,)) if one.course[1].startswith("2014")]
    rows = [
        (name, row)
        for column, named in GROUPS.items()
        for row in unlikely.by_group(found, column)
        if (name := named.get(row["group"]))
    ]
    return groups_table(rows)


def groups_table(rows: list[tuple[str, dict[str, Any]]]) -> list[str]:
    def difference(found: dict[str, float], percent: bool = False) -> str:
        if percent:
            value, low, high = (f"{100 * found[name]:.1f}" for name in ("value", "low", "high"))
            return f"{value} % [{low} {high}]".replace("-", "−")
        value, low, high = (_signed(found[name]) for name in ("value", "low", "high"))
        return f"{value} [{low} {high}]"

    heads = ["Group", "Learners", "did not finish", "AUC", "bias: chance less what came"]
    heads += ["listed of those who finished", "not listed of those who did not"]
    return _table(
        heads,
        [
            [
                name,
                f"{row['learners']:,}",
                _percent(row["failed"]),
                difference(row["auc"]),
                difference(row["bias"]),
                difference(row["wrongly_listed"], percent=True),
                difference(row["missed"], percent=True),
            ]
            for name, row in rows
        ],
    )


PARTS = {
    "shown": Part("assistments", shown),
    "forecasts": Part("assistments", forecasts),
    "decisions": Part("", judged),
    "forgetting": Part("algebra", forgotten),
    "little history": Part("algebra", little),
    "unlikely": Part("oulad", unfinished),
    "groups": Part("oulad", groups),
}


def put(page: str, name: str, table: Sequence[str]) -> str:
    """The page with another table in a block. Raises ValueError where it has no such block."""
    block = re.compile(rf"(<!-- figures: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    written = "\n".join(("", *table, "", ""))
    found, many = block.subn(lambda match: match[1] + written + match[2], page)
    if many != 1:
        raise ValueError(f"the page has {many} blocks of figures called {name!r}")
    return found


def _table(heads: Cells, rows: Sequence[Cells]) -> list[str]:
    return [_line(heads), _line(["---"] * len(heads)).replace(" ", ""), *map(_line, rows)]


def _line(cells: Cells) -> str:
    return f"| {' | '.join(cells)} |"


def _share(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}".removeprefix("0")


def _hundredths(value: float) -> str:
    return _share(value, 2)


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else ''}{_share(abs(value))}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assistments", type=Path, help="folder with the three files of assist2009_pid, fold 1")
    parser.add_argument("--algebra", type=Path, help="algebra05's preprocessed_data_test.csv")
    parser.add_argument("--oulad", type=Path, help="folder with OULAD's CSV files")
    parser.add_argument("--only", choices=PARTS, action="append", help="a table to make; may be repeated")
    parser.add_argument("--write", action="store_true", help="put the tables into the page")
    asked = parser.parse_args()
    for name, part in PARTS.items():
        data = getattr(asked, part.data) if part.data else Path()
        if asked.only and name not in asked.only:
            continue
        if data is None:
            print(f"{name}: left out, as --{part.data} is not given", file=sys.stderr)
            continue
        table = part.make(data)
        print(f"\n{name}\n", *table, sep="\n", flush=True)
        if asked.write:
            PAGE.write_text(put(PAGE.read_text("utf-8"), name, table), "utf-8")


if __name__ == "__main__":
    main()
