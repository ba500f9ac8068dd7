"""Activation by somebody who is asked over HTTP: first compared, then, once that was seen, made active.

Both build the tenant's rows beside the live ones, which takes as long as a replay, in a thread of this process; `read`
says how far it is. That it was compared, and how many decisions it changes, is an event in the log: any other process
knows it, and this one after a start. Whose decisions is known to the process that compared it, until it ends.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from lrs.catalog.catalogs import Catalogs
from lrs.catalog.versions import active_weights, list_versions, versions_of, weights_of
from lrs.errors import Conflict, Failure
from lrs.models.activation import Replaying, activate_version
from lrs.models.decision_differences import DecisionDifferences
from processors.runtime.hold import Stalled
from schemas.models import Compared
from schemas.wording import worded, words_of

logger = logging.getLogger(__name__)

State = Literal["comparing", "compared", "activating", "active", "failed"]
_SAID = {"comparing": worded("compared"), "activating": worded("activated")}


class NotCompared(Conflict):
    """Nobody has been shown yet what the version changes."""


class UnderWay(Conflict):
    """A version of the tenant's is being compared or activated."""


@dataclass(slots=True)
class VersionUnderTest:
    """A version of weights that is compared, or made active.

    against: what was active when it began; done, of: learners.
    """

    version: str
    against: str
    state: State
    done: int = 0
    of: int = 0
    differences: DecisionDifferences | None = None
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "against": self.against,
            "state": self.state,
            "done": self.done,
            "of": self.of,
            "problem": self.problem,
            "differences": self.differences.as_json() if self.differences else None,
        }


class Activations:
    """The tenants' runs: the last one of each. `now`: µs since the epoch. Safe to use from many threads."""

    def __init__(self, mode: Replaying, catalogs: Catalogs, now: Callable[[], int]) -> None:
        self._mode, self._catalogs, self.now = mode, catalogs, now
        self._runs: dict[str, VersionUnderTest] = {}
        self._changing = threading.Lock()
        self._replaying = threading.Lock()  # the table beside is one, for all tenants

    def read(self, tenant: str) -> dict[str, Any]:
        """The tenant's versions and the last run, as JSON. Raises what Catalogs.latest raises."""
        catalog = self._catalogs.latest(tenant)
        run = self._runs.get(tenant)
        last_run = run.as_json() if run else _logged(versions_of(catalog).compared)
        return {"versions": list_versions(catalog), "run": last_run}

    def compare(self, tenant: str, version: str, by: str) -> dict[str, Any]:
        """Begin to find whose decisions a version would change. Raises UnknownModelVersion and UnderWay."""
        return self._begin(tenant, version, by, "comparing")

    def activate(self, tenant: str, version: str, by: str) -> dict[str, Any]:
        """Begin to make a version active, after it was compared with the one that still is.

        Raises UnknownModelVersion, UnderWay and NotCompared.
        """
        return self._begin(tenant, version, by, "activating")

    def _begin(self, tenant: str, version: str, by: str, state: State) -> dict[str, Any]:
        catalog = self._catalogs.latest(tenant)
        weights_of(catalog, version)
        run = VersionUnderTest(version, active_weights(catalog).version, state)
        with self._changing:
            last = self._runs.get(tenant)
            if last is not None and last.state in _SAID:
                raise UnderWay(
                    worded(
                        "version: %(version)s is being %(state)s now: wait for it",
                        version=repr(last.version),
                        state=_SAID[last.state],
                    ),
                    "version",
                )
            if state == "activating":
                compared = versions_of(catalog).compared
                if compared is None or (compared.version, compared.against) != (version, run.against):
                    raise NotCompared(
                        worded("version: compare it first, and see whose decisions it changes"), "version"
                    )
            self._runs[tenant] = run
        threading.Thread(target=self._work, args=(tenant, run, by), daemon=True).start()
        return run.as_json()

    def _work(self, tenant: str, run: VersionUnderTest, by: str) -> None:
        activating = run.state == "activating"

        def agreed(differences: DecisionDifferences) -> bool:
            run.differences = differences
            return activating

        def progress(done: int, of: int) -> None:
            run.done, run.of = done, of

        try:
            with self._replaying:
                activate_version(self._mode, self._catalogs, tenant, run.version, by, self.now, agreed, progress)
            if run.differences is not None and not activating:
                numbers = run.differences.as_json() | {"shown": []}
                compared = Compared(version=run.version, against=run.against, by=by, differences=numbers)
                self._catalogs.append(tenant, by, compared, self.now())
        except (Failure, Stalled) as error:
            self._fail(run, words_of(error))
        except Exception:  # of a thread that nobody waits for
            logger.exception("the run of a version ended by a fault")
            self._fail(run, worded("a fault that the server's log has"))
        else:
            run.state = "active" if activating else "compared"

    @staticmethod
    def _fail(run: VersionUnderTest, problem: str) -> None:
        run.problem, run.state = problem, "failed"


def _logged(compared: Compared | None) -> dict[str, Any] | None:
    """A comparison that another process made, or this one before it was started again."""
    if compared is None:
        return None
    logged_run = VersionUnderTest(compared.version, compared.against, "compared").as_json()
    return logged_run | {"differences": compared.differences}
