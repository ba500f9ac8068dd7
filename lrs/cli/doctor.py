"""`lrs doctor`: check the parts of a data folder, and say what to do about what is wrong."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from lrs import exits
from lrs.accounts.issuers import SignInIssuers
from lrs.accounts.platforms import Platforms
from lrs.attachments.missing import remembered
from lrs.attachments.setting import open_attachments
from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.backup.databases import PARTS
from lrs.backup.restore import read_restored
from lrs.catalog.catalogs import Catalogs
from lrs.catalog.versions import list_versions, unusable_active
from lrs.cli.answering import broken_advice, print_json
from lrs.cli.counting import counted
from lrs.cli.parts import start_advice
from lrs.clock import system_time
from lrs.deadletters.listing import each_dead_letter
from lrs.errors import Failure, Full, UnreadableFile
from lrs.extras import needs
from lrs.log import HALTING, Damaged, Log, Unavailable
from lrs.log.damage_memory import DAMAGE_ADVICE
from lrs.log.sqlite import SqliteLog
from lrs.models.waiting import thin_version, unfinished_version, waiting_version
from lrs.processes.denied import DENIED_ADVICE, denied_text, require_access
from lrs.processes.modes import choose_mode
from lrs.processes.options import json_option, runtime_options, weekly_option
from lrs.processes.runtime import Runtime
from lrs.processes.shared_stamps import SharedStamps
from lrs.processes.stamps import STAMPS_ADVICE, Stamps
from lrs.record.repair_counts import RepairCounts
from lrs.store import migrate
from lrs.store.client import Store, StoreRefused, StoreUnavailable
from lrs.verification.attachments import ATTACHMENTS_ADVICE
from lrs.verification.finding import shown_of
from processors.runtime.lag import Groups, freshness
from schemas.catalog import Catalog
from schemas.days import DAY
from schemas.envelope import Unreadable

Unfinished = Callable[[str, Catalog], str]

LOW_BYTES = 1 << 30
DOCTOR_STALLED_SECONDS = 30.0  # so far behind the log, the doctor says that projections stand still
_UNREADABLE: tuple[type[Exception], ...] = (*HALTING, Unreadable)
OVERDUE = 8 * DAY  # µs since a tenant's last fit where each week has one
_DECISIONS_ADVICE = (
    "undo the tenant's last change of policies, skills or classes, and report the error with its place in the code"
)


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """One part that `lrs doctor` looked at; `advice` says what to do where it is not ok."""

    part: str
    ok: bool
    found: str
    advice: str = ""


def examine(runtime: Runtime, now: Callable[[], int], weekly: bool = False) -> list[DoctorFinding]:
    """Look at every part of a runtime; weekly: its models are to be fitted each week."""
    if runtime.kafka:
        kafka = _kafka(runtime, now, weekly)
        databases = [_credentials_finding(runtime), *_database_findings(runtime)]
        parts = [_parts_finding(runtime), _attachments_finding(runtime)]
        return [*kafka, *databases, *parts, _store_finding(runtime), *_closed_tables_findings(runtime)]
    data = runtime.data
    try:
        require_access(data)
    except UnreadableFile as error:
        return [DoctorFinding("data", False, str(error))]
    except OSError as error:
        return [DoctorFinding("data", False, denied_text(error), DENIED_ADVICE)]
    if not data.is_dir():
        return [DoctorFinding("data", False, f"{data} does not exist", "run `lrs serve` once, or give --data")]
    findings = [_disk(data), _parts_finding(runtime)]
    if not (data / "log").is_dir():
        return [*findings, DoctorFinding("log", False, "there is no log yet", "run `lrs serve` once")]
    try:
        findings += _log_and_models(runtime, now(), weekly)
    except Full as error:
        findings.append(DoctorFinding("log", False, str(error), "make room"))
    except (Unavailable, sqlite3.Error) as error:
        findings.append(DoctorFinding("log", False, str(error), "restore the folder `log` from a backup"))
    except _UNREADABLE as error:
        findings.append(_halting(error))
    findings += [_damage(runtime), *_restored_findings(data)]
    findings += [
        _credentials_finding(runtime),
        *_database_findings(runtime),
        _attachments_finding(runtime),
        _store_finding(runtime),
    ]
    return [*findings, *_closed_tables_findings(runtime)]


def _closed_tables_findings(runtime: Runtime) -> list[DoctorFinding]:
    """What keeps the tables from being read, and for whom decisions fail."""
    failing = [
        DoctorFinding("decisions", False, f"those of tenant {tenant} fail: {reason}", _DECISIONS_ADVICE)
        for tenant, reason in sorted(runtime.failing_tenants().read().items())
    ]
    if (state := runtime.closed_tables().read()) is None:
        return failing
    advice = "wait for the rebuild" if state.kind == "rebuild" else ""
    return [*failing, DoctorFinding("tables", False, str(state), advice)]


def _restored_findings(data: Path) -> list[DoctorFinding]:
    """Where the folder was restored: by how much its parts were older than the newest record that was."""
    try:
        state = read_restored(data)
    except Failure as error:
        return [DoctorFinding("restored", False, str(error))]
    if state is None:
        return []
    taken = datetime.fromtimestamp(state.taken / 1e6, UTC).isoformat(timespec="seconds")
    ages = [
        f"{name} {(state.log_through - time) / 1e6:.0f} s older than the log"
        for name, time in state.databases.items()
        if time < state.log_through
    ]
    description = "; ".join([f"from backup {state.backup} of {taken}", *ages])
    return [DoctorFinding("restored", not ages, description, "what these databases held after is lost" if ages else "")]


def _halting(error: Exception) -> DoctorFinding:
    """A log that cannot be read on."""
    damaged = DAMAGE_ADVICE if isinstance(error, Damaged) else "restore the log from a backup, or use its release"
    return DoctorFinding("log", False, str(error), damaged)


def _damage(runtime: Runtime) -> DoctorFinding:
    """The records that anybody met damaged: to look for all of them takes a while."""
    try:
        damaged = runtime.damaged_records()
    except Failure as error:
        return DoctorFinding("records", False, str(error), "run `lrs verify --log-only`")
    if not damaged:
        return DoctorFinding("records", True, "none is known to be damaged: `lrs verify` reads each")
    texts = [f"{record} (it held {', '.join(record.ids) or 'nobody knows what'})" for record in damaged]
    return DoctorFinding("records", False, "; ".join(shown_of(texts)), DAMAGE_ADVICE)


def _parts_finding(runtime: Runtime) -> DoctorFinding:
    """Whether every part holds what the others have seen of it."""
    there = runtime.kafka is None and (runtime.data / "log").is_dir()
    with closing(SqliteLog(runtime.data / "log")) if there else nullcontext() as log:
        try:
            lost = [] if runtime.kafka else Stamps(runtime).lost(log)
        except Failure as error:
            return DoctorFinding("parts", False, str(error), "restore the folder `log` from a backup")
    try:
        with closing(SharedStamps(runtime)) as shared:
            lost += shared.lost()
    except Failure as error:
        return DoctorFinding("parts", False, str(error), "see that it runs, then ask again: its age is not known")
    return DoctorFinding(
        "parts", not lost, "; ".join(map(str, lost)) or "as old as each other", STAMPS_ADVICE if lost else ""
    )


def _disk(data: Path) -> DoctorFinding:
    free = shutil.disk_usage(data).free
    advice = "" if free >= LOW_BYTES else "make room: appends will soon be refused with 507"
    return DoctorFinding("disk", free >= LOW_BYTES, f"{free / 2**30:.1f} GiB free", advice)


def _log_and_models(runtime: Runtime, now: int, weekly: bool) -> list[DoctorFinding]:
    """The log and how far it is read, and the models that decide."""
    mode = choose_mode(runtime)
    with closing(mode.log):
        return [
            *_log_findings(mode.log, mode.groups, now),
            models_finding(Catalogs(mode.log), now, weekly, _unfinished_tables(mode.store)),
        ]


def _kafka(runtime: Runtime, now: Callable[[], int], weekly: bool) -> list[DoctorFinding]:
    """The topics as they are, and how far they are read."""
    with needs("kafka"):
        from lrs.log.kafka_topics import show_topics

    assert runtime.kafka is not None
    try:
        drifted = [topic.name for topic in show_topics(runtime.kafka) if topic.drift]
        log_findings = _log_and_models(runtime, now(), weekly)
    except Unavailable as error:
        return [DoctorFinding("log", False, str(error), "see that Kafka runs, and that --kafka is right")]
    except _UNREADABLE as error:
        return [_halting(error)]
    advice = "see `lrs topics show`" if drifted else ""
    return [DoctorFinding("topics", not drifted, ", ".join(drifted) or "as they should be", advice), *log_findings]


def _log_findings(log: Log, groups: Groups, now: int) -> list[DoctorFinding]:
    fresh = freshness(log, groups, now)
    current = fresh["age_seconds"] <= DOCTOR_STALLED_SECONDS
    waiting = sum(letter.outcome is None for letter in each_dead_letter(log))
    return [
        DoctorFinding("log", True, f"{counted(fresh['log_end'], 'record')} of statements"),
        DoctorFinding(
            "projections",
            current,
            f"{counted(fresh['behind'], 'record')} behind, {fresh['age_seconds']:.1f} s",
            "" if current else "see that `lrs serve` runs, and read what its processors say",
        ),
        DoctorFinding("repairs", True, _repaired(log)),
        DoctorFinding(
            "dead letters", True, f"{waiting} to decide on" + (": `lrs dead-letters list`" if waiting else "")
        ),
    ]


def _unfinished_tables(store: Store) -> Unfinished:
    """As `unfinished_version`; empty where the store cannot say, which is a finding of its own."""

    def ask(tenant: str, catalog: Catalog) -> str:
        try:
            return unfinished_version(store, tenant, catalog)
        except (StoreUnavailable, StoreRefused):
            return ""

    return ask


def models_finding(
    catalogs: Catalogs, now: int, weekly: bool, unfinished: Unfinished = lambda tenant, catalog: ""
) -> DoctorFinding:
    """Which weights decide for each tenant that has fitted its own, and how old its last fit is.

    unfinished: a tenant's version whose activation was cut short.
    """
    tenant_models, overdue, wrong, advice = [], [], [], ""
    for tenant, catalog in catalogs.all().items():
        versions = list_versions(catalog)
        if len(versions) < 2:  # the shipped one
            continue
        active = next((model_version["version"] for model_version in versions if model_version["active"]), "none")
        last = max(versions[1:], key=lambda model_version: model_version["at"])
        how = " weekly" if last["report"].get("weekly") else ""
        tenant_models.append(
            f"{tenant}: {active} decides; {last['version']} was fitted{how} "
            f"{counted((now - last['at']) // DAY, 'day')} ago"
        )
        if problem := unusable_active(catalog):
            wrong.append(f"{tenant}: {problem}")
            advice = advice or "`lrs activate` another version: until then the one before it decides"
        if version := unfinished(tenant, catalog):
            wrong.append(f"{tenant}: the activation of {version} was cut short: rows are made with other weights")
            advice = advice or _finish_advice(version, tenant)
        if version := waiting_version(catalog):
            tenant_models[-1] += (
                f"; {version} waits: it is not worse, and `lrs activate {version} --tenant {tenant}` makes it decide"
            )
        elif version := thin_version(catalog):
            tenant_models[-1] += f"; {version}: look at its report, then `lrs activate` makes it decide"
        if weekly and now - last["at"] > OVERDUE:
            overdue.append(tenant)
    description = "; ".join([*wrong, *tenant_models]) or "the shipped weights decide"
    if overdue and not advice:
        advice = "see that `lrs serve --fit-weekly`, or `lrs fit weekly`, runs, and read what it says"
    return DoctorFinding("models", not (overdue or wrong), description, advice)


def _finish_advice(version: str, tenant: str) -> str:
    again = f"`lrs activate {version} --tenant {tenant}` again finishes it"
    return f"{again}, and so does a start of `lrs serve` on one machine"


def _repaired(log: Log) -> str:
    """Which credentials send what has to be repaired."""
    counts = RepairCounts(log).by_rule()
    if not counts:
        return "none were needed"
    most = ", ".join(f"{c.statements} × {rule.rule} ({rule.credential})" for rule, c in list(counts.items())[:3])
    return f"{most}{': `lrs repairs` has all' if len(counts) > 3 else ''}"


def _credentials_finding(runtime: Runtime) -> DoctorFinding:
    try:
        with closing(Credentials(runtime.database or embedded_credentials_url(runtime.data))) as credentials:
            usable = sum(not credential.revoked for credential in credentials.listed())
    except Failure as error:
        return DoctorFinding("credentials", False, str(error), _database_advice(runtime))
    advice = "" if usable else "`lrs credentials add` makes one, or no tool can send"
    return DoctorFinding("credentials", usable > 0, f"{usable} usable", advice)


def _database_findings(runtime: Runtime) -> list[DoctorFinding]:
    """The transactional databases that cannot be opened; those of a folder that are not there yet are none."""
    findings: list[DoctorFinding] = []
    for part in PARTS:
        if part.name == "credentials":  # a finding of its own
            continue
        if runtime.database is None and not (runtime.data / f"{part.name}.db").exists():
            continue
        try:
            part.make(url := part.url(runtime.data, runtime.database)).close()
            findings += _sign_in_findings(url) if part.name == "accounts" else ()
        except Failure as error:
            findings.append(DoctorFinding(part.name, False, str(error), _database_advice(runtime)))
    return findings


def _sign_in_findings(url: str) -> Iterator[DoctorFinding]:
    """The issuers and platforms with which nobody can sign in."""
    for command, kind in (("sign-in", SignInIssuers), ("lti", Platforms)):
        with closing(kind(url)) as stored:
            for name, why in stored.broken():
                found = f"nobody can sign in with {name}: {why}"
                yield DoctorFinding(command, False, found, broken_advice(name, command))


def _database_advice(runtime: Runtime) -> str:
    return "see that it runs, and --database is right" if runtime.database else "put the file back from a backup"


def _attachments_finding(runtime: Runtime) -> DoctorFinding:
    """Whether what the last look found to be missing is there again: to look for all of them takes a while."""
    try:
        missing = remembered(runtime.data, lambda: open_attachments(runtime.data, runtime.attachments))
    except Failure as error:
        return DoctorFinding("attachments", False, str(error), "see that the folder, or the bucket, can be read")
    if not missing:
        return DoctorFinding("attachments", True, "none is known to be missing: `lrs verify` looks for each")
    return DoctorFinding("attachments", False, f"missing: {'; '.join(shown_of(missing))}", ATTACHMENTS_ADVICE)


def _store_finding(runtime: Runtime) -> DoctorFinding:
    store = runtime.store()
    try:
        applied = set(migrate.applied(store))
        missing = [m.name for m in migrate.migrations() if m.number not in applied]
        statements = store.tuples("SELECT count() FROM statements", {})[0][0] if not missing else 0
        decided = store.tuples("SELECT min(since) FROM decision_history HAVING count() > 0", {}) if not missing else []
    except StoreUnavailable as error:
        return DoctorFinding("ClickHouse", False, str(error), start_advice(runtime))
    except StoreRefused as error:
        return DoctorFinding(
            "ClickHouse", False, str(error), "read the reason; every table can be rebuilt from the log"
        )
    if missing:
        return DoctorFinding("ClickHouse", False, f"migrations missing: {', '.join(missing)}", "restart `lrs serve`")
    since = f"since {datetime.fromtimestamp(decided[0][0] / 1e6, UTC):%Y-%m-%d}" if decided else "not begun"
    found = (
        f"{counted(statements, 'statement')}, {counted(len(applied), 'migration')}; the history of decisions: {since}"
    )
    return DoctorFinding("ClickHouse", True, found)


@click.command()
@weekly_option
@runtime_options
@json_option
def doctor(fit_weekly: bool, runtime: Runtime, as_json: bool) -> None:
    """Check log, ClickHouse, projections, models, disk and credentials; exit code 1 where something is wrong.

    With --fit-weekly (or PACER_FIT_WEEKLY) a model last fitted more than 8 days ago is reported as wrong.
    """
    findings = examine(runtime, system_time, fit_weekly)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    for finding in [] if as_json else findings:
        click.echo(f"{'ok ' if finding.ok else 'BAD'}  {finding.part}: {finding.found}")
        if finding.advice:
            click.echo(f"     {finding.advice}")
    if not all(finding.ok for finding in findings):
        raise SystemExit(exits.WRONG)
