"""The page of policies: the thresholds of a scope, whose decisions a change would alter today, and making it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of, seen_by
from lrs.http.whole_numbers import whole_number
from lrs.pacing.policy_edits import Edit, PolicyEdits, edit_of
from lrs.web.decision_words import board_templates
from lrs.web.forms import PAGES_CREDENTIAL, read_own_form
from lrs.web.languages import exact_percent, gettext, number
from lrs.web.refused_forms import shown_again
from lrs.web.templating import HEADERS, root
from schemas.invalid import Invalid
from schemas.narrowed_policy import ThresholdScope
from schemas.policy import Policy
from schemas.wording import worded

MOST_POLICY_FIELDS = 40
_COUNTS = {name for name, field in Policy.model_fields.items() if field.annotation is int}
_SHARES = {name for name, field in Policy.model_fields.items() if any(getattr(m, "le", 0) == 1 for m in field.metadata)}


class Threshold(NamedTuple):
    """A row of the form: the name of a threshold, what it means there and alone, and in which unit it is written."""

    name: str
    says: str
    alone: str
    unit: str = ""


GROUPS = (
    (
        "Moves on",
        (
            Threshold("advance_at", "Mastery that lets a learner move on", "moves on at", "%"),
            Threshold(
                "advance_margin",
                "Margin on top of that: this share of the way from there to full mastery",
                "margin",
                "%",
            ),
            Threshold("advance_low", "Lower end of the interval, at least", "lower end of the interval", "%"),
            Threshold("advance_answers", "Confirmed on average by the last so many answers", "confirmed by"),
        ),
    ),
    (
        "Needs help",
        (
            Threshold(
                "help_below",
                "Mastery under which a person should look, if its interval ends short of moving on",
                "help under",
                "%",
            ),
            Threshold("stuck_after", "Wrong answers in a row", "help after wrong in a row"),
            Threshold("spinning_after", "Answers without a new best", "help after answers without a new best"),
            Threshold(
                "spinning_below",
                "… call for help under this mastery; three times as many do so as long as it is short of moving on",
                "… under",
                "%",
            ),
        ),
    ),
    (
        "Is known well enough",
        (
            Threshold("min_attempts", "Answers before anything is said", "judged after answers"),
            Threshold("trusted_after", "Answers before mastery alone decides", "decided by mastery after answers"),
            Threshold("stale_after", "Days after which answers are old", "old after days"),
        ),
    ),
    (
        "Needs a review",
        (
            Threshold("review_after", "Days without practice", "review after days"),
            Threshold("review_drop", "or a loss of mastery of", "review after a loss of", "%"),
        ),
    ),
    (
        "What comes next",
        (
            Threshold("band_low", "Items that are answered right with a chance from", "next items from", "%"),
            Threshold("band_high", "to", "next items to", "%"),
            Threshold("idle_after", "Minutes without an event that are not active time", "not active after minutes"),
        ),
    ),
)

THRESHOLDS = {threshold.name: threshold for _, rows in GROUPS for threshold in rows}


def router(policies: PolicyEdits, tenant: Tenant) -> APIRouter:
    """The routes under /board/policy."""
    routes = APIRouter(prefix="/board/policy", include_in_schema=False)
    templates = board_templates(policies.now)
    templates.extend(
        {}, {"groups": GROUPS, "shown": _threshold_in_form, "value": _threshold_as_shown, "said": _threshold_in_words}
    )

    async def again(request: Request, error: Exception, form: Mapping[str, str]) -> Response:
        at = f"/board/policy{_query(_scope_of_form(form))}"
        return await shown_again(request, templates, error, form, at, "/board/policy/preview")

    @routes.get("")
    async def show(request: Request) -> Response:
        """The thresholds of a scope; `version` fills the form with those of an earlier one."""
        scope = _scope_of_form(request.query_params)

        def rendered(tenant_id: str) -> Response:
            sees = seen_by(request)
            choices = policies.choices(tenant_id, sees)
            mine = [class_row["id"] for class_row in choices["classes"]]
            shown_scope = ThresholdScope(class_id=mine[0]) if not any(scope) and not sees(None) and mine else scope
            scope_policy = policies.read(tenant_id, shown_scope, sees)
            wanted_version = request.query_params.get("version", "")
            earlier = next(
                (
                    policy_version
                    for policy_version in scope_policy["versions"]
                    if str(policy_version["version"]) == wanted_version
                ),
                None,
            )
            return templates.page(
                request,
                "policy.html",
                found=scope_policy,
                choices=choices,
                scope=shown_scope,
                everybody=sees(None),
                called=_choice_names(choices),
                values=earlier["thresholds"] if earlier else scope_policy["own"],
                earlier=earlier,
                applied="applied" in request.query_params,
            )

        try:
            return await run_in_threadpool(rendered, await tenant(request))
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    @routes.post("/preview")
    async def preview(request: Request) -> Response:
        """Whose decisions a form would change."""
        form: dict[str, str] = {}
        try:
            tenant_id, form = await read_own_form(request, tenant, MOST_POLICY_FIELDS)
            edit, scope, sees = _policy_edit(request, form), _scope_of_form(form), seen_by(request)
            edit_preview = await run_in_threadpool(policies.preview, tenant_id, edit, sees)
            scope_policy = await run_in_threadpool(policies.read, tenant_id, scope, sees)
            called = _choice_names(await run_in_threadpool(policies.choices, tenant_id, sees))
        except TRANSLATED_ERRORS as error:
            return await again(request, error, form)
        return templates.page(
            request,
            "policy_preview.html",
            found=edit_preview,
            form=form,
            query=_query(scope),
            scope=scope,
            called=called,
            changes=_threshold_changes(scope_policy, edit),
        )

    @routes.post("/apply")
    async def apply(request: Request) -> Response:
        """Make the change of a form."""
        form: dict[str, str] = {}
        try:
            tenant_id, form = await read_own_form(request, tenant, MOST_POLICY_FIELDS)
            seen_version = whole_number(form.get("seen", ""))
            if seen_version is None:
                raise HttpError(400, worded("seen: the version that was previewed is missing"), "seen")
            edit = _policy_edit(request, form)
            await run_in_threadpool(policies.apply, tenant_id, PAGES_CREDENTIAL, edit, seen_by(request), seen_version)
        except TRANSLATED_ERRORS as error:
            return await again(request, error, form)
        return RedirectResponse(f"{root(request)}/board/policy{_query(_scope_of_form(form))}&applied=", 303, HEADERS)

    return routes


def _scope_of_form(fields: Mapping[str, Any]) -> ThresholdScope:
    school, class_id, skill = (fields.get(name, "")[:2048] for name in ThresholdScope._fields)
    return ThresholdScope("" if class_id else school, class_id, skill)


def _query(scope: ThresholdScope) -> str:
    return "?" + urlencode({name: value for name, value in scope._asdict().items() if value})


def _policy_edit(request: Request, form: Mapping[str, str]) -> Edit:
    """The change in a form; a threshold that is left empty is that of the wider scope. Raises HttpError and Invalid."""
    account = account_of(request)
    thresholds: dict[str, int | float] = {}
    for name in Policy.model_fields:
        if name in ("kind", "by") or not form.get(name):
            continue
        try:
            value = float(form[name].replace(",", "."))
            thresholds[name] = int(value) if name in _COUNTS and value.is_integer() else value
        except ValueError:
            raise HttpError(
                400, worded("%(says)s: is not a number", says=worded(THRESHOLDS[name].says)), name
            ) from None
        if name in _SHARES:
            if not 0 <= value <= 100:  # as whoever wrote it sees it; the log has shares
                raise HttpError(
                    400,
                    worded("%(says)s: must be a percentage from 0 to 100", says=worded(THRESHOLDS[name].says)),
                    name,
                )
            thresholds[name] = round(value / 100, 6)
    try:
        return edit_of(_scope_of_form(form), thresholds, account.name if account else form.get("by", ""))
    except Invalid as error:
        name = error.field.rpartition(".")[2]
        if name not in THRESHOLDS:
            raise
        raise HttpError(
            400, worded("%(says)s: %(reason)s", says=worded(THRESHOLDS[name].says), reason=error.reason), name
        ) from None


class ThresholdChange(NamedTuple):
    """What a change does to a threshold of a scope.

    `was_own`, `is_own`: whether it is the scope's, not a wider one's.
    """

    threshold: Threshold
    before: float
    after: float
    was_own: bool
    is_own: bool


def _threshold_changes(scope_policy: Mapping[str, Any], edit: Edit) -> list[ThresholdChange]:
    """Every threshold whose value changes, or whether it is the scope's own."""
    own: Mapping[str, float] = scope_policy["own"]
    said = edit.model_dump() if isinstance(edit, Policy) else edit.thresholds
    changes = [
        ThresholdChange(
            threshold,
            scope_policy["effective"][name],
            said.get(name, scope_policy["wider"][name]),
            name in own,
            name in said,
        )
        for name, threshold in THRESHOLDS.items()
        if name in scope_policy["names"]
    ]
    return [change for change in changes if (change.before, change.was_own) != (change.after, change.is_own)]


def _choice_names(choices: Mapping[str, list[dict[str, str]]]) -> dict[str, str]:
    """How schools, classes and skills are called, by what a scope calls their kind and their id."""
    kinds = dict(zip(ThresholdScope._fields, ("schools", "classes", "skills"), strict=True))
    return {
        f"{kind} {choice['id']}": choice["name"]
        for kind, choice_list in kinds.items()
        for choice in choices[choice_list]
    }


def _threshold_in_words(name: str, value: float) -> str:
    """A threshold in words, where no form is around it."""
    threshold = THRESHOLDS[name]
    return f"{gettext(threshold.alone)} {_threshold_as_shown(name, value)}"


def _threshold_as_shown(name: str, value: float) -> str:
    """A threshold as pages write numbers and percentages."""
    return exact_percent(value) if name in _SHARES else number(value)


def _threshold_in_form(name: str, value: float | None) -> str:
    """A threshold as the form writes it."""
    if value is None:
        return ""
    return f"{value * 100:.6g}" if name in _SHARES else f"{value:g}"
