"""The pages a teacher reads: all classes, one class, one learner. Rendered here; they need no script."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.accounts.sight import sees_learner
from lrs.http import body, paths
from lrs.http.ambient import refuse_cross_site
from lrs.http.errors import ANSWERED, HttpError
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of, seen_by
from lrs.pacing.board import NotInCatalog
from lrs.pacing.boards import Boards
from lrs.web.templating import HEADERS, Templates, root
from schemas.catalog import Change
from schemas.days import DAY
from schemas.policy import Decision, Overrule
from schemas.xapi.actor_keys import key_of

MOST_FORM = 64 << 10  # bytes
MOST_DAYS = 366
WIDTH, HEIGHT, BAND = 320, 96, 14  # of a curve, and of the interval at its end

ORDER = tuple(Decision)  # the most urgent first
_WORDS = {
    Decision.HELP: ("Help", "to help"),
    Decision.REVIEW: ("Review", "to review"),
    Decision.PRACTISE: ("Practise", "to practise"),
    Decision.START: ("Start", "ready to start"),
    Decision.ADVANCE: ("Move on", "to move on"),
    Decision.WAIT: ("Wait", "waiting"),
    Decision.UNKNOWN: ("Unknown", "with too little evidence"),
}


def router(boards: Boards, tenant: Tenant, change: Callable[[str, Change], int]) -> APIRouter:
    """The routes under /board. `change` appends a change to a tenant's catalog."""
    paths.register()
    routes = APIRouter(prefix="/board", include_in_schema=False)
    templates = board_templates(boards.now)

    async def answer(
        request: Request,
        read: Callable[[str], dict[str, Any]],
        name: str,
        more: Callable[[dict[str, Any]], dict[str, Any]] = lambda _: {},
    ) -> Response:
        def rendered(whose: str) -> Response:
            found = read(whose)
            return templates.page(request, name, found=found, **more(found))

        try:
            return await run_in_threadpool(rendered, await tenant(request))
        except ANSWERED as error:
            return templates.problem(request, error)

    @routes.get("")
    async def classes(request: Request) -> Response:
        def read(whose: str) -> dict[str, Any]:
            return boards.read_all(whose, seen_by(request))

        return await answer(request, read, "classes.html")

    @routes.get("/classes/{class_id:id}")
    async def one_class(request: Request, class_id: str) -> Response:
        def read(whose: str) -> dict[str, Any]:
            return boards.read_class(whose, class_id)

        return await answer(
            request,
            read,
            "class.html",
            lambda found: {"groups": _groups(found), "classes": found.get("classes", [])},
        )

    @routes.get("/learners/{learner:id}")
    async def one_learner(request: Request, learner: str) -> Response:
        def read(whose: str) -> dict[str, Any]:
            return boards.read_learner(whose, key_of(learner))

        def drawn(found: dict[str, Any]) -> dict[str, Any]:
            skills = sorted(found["skills"], key=lambda skill: ORDER.index(skill["decision"]))
            curves = {skill["skill"]: _curve(skill, boards.now()) for skill in skills}
            return {"skills": skills, "curves": curves, "bars": _bars(found["days"])}

        return await answer(request, read, "learner.html", drawn)

    @routes.post("/overrule")
    async def overrule(request: Request) -> Response:
        try:
            refuse_cross_site(request)
            whose = await tenant(request)
            account = account_of(request)
            decided = _change(await body.read(request, MOST_FORM), boards.now(), account.name if account else None)
            if account is not None and not sees_learner(account, boards.catalog(whose), decided.learner):
                raise NotInCatalog
            await run_in_threadpool(change, whose, decided)
        except ANSWERED as error:
            return templates.problem(request, error)
        learner, skill = (quote(one, safe="") for one in (decided.learner, decided.skill))
        return RedirectResponse(f"{root(request)}/board/learners/{learner}#{skill}", 303, HEADERS)

    @routes.get("/static/board.css")
    async def style() -> Response:
        css = (resources.files("lrs.web") / "static" / "board.css").read_bytes()
        return Response(css, 200, {"Cache-Control": "max-age=300"}, "text/css; charset=utf-8")

    return routes


