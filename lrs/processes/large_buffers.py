"""Large buffers are given back to the operating system as soon as they are freed.

glibc keeps them instead once it has freed one: then a process holds, for as long as it lives, most of what its largest
request took, and the copies of a request take more than are used at a time.
"""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of malloc.h
LARGE_BUFFER_BYTES = 1 << 20


def give_back_large_buffers() -> None:
    """For this process. Where the C library has no such setting (musl), it does so by itself."""
    if (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(_MMAP_THRESHOLD, LARGE_BUFFER_BYTES)
        mallopt(_TRIM_THRESHOLD, 2 * LARGE_BUFFER_BYTES)
