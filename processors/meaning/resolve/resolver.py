"""Resolver: turns observations, in order, into evidence, by the rules beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from operator import attrgetter
from typing import NamedTuple

import msgspec

from processors.meaning.resolve import active, helped, repeats, try_names, wholes
from processors.meaning.resolve.history import History, Refold
from processors.meaning.resolve.resolver_state import (
    LATEST,
    MOST_OPEN_TRIES,
    ItemTry,
    ResolverState,
    id_hash,
    may_be_forgotten,
    note_forgotten,
    paired,
)
from schemas.evidence import Evidence
from schemas.observation import Kind, Observation
from schemas.xapi.verbs import ANSWERED

_TRIES_BESIDE_ATTEMPTS = frozenset({Kind.SCORE, Kind.COMPLETION, Kind.SESSION, Kind.EXPOSURE})
_KINDS_BESIDE = frozenset({Kind.COMPLETION, Kind.SESSION, Kind.EXPOSURE})  # more than the judgement of a try
# Named once: Python 3.11 takes 0.1 µs to find a member through its class.
_ATTEMPT, _SCORE, _SESSION, _EXPOSURE, _HELP = Kind.ATTEMPT, Kind.SCORE, Kind.SESSION, Kind.EXPOSURE, Kind.HELP
_AWARD = Kind.AWARD
_state_decoder = msgspec.msgpack.Decoder(ResolverState)


class Undigested(Exception):
    """An observation that a rule here cannot read; `order` names it."""

    def __init__(self, o: Observation, error: Exception) -> None:
        super().__init__(f"{type(error).__name__}: {error}")
        self.order = o.order


class Doubt(NamedTuple):
    """What an observation may be about that has left the state, if it was ever there: a try at an item, by its name
    (any, where it is not named), or a session. `key`: as the state knows it."""

    key: int
    item: str = ""
    attempt: str = ""
    session: str = ""

    def is_about(self, item: str, attempt: str, session: str) -> bool:
        """Whether what was observed of an item, under these names, may be it."""
        if self.session:
            return session == self.session
        return item == self.item and (not self.attempt or try_names.may_name(attempt, self.attempt))


class Resolver:
    """Goes on from a state. After Refold the state is of no use any more. `idle`: the idle limit in µs, see `active`.

    `read`: how many observations it has read since then; -1 once the state is of no use. `absent`: keys of doubts of
    what it reads next, that the history before it does not confirm.
    """

    def __init__(self, state: ResolverState | None = None, idle: int = active.IDLE) -> None:
        self.state = state or new_state()
        self.read = 0
        self.absent: Set[int] = frozenset()
        self._idle = idle
        self._history: History | None = None

    @classmethod
    def restore(cls, dumped: bytes, idle: int = active.IDLE) -> Resolver:
        """A resolver that goes on from what `dump` gave."""
        return cls(_state_decoder.decode(dumped) if dumped else None, idle)

    def dump(self) -> bytes:
        """The state."""
        return msgspec.msgpack.encode(self.state)

    def advance_all(self, observations: Sequence[Observation]) -> list[Evidence]:
        """What the next observations become. Raises Refold, and whatever a rule cannot digest."""
        before, self.read = self.read, -1
        evidence_list = [evidence for o in observations for evidence in self.advance(o)]
        self.read, self.absent = before + len(observations), frozenset()
        return evidence_list

    def doubts(self, observations: Sequence[Observation]) -> list[Doubt]:
        """What the next observations may be about that is no longer in the state.

        The filter behind it has a fixed size: for a learner with some thousand items it reports nearly all of them.
        """
        state = self.state
        if not state.forgotten:
            return []
        possible = []
        items, sessions = (Counter(map(attrgetter(name), observations)) for name in ("item", "session"))
        for o in observations:
            if o.mode and o.session and sessions[o.session] == 1:
                possible.append(Doubt(id_hash(o.session), session=o.session))
            if (o.by or o.kind is _SCORE) and _is_of_a_try(o) and items[o.item] == 1:
                item, name = id_hash(o.item), try_names.try_name(state, o)
                if o.by or name:
                    attempt = o.attempt if name == id_hash(o.attempt) else ""
                    possible.append(Doubt(paired(item, name) if name else item, o.item, attempt))
        return [doubt for doubt in possible if may_be_forgotten(state, doubt.key)]

    def advance(self, o: Observation) -> list[Evidence]:
        """What the next observation becomes: at least one piece. Raises Refold."""
        first_evidence = self._evidence(o)
        if first_evidence.own:
            vouched = active.add_active_time(self.state, o, self._idle)
            first_evidence.active, first_evidence.session = vouched.active, vouched.begins
            first_evidence.stretches = o.stretches or vouched.played
        session = id_hash(o.session)
        if o.attempt:
            try_names.note_number(self.state, o.attempt)
        if o.mode and session:
            self._review(session)
        if o.kind is _HELP:
            if o.assistance:
                helped.note_help(self.state, id_hash(o.item), o.time, o.assistance)
            return [first_evidence]
        if not _is_of_a_try(o):
            return [first_evidence]
        if self._counts_for_nothing(o, session):
            first_evidence.kind, first_evidence.outcome, first_evidence.skills = _EXPOSURE, None, ()
            return [first_evidence]
        evidence = [first_evidence]
        if o.kind in _KINDS_BESIDE:
            first_evidence.outcome = None
            evidence.append(self._evidence(o))
        self._try(o, session, evidence[-1])
        return evidence

    def _try(self, o: Observation, session: int, evidence: Evidence) -> None:
        state = self.state
        item, attempt = id_hash(o.item), try_names.try_name(state, o)
        shared = attempt if try_names.spans_items(o) else 0
        item_try = self._known(o, item, attempt, session)
        if item_try is None:
            counted = not wholes.has_parts(state, item, shared, o.time)
            signatures, actors = [repeats.signature_of(o)], [id_hash(o.learner)]
            item_try = ItemTry(item, attempt, o.time, session, signatures, o.outcome, o.share, counted, actors, o.sent)
            state.tries.append(item_try)
            evidence.kind = _ATTEMPT if counted else _SCORE
            if not counted:
                evidence.outcome = None
            evidence.assistance = helped.help_before(state, o)
            self._emitted(item_try, evidence)
            self._forget(o.time)
        else:
            self._again(item_try, o, attempt, evidence)
        if o.skills and (o.outcome is not None or o.share is not None):
            for whole in wholes.note_part(state, o, shared):
                self._uncount(whole)
        if session:
            tool_session = state.sessions.get(session)
            if tool_session is not None:
                tool_session.tried = True
            else:
                note_forgotten(state, session)

    def _again(self, item_try: ItemTry, o: Observation, attempt: int, evidence: Evidence) -> None:
        """A known try is reported again, or judged, or judged again."""
        signature = repeats.signature_of(o)
        if signature not in item_try.signatures:
            item_try.signatures.append(signature)
            item_try.signatures.sort()
        actor = id_hash(o.learner)
        if actor not in item_try.actors:
            item_try.actors.append(actor)
            item_try.actors.sort()
        item_try.attempt = item_try.attempt or attempt
        evidence.kind, evidence.again = _SCORE, True
        outcome_before = item_try.outcome
        says = o.outcome is not None or (o.share is not None and o.kind is not _SESSION)
        if not says or (o.outcome == outcome_before and (outcome_before is not None or o.share == item_try.share)):
            evidence.outcome = None
            return
        item_try.outcome, item_try.share = o.outcome, o.share
        if not item_try.counted:
            evidence.outcome = None
        elif outcome_before is None:
            evidence.kind = _ATTEMPT
            evidence.assistance = helped.help_before(self.state, o)
            self._emitted(item_try, evidence)
        else:
            evidence.outcome = None
            self._regrade(item_try)

    def _known(self, o: Observation, item: int, attempt: int, session: int) -> ItemTry | None:
        """The try that an observation is about, if it was reported before."""
        state = self.state
        if attempt:
            known_try = repeats.try_named(state, item, attempt)
            if known_try is not None:
                return known_try
        if o.by:
            if not attempt:
                known_try = repeats.latest_try(state, item)
                if known_try is not None:
                    return known_try
            key = paired(item, attempt) if attempt else item
            return self._archived(item, attempt) if may_be_forgotten(state, key) else None
        if attempt and o.kind is _SCORE and may_be_forgotten(state, paired(item, attempt)):
            known_try = self._archived(item, attempt)
            if known_try is not None:
                return known_try
        return repeats.try_reported(state, o, item, attempt, session)

    def _forget(self, time: int) -> None:
        tries = self.state.tries
        while len(tries) > LATEST and (len(tries) > MOST_OPEN_TRIES or time - tries[0].first > repeats.WINDOW):
            item_try = tries.pop(0)
            note_forgotten(self.state, item_try.item, paired(item_try.item, item_try.attempt))
            if self._history is not None:
                self._history.keep(item_try)

    def _archived(self, item: int, attempt: int) -> ItemTry | None:
        history = self._history
        archived_try = None
        if history is not None:
            archived_try = history.archive.get((item, attempt)) if attempt else history.latest.get(item)
        whole_history = history is not None and history.from_the_beginning
        if (
            archived_try is None
            and not whole_history
            and (paired(item, attempt) if attempt else item) not in self.absent
        ):
            raise Refold
        return archived_try

    def _emitted(self, item_try: ItemTry, evidence: Evidence) -> None:
        if self._history is not None:
            self._history.emit(item_try, evidence)

    def _uncount(self, item_try: ItemTry) -> None:
        """A whole, one of whose parts was reported after it."""
        item_try.counted = False
        for evidence in self._earlier(item_try):
            evidence.kind, evidence.outcome = _SCORE, None

    def _regrade(self, item_try: ItemTry) -> None:
        """The judgement changes where it was first made: there was one answer, and its judgement was wrong."""
        judged = self._earlier(item_try)[-1]
        judged.outcome, judged.share = item_try.outcome, item_try.share

    def _earlier(self, item_try: ItemTry) -> list[Evidence]:
        if self._history is None:
            raise Refold
        return self._history.earlier(item_try)

    def _review(self, session: int) -> None:
        """A session turns out to count for nothing."""
        state = self.state
        if session in state.reviewed:
            return
        tool_session = state.sessions.get(session)
        whole_history = self._history is not None and self._history.from_the_beginning
        forgotten = may_be_forgotten(state, session) and session not in self.absent
        if not whole_history and ((tool_session is not None and tool_session.tried) or forgotten):
            raise Refold
        state.reviewed.append(session)

    def _counts_for_nothing(self, o: Observation, session: int) -> bool:
        if o.mode or (session and session in self.state.reviewed):
            return True
        return self._history is not None and session in self._history.reviewed

    def _evidence(self, o: Observation) -> Evidence:
        return Evidence(
            o.time,
            o.time if o.sent is None else o.sent,
            o.statement,
            o.ordinal,
            o.kind,
            o.verb,
            o.item,
            o.skills,
            o.outcome,
            o.share,
            o.duration,
            own=(not o.by or o.verb == ANSWERED)
            and o.kind is not _AWARD,  # who answered was there, whoever wrote it down
            provisional=o.provisional,
            day=active.local_day(o),
            classes=o.classes,
        )


class ResumePoint(NamedTuple):
    """A point from which another reading may go on: nothing later has changed what was before it."""

    observations: int  # read until then
    evidence: int  # that they became
    state: bytes


class Resolved(NamedTuple):
    """What observations became, and what goes on from there."""

    evidence: list[Evidence]
    resolver: Resolver
    resume_points: list[ResumePoint]


def new_state() -> ResolverState:
    """The state of a person nothing is known of."""
    return ResolverState([], bytearray(), {}, {}, {}, [], 0, None, False, [], -(2**63), {})


def resolve(observations: Iterable[Observation], idle: int = active.IDLE) -> tuple[list[Evidence], Resolver]:
    """The evidence of one person's observations in their order, and the resolver that goes on from there.

    Raises Undigested.
    """
    return read_on(None, list(observations), idle=idle)[:2]


def read_on(
    state: bytes | None,
    observations: Sequence[Observation],
    resume_points: Iterable[int] = (),
    idle: int = active.IDLE,
    absent: Set[int] = frozenset(),
) -> Resolved:
    """Read observations in order, from a state that `Resolver.dump` or a ResumePoint gave (None: the whole history).

    It says more than advancing one by one: a later observation may change what an earlier one of these became. Raises
    Refold where one changes what was before all of these, and Undigested.

    Args:
        resume_points: after how many observations the state is wanted; given where that is a ResumePoint.
        absent: see Resolver.
    """
    resolver = Resolver(idle=idle) if state is None else Resolver.restore(state, idle)
    resolver.absent = absent
    history = resolver._history = History(observations, resolver.state, from_the_beginning=state is None)
    evidence: list[Evidence] = []
    stops, stopped = set(resume_points), []
    for index, o in enumerate(observations):
        history.index = index
        try:
            evidence += resolver.advance(o)
        except Refold:
            raise
        except Exception as error:
            raise Undigested(o, error) from error
        if index + 1 in stops:
            stopped.append(ResumePoint(index + 1, len(evidence), resolver.dump()))
    resolver._history, resolver.absent = None, frozenset()
    return Resolved(evidence, resolver, [stop for stop in stopped if not history.reaches_over(stop.observations)])


def _is_of_a_try(o: Observation) -> bool:
    """Whether an observation says how a try at an item went, or that there was one."""
    if o.kind is _ATTEMPT:
        return True
    return o.kind in _TRIES_BESIDE_ATTEMPTS and (o.outcome is not None or o.share is not None)
