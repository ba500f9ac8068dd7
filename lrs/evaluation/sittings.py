"""When simulated learners answer: in sittings, an answer a minute, some days apart."""

SITTING = 12  # answers
PAUSE_SECONDS = 2 * 86_400  # from the last answer of a sitting to the first of the next one


def seconds_before(answers: int) -> int:
    """How long after the answer before it the next one comes, of who has given so many (at least one)."""
    return 60 if answers % SITTING else PAUSE_SECONDS
