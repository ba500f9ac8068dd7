"""`lrs evaluate`: measure the models on held-out learners."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from lrs import exits
from lrs.catalog.versions import ActiveWeights
from lrs.cli.answering import fail, print_json
from lrs.cli.counting import counted
from lrs.cli.parts import open_parts
from lrs.cli.tables import print_table
from lrs.evaluation.assistments import read_fold
from lrs.extras import needs
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime
from processors.folds.mastery import Mastery
from schemas.invalid import Invalid
from schemas.policy import Policy
from schemas.refusal import parse_model

MOST_LEARNERS = 2_000
_WIDTH = 40  # characters of a reliability chart


def _fold_options(command: Callable[..., None]) -> Callable[..., None]:
    folder = click.option(
        "--data",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        required=True,
        help="Folder with *trainN.csv, *validN.csv and *testN.csv: four lines a learner.",
    )
    number = click.option("--fold", type=click.IntRange(min=1), default=1, show_default=True, help="N of the files.")
    return folder(number(command))


@click.group()
def evaluate() -> None:
    """Measure the models on held-out learners."""


@evaluate.command()
@_fold_options
@json_option
def mastery(data: Path, fold: int, as_json: bool) -> None:
    """Fit the mastery model and its rivals, and judge them on learners they have not seen."""
    with needs("fit"):
        from lrs.evaluation import mastery as evaluation  # loads numba, which takes a while

    with _bar(as_json) as bar:
        task = bar.add_task("reading", total=1.0)
        try:
            report = evaluation.evaluate_mastery(
                data, fold, lambda step, done: bar.update(task, description=step, completed=done)
            )
        except FileNotFoundError as error:
            fail(str(error), exits.NOT_FOUND)
        except ValueError as error:
            fail(str(error))
    if as_json:
        print_json(report)
        return
    _print_models(report)
    _print_intervals(report["intervals"])
    screen = Console()
    for name, rows in report["reliability"].items():
        screen.print(f"\n[bold]{name}[/bold]: predicted ○, what happened ●", highlight=False)
        screen.print("\n".join(chart(rows)), highlight=False, markup=False)


@evaluate.command()
@_fold_options
@json_option
def intervals(data: Path, fold: int, as_json: bool) -> None:
    """Judge the forecast of the next five answers on all learners, each by weights fitted to others.

    The files are those of `lrs evaluate mastery`; its own table of this is of the test learners alone, whose spread is
    as large as what is looked for.
    """
    with needs("fit"):
        from lrs.evaluation import intervals as evaluation
        from processors.mastery.answers import from_log

    with _bar(as_json) as bar:
        task = bar.add_task("fitting", total=1.0)
        try:
            logs = read_fold(data, fold)
            answers = from_log([learner for log in logs for learner in log])
            interval_rows = evaluation.rotated(answers, progress=lambda done: bar.update(task, completed=done))
        except FileNotFoundError as error:
            fail(str(error), exits.NOT_FOUND)
        except ValueError as error:
            fail(str(error))
    if as_json:
        print_json({"learners": sum(map(len, logs)), "answers": len(answers), "rows": interval_rows})
    else:
        _print_intervals(interval_rows)


@evaluate.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="Tab-separated: user_id, item_id, timestamp (seconds), correct, skill_id.",
)
@click.option("--splits", type=click.IntRange(min=1), default=5, show_default=True, help="Random splits of learners.")
@json_option
def forgetting(data: Path, splits: int, as_json: bool) -> None:
    """Judge laws of forgetting by the answers of learners who come back, on 40% of them."""
    with needs("fit"):
        from lrs.evaluation import forgetting as evaluation

    try:
        report = evaluation.evaluate_forgetting(data, splits)
    except ValueError as error:
        fail(str(error))
    if as_json:
        print_json(report)
        return
    law_rows = []
    for row in report["rows"]:
        drop = f"{row['drop']:.2f} ± {row['drop_deviation']:.2f}"
        law_rows.append((row["law"], drop, *(f"{row[name]:.4f}" for name in ("auc", "log_loss", "ece"))))
    number_columns = ("drop", "AUC", "log loss", "ECE")
    title = (
        f"{counted(report['answers'], 'answer')} of {counted(report['learners'], 'learner')}, "
        f"{counted(splits, 'split')}"
    )
    caption = "answers at least half a day after the last on the skill"
    print_table(("law", *number_columns), law_rows, numbers=number_columns, title=title, caption=caption)


@evaluate.command()
@click.option("--seeds", type=click.IntRange(min=1), default=200, show_default=True, help="Simulated schools.")
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="JSON: thresholds other than the default ones.",
)
@json_option
def decisions(seeds: int, policy_file: Path | None, as_json: bool) -> None:
    """Judge decisions on simulated learners whose true chances are known, beside simpler rules."""
    with needs("fit"):
        from lrs.evaluation import decisions as evaluation

    try:
        policy = parse_model(TypeAdapter(Policy), policy_file.read_bytes()) if policy_file else Policy()
    except Invalid as error:
        fail(f"{policy_file}: {error}")
    rule_rows = evaluation.judge_rules(seeds, policy=policy)
    if as_json:
        print_json({"seeds": seeds, "rows": rule_rows})
        return
    rule_lines = []
    for row in rule_rows:
        shares = (row[name] for name in ("advance_precision", "advance_recall", "help_precision"))
        delay = "" if row["help_delay"] is None else f"{row['help_delay']:.0f}"
        rule_lines.append(
            (row["law"], row["rule"], *(f"{s:.2f} [{low:.2f} {high:.2f}]" for s, low, high in shares), delay)
        )
    number_columns = ("advance right", "in time", "help right", "delay")
    title = f"{counted(seeds, 'seed')}; 95% intervals over seeds in brackets"
    print_table(("law", "rule", *number_columns), rule_lines, numbers=number_columns, title=title)


@evaluate.command("next")
@click.option("--schools", type=click.IntRange(min=1), default=200, show_default=True, help="Simulated schools.")
@click.option("--learners", type=click.IntRange(min=1), default=2, show_default=True, help="Of each school and law.")
@json_option
def next_(schools: int, learners: int, as_json: bool) -> None:
    """Count the attempts until simulated learners master a course, by what comes next and by simpler orders."""
    with needs("fit"):
        from lrs.evaluation import next_items as evaluation

    with _bar(as_json) as bar:
        task = bar.add_task("schools", total=1.0)
        order_rows = evaluation.judge_orders(schools, learners, progress=lambda done: bar.update(task, completed=done))
    if as_json:
        print_json({"schools": schools, "learners": learners, "rows": order_rows})
        return
    order_lines = []
    for row in order_rows:
        share, low, high = row["fewer"]
        figures = (f"{row['attempts']:.0f}", f"{row['slowest_tenth']:.0f}", f"{row['unfinished']:.0%}")
        order_lines.append((row["law"], row["order"], *figures, f"{share:.0%} [{low:.0%} {high:.0%}]"))
    number_columns = ("attempts", "slowest tenth", "not mastered", "fewer than fixed")
    title = (
        f"{counted(schools, 'school')} of {counted(learners, 'learner')} a law; 95% intervals over schools in brackets"
    )
    print_table(("law", "order", *number_columns), order_lines, numbers=number_columns, title=title)


def _bar(quiet: bool) -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        console=console,
        disable=quiet or not console.is_terminal,
    )


@evaluate.command()
@click.option(
    "--groups",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="CSV: learner (as in the catalog), then a column for each attribute. It is read here, and kept nowhere.",
)
@click.option("--attribute", "attributes", multiple=True, help="An attribute of the roster; may be repeated.")
@click.option(
    "--learners", type=click.IntRange(min=1), default=MOST_LEARNERS, show_default=True, help="Judged at most."
)
@runtime_options
@tenant_option
@json_option
def fairness(
    groups: Path | None, attributes: tuple[str, ...], learners: int, runtime: Runtime, tenant: str, as_json: bool
) -> None:
    """Judge what the tenant's boards showed and decided: by attributes of its learners that a roster or a file has, by
    the language that most of a learner's statements name, and by attempts so far.

    Each group is beside the others, with 95% intervals over learners, and a warning where it is notably otherwise.
    """
    with needs("fit"):
        from lrs.evaluation import fairness as evaluation
        from lrs.evaluation.history import learners_of, read_learners
        from lrs.evaluation.learner_languages import OBSERVED, languages_of
        from lrs.evaluation.roster_groups import UnknownAttribute, roster_groups

    try:
        named = read_groups(groups) if groups else {}
    except ValueError as error:
        fail(str(error))
    with open_parts(runtime) as parts:
        catalog = parts.catalogs.latest(tenant)
        people = catalog.people
        try:
            of_roster = roster_groups(catalog, attributes)
        except UnknownAttribute as error:
            fail(str(error), exits.NOT_FOUND)
        named = {what: {people.person(key): group for key, group in of.items()} for what, of in named.items()}
        named |= of_roster
        learner_ids = sorted({learner for of in named.values() for learner in of})[:learners]
        learner_ids = learner_ids or learners_of(parts.store, tenant, people, learners)
        fold = Mastery(ActiveWeights(parts.catalogs)(tenant))
        named[OBSERVED] = languages_of(parts.store, tenant, people, learner_ids)
        log = read_learners(parts.store, tenant, people, learner_ids)
        report = evaluation.evaluate_fairness(log, fold, catalog.policy, named, catalog.required)
    if as_json:
        print_json(report)
        return
    _print_fairness(report)
    screen = Console()
    for warning in report["warnings"] or ["Nothing is notably otherwise for one group than for the others."]:
        screen.print(warning, highlight=False, markup=False)


def read_groups(path: Path) -> dict[str, dict[str, str]]:
    """By attribute: the group of each learner. Raises ValueError where the file is not such a CSV."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        group_rows = list(csv.DictReader(file))
    if not group_rows or "learner" not in group_rows[0] or len(group_rows[0]) < 2:
        raise ValueError(f"{path.name} needs a column learner, and one for each attribute")
    return {
        attribute: {row["learner"]: row[attribute] or "" for row in group_rows}
        for attribute in group_rows[0]
        if attribute and attribute != "learner"
    }


