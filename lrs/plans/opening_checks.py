"""Opening checks: questions that split a class best, and results that a teacher enters or learners
answer on devices, which become statements."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Conflict, Failure, Missing
from lrs.pacing.display_names import catalog_name, material_names
from lrs.plans.check_statements import actor_of, answered, statements_of
from lrs.plans.groups import known_in
from lrs.plans.locks import Locks
from lrs.plans.own_checks import OwnCheck, finished
from lrs.plans.question_texts import choices_of, question_of, text_of
from lrs.record.activity_definitions import Definitions
from lrs.record.appender import StatementConflict
from lrs.record.own_statements import OWN_VERSION
from lrs.store.client import Store
from lrs.timetabling.questions import choose_questions
from schemas.catalog import Catalog
from schemas.invalid import Invalid
from schemas.material import Material
from schemas.opening_check import Check, CheckRecorded, CheckResults, EnteredResult, Question
from schemas.plan_events import KeptCheck
from schemas.typed_text import LONGEST_NAME
from schemas.wording import worded
from schemas.xapi import check as check_statement

logger = logging.getLogger(__name__)

LONGEST = 5  # minutes of an item that a check can ask
CHECK_KEY = "opening check"  # the name in the authority of the statements of results
_AT_ONCE = 1000  # statements of a bundle

Record = Callable[[str, Sequence[bytes]], Awaitable[None]]  # of a tenant; durable when it returns


class NoCheck(Missing):
    """The class has no such check."""

    def __init__(self) -> None:
        super().__init__(worded("there is no such check"))


class CheckMoved(Conflict):
    """Another check of the class came first."""

    def __init__(self, check: str) -> None:
        super().__init__(
            worded(
                "Check %(check)s was made for this class meanwhile: use it, or ask again to replace it.", check=check
            )
        )


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

    def make(self, tenant: str, class_id: str, count: int, by: str, replaces: str | None = None) -> dict[str, Any]:
        """A check of so many questions, as an event.

        replaces: the last check of the class that whoever asks knows of; that of now unless it is given. Raises
        NoClass, NoQuestions, and CheckMoved where there is a later one.
        """
        catalog = self.catalogs.latest(tenant)
        replaces = catalog.planned.last_check(class_id) if replaces is None else replaces
        known_learners = known_in(self.store, catalog, tenant, class_id, self.now())
        materials: dict[str, tuple[Material, str]] = {}
        chances: dict[str, list[float]] = {}
        for known_learner, _ in known_learners.values():
            for wanted_skill in known_learner.wanted:
                for material in catalog.materials_of(wanted_skill.skill):
                    quick = material.mode == "alone" and material.minutes <= LONGEST
                    if quick and material.id not in known_learner.met:
                        materials.setdefault(material.id, (material, wanted_skill.skill))
                        chances.setdefault(material.id, []).append(known_learner.predict(material, wanted_skill))
        skills = {item: skill for item, (_, skill) in materials.items()}
        chosen_items = choose_questions(chances, skills, count)
        if not chosen_items:
            raise NoQuestions
        names = material_names(self.store, catalog, tenant, [materials[item][0] for item, _ in chosen_items])
        definitions = Definitions(self.store).of(tenant, [item for item, _ in chosen_items])
        questions = [
            _question(catalog, *materials[item], names[item], bits, definitions.get(item, {}))
            for item, bits in chosen_items
        ]
        id_ = uuid.uuid4().hex[:8].upper()
        new_check = Check(id=id_, class_id=class_id, by=by[:500], questions=questions, replaces=replaces)
        self.catalogs.append(tenant, by, new_check, self.now())
        planned = self.catalogs.latest(tenant).planned  # what came before the new one is known now, too
        if id_ not in planned.checks.get(class_id, {}):
            raise CheckMoved(planned.last_check(class_id))
        return self.read(tenant, class_id, id_)

    def read(self, tenant: str, class_id: str, id_: str) -> dict[str, Any]:
        """A check with what was entered. Raises NoCheck."""
        return _check_as_json(self.catalogs.latest(tenant), class_id, id_)

    def sheet(self, tenant: str, class_id: str, id_: str) -> dict[str, Any]:
        """A check with the text of each question and its choices, as far as the catalog or statements said them; "" and
        none else. `finished`: how many of the class answered all on devices, and how many they are.

        Raises NoCheck, and what the store raises.
        """
        catalog = self.catalogs.latest(tenant)
        shown_check = _check_as_json(catalog, class_id, id_)
        definitions = Definitions(self.store).of(tenant, [question["item"] for question in shown_check["questions"]])
        shown_check["questions"] = [
            question | _question_with_text(question, definitions.get(question["item"], {}))
            for question in shown_check["questions"]
        ]
        shown_check["finished"] = finished(catalog.classes.get(class_id), _kept_check(catalog, class_id, id_))
        return shown_check

    def listed(self, tenant: str, class_id: str) -> dict[str, Any]:
        """The checks of a class, the latest first."""
        stored_checks = self.catalogs.latest(tenant).planned.checks.get(class_id, {}).values()
        summaries = [
            {
                "id": stored_check.check.id,
                "at": stored_check.at,
                "by": stored_check.check.by,
                "entered": len(stored_check.results),
            }
            for stored_check in stored_checks
        ]
        return {"checks": summaries[::-1]}

    async def enter(
        self, tenant: str, class_id: str, id_: str, results: Sequence[EnteredResult], by: str
    ) -> dict[str, Any]:
        """Enter what learners answered: what is new or different becomes statements, which void those of before.

        Of two entries the later one counts: in a request, of two at once, and of two processes that did not see each
        other. Raises NoCheck, and Invalid where a learner is not in the class.
        """
        async with self._entering.of(tenant, class_id, id_):
            await self._enter(tenant, class_id, id_, results, by[:LONGEST_NAME])
        return await run_in_threadpool(self.read, tenant, class_id, id_)

    async def answer(self, tenant: str, check: OwnCheck, question: int, response: str | None) -> None:
        """Take in what a learner answers on a device, once: whatever comes later changes nothing.

        If recording an answer failed, the learner saw an error, so their next answer replaces it.
        response: as xAPI writes it, None for "I don't know yet". Raises NoCheck.
        """
        class_id, id_ = check.class_.id, check.id
        asked_question = check.kept.check.questions[question].asked
        if asked_question is None:
            raise NoCheck
        async with self._entering.of(tenant, class_id, id_):
            stored_check = _kept_check(await run_in_threadpool(self.catalogs.latest, tenant), class_id, id_)
            results: list[EnteredResult] = []
            if OwnCheck(check.class_, stored_check, check.learner).answered(question) is None:
                right = response is not None and asked_question.is_right(response)
                results.append(
                    EnteredResult(
                        learner=check.learner, question=question, right=right, response=response or "", own=True
                    )
                )
            name = next((member.name for member in check.class_.learners if member.learner == check.learner), "")
            await self._enter(tenant, class_id, id_, results, (name or check.learner)[:LONGEST_NAME], own=True)

    async def complete_all(self) -> None:
        """Record what processes that ended left between an entry and its statements. What fails is left to the next who
        enters something there, and logged."""
        try:
            catalogs = await run_in_threadpool(self.catalogs.all)
        except Failure as error:
            logger.warning("opening checks are not looked through: %s", error)
            return
        for tenant, catalog in catalogs.items():
            for stored_check in [
                check for of_class in list(catalog.planned.checks.values()) for check in list(of_class.values())
            ]:
                if stored_check.unrecorded or stored_check.contradicting:
                    class_id, id_ = stored_check.check.class_id, stored_check.check.id
                    try:
                        async with self._entering.of(tenant, class_id, id_):
                            await self._settle(tenant, class_id, id_, stored_check.check.by)
                    except (Failure, Invalid) as error:
                        logger.warning("what was entered of check %s of %s is not recorded: %s", id_, tenant, error)

    async def _enter(
        self, tenant: str, class_id: str, id_: str, results: Sequence[EnteredResult], by: str, own: bool = False
    ) -> None:
        """Enter what is new, as an event before its statements: whatever fails then, the event says what is left."""

        def append() -> None:
            if entered := self._new(tenant, class_id, id_, results, by, own):
                self._append(tenant, class_id, id_, entered, by)

        await run_in_threadpool(append)
        await self._settle(tenant, class_id, id_, by)

    def _append(self, tenant: str, class_id: str, id_: str, entered: list[EnteredResult], by: str) -> None:
        event = CheckResults(id=id_, class_id=class_id, by=by, results=entered, entry=uuid.uuid4().hex)
        self.catalogs.append(tenant, by, event, self.now())

    def _new(
        self, tenant: str, class_id: str, id_: str, results: Sequence[EnteredResult], by: str, own: bool
    ) -> list[EnteredResult]:
        """What differs from what was entered last. Raises Invalid, also where no statement could be made of it."""
        catalog = self.catalogs.latest(tenant)
        stored_check = _kept_check(catalog, class_id, id_)
        class_ = catalog.classes.get(class_id)
        names = {member.learner: member.name for member in class_.learners} if class_ else {}
        last_answers = {(answer.learner, answer.question): number for number, answer in enumerate(results)}
        entered: list[EnteredResult] = []
        for number, answer in enumerate(results):
            if answer.learner not in names:
                raise Invalid(f"results.{number}.learner", worded("is not in this class"))
            if answer.question >= len(stored_check.check.questions):
                raise Invalid(f"results.{number}.question", worded("is not a question of this check"))
            key = (answer.learner, answer.question)
            before = stored_check.results.get(key)
            response = answer.response if own else ""
            if last_answers[key] != number or _says(before, own) == (answer.right, response):
                continue
            voids = before.statement if before else ""
            recorded_fields: dict[str, Any] = {"own": own, "response": response, "voids": voids}
            recorded_fields |= {"actor": "", "name": "", "statement": ""}
            if answer.right is not None:
                recorded_fields["actor"] = actor_of(catalog, answer.learner, f"results.{number}.learner")
                recorded_fields["name"] = names[answer.learner]
                recorded_fields["statement"] = str(uuid.uuid4())
            new = answer.model_copy(update=recorded_fields)
            if new.actor:
                # Once it is in the log, it must be recorded.
                check_statement(answered(tenant, stored_check, new, by), OWN_VERSION)
            entered.append(new)
        return entered

    async def _settle(self, tenant: str, class_id: str, id_: str, by: str) -> None:
        """Record all that was entered and is not known to be recorded.

        What two processes entered that did not see each other is settled first: the statement of the earlier is voided.
        """

        def unrecorded_statements() -> tuple[list[str], list[tuple[str, bytes]]]:
            stored_check = _kept_check(self.catalogs.latest(tenant), class_id, id_)
            unseen = [
                (stored_check.results[key], statement)
                for key, contradictions in list(stored_check.contradicting.items())
                for statement in contradictions
            ]
            if unseen:
                voids = [
                    entered.model_copy(update={"voids": earlier, "actor": "", "name": "", "only_voids": True})
                    for entered, earlier in unseen
                ]
                self._append(tenant, class_id, id_, voids, by)
                stored_check = _kept_check(self.catalogs.latest(tenant), class_id, id_)
            entries = list(stored_check.unrecorded.values())
            statements = {id_: body for event in entries for id_, body in statements_of(tenant, stored_check, event)}
            return [entry_event.entry for entry_event in entries], list(statements.items())

        entries, to_record = await run_in_threadpool(unrecorded_statements)
        for start in range(0, len(to_record), _AT_ONCE):
            await self._record(tenant, dict(to_record[start : start + _AT_ONCE]))
        if entries:
            recorded = CheckRecorded(id=id_, class_id=class_id, entries=entries)
            await run_in_threadpool(self.catalogs.append, tenant, by, recorded, self.now())

    async def _record(self, tenant: str, statements: dict[str, bytes]) -> None:
        try:
            await self.record(tenant, list(statements.values()))
        except StatementConflict as error:  # recorded by a build that made them otherwise
            await self.record(tenant, [body for id_, body in statements.items() if id_ not in error.statements])


def _says(before: EnteredResult | None, own: bool) -> tuple[bool | None, str]:
    """What was entered before, as far as it matters: of what a learner answers, the response, too."""
    return (before.right, before.response if own else "") if before else (None, "")


def _kept_check(catalog: Catalog, class_id: str, id_: str) -> KeptCheck:
    stored_check = catalog.planned.checks.get(class_id, {}).get(id_)
    if stored_check is None:
        raise NoCheck
    return stored_check


def _check_as_json(catalog: Catalog, class_id: str, id_: str) -> dict[str, Any]:
    stored_check = _kept_check(catalog, class_id, id_)
    class_ = catalog.classes.get(class_id)
    rows = []
    for member in class_.learners if class_ else ():
        entered = [stored_check.results.get((member.learner, n)) for n in range(len(stored_check.check.questions))]
        rows.append(
            {
                "learner": member.learner,
                "name": member.name or member.learner,
                "right": [answer.right if answer else None for answer in entered],
            }
        )
    return {
        "id": id_,
        "class": {"id": class_id, "name": (class_.name if class_ else "") or class_id},
        "at": stored_check.at,
        "by": stored_check.check.by,
        "questions": [question.model_dump() for question in stored_check.check.questions],
        "rows": rows,
    }


def _question(
    catalog: Catalog, material: Material, skill: str, name: str, bits: float, definition: Mapping[str, Any]
) -> Question:
    question = question_of(material, definition)
    asked_or_paper: dict[str, Any] = {"on_paper": question} if isinstance(question, str) else {"asked": question}
    return Question(
        item=material.id,
        name=name[:500],
        skill=skill,
        skill_name=catalog_name(catalog, skill)[:500],
        opens=material.opens or material.id,
        bits=round(bits, 3),
        **asked_or_paper,
    )


def _question_with_text(question: dict[str, Any], definition: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked, and what can be chosen."""
    if asked_question := question["asked"]:
        return {"text": asked_question["text"], "choices": [choice["text"] for choice in asked_question["choices"]]}
    choices = [choice["text"] for choice in choices_of(definition)]
    return {"text": text_of(question["name"], definition), "choices": choices}
