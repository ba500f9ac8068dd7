"""Memory that is freed serves what comes next, and large buffers go back to the operating system.

glibc keeps large buffers instead once it has freed one: then a process holds, for as long as it lives, most of what its
largest request took, and the copies of a request take more than are used at a time. And it gives threads heaps of
their own, where none takes what another has freed: each step of a large request is made by another thread.
"""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MOST_HEAPS = -1, -3, -8  # of malloc.h
_LARGE_BYTES = 1 << 20


def share_freed_memory() -> None:
    """For this process. Where the C library has no such setting (musl), it does so by itself."""
    if (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_TRIM_THRESHOLD, 2 * _LARGE_BYTES)
        mallopt(_MOST_HEAPS, 1)