def _change(form: bytes, now: int, by: str | None) -> Overrule:
    """The overruling in a form, by whoever signed in or else by whom the form names. Raises HttpError (400)."""
    try:
        fields = {name: values[-1].strip() for name, values in parse_qs(form.decode(), max_num_fields=20).items()}
        days = float(fields["days"]) if "days" in fields else None
        if days is not None and not 0 < days <= MOST_DAYS:
            raise ValueError("days")
    except ValueError as error:
        raise HttpError(400, f"days: must be a number above 0 and at most {MOST_DAYS}, or empty", "days") from error
    decision = fields.get("decision")
    try:
        return Overrule(
            learner=fields.get("learner", ""),
            skill=fields.get("skill", ""),
            decision=Decision(decision) if decision else None,
            reason=fields.get("reason", "") if decision else fields.get("reason") or "withdrawn",
            by=fields.get("by", "") if by is None else by[:200],
            until=None if days is None else now + round(days * DAY),
        )
    except ValidationError as error:
        field = str(error.errors(include_url=False, include_context=False, include_input=False)[0]["loc"][0])
        raise HttpError(400, f"{field}: missing or too long", field) from None
    except ValueError:
        raise HttpError(400, "decision: unknown decision", "decision") from None


def _groups(found: dict[str, Any]) -> list[dict[str, Any]]:
    """What to do now: by decision, then by skill, who and why."""
    groups = []
    for decision in ORDER:
        skills = []
        for number, skill in enumerate(found["skills"]):
            rows = ((learner, learner["cells"][number]) for learner in found["learners"])
            who = [(learner, cell) for learner, cell in rows if cell["decision"] == decision]
            if who:
                skills.append({"skill": skill, "who": who})
        learners = {learner["learner"] for skill in skills for learner, _ in skill["who"]}
        groups.append({"decision": decision, "skills": skills, "learners": len(learners)})
    return groups


def _curve(skill: dict[str, Any], now: int) -> dict[str, Any] | None:
    """Coordinates of a skill's curve: practice, then what is expected to be left of it until now."""
    if skill["mastery"] is None or not skill["curve"]:
        return None
    first, last = skill["curve"][0][0], skill["curve"][-1][0]
    right = WIDTH - BAND
    span = max(now, last) - first or 1

    def at(time: int, mastery: float) -> tuple[float, float]:
        return round(BAND / 2 + right * (time - first) / span, 1), round(HEIGHT * (1 - mastery), 1)

    points = [at(time, mastery) for time, mastery in skill["curve"]]
    return {
        "points": " ".join(f"{x},{y}" for x, y in points),
        "last": points[-1],
        "now": at(max(now, last), skill["estimate"]),
        "top": round(HEIGHT * (1 - skill["high"]), 1),
        "tall": round(HEIGHT * (skill["high"] - skill["low"]), 1),
        "first_time": first,
    }


def _bars(days: list[dict[str, Any]]) -> dict[str, Any]:
    most = max(max((day["minutes"] for day in days), default=0.0), 10.0)
    return {"most": most, "days": [{**day, "tall": round(80 * day["minutes"] / most, 1)} for day in days]}


def board_templates(now: Callable[[], int]) -> Templates:
    """Templates that know the words of decisions."""
    templates = Templates(now)
    templates.extend(
        {"slug": _slug},
        {
            "word": lambda decision: _WORDS[decision][0],
            "phrase": lambda decision: _WORDS[decision][1],
            "decisions": ORDER,
            "band": _band,
            "width": WIDTH,
            "height": HEIGHT,
            "band_width": BAND,
        },
    )
    return templates


def _band(estimate: float | None, policy: dict[str, Any]) -> str:
    if estimate is None:
        return "none"
    if estimate >= policy["advance_at"]:
        return "high"
    return "low" if estimate < policy["help_below"] else "middle"


def _slug(decision: str) -> str:
    return Decision(decision).name.lower()
