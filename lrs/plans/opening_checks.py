"""Opening checks: questions that split a class best, and results that a teacher enters or learners
answer on devices, which become statements."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Missing
from lrs.pacing.display_names import catalog_name, material_names
from lrs.plans.groups import known_in
from lrs.plans.locks import Locks
from lrs.plans.own_checks import OwnCheck, finished
from lrs.plans.question_texts import choices_of, question_of, text_of
from lrs.record.activity_definitions import Definitions
from lrs.store.client import Store
from lrs.timetabling.questions import choose_questions
from processors.meaning.learners import BY
from schemas.catalog import Catalog
from schemas.invalid import Invalid
from schemas.material import Material
from schemas.opening_check import Check, CheckResults, EnteredResult, Question
from schemas.plan_events import KeptCheck
from schemas.roster import PREFIX
from schemas.wording import worded

HOME = "https://pacer.example/accounts"  # of whoever enters results, as an account
LONGEST = 5  # minutes of an item that a check can ask
_VERBS = "http://adlnet.gov/expapi/verbs/"
_NAMESPACE = uuid.UUID("6f1c1a3e-5c0b-5d0e-9a35-2f6f0e3f9a10")

Record = Callable[[str, Sequence[bytes]], Awaitable[None]]  # of a tenant; durable when it returns


class NoCheck(Missing):
    """The class has no such check."""

    def __init__(self) -> None:
        super().__init__(worded("there is no such check"))


class NoQuestions(Invalid):
    """Nothing can be asked."""

    def __init__(self) -> None:
        none = "no item can be asked: none that is worked on alone teaches what this class needs next"
        super().__init__("", f"{none}. Say in the catalog how items of its skills are opened")


@dataclass(frozen=True, slots=True)
class OpeningChecks:
    """Every method raises what the store and the log raise."""

    store: Store
    catalogs: Catalogs
    now: Callable[[], int]
    record: Record
    _entering: Locks[asyncio.Lock] = field(default_factory=lambda: Locks(asyncio.Lock))

    def make(self, tenant: str, class_id: str, count: int, by: str) -> dict[str, Any]:
        """A check of so many questions, as an event. Raises NoClass and NoQuestions."""
        catalog = self.catalogs.latest(tenant)
        known = known_in(self.store, catalog, tenant, class_id, self.now())
        materials: dict[str, tuple[Material, str]] = {}
        chances: dict[str, list[float]] = {}
        for one, _ in known.values():
            for wanted in one.wanted:
                for material in catalog.materials_of(wanted.skill):
                    quick = material.mode == "alone" and material.minutes <= LONGEST
                    if quick and material.id not in one.met:
                        materials.setdefault(material.id, (material, wanted.skill))
                        chances.setdefault(material.id, []).append(one.predict(material, wanted))
        skills = {item: skill for item, (_, skill) in materials.items()}
        chosen = choose_questions(chances, skills, count)
        if not chosen:
            raise NoQuestions
        names = material_names(self.store, catalog, tenant, [materials[item][0] for item, _ in chosen])
        said = Definitions(self.store).of(tenant, [item for item, _ in chosen])
        questions = [
            _question(catalog, *materials[item], names[item], bits, said.get(item, {})) for item, bits in chosen
        ]
        id_ = uuid.uuid4().hex[:8].upper()
        self.catalogs.append(tenant, by, Check(id=id_, class_id=class_id, by=by[:500], questions=questions), self.now())
        return self.read(tenant, class_id, id_)

    def read(self, tenant: str, class_id: str, id_: str) -> dict[str, Any]:
        """A check with what was entered. Raises NoCheck."""
        catalog = self.catalogs.latest(tenant)
        kept = _kept(catalog, class_id, id_)
        class_ = catalog.classes.get(class_id)
        rows = []
        for member in class_.learners if class_ else ():
            entered = [kept.results.get((member.learner, n)) for n in range(len(kept.check.questions))]
            rows.append(
                {
                    "learner": member.learner,
                    "name": member.name or member.learner,
                    "right": [one.right if one else None for one in entered],
                }
            )
        return {
            "id": id_,
            "class": {"id": class_id, "name": (class_.name if class_ else "") or class_id},
            "at": kept.at,
            "by": kept.check.by,
            "questions": [one.model_dump() for one in kept.check.questions],
            "rows": rows,
        }

    def sheet(self, tenant: str, class_id: str, id_: str) -> dict[str, Any]:
        """A check with the text of each question and its choices, as far as the catalog or statements said them; "" and
        none else. `finished`: how many of the class answered all on devices, and how many they are.

        Raises NoCheck, and what the store raises.
        """
        found = self.read(tenant, class_id, id_)
        said = Definitions(self.store).of(tenant, [one["item"] for one in found["questions"]])
        found["questions"] = [one | _text(one, said.get(one["item"], {})) for one in found["questions"]]
        catalog = self.catalogs.latest(tenant)
        found["finished"] = finished(catalog.classes.get(class_id), _kept(catalog, class_id, id_))
        return found

    def listed(self, tenant: str, class_id: str) -> dict[str, Any]:
        """The checks of a class, the latest first."""
        kept = self.catalogs.latest(tenant).planned.checks.get(class_id, {}).values()
        found = [{"id": one.check.id, "at": one.at, "by": one.check.by, "entered": len(one.results)} for one in kept]
        return {"checks": found[::-1]}

    async def enter(
        self, tenant: str, class_id: str, id_: str, results: Sequence[EnteredResult], by: str
    ) -> dict[str, Any]:
        """Enter what learners answered: what is new or different becomes statements, which void those of before.

        Of two entries the later one counts: in a request, of two at once, and of two processes that did not see each
        other. Raises NoCheck, and Invalid where a learner is not in the class.
        """
        async with self._entering.of(tenant, class_id, id_):
            await self._enter(tenant, class_id, id_, results, by)
            await self._settle(tenant, class_id, id_, {(one.learner, one.question) for one in results}, by)
        return await run_in_threadpool(self.read, tenant, class_id, id_)

    async def answer(self, tenant: str, check: OwnCheck, question: int, response: str | None) -> None:
        """Take in what a learner answers on a device, once: whatever comes later changes nothing.

        response: as xAPI writes it, None for "I don't know yet". Raises NoCheck.
        """
        class_id, id_ = check.class_.id, check.id
        asked = check.kept.check.questions[question].asked
        if asked is None:
            raise NoCheck
        async with self._entering.of(tenant, class_id, id_):
            kept = _kept(await run_in_threadpool(self.catalogs.latest, tenant), class_id, id_)
            if OwnCheck(check.class_, kept, check.learner).answered(question) is not None:
                return
            right = response is not None and asked.is_right(response)
            one = EnteredResult(learner=check.learner, question=question, right=right, response=response or "")
            name = next((one.name for one in check.class_.learners if one.learner == check.learner), "")
            await self._enter(tenant, class_id, id_, [one], name or check.learner, own=True)
            await self._settle(tenant, class_id, id_, {(check.learner, question)}, name or check.learner)

    async def _enter(
        self, tenant: str, class_id: str, id_: str, results: Sequence[EnteredResult], by: str, own: bool = False
    ) -> None:
        catalog = await run_in_threadpool(self.catalogs.latest, tenant)
        kept = _kept(catalog, class_id, id_)
        statements: list[bytes] = []
        entered: list[EnteredResult] = []
        names = (
            {one.learner: one.name for one in catalog.classes[class_id].learners} if class_id in catalog.classes else {}
        )
        last = {(one.learner, one.question): number for number, one in enumerate(results)}
        for number, one in enumerate(results):
            if one.learner not in names:
                raise Invalid(f"results.{number}.learner", worded("is not in this class"))
            if one.question >= len(kept.check.questions):
                raise Invalid(f"results.{number}.question", worded("is not a question of this check"))
            key = (one.learner, one.question)
            before = kept.results.get(key)
            if last[key] != number:
                continue
            if (before.right if before else None) == one.right:
                continue
            made = ""
            if one.right is not None:
                said = f"{one.right}|{one.response}" if own else f"{one.right}|{by}"
                made = str(uuid.uuid5(_NAMESPACE, f"{tenant}|{id_}|{key}|{kept.entered.get(key, 0)}|{said}"))
                actor = _actor(catalog, one.learner, f"results.{number}.learner")
                question = kept.check.questions[one.question]
                named = actor | ({"name": names[one.learner]} if names[one.learner] else {})
                registration = str(uuid.uuid5(_NAMESPACE, f"registration|{tenant}|{class_id}|{id_}"))
                result: dict[str, Any] = {"success": one.right}
                if own and one.response:
                    result["response"] = one.response
                statements.append(_answered(made, named, question, result, kept, registration, "" if own else by))
            if before and before.statement:
                statements.append(_voiding(before.statement, by))
            voided = before.statement if before else ""
            response = one.response if own else ""
            kept_as = {"statement": made, "voids": voided, "own": own, "response": response}
            entered.append(one.model_copy(update=kept_as))
        await self._record(tenant, class_id, id_, statements, entered, by)

    async def _settle(self, tenant: str, class_id: str, id_: str, keys: set[tuple[str, int]], by: str) -> None:
        """Void what another process recorded meanwhile, and this one did not see."""
        kept = _kept(await run_in_threadpool(self.catalogs.latest, tenant), class_id, id_)
        unseen = [(key, one) for key in sorted(keys) for one in sorted(kept.contradicting.get(key, ()))]
        statements = [_voiding(one, by) for _, one in unseen]
        entered = [kept.results[key].model_copy(update={"voids": one}) for key, one in unseen]
        await self._record(tenant, class_id, id_, statements, entered, by)

    async def _record(
        self, tenant: str, class_id: str, id_: str, statements: list[bytes], entered: list[EnteredResult], by: str
    ) -> None:
        if entered:
            await self.record(tenant, statements)
            event = CheckResults(id=id_, class_id=class_id, by=by[:500], results=entered)
            await run_in_threadpool(self.catalogs.append, tenant, by, event, self.now())


def _kept(catalog: Catalog, class_id: str, id_: str) -> KeptCheck:
    found = catalog.planned.checks.get(class_id, {}).get(id_)
    if found is None:
        raise NoCheck
    return found


def _question(
    catalog: Catalog, material: Material, skill: str, name: str, bits: float, said: Mapping[str, Any]
) -> Question:
    asked = question_of(material, said)
    shown: dict[str, Any] = {"on_paper": asked} if isinstance(asked, str) else {"asked": asked}
    return Question(
        item=material.id,
        name=name[:500],
        skill=skill,
        skill_name=catalog_name(catalog, skill)[:500],
        opens=material.opens or material.id,
        bits=round(bits, 3),
        **shown,
    )


def _text(question: dict[str, Any], definition: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked, and what can be chosen."""
    if asked := question["asked"]:
        return {"text": asked["text"], "choices": [one["text"] for one in asked["choices"]]}
    choices = [one["text"] for one in choices_of(definition)]
    return {"text": text_of(question["name"], definition), "choices": choices}


