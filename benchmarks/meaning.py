"""What interpreting and resolving one statement costs: python -m benchmarks.meaning

Answers in the shape of Moodle's (parents with types, a duration) by fifty learners in turn, with a catalog of 100,000
activities and 1,000 patterns. Time is that of the processor, as the machine may be busy.
"""

from __future__ import annotations

import gc
import random
import time
import uuid
from typing import Any

from processors.meaning.interpret import interpret
from processors.meaning.resolve import Refold, Resolver, resolve
from schemas.catalog import Activity, Catalog, Pattern
from schemas.observation import Observation

STATEMENTS, LEARNERS, ACTIVITIES, PATTERNS = 20_000, 50, 100_000, 1_000
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


def main() -> None:
    gc.set_threshold(100_000, 50, 50)  # as workers do
    known, sent = catalog(), statements()
    for statement in sent[:2000]:  # caches of verbs, types and zones fill once in a worker's life
        interpret(statement, known, "t", 0, 0)
    started = time.process_time()
    observations = [o for n, statement in enumerate(sent) for o in interpret(statement, known, "t", 0, n)]
    interpreted = time.process_time() - started
    by_learner: dict[str, list[Observation]] = {}
    for o in observations:
        by_learner.setdefault(o.learner, []).append(o)
    started, refolds, size = time.process_time(), 0, 0
    for history in by_learner.values():
        resolver = Resolver()
        for n, o in enumerate(history):
            try:
                resolver.advance(o)
            except Refold:
                refolds += 1
                _, resolver = resolve(history[: n + 1])
        size = max(size, len(resolver.dump()))
    resolved = time.process_time() - started
    each = 1e6 / len(sent)
    print(f"interpret {interpreted * each:.1f} µs, resolve {resolved * each:.1f} µs a statement ({refolds} refolds)")
    print(f"together  {(interpreted + resolved) * each:.1f} µs of the 25 asked for; the largest state {size} bytes")


if __name__ == "__main__":
    main()
