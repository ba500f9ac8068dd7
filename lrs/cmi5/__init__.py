"""cmi5 (Quartz edition): courses, launches, sessions and satisfaction. The part of the LMS that a store can play."""

from __future__ import annotations
