"""Resolve: one person's observations, in order, become evidence. Pure; whatever needs more than one is decided here.

`resolve` reads a whole history. `Resolver` goes on from a bounded state, and raises Refold where an observation changes
what earlier ones became, or concerns a try that is no longer in the state: then the history is read again. Both are the
same machine, so their states and their evidence are the same.
"""

from processors.meaning.resolve.resolver import Refold, Resolver, Undigested, resolve

__all__ = ["Refold", "Resolver", "Undigested", "resolve"]
