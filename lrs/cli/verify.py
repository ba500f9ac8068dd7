"""`lrs verify`: check whether the log, the tables and the projections are what they must be."""

from __future__ import annotations

from contextlib import closing, nullcontext
from dataclasses import asdict
from pathlib import Path

import click

from lrs import exits
from lrs.attachments.missing import MISSING, remember
from lrs.attachments.setting import open_attachments
from lrs.backup.decision_history import TABLE as HISTORY
from lrs.backup.manifest import Manifest, latest_manifest
from lrs.backup.repair import repair_from_tables, repair_history, repair_topic
from lrs.backup.restore import restore_attachments
from lrs.backup.rewrite import repair_indexes
from lrs.backup.target import BackupTarget, open_target
from lrs.catalog.catalogs import Catalogs
from lrs.catalog.versions import ActiveWeights
from lrs.cli.answering import fail, print_json
from lrs.cli.counting import counted
from lrs.cli.parts import need_log, start_advice
from lrs.cli.progress import parts_bar
from lrs.clock import system_time
from lrs.errors import Conflict, Failure, LostData, Missing, Transient, UnreadableFile
from lrs.log import DamagedFile
from lrs.processes.engine_for import engine_for
from lrs.processes.modes import Mode, choose_mode
from lrs.processes.options import json_option, runtime_options
from lrs.processes.runtime import Runtime
from lrs.processes.stamps import DATABASE_FILES
from lrs.processes.supervise import FolderInUse, lock_folder
from lrs.verification import checksums, decisions, folds, index, names, readers, statements, tables
from lrs.verification.attachments import AttachmentCheck
from lrs.verification.files import FILES_ADVICE, verify_files
from lrs.verification.finding import CheckProgress, VerifyFinding, unless_written
from processors.folds.registry import all_folds
from schemas.envelope import UnknownVersion
from schemas.record import DECIDE, OBSERVATIONS, STATEMENTS

SAMPLE = 200
TABLES = "tables"
_NOT_IN_TABLES = (
    "No table has, and so only a backup puts back: damaged records of other topics, the data of attachments, and what "
    f"is gone from {HISTORY}"
)


@click.command()
@runtime_options
@click.option(
    "--all", is_flag=True, help="Refold every learner, compare every row and name, read every attachment; no samples."
)
@click.option(
    "--sample",
    type=click.IntRange(1),
    default=SAMPLE,
    show_default=True,
    help="Learners to refold and to decide for, statements and names to compare, and attachments to read, at random.",
)
@click.option("--log-only", is_flag=True, help="Check the log alone, which needs no running `lrs serve`.")
@click.option(
    "--repair",
    metavar="DIR|s3://BUCKET/PREFIX|tables",
    help="Put damaged records of the log back first, from this backup or from the tables, and from a backup missing "
    "attachments and the history of decisions, too; stop `lrs serve` before, and add --log-only.",
)
@json_option
def verify(runtime: Runtime, all: bool, sample: int, log_only: bool, repair: str | None, as_json: bool) -> None:
    """Read all of the log, look for each of its ids in the tables and for each attachment, and refold learners.

    Of a sample (--all: of all) every column is compared with the log: of `statements`, `observations`, `learners`,
    `teachers`, `names`, `definitions`, and of the folds `mastery` and `engagement`; of `decisions` with what is decided
    now. Every row of `agent_statements`, `voids` and `refs` is compared with `statements`, whatever the sample.

    Not compared: earlier rows of `decision_history`, which no log has (the last of a skill is, with `decisions`), and
    the bookkeeping in `checkpoints` and `snapshots`, which each start and each refold check.

    The exit code is 1 where something is wrong. It may run while everything works: it waits for what is not read yet.
    """
    need_log(runtime)
    if repair is not None:
        if not (runtime.kafka or log_only):
            fail("add --log-only to --repair: a folder is repaired while `lrs serve` is stopped", exits.USAGE)
        _repair(runtime, repair, as_json)
    try:
        with parts_bar(as_json) as progress:
            findings = _verify_runtime(runtime, None if all else sample, log_only, progress)
    except Transient as error:
        fail(f"{error}: {start_advice(runtime)}", exits.UNAVAILABLE)
    except (DamagedFile, UnreadableFile) as error:
        fail(f"{error}: {FILES_ADVICE}")
    except (Failure, UnknownVersion) as error:
        fail(str(error))
    if as_json:
        print_json([asdict(finding) | {"ok": finding.ok} for finding in findings])
    else:
        for finding in findings:
            _print_finding(finding)
    if not all_ok(findings):
        raise SystemExit(exits.WRONG)


def all_ok(findings: list[VerifyFinding]) -> bool:
    """Whether nothing is wrong."""
    return not any(finding.wrong for finding in findings)


def _verify_runtime(
    runtime: Runtime, sample: int | None, log_only: bool, progress: CheckProgress
) -> list[VerifyFinding]:
    with closing(runtime.log()) as log:
        findings = checksums.verify_checksums(log, log.topics(), progress)
        findings += index.verify_index(log, log.topics(), progress)
        findings += [verify_files(files, progress) for files in [_files(runtime, log_only)] if files]
    if log_only:
        return findings
    mode = choose_mode(runtime)
    with closing(mode.log):
        return findings + _verify_tables(runtime, mode, sample, progress)


