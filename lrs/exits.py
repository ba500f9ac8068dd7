"""How `lrs` and its processes end: exit codes, the time a stop may take, and with their parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

WRONG = 1  # what was checked is not as it should be
USAGE = 2  # click's own: the command line, a variable or the configuration file is wrong
TAKEN = 3  # another process holds what this one needs
UNAVAILABLE = 4  # a part cannot be reached: try again
NOT_FOUND = 5  # there is no such class, learner, projection, dead letter
HALTED = 6  # a checkpoint does not fit the log: a person must decide
STALLED = 7  # a worker made no progress
UNCONFIRMED = 8  # much would be removed, and it was not confirmed
UNREADABLE = 9  # what is stored cannot be read or written: starting again would not help

DRAIN_SECONDS = 8.0  # of the 10 that a stop may take

PERMANENT = frozenset({USAGE, TAKEN, UNREADABLE})  # starting the process again would end the same way

_PARENT = "PACER_PARENT"  # the id of the process that started a child
_PR_SET_PDEATHSIG = 1


def as_parent() -> dict[str, str]:
    """What the environment of a child says of this process, for `die_with_parent`."""
    return {_PARENT: str(os.getpid())}


def die_with_parent() -> None:
    """End with the process that started this one: now if it has ended already, else when it does (on Linux alone).

    A child imports for seconds before this runs: its parent by then need not be the process that started it.
    """
    parent = int(os.environ.pop(_PARENT, os.getppid()))  # not for children of this process
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before the kernel was asked
        sys.exit(WRONG)
