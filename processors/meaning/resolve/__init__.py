"""Resolve: one person's observations, in order, become evidence. Pure; whatever needs more than one is decided here.

`resolve` reads a whole history. `Resolver` goes on from a bounded state, one observation after the other, and `read_on`
from such a state with all that follows; both raise Refold where an observation changes what was before the state, or
concerns a try that is no longer in it: then more of the history is read. All are the same machine, so their states and
their evidence are the same.
"""

from processors.meaning.resolve.history import Refold
from processors.meaning.resolve.resolver import (
    Doubt,
    Resolved,
    Resolver,
    ResumePoint,
    Undigested,
    read_on,
    resolve,
)

__all__ = ["Doubt", "Refold", "Resolved", "Resolver", "ResumePoint", "Undigested", "read_on", "resolve"]
