"""What interpreting and resolving one statement costs: python -m benchmarks.meaning

Answers in the shape of Moodle's (parents with types, a duration) by fifty learners in turn, with a catalog of 100,000
activities and 1,000 patterns. Time is that of the processor; on a busy machine that grows, too, as others take the
caches: so what runs cost that nobody disturbed is shown beside it.
"""

from __future__ import annotations

import gc
import random
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from processors.meaning.interpret import interpret
from processors.meaning.resolve import Refold, Resolver, resolve
from schemas.catalog import Activity, Catalog, Pattern
from schemas.observation import Observation

STATEMENTS, LEARNERS, ACTIVITIES, PATTERNS = 20_000, 50, 100_000, 1_000
RUN = 200  # statements between looks at the clock
_SITE = "https://moodle.example"
_TYPES = "http://adlnet.gov/expapi/activities/"
_START = 1_772_445_600


def catalog() -> Catalog:
    """A large one: entries of other activities, and patterns, half of which start anywhere in an id."""
    made = Catalog()
    for n in range(ACTIVITIES):
        made.apply(Activity(id=f"https://other.example/items/{n}", skills=[f"s{n % 200}"]), n, 0)
    for n in range(PATTERNS):
        start = f"https://site{n}.example/*" if n % 2 else f"page{n}.php?*"
        made.apply(Pattern(id=start, skills=[f"s{n}"]), ACTIVITIES + n, 0)
    made.apply(Pattern(id=f"{_SITE}/question/{{topic}}.php?*", skills=["topic:{topic}"]), ACTIVITIES + PATTERNS, 0)
    return made


def statements(count: int = STATEMENTS, learners: int = LEARNERS) -> list[dict[str, Any]]:
    """Answers of learners in turn, a second apart."""
    draw = random.Random(7)
    return [_answer(draw, n, learners) for n in range(count)]


def _answer(draw: random.Random, n: int, learners: int) -> dict[str, Any]:
    of = [
        (f"{_SITE}/mod/quiz/attempt.php?attempt={n // 200}&cmid=7", _TYPES + "attempt"),
        (f"{_SITE}/mod/quiz/view.php?id=7", _TYPES + "assessment"),
        (f"{_SITE}/course/section.php?id=3", "http://id.tincanapi.com/activitytype/section"),
        (f"{_SITE}/course/view.php?id=2", "https://w3id.org/xapi/cmi5/activitytype/course"),
    ]
    when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(_START + n))
    right = draw.random() < 0.7
    return {
        "id": str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        "actor": {"account": {"homePage": _SITE, "name": str(n % learners)}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
        "object": {
            "id": f"{_SITE}/question/question.php?cmid=7&id={draw.randrange(5_000)}",
            "definition": {
                "type": _TYPES + "cmi.interaction",
                "interactionType": "numeric",
            },
        },
        "result": {"success": right, "response": "7", "duration": "PT20S"},
        "context": {
            "platform": "Moodle",
            "contextActivities": {
                "parent": [{"id": id_, "definition": {"type": type_}} for id_, type_ in of],
                "category": [{"id": _SITE, "definition": {"type": "http://id.tincanapi.com/activitytype/lms"}}],
            },
        },
        "timestamp": when + "Z",
        "stored": when + ".500Z",
    }


class Cost:
    """µs of processor time a statement: of all, and of the tenth of the runs that were disturbed least by others."""

    def __init__(self) -> None:
        self._runs: list[float] = []

    def of(self, do: Callable[[Sequence[Any]], None], all_: Sequence[Any]) -> None:
        for start in range(0, len(all_), RUN):
            some = all_[start : start + RUN]
            began = time.process_time()
            do(some)
            self._runs.append((time.process_time() - began) / len(some) * 1e6)

    @property
    def mean(self) -> float:
        return sum(self._runs) / len(self._runs)

    @property
    def undisturbed(self) -> float:
        return sorted(self._runs)[len(self._runs) // 10]


def main() -> None:
    gc.set_threshold(100_000, 50, 50)  # as workers do
    known, sent = catalog(), statements()
    for statement in sent[:2000]:  # caches of verbs, types and zones fill once in a worker's life
        interpret(statement, known, "t", 0, 0)
    observations: list[Observation] = []
    interpreting, resolving = Cost(), Cost()
    interpreting.of(lambda some: observations.extend(o for one in some for o in interpret(one, known, "t", 0, 0)), sent)
    observations.sort(key=lambda o: o.learner)  # each learner's own stay in order
    refolds, size, before = 0, 0, ""
    resolver, history = Resolver(), list[Observation]()

    def advance(some: Sequence[Observation]) -> None:
        nonlocal resolver, history, refolds, size, before
        for o in some:
            if o.learner != before:
                size = max(size, len(resolver.dump()))
                resolver, history, before = Resolver(), [], o.learner
            history.append(o)
            try:
                resolver.advance(o)
            except Refold:
                refolds += 1
                resolver = resolve(history)[1]

    resolving.of(advance, observations)
    for name in ("mean", "undisturbed"):
        each = [getattr(cost, name) for cost in (interpreting, resolving)]
        said = f"interpret {each[0]:.1f} µs, resolve {each[1]:.1f} µs a statement, together {sum(each):.1f} of 25 µs"
        print(f"{name:11s} {said}")
    print(f"{refolds} refolds; the largest state {size} bytes")


if __name__ == "__main__":
    main()