def _print_fairness(report: dict[str, Any]) -> None:
    names = {"auc": "AUC", "ece": "ECE", "bias": "bias", "early": "moved on early", "held_back": "held back"}
    names |= {"needless": "needless help", "needless_review": "needless review", "too_soon": "begun too soon"}
    names |= {"made_to_wait": "made to wait", "left_unknown": "left unknown"}
    group_rows = []
    for row in report["rows"]:
        figures = [_with_interval(row["figures"][name]) for name in names]
        group_rows.append(
            (f"{row['attribute']} {row['group']}", f"{row['learners']:,}", f"{row['answers']:,}", *figures)
        )
    number_columns = ("learners", "answers", *names.values())
    title = f"{counted(report['answers'], 'answer')} of {counted(report['learners'], 'learner')}"
    caption = "bias: number shown less share right; 95% intervals over learners in brackets"
    print_table(("group", *number_columns), group_rows, numbers=number_columns, title=title, caption=caption)


def _with_interval(figure: dict[str, float | None]) -> str:
    value, low, high = figure["value"], figure["low"], figure["high"]
    return "–" if value is None else f"{value:.3f} [{low:.3f} {high:.3f}]"


def chart(bins: list[dict[str, Any]]) -> list[str]:
    """A line per bin: predicted and what happened on a scale from 0 to 1 (◉ where they meet), and how many."""
    chart_lines = []
    for bin_ in bins:
        cells = ["·"] * (_WIDTH + 1)
        predicted, right = round(bin_["predicted"] * _WIDTH), round(bin_["right"] * _WIDTH)
        cells[predicted], cells[right] = "○", "●"
        if predicted == right:
            cells[right] = "◉"
        chart_lines.append(f"{bin_['from']:.2f}-{bin_['to']:.2f} {''.join(cells)} {bin_['right']:.3f} of {bin_['n']:,}")
    return chart_lines


