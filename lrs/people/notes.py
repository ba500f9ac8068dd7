"""Notes on learners: written, read and withdrawn by whoever may. Their texts go into no message and no log line."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lrs.accounts.accounts import Account
from lrs.accounts.roles import FAMILY, PersonRole
from lrs.catalog.catalogs import Catalogs
from lrs.errors import Forbidden, Missing
from lrs.people.seen import learners_seen
from lrs.store.client import Store
from schemas.catalog import Catalog
from schemas.invalid import Invalid
from schemas.notes import LONGEST_NOTE, KeptNote, Note, NoteTakenBack
from schemas.typed_text import typed
from schemas.wording import worded

MOST_NOTES = 100  # of a learner


class NewNote(BaseModel):
    """A note as it is sent. skill: its id, if it is about one; family: whether the learner and the guardians see it;
    by: who writes it, where no person signed in."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    text: str = Field(min_length=1, max_length=LONGEST_NOTE)
    skill: str = Field(default="", max_length=2048)
    family: bool = False
    by: str = Field(default="", max_length=200)


@dataclass(frozen=True, slots=True)
class LearnerNotes:
    """A tenant's notes. Every method raises what the store and the log raise; they take a while: not for an event loop.

    Whether an account sees the learner is checked before (lrs.http.signed_in); account: None for a credential.
    """

    store: Store
    catalogs: Catalogs
    now: Callable[[], int]

    def read(self, tenant: str, learner: str, account: Account | None) -> list[dict[str, Any]]:
        """The notes on a learner that are for whoever asks. Raises Missing for a learner of whom nothing is known."""
        catalog = self.catalogs.latest(tenant)
        self._check_known(tenant, catalog, learner)
        return notes_for(catalog, learner, account)

    def write(
        self, tenant: str, learner: str, new: NewNote, account: Account | None, credential: str
    ) -> dict[str, Any]:
        """Write a note. Raises Missing for a learner of whom nothing is known, and Invalid."""
        catalog = self.catalogs.latest(tenant)
        self._check_known(tenant, catalog, learner)
        if not (by := account.name if account else typed(new.by)):
            raise Invalid("by", worded("is missing"))
        if not (text := typed(new.text)):
            raise Invalid("text", worded("is missing"))
        if new.skill and new.skill not in catalog.skills:
            raise Invalid("skill", worded("there is no skill %(skill)s", skill=new.skill))
        if len(catalog.notes.of(catalog.people, learner)) >= MOST_NOTES:
            raise Invalid("text", worded("this learner has %(most)s notes: withdraw one first", most=MOST_NOTES))
        note = Note(
            id=uuid.uuid4().hex,
            learner=learner,
            skill=new.skill,
            text=text,
            family=new.family,
            by=by[:200],
            writer=_writer(account, credential),
        )
        now = self.now()
        self.catalogs.append(tenant, credential, note, now)
        return _note_as_json(KeptNote(note, now), catalog, account)

    def withdraw(self, tenant: str, learner: str, note: str, account: Account | None, credential: str) -> None:
        """Withdraw a note on a learner. Raises Missing, and Forbidden to whom neither wrote it nor leads."""
        catalog = self.catalogs.latest(tenant)
        of_learner = catalog.notes.of(catalog.people, learner)
        kept_note = next((kept_note for kept_note in of_learner if kept_note.note.id == note), None)
        if kept_note is None:
            raise Missing(worded("there is no such note"))
        if not _may_withdraw(kept_note.note, account):
            raise Forbidden(worded("only who wrote a note, or a leader, can withdraw it"))
        by = (account.name if account else credential)[:200]
        taken_back = NoteTakenBack(id=note, learner=kept_note.note.learner, by=by)
        self.catalogs.append(tenant, credential, taken_back, self.now())

    def _check_known(self, tenant: str, catalog: Catalog, learner: str) -> None:
        """Raises Missing for a learner who is in no class, and whom no statement names."""
        in_class = catalog.people.person(learner) in catalog.people.classes
        if not in_class and not learners_seen(self.store, tenant, [learner]):
            raise Missing(worded("there is no such class or learner"))


def notes_for(catalog: Catalog, learner: str, account: Account | None) -> list[dict[str, Any]]:
    """The notes on a learner, the latest first: to the learner and the family those alone that are for them."""
    family = account is not None and account.role in FAMILY
    kept_notes = catalog.notes.of(catalog.people, learner)
    return [
        _note_as_json(kept_note, catalog, account) for kept_note in kept_notes if kept_note.note.family or not family
    ]


def _writer(account: Account | None, credential: str) -> str:
    return account.id if account else f"key:{credential}"[:300]


def _may_withdraw(note: Note, account: Account | None) -> bool:
    if account is None or account.role in (PersonRole.LEADER, PersonRole.PRINCIPAL, PersonRole.OPERATOR):
        return True
    return account.role is PersonRole.TEACHER and note.writer == account.id


def _note_as_json(kept_note: KeptNote, catalog: Catalog, account: Account | None) -> dict[str, Any]:
    note = kept_note.note
    skill = catalog.skills.get(note.skill)
    return {
        "id": note.id,
        "text": note.text,
        "skill": {"id": note.skill, "name": skill.name if skill and skill.name else note.skill} if note.skill else None,
        "family": note.family,
        "by": note.by,
        "at": kept_note.at,
        "may_withdraw": _may_withdraw(note, account),
    }