def _verify_tables(runtime: Runtime, mode: Mode, sample: int | None, progress: CheckProgress) -> list[VerifyFinding]:
    """Compare what the log holds now, once it is read; what is appended meanwhile is not looked for."""
    log, store = mode.log, mode.store
    groups = [*mode.groups, (DECIDE, OBSERVATIONS)]
    ends = log.ends(STATEMENTS)
    reading = VerifyFinding("readers", "groups", len(groups), advice=readers.ADVICE)
    store.tuples("SELECT 1", {})  # where it does not answer, nobody reads on
    if why := readers.catch_up(log, groups, runtime.closed_tables()):
        reading.add(why)
        return [reading]  # what the tables lack may only not be written yet

    def settled() -> None:
        readers.settle(log, groups, stalled=readers.STALLED_SECONDS)

    findings = [reading, statements.verify_statements(log, store, ends, mode.stored_times(), sample, progress)]
    findings += tables.verify_following_tables(store)
    findings.append(tables.verify_observations(log, store, sample, progress))
    findings.append(tables.verify_observed_statements(store))
    findings += names.verify_names(log, store, sample, progress)
    check = AttachmentCheck(log, open_attachments(runtime.data, runtime.attachments))
    findings.append(check.verify(sample, progress))
    findings += unless_written(MISSING, lambda: remember(runtime.data, check.missing))
    for fold in all_folds(ActiveWeights(Catalogs(log))):
        findings.append(folds.verify_folds(log, store, fold, sample, settled, progress))
    findings.append(decisions.verify_decisions(log, store, system_time, sample, settled, progress))
    return findings


def _files(runtime: Runtime, log_only: bool) -> list[Path]:
    """The SQLite files of a folder."""
    databases = [] if log_only or runtime.database else [runtime.data / name for name in DATABASE_FILES]
    return [*sorted((runtime.data / "log").glob("*.db")), *databases] if runtime.kafka is None else []


def _repair(runtime: Runtime, source: str, as_json: bool) -> None:
    if runtime.kafka and source == TABLES:
        fail("the brokers of Kafka repair a log from their replicas; --repair tables is for a folder", exits.USAGE)
    try:
        if source == TABLES:
            _repair_from_tables(runtime, as_json)
            return
        target = open_target(source)
        manifest = latest_manifest(target)
        if manifest is None:
            fail(f"there is no backup in {source}", exits.NOT_FOUND)
        with nullcontext() if runtime.kafka else lock_folder(runtime.data):
            if runtime.kafka is None:
                _repair_log(runtime, target, manifest, as_json)
            elif not as_json:
                click.echo("records of the log are left to the brokers of Kafka, which have replicas")
            restore_attachments(open_attachments(runtime.data, runtime.attachments), target)
            _repair_history(runtime, target, manifest, as_json)
    except ValueError as error:
        fail(str(error), exits.USAGE)
    except (FolderInUse, Conflict) as error:
        fail(str(error), exits.TAKEN)
    except (LostData, Missing) as error:
        fail(f"{error}; nothing was changed", exits.WRONG)
    except Transient as error:
        fail(f"{error}: {start_advice(runtime)}", exits.UNAVAILABLE)
    except Failure as error:
        fail(str(error), exits.WRONG)


def _repair_log(runtime: Runtime, target: BackupTarget, manifest: Manifest, as_json: bool) -> None:
    with closing(runtime.log()) as log:
        names = log.topics()
    for name in names:
        count = repair_topic(runtime.data / "log", name, target, manifest)
        if count and not as_json:
            click.echo(f"{name}: records put back: {count:,}, from backup {manifest.number}")
    repair_indexes(runtime.data / "log")


def _repair_history(runtime: Runtime, target: BackupTarget, manifest: Manifest, as_json: bool) -> None:
    """Last, as it needs the store; what is put back before it stays."""
    if runtime.kafka and not runtime.clickhouse:
        fail(f"the rest was repaired; give --clickhouse, too, to put {HISTORY} back", exits.USAGE)
    try:
        count = repair_history(runtime, target, manifest)
    except Failure as error:
        fail(f"the rest was repaired, but {HISTORY} was not put back: {error}", exits.WRONG)
    if not as_json and (count or manifest.history is None):
        rows = f"rows put back: {count:,}, from" if count else "nothing is in"
        click.echo(f"{HISTORY}: {rows} backup {manifest.number}")


def _repair_from_tables(runtime: Runtime, as_json: bool) -> None:
    with lock_folder(runtime.data), engine_for(runtime) as store:
        count = repair_from_tables(runtime.data / "log", store)
        if not as_json:
            click.echo(
                f"{counted(count, 'record of a statement was', 'records of statements were')} made again "
                f"from the tables"
            )
            click.echo(_NOT_IN_TABLES)
        repair_indexes(runtime.data / "log")


def _print_finding(finding: VerifyFinding) -> None:
    click.echo(
        f"{'ok ' if finding.ok else 'BAD'}  {finding.check}: {finding.checked:,} {finding.unit} checked, "
        f"{finding.wrong:,} wrong"
    )
    for example in finding.examples:
        click.echo(f"     {example}")
    if finding.wrong > len(finding.examples):
        click.echo(f"     … and {finding.wrong - len(finding.examples):,} more")
    if finding.wrong and finding.advice:
        click.echo(f"     {finding.advice}")