def _print_intervals(buckets: list[dict[str, Any]]) -> None:
    bucket_rows = []
    for row in buckets:
        shares = (f"{share:.1%}" for share in row["pit"].values())
        before = "–" if row["around_shown"] is None else f"{row['around_shown']:.4f}"
        bucket_rows.append((row["attempts"], f"{row['n']:,}", *shares, f"{row['log_score']:.4f}", before))
    number_columns = ("cases", *(f"{float(level):.0%}" for level in buckets[0]["pit"]), "log score", "before")
    title = "the next five answers on a skill against their forecast: how many came at or under each level of it"
    print_table(("attempts before", *number_columns), bucket_rows, numbers=number_columns, title=title)


def _print_models(report: dict[str, Any]) -> None:
    answers, learners = report["answers"], report["learners"]
    model_rows = []
    for row in report["rows"]:
        figures = [row["all"][name] for name in ("auc", "log_loss", "ece")]
        figures += [*(row["first"][name] for name in ("auc", "log_loss", "ece")), row["cold"]["ece"]]
        model_rows.append((row["model"], *(f"{figure:.3f}" for figure in figures)))
    first = report["rows"][0]["first"]["n"]
    number_columns = ("AUC", "log loss", "ECE", "first: AUC", "first: log loss", "first: ECE", "cold")
    title = (
        f"{counted(answers['test'], 'answer')} of {counted(learners['test'], 'unseen learner')}; "
        f"{counted(first, 'first attempt')}"
    )
    caption = (
        f"fitted on {counted(answers['train'] + answers['valid'], 'answer')}; cold: ECE up to 2 attempts on the skill"
    )
    print_table(("model", *number_columns), model_rows, numbers=number_columns, title=title, caption=caption)