def _answered(
    id_: str,
    actor: dict[str, Any],
    question: Question,
    result: dict[str, Any],
    kept: KeptCheck,
    registration: str,
    by: str,
) -> bytes:
    """An answer. by: who assessed it; "" where a learner answered on a device, and a page judged it."""
    extensions = {"https://pacer.example/extensions/check": kept.check.id}
    context: dict[str, Any] = {"registration": registration, "extensions": extensions}
    if by:
        context["instructor"] = _teacher(by)
        extensions[BY] = f"account:{HOME}|{by}"
    return orjson.dumps(
        {
            "id": id_,
            "actor": actor,
            "verb": {"id": f"{_VERBS}answered", "display": {"en": "answered"}},
            "object": {"id": question.item, "definition": {"name": {"en": question.name}}},
            "result": result,
            "context": context,
            # When the check was made, so that the same answer sent again is the same statement.
            "timestamp": datetime.fromtimestamp(kept.at / 1e6, UTC).isoformat(),
        }
    )


def _voiding(id_: str, by: str) -> bytes:
    return orjson.dumps(
        {
            "id": str(uuid.uuid5(_NAMESPACE, f"void|{id_}|{by}")),
            "actor": _teacher(by),
            "verb": {"id": f"{_VERBS}voided", "display": {"en": "voided"}},
            "object": {"objectType": "StatementRef", "id": id_},
        }
    )


def _teacher(by: str) -> dict[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": HOME, "name": by}}


def _actor(catalog: Catalog, learner: str, field: str) -> dict[str, Any]:
    """The actor whom a key names; of one of a roster, the most certain of theirs. Raises Invalid."""
    if learner.startswith(PREFIX):
        learner = next(iter(catalog.people.keys(learner[len(PREFIX) :])), "")
    kind, _, value = learner.partition(":")
    if kind == "account":
        page, _, name = value.partition("|")
        return {"objectType": "Agent", "account": {"homePage": page, "name": name}}
    if kind in ("mbox", "mbox_sha1sum", "openid"):
        return {"objectType": "Agent", kind: value}
    raise Invalid(field, worded("has no key that a statement can name"))
