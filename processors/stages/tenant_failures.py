"""What one tenant's catalog makes impossible: it is said, tried again, and holds up no other tenant."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lrs.errors import Failure, Refused
from lrs.log import HALTING
from lrs.store.failing_tenants import FailingTenants

_ROOT, _ROOMS = Path(__file__).parents[2], ("lrs", "processors", "schemas")
# Of the store, the log or the machine: it concerns all.
_CONCERN_ALL: tuple[type[BaseException], ...] = (Failure, MemoryError, OSError, *HALTING)

logger = logging.getLogger(__name__)


class TenantFailures:
    """The tenants for whom a stage fails, and whom of them it still has to do.

    Args:
        failing_tenants: where others read it.
        refuses: sends the store the same query for no learners: raises if the fault is not the tenant's.
    """

    def __init__(self, failing_tenants: FailingTenants, refuses: Callable[[], object]) -> None:
        self._kept = failing_tenants
        self._refuses = refuses
        self._said = False  # whether what others read is of this process's look at everybody
        self._reasons: dict[str, str] = {}
        self._left: dict[str, set[str]] = {}
        self._whole: set[str] = set()  # of whom not even the learners are known

    @contextmanager
    def of(self, tenant: str, learners: Iterable[str] | None = None, decided: bool = True) -> Iterator[None]:
        """What is done for some learners of a tenant, or to know who they are.

        decided: whether nothing is left to do for these learners once it passes. Raises what concerns all; whatever
        else fails is kept, and not raised.
        """
        its = None if learners is None else set(learners)
        try:
            yield
        except Refused as error:
            self._refuses()
            self._failed(tenant, its, error)
        except _CONCERN_ALL:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, other tenants are done
            self._failed(tenant, its, error)
        else:
            if its is None:
                self._whole.discard(tenant)
            elif decided:
                self._left.get(tenant, set()).difference_update(its)

    def leave(self, tenant: str, learners: Iterable[str]) -> None:
        """Leave learners for later, as their tenant fails again."""
        self._left.setdefault(tenant, set()).update(learners)

    def waiting(self) -> list[str]:
        """The tenants of whom learners are still to be decided."""
        return [tenant for tenant, its in self._left.items() if its]

    def left(self, tenant: str, person: Callable[[str], str]) -> set[str]:
        """A tenant's learners who are still to be decided. `person`: whose identity one is, as is known by now."""
        if tenant in self._left:
            self._left[tenant] = set(map(person, self._left[tenant]))
        return set(self._left.get(tenant, ()))

    def fails(self, tenant: str) -> bool:
        """Whether it has failed, and is not done yet."""
        return tenant in self._reasons

    def unknown(self, tenant: str) -> bool:
        """Whether not even its learners were known when it failed."""
        return tenant in self._whole

    def begin(self) -> None:
        """Everybody is looked at again: who failed before is known then."""
        self._reasons, self._left, self._whole, self._said = {}, {}, set(), False

    def say(self) -> None:
        """Let others know. Raises what the database raises, and OSError.

        Whoever has looked at everybody replaces what was kept; from then on what fails here is said at each look, as
        another process that begins knows nothing of it.
        """
        passed = [failed for failed in self._reasons if not self._left.get(failed) and failed not in self._whole]
        failing = {tenant: reason for tenant, reason in self._reasons.items() if tenant not in passed}
        if not self._said:
            self._kept.write(failing)
        elif self._reasons:
            self._kept.change(failing, passed)
        self._said, self._reasons = True, failing
        for tenant in passed:
            self._left.pop(tenant, None)

    def _failed(self, tenant: str, learners: set[str] | None, error: Exception) -> None:
        reason = f"{type(error).__name__} in {_where(error)}"  # its text may hold a learner's data
        if self._reasons.get(tenant) != reason:
            logger.error("the decisions of tenant %s fail: %s", tenant, reason)
        self._reasons[tenant] = reason
        if learners is None:
            self._whole.add(tenant)
        else:
            self.leave(tenant, learners)


def _where(error: Exception) -> str:
    """The last line of this product that led to an error."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if any(Path(frame.filename).is_relative_to(_ROOT / top) for top in _ROOMS)]
    return f"{Path(own[-1].filename).relative_to(_ROOT)}:{own[-1].lineno}" if own else "an unknown place"
